"""Outlines of the hexagons of a tile that shows some of them on both sides of the antimeridian, or around a pole.

Each hexagon is one feature: a multipolygon where it has a part on each side, one polygon where it is all around the world.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.tiles.encoding.clipping import Rings, clean_rings
from geo_service.tiles.encoding.grid import EXTENT, WORLD, Tile
from geo_service.tiles.encoding.mvt import MultiPolygons
from geo_service.tiles.layers.hex_outlines import HexOutlines, Indexes

_MARGIN = EXTENT // 2
"""Tile units around a tile that are kept of a hexagon around the world: readers limit how far outlines may reach."""


def first_of_each(cells: Indexes) -> NDArray[np.bool_]:
    """Return which entries differ from the one before them."""
    first = np.ones(len(cells), np.bool_)
    first[1:] = cells[1:] != cells[:-1]
    return first


def join_outlines(outlines: HexOutlines, cells: Indexes, shifts: NDArray[np.int32], tile: Tile) -> MultiPolygons:
    """Return one feature for each cell. cells: the same ones beside each other; shifts: of each entry, world units added to x."""
    starts = np.flatnonzero(first_of_each(cells))
    features = [
        _rings(outlines, int(cells[start]), shifts[start:stop], tile)
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(cells)], strict=True)
    ]
    rings = [ring for feature in features for ring in feature]
    offsets = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    return MultiPolygons(np.concatenate(rings), offsets, np.concatenate([[0], np.cumsum([len(feature) for feature in features])]))


def _rings(outlines: HexOutlines, cell: int, shifts: NDArray[np.int32], tile: Tile) -> list[NDArray[np.int64]]:
    """Return the rings of a cell in tile units, clockwise on the screen."""
    ring = outlines.vertices[outlines.offsets[cell] : outlines.offsets[cell + 1]].astype(np.int64)
    parts = [ring + np.array([shift, 0]) for shift in shifts.tolist()]
    if outlines.boxes[cell, 2] - outlines.boxes[cell, 0] >= WORLD:
        return _around_world(parts, tile) or [_to_tile(parts[0], tile)]
    return [_to_tile(part, tile) for part in parts]


def _around_world(parts: list[NDArray[np.int64]], tile: Tile) -> list[NDArray[np.int64]]:
    """Return what is seen of an outline in and near the tile: its copies, a whole turn long, meet in lines that are not drawn."""
    x0, y0, x1, y1 = tile.box
    margin = (WORLD >> tile.z) * _MARGIN // EXTENT
    near = shapely.box(x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    seen: Any = shapely.intersection(shapely.union_all([shapely.make_valid(shapely.Polygon(part)) for part in parts]), near)
    rings = [shapely.get_coordinates(part.exterior)[:-1] for part in shapely.get_parts(seen) if part.geom_type == "Polygon"]
    if not rings:
        return []
    vertices = _to_tile(np.rint(np.concatenate(rings)).astype(np.int64), tile)
    cleaned, _ = clean_rings(Rings(vertices, np.array([len(ring) for ring in rings]), np.ones(len(rings), np.bool_)))
    return np.split(cleaned.vertices, np.cumsum(cleaned.sizes)[:-1]) if len(cleaned.sizes) else []


def _to_tile(world: NDArray[np.int64], tile: Tile) -> NDArray[np.int64]:
    """Return world units as tile units, rounded as those of all other outlines are."""
    x0, y0, _, _ = tile.box
    unit = (WORLD >> tile.z) // EXTENT
    units: NDArray[np.int64] = (world - np.array([x0, y0]) + unit // 2) // unit
    return units
