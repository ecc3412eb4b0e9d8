"""The bounds of an export as a command names them, and the bounds of the exported tiles."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo_service.core.errors import InvalidParameter
from geo_service.core.extent import Bounds, enclosing_bounds
from geo_service.core.integers import shorten
from geo_service.tiles.encoding.grid import WORLD, Box, Tile, latitude, longitude, project
from geo_service.tiles.layers.tile_coverage import WHOLE_WORLD

_ALLOWED = "west,south,east,north in degrees, such as 36.6,43.4,41.7,46.9; west beyond east crosses the antimeridian"
_DECIMALS = 7
"""Of degrees: about a centimetre."""


@dataclass(frozen=True, slots=True)
class ExportBounds:
    """The part of the world that is exported."""

    boxes: tuple[Box, ...] = (WHOLE_WORLD,)
    """World units; two boxes if the bounds cross the antimeridian."""
    bounds: Bounds | None = None
    """Degrees; None for the whole world."""


def read_bounds(text: str | None) -> ExportBounds:
    """Parse west,south,east,north in degrees; None means the whole world. Raises `InvalidParameter`."""
    if text is None:
        return ExportBounds()
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidParameter("--bounds", f"{shorten(text, 60)!r} is not four numbers", _ALLOWED) from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90 and west != east):
        raise InvalidParameter("--bounds", f"{shorten(text, 60)!r} is empty or outside the world", _ALLOWED)
    (x0, y1), (x1, y0) = project(np.array([west, east]), np.array([south, north])).tolist()
    if west < east:
        return ExportBounds(((x0, y0, x1, y1),), (west, south, east, north))
    return ExportBounds(((x0, y0, WORLD, y1), (0, y0, x1, y1)), (west, south, east, north))


def extent_of(tiles: Iterable[Tile]) -> Bounds:
    """Return the bounds of the tiles of the highest zoom by the shortest arc, degrees."""
    edges: dict[int, tuple[set[int], set[int]]] = {}
    for tile in tiles:
        columns, rows = edges.setdefault(tile.z, (set(), set()))
        columns.add(tile.x)
        rows.add(tile.y)
    highest = max(edges)
    columns, rows = edges[highest]
    boxes = [Tile(highest, column, row).bounds for row in (min(rows), max(rows)) for column in columns]
    return enclosing_bounds(np.array(boxes))


def bounds_of(tiles: Iterable[Tile]) -> Bounds:
    """Return the smallest box that contains the tiles of the highest zoom and overlaps every other tile, degrees.

    Clients do not load tiles outside of an archive's bounds, and the large hexagons of low zooms reach further than the
    small ones of high zooms.
    """
    edges: dict[int, list[int]] = {}
    for tile in tiles:
        x0, y0, x1, y1 = edges.setdefault(tile.z, [tile.x, tile.y, tile.x, tile.y])
        edges[tile.z] = [min(x0, tile.x), min(y0, tile.y), max(x1, tile.x), max(y1, tile.y)]
    highest = max(edges)
    # The right and lower edge of a tile are the left and upper edge of the next one.
    x0, y0, x1, y1 = (edge + (index >= 2) for index, edge in enumerate(edges.pop(highest)))
    size = WORLD >> highest
    box = np.array([x0, y0, x1, y1]) * size
    for zoom, (first_x, first_y, last_x, last_y) in edges.items():
        size = WORLD >> zoom
        inner = np.array([
            (first_x + 1) * size - _OVERLAP, (first_y + 1) * size - _OVERLAP, last_x * size + _OVERLAP, last_y * size + _OVERLAP,
        ])  # fmt: skip
        box = np.concatenate([np.minimum(box[:2], inner[:2]), np.maximum(box[2:], inner[2:])])
    west, north, east, south = longitude(int(box[0])), latitude(int(box[1])), longitude(int(box[2])), latitude(int(box[3]))
    return round(west, _DECIMALS), round(south, _DECIMALS), round(east, _DECIMALS), round(north, _DECIMALS)


_OVERLAP = WORLD >> 26
"""How far the bounds reach into a tile at least: 60 cm at the equator, more than rounding to seven decimals takes away."""
