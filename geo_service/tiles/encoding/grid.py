"""The tile grid: Web Mercator in fixed-point world units, tiles as boxes in it, zoom to H3 resolution, feature ids.

World units are integers: the world is 2**30 of them wide (3.7 cm at the equator), x grows to the right from
180°W, y downwards from 85.0511°N. Integers round the same way for everyone, so neighbouring hexagons share
their edges to the bit, within a tile and across tiles. x below 0 or above 2**30 is beyond the antimeridian.
"""

from dataclasses import dataclass
from math import atan, degrees, pi, sinh

import numpy as np
from numpy.typing import NDArray

from geo_service.core.errors import NotFound
from geo_service.core.integers import parse_int

EXTENT = 4096
"""Units across a tile, as written in each layer."""

MIN_ZOOM, MAX_ZOOM = 0, 16
WORLD_BITS = 30
WORLD = 1 << WORLD_BITS

_GREATEST_LATITUDE = 85.051128779806592
"""Where Web Mercator's square world ends."""

_RESOLUTIONS = (1, 2, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 9, 10, 10, 10, 10)
"""By zoom: the H3 resolution whose hexagons are nearest to 18.5 px wide (12 to 28 px, while there are finer ones)
on a 512 px tile at 50° of latitude; at most about 2,000 hexagons a tile there."""

FIRST_ZOOM_OF_RESOLUTION = [_RESOLUTIONS.index(resolution) for resolution in sorted(set(_RESOLUTIONS))]
"""The first zoom at which each of these resolutions is shown."""

_GREATEST_NUMBER = 999_999_999
"""A number in a path up to this one is read, and then not found outside of the grid; a greater one is malformed."""
_ALLOWED = "a whole number; tiles are addressed as /{z}/{x}/{y}.mvt"

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in world units; y0 is the northern edge."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of the grid: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def box(self) -> Box:
        """The tile's edges in world units."""
        size = WORLD >> self.z
        return self.x * size, self.y * size, (self.x + 1) * size, (self.y + 1) * size

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, north, east, south = self.box
        return longitude(west), latitude(south), longitude(east), latitude(north)


def read_tile(z: str, x: str, y: str, zooms: tuple[int, int] = (MIN_ZOOM, MAX_ZOOM)) -> Tile:
    """The tile that a path names.

    Raises InvalidParameter where a part is no whole number, NotFound outside the zoom range or the grid.
    """
    zoom = parse_int("z", z, 0, _GREATEST_NUMBER, _ALLOWED)
    tile = Tile(zoom, parse_int("x", x, 0, _GREATEST_NUMBER, _ALLOWED), parse_int("y", y, 0, _GREATEST_NUMBER, _ALLOWED))
    if not zooms[0] <= tile.z <= zooms[1]:
        raise NotFound(f"there are no tiles at zoom {tile.z}; zooms: {zooms[0]} to {zooms[1]}")
    if max(tile.x, tile.y) >= 1 << tile.z:
        raise NotFound(f"tile {tile.z}/{tile.x}/{tile.y} is outside the grid; x and y: 0 to {(1 << tile.z) - 1}")
    return tile


MAX_DETAIL = 1


def resolution_at(zoom: int, detail: int = 0) -> int:
    """The H3 resolution shown at a zoom. detail: by how many zooms the hexagons are finer than usual, 0 to MAX_DETAIL."""
    return _RESOLUTIONS[min(zoom + detail, MAX_ZOOM)]


def project(lng: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int32]:
    """Degrees to world units, (n, 2) int32. Latitudes beyond the square world are put on its edge; lng in ±270."""
    clamped = np.radians(np.clip(lat, -_GREATEST_LATITUDE, _GREATEST_LATITUDE))
    x = lng / 360 + 0.5
    y = 0.5 - np.arcsinh(np.tan(clamped)) / (2 * pi)
    return np.rint(np.column_stack([x, y]) * WORLD).astype(np.int32)


def longitude(x: int) -> float:
    """Degrees of a world x."""
    return x / WORLD * 360 - 180


def latitude(y: int) -> float:
    """Degrees of a world y."""
    return degrees(atan(sinh(pi * (1 - 2 * y / WORLD))))


def feature_id(cells: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """37-bit ids of cells of resolutions 0 to 10: base cell and ten digits. A JavaScript number holds them exactly.

    The mode, the resolution and the unused five digits of an H3 index are left out.
    """
    return (cells & np.uint64((1 << 52) - 1)) >> np.uint64(15)
