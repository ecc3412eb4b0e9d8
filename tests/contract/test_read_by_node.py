"""What the encoder writes, read back by @mapbox/vector-tile in Node.js."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from geo_service.tiles.encoding.grid import EXTENT
from tests.support.paths import CHECKOUT
from tests.support.written_tiles import AREAS_LAYER, CASES, LAYER, PLACES_LAYER, write, write_areas

NODE = shutil.which("node")
POINT, POLYGON = 1, 3

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node.js is not installed"),
    pytest.mark.skipif(not (CHECKOUT / "node_modules/@mapbox/vector-tile").is_dir(), reason="@mapbox/vector-tile is not installed; npm ci"),
]


def read(body: bytes) -> dict[str, Any]:
    """The tile's layers as the library sees them."""
    script = Path(__file__).with_name("read_tile.js")
    answer = subprocess.run([str(NODE), str(script)], input=body, capture_output=True, check=True, timeout=60)
    layers: dict[str, Any] = json.loads(answer.stdout)
    return layers


@pytest.mark.parametrize("name", CASES)
def test_node_reads_hexagons_as_they_were_written(name: str) -> None:
    written = write(name)
    layer = read(written.body)[LAYER]
    assert (layer["version"], layer["extent"]) == (2, EXTENT)
    assert len(layer["features"]) == len(written.cells) > 0
    for place, feature in enumerate(layer["features"]):
        assert feature["id"] == written.ids[place]
        assert feature["type"] == POLYGON
        assert feature["properties"] == written.properties[place]
        assert [[tuple(corner) for corner in ring] for ring in feature["rings"]] == [written.rings[place]]


def test_node_reads_areas_as_they_were_written() -> None:
    drawn = write_areas()
    features = read(drawn.body)[AREAS_LAYER]["features"]
    assert [feature["properties"] for feature in features] == drawn.properties
    assert [[[tuple(corner) for corner in ring] for ring in feature["rings"]] for feature in features] == drawn.rings


def test_node_reads_the_layer_that_stands_behind_another() -> None:
    layer = read(write("the whole world").body)[PLACES_LAYER]
    middle = [EXTENT // 2, EXTENT // 2]
    assert layer["features"] == [{"id": 2**37 - 1, "type": POINT, "properties": {"name": "Ёлкино"}, "rings": [[middle]]}]
