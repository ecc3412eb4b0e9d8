"""What the encoder writes, read back by GDAL: numbers and outlines, and the place on the ground where they stand."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely

from geo_service.tiles.encoding.grid import EXTENT, Tile
from tests.support.written_tiles import AREAS_LAYER, CASES, LAYER, PLACES_LAYER, Areas, Ring, Written, write, write_areas

EARTH_RADIUS_M = 6_378_137.0
HALF_WORLD_M = np.pi * EARTH_RADIUS_M

pytestmark = pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="GDAL's ogr2ogr is not installed; apt-get install gdal-bin")


def read(written: Written | Areas, layer: str, folder: Path) -> list[dict[str, Any]]:
    """The layer's features as GeoJSON in Web Mercator metres, as GDAL sees them."""
    source, target = folder / "tile.mvt", folder / "tile.geojson"
    source.write_bytes(written.body)
    place = [f"-oo={axis.upper()}={getattr(written.tile, axis)}".split("=", 1) for axis in "xyz"]
    options = [word for pair in (*place, ("-oo", "CLIP=NO")) for word in pair]
    command = ["ogr2ogr", "-f", "GeoJSON", *options, "-lco", "COORDINATE_PRECISION=9", str(target), str(source), layer]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    assert answer.stderr == ""
    features: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))["features"]
    return features


def unit_m(tile: Tile) -> float:
    """Web Mercator metres of one tile unit."""
    return float(2 * HALF_WORLD_M / (EXTENT << tile.z))


def in_tile(metres: list[list[float]], tile: Tile) -> Ring:
    """A ring in metres as whole tile units; fails where a corner lies between them."""
    x, y = np.array(metres).T
    units = np.column_stack([x + HALF_WORLD_M, HALF_WORLD_M - y]) / unit_m(tile) - np.array([tile.x, tile.y]) * EXTENT
    assert np.abs(units - np.rint(units)).max() < 1e-3
    return [(int(column), int(row)) for column, row in np.rint(units).tolist()]


@pytest.mark.parametrize("name", CASES)
def test_gdal_reads_hexagons_as_they_were_written(name: str, tmp_path: Path) -> None:
    written = write(name)
    features = read(written, LAYER, tmp_path)
    assert len(features) == len(written.cells) > 0
    for place, feature in enumerate(features):
        properties = feature["properties"]
        assert properties.pop("mvt_id") == written.ids[place]
        assert properties == written.properties[place]
        assert feature["geometry"]["type"] == "Polygon"
        assert [in_tile(ring, written.tile) for ring in feature["geometry"]["coordinates"]] == [written.rings[place]]


def test_gdal_reads_areas_as_they_were_written(tmp_path: Path) -> None:
    drawn = write_areas()
    features = read(drawn, AREAS_LAYER, tmp_path)
    for feature, properties, rings in zip(features, drawn.properties, drawn.rings, strict=True):
        # GDAL gives every feature every property of the layer.
        assert {key: value for key, value in feature["properties"].items() if value is not None and key != "mvt_id"} == properties
        shape = feature["geometry"]
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        assert [in_tile(ring, drawn.tile) for part in parts for ring in part] == rings


def test_gdal_reads_the_layer_that_stands_behind_another(tmp_path: Path) -> None:
    (place,) = read(write("Minsk, the deepest zoom"), PLACES_LAYER, tmp_path)
    assert place["properties"] == {"mvt_id": 2**37 - 1, "name": "Ёлкино"}
    assert place["geometry"]["type"] == "Point"


@pytest.mark.parametrize("name", [name for name in CASES if "Minsk" in name])
def test_hexagons_stand_on_the_ground_where_h3_has_them(name: str, tmp_path: Path) -> None:
    written = write(name)
    for cell, feature in zip(written.cells, read(written, LAYER, tmp_path), strict=True):
        lat, lng = np.radians(h3.cell_to_boundary(cell)).T
        there = shapely.Polygon(np.column_stack([lng, np.arctanh(np.sin(lat))]) * EARTH_RADIUS_M)
        # Rounding moves a corner by half a unit along each axis; the world grid adds 4 cm.
        assert shapely.hausdorff_distance(shapely.geometry.shape(feature["geometry"]), there) < unit_m(written.tile) * 0.75 + 0.04
