"""The Arrow stream of a tile, read back by apache-arrow in Node.js, the library of pages that draw with deck.gl."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.encoding.mvt import Polygons
from geo_service.tiles.encoding.string_columns import joined_numbers
from geo_service.tiles.layers.hexes import HexTile, write_arrow
from tests.support.paths import CHECKOUT
from tests.support.written_tiles import around

NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="Node.js is not installed"),
    pytest.mark.skipif(not (CHECKOUT / "node_modules/apache-arrow").is_dir(), reason="apache-arrow is not installed; npm ci"),
]


def test_node_reads_every_kind_of_column_as_it_was_written() -> None:
    cells = np.array(around(53.9, 27.56, 7, 3), np.uint64)
    number = np.arange(len(cells), dtype=np.int32)
    history = np.cumsum(np.tile(number[:, None], 4), axis=1, dtype=np.int32)
    columns = {
        "n": number, "value": np.where(number % 3 == 0, np.nan, number / 7), "class": (number % 5).astype(np.uint8), "delta": 5 - number,
        "significant": number % 2 == 0, "p": joined_numbers(history),
    }  # fmt: skip
    nothing = Polygons(np.empty((0, 2), np.int32), np.zeros(1, np.uint32), np.empty(0, np.intp), np.empty(0, np.int32))
    body = write_arrow(HexTile(Tile(8, 0, 0), cells, nothing, dict(columns), {"measure": "count"}, {"n": 7, "max": 0.5}))
    script = Path(__file__).with_name("read_arrow.js")
    answer = subprocess.run([str(NODE), str(script)], input=body, capture_output=True, check=True, timeout=60)
    read = json.loads(answer.stdout)
    assert read["metadata"] == {"layer": "hexes", "measure": "count", "n": "7", "max": "0.5"}
    assert read["types"] == {
        "h3": "Uint64", "n": "Int32", "value": "Float64", "class": "Uint8", "delta": "Int32", "significant": "Bool", "p": "Utf8",
    }  # fmt: skip
    assert read["rows"] == [
        {
            "h3": f"{cell:x}", "n": i, "value": None if i % 3 == 0 else i / 7, "class": i % 5, "delta": 5 - i, "significant": i % 2 == 0,
            "p": ",".join(map(str, history[i].tolist())),
        }
        for i, cell in enumerate(cells.tolist())
    ]  # fmt: skip
