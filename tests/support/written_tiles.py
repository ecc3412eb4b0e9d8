"""Tiles as the encoder writes them, beside what a reader must find in them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely

from geo_service.tiles.encoding.clipping import clip, metres
from geo_service.tiles.encoding.grid import EXTENT, Tile, feature_id, project
from geo_service.tiles.encoding.mvt import Column, Points, Polygons, encode_layer
from geo_service.tiles.layers.hex_outlines import HexOutlines

LAYER = "hexes"
PLACES_LAYER = "места"
AREAS_LAYER = "районы"

Ring = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Written:
    """A tile's bytes with, for each hexagon in its order: cell, id, properties, closed ring in tile units."""

    name: str
    tile: Tile
    body: bytes
    cells: list[int]
    ids: list[int]
    properties: list[dict[str, Any]]
    rings: list[Ring]


def around(lat: float, lng: float, resolution: int, rings: int) -> list[int]:
    """The cells within so many rings of a place, in H3 order."""
    return sorted(h3.grid_disk(h3.latlng_to_cell(lat, lng, resolution), rings))


CASES: dict[str, tuple[list[int], Tile | int]] = {
    "Minsk, hexagons over the tile's edges": (around(53.9, 27.56, 7, 14), 9),
    "Minsk, the deepest zoom": (around(53.9, 27.56, 10, 6), 16),
    "Chukotka, west of the antimeridian": (around(66.5, 179.95, 4, 4), Tile(5, 31, 8)),
    "Chukotka, east of the antimeridian": (around(66.5, 179.95, 4, 4), Tile(5, 0, 8)),
    "a pentagon and its distorted neighbours": (sorted(h3.grid_disk(h3.get_pentagons(3)[1], 4)), 3),
    "the whole world": (sorted(c for b in h3.get_res0_cells() for c in h3.cell_to_children(b, 1)), Tile(0, 0, 0)),
}
"""Cells of one resolution and the tile that they are drawn on, or the zoom of the tile that holds the middle one."""


def write(name: str) -> Written:
    """One of the cases, as a layer of hexagons with properties of every kind and a layer of one point."""
    cells, where = CASES[name]
    outlines = HexOutlines(np.array(cells, np.uint64))
    tile = where if isinstance(where, Tile) else tile_of(cells[len(cells) // 2], where)
    rings, shifts = outlines.touching(tile.box)
    chosen = np.array(cells, np.uint64)[rings]
    values = columns(chosen)
    ids = feature_id(chosen)
    body = encode_layer(LAYER, ids, Polygons(outlines.vertices, outlines.offsets, rings, shifts), values, tile)
    middle = np.array([[(tile.box[0] + tile.box[2]) // 2, (tile.box[1] + tile.box[3]) // 2]], np.int32)
    body += encode_layer(PLACES_LAYER, np.array([2**37 - 1], np.uint64), Points(middle), {"name": ["Ёлкино"]}, tile)
    drawn = [in_tile(outlines, ring, shift, tile) for ring, shift in zip(rings.tolist(), shifts.tolist(), strict=True)]
    return Written(name, tile, body, chosen.tolist(), ids.tolist(), rows(values), drawn)


@dataclass(frozen=True, slots=True)
class Areas:
    """A tile's bytes with, for each area in its order: properties, closed rings in tile units, holes behind their outer rings."""

    tile: Tile
    body: bytes
    properties: list[dict[str, Any]]
    rings: list[list[Ring]]


def write_areas() -> Areas:
    """Areas with holes, islands and islands in holes, cut by the tile's edge; every third lacks its class, every fourth its share."""
    tile = Tile(9, 309, 160)
    west, _, east, north = metres(tile.box)
    unit = (east - west) / EXTENT
    plate = shapely.box(-500, 100, 1500, 1900)
    holes = shapely.union_all([shapely.box(x, y, x + 300, y + 300) for x in (0, 500, 1000) for y in (300, 1000)])
    spread = [plate.difference(holes), holes, shapely.box(3000, 3000, 5000, 5000), shapely.box(600, 1100, 700, 1200)]
    shapes = [shapely.transform(one, lambda at: np.column_stack([west + at[:, 0] * unit, north - at[:, 1] * unit])) for one in spread]
    seen, drawn = clip(np.array(shapes, object), tile)
    number = np.arange(len(seen))
    values: dict[str, Any] = {
        "n": number,
        "class": np.ma.MaskedArray(number, mask=number % 3 == 0),
        "share": np.where(number % 4 == 1, np.nan, number / 3),
    }
    rows = [{key: np.asarray(column)[i].item() for key, column in values.items() if not _is_missing(column[i])} for i in number.tolist()]
    corners = [drawn.vertices[low:high].tolist() for low, high in pairwise(drawn.offsets.tolist())]
    closed: list[Ring] = [[(x, y) for x, y in [*ring, ring[0]]] for ring in corners]
    rings = [closed[low:high] for low, high in pairwise(drawn.features.tolist())]
    return Areas(tile, encode_layer(AREAS_LAYER, seen.astype(np.uint64), drawn, dict(values), tile), rows, rings)


def _is_missing(value: Any) -> bool:
    return value is np.ma.masked or bool(np.isnan(value))


def tile_of(cell: int, zoom: int) -> Tile:
    """The tile that holds a cell's middle."""
    lat, lng = h3.cell_to_latlng(cell)
    x, y = project(np.array([lng]), np.array([lat]))[0].tolist()
    size = Tile(zoom, 0, 0).box[2]
    return Tile(zoom, x // size, y // size)


def columns(cells: np.ndarray) -> dict[str, Column]:
    """Whole numbers, great and negative ones, reals and text; the same for the same cells."""
    number = np.arange(len(cells))
    return {
        "n": number % 7 + 1,
        "great": number + 2**31,
        "minus": -number * 1001,
        "share": 1 / (number + 3),
        "h3": [h3.int_to_str(cell) for cell in cells.tolist()],
        "имя": [("лёд", "снег", "")[place % 3] for place in range(len(cells))],
    }


def rows(values: dict[str, Column]) -> list[dict[str, Any]]:
    """Columns as one dictionary a feature."""
    lists = [np.asarray(column).tolist() for column in values.values()]
    return [dict(zip(values, row, strict=True)) for row in zip(*lists, strict=True)]


def in_tile(outlines: HexOutlines, ring: int, shift: int, tile: Tile) -> Ring:
    """A closed ring in tile units, computed in floating point and rounded half up."""
    vertices = outlines.vertices[outlines.offsets[ring] : outlines.offsets[ring + 1]] + np.array([shift, 0.0])
    x0, y0, x1, _ = tile.box
    units = np.floor((vertices - [x0, y0]) / (x1 - x0) * EXTENT + 0.5).astype(int)
    closed: Ring = [(x, y) for x, y in [*units.tolist(), units[0].tolist()]]
    return closed
