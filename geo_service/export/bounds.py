"""The part of the world that is exported, and the part that the exported tiles cover."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo_service.core.errors import InvalidParameter
from geo_service.tiles.documents.tilejson import Bounds
from geo_service.tiles.encoding.grid import WORLD, Box, Tile, latitude, longitude, project
from geo_service.tiles.layers.tile_coverage import WHOLE_WORLD

_ALLOWED = "west,south,east,north in degrees, such as 36.6,43.4,41.7,46.9; west beyond east crosses the antimeridian"
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class ExportBounds:
    """Boxes in world units, two of them over the antimeridian; bounds: what was asked for, None where that is everything."""

    boxes: tuple[Box, ...] = (WHOLE_WORLD,)
    bounds: Bounds | None = None


def read_bounds(text: str | None) -> ExportBounds:
    """The frame that west,south,east,north names; everything where there is none. Raises InvalidParameter."""
    if text is None:
        return ExportBounds()
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidParameter("--bounds", f"{text[:60]!r} is not four numbers", _ALLOWED) from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90 and west != east):
        raise InvalidParameter("--bounds", f"{text[:60]!r} frames nothing on the map", _ALLOWED)
    (x0, y1), (x1, y0) = project(np.array([west, east]), np.array([south, north])).tolist()
    if west < east:
        return ExportBounds(((x0, y0, x1, y1),), (west, south, east, north))
    return ExportBounds(((x0, y0, WORLD, y1), (0, y0, x1, y1)), (-180.0, south, 180.0, north))


def bounds_of(tiles: Iterable[Tile]) -> Bounds:
    """The least box that holds the tiles of the deepest zoom and reaches into every other tile.

    A client passes over tiles that its bounds do not reach into; hexagons of low zooms stand out beyond those of high ones.
    """
    edges: dict[int, list[int]] = {}
    for tile in tiles:
        x0, y0, x1, y1 = edges.setdefault(tile.z, [tile.x, tile.y, tile.x, tile.y])
        edges[tile.z] = [min(x0, tile.x), min(y0, tile.y), max(x1, tile.x), max(y1, tile.y)]
    deepest = max(edges)
    x0, y0, x1, y1 = (edge + (place >= 2) for place, edge in enumerate(edges.pop(deepest)))
    size = WORLD >> deepest
    box = np.array([x0, y0, x1, y1]) * size
    for zoom, (first_x, first_y, last_x, last_y) in edges.items():
        size = WORLD >> zoom
        # One step of the finest grid into the outermost tiles.
        inner = np.array([(first_x + 1) * size - _INTO, (first_y + 1) * size - _INTO, last_x * size + _INTO, last_y * size + _INTO])
        box = np.concatenate([np.minimum(box[:2], inner[:2]), np.maximum(box[2:], inner[2:])])
    west, north, east, south = longitude(int(box[0])), latitude(int(box[1])), longitude(int(box[2])), latitude(int(box[3]))
    return round(west, _DIGITS), round(south, _DIGITS), round(east, _DIGITS), round(north, _DIGITS)


_INTO = WORLD >> 26
"""How far into a tile the bounds reach at least, 60 cm at the equator: more than is lost by writing seven digits."""
