"""The nearest of many points on the sphere, and how far and in which direction it is: exact at the antimeridian and the poles.

Points are unit vectors, so that there is no seam: a distance is 2 R asin(c / 2) of the chord c between two of them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from h3ronpy.vector import cells_to_coordinates
from numpy.typing import ArrayLike, NDArray

from geo_service.aggregation.columns.h3_hierarchy import Cells, ancestors

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""
_TILE_RESOLUTION = 4
"""H3 resolution, hexagons of about 23 km edge: cells of one of them share their candidates."""
_ROUNDING = 1e-9
"""Added to distances (radians, 6 mm), so that no candidate is lost to rounding."""

Vectors = NDArray[np.float64]
"""(points, 3) unit vectors."""


class Positions(NamedTuple):
    """Degrees, one entry a point."""

    lng: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each query the index of the nearest point, -1 where there is none at all, and its distance."""

    index: NDArray[np.int32]
    km: NDArray[np.float64]


def cell_centres(cells: Cells) -> Positions:
    """Return the centres of H3 cells."""
    batch = cells_to_coordinates(np.ascontiguousarray(cells))
    return Positions(np.asarray(batch["lng"], np.float64), np.asarray(batch["lat"], np.float64))


def unit_vectors(positions: Positions) -> Vectors:
    """Return points on the unit sphere, (points, 3)."""
    lng, lat = np.radians(positions.lng), np.radians(positions.lat)
    return np.column_stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)])


def distances_km(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """Return great-circle distances of vectors that are broadcast against each other, along the last axis."""
    return np.asarray(EARTH_RADIUS_KM * _angles(one, other))


def bearings(start: Positions, end: Positions) -> NDArray[np.float64]:
    """Return the initial bearings of the great circles from start to end, degrees clockwise from north, [0, 360)."""
    first, second = np.radians(start.lat), np.radians(end.lat)
    turn = np.radians(np.subtract(end.lng, start.lng))
    east = np.sin(turn) * np.cos(second)
    north = np.cos(first) * np.sin(second) - np.sin(first) * np.cos(second) * np.cos(turn)
    return np.asarray(np.degrees(np.arctan2(east, north)) % 360)


def find_nearest(cells: Cells, points: Vectors) -> Nearest:
    """Return the nearest point to the centre of each cell; of equally near ones the first.

    Cells are worked on by their ancestor: if d is the distance from one of them to its nearest point and r that to the farthest
    of its fellows, every fellow's nearest point lies within d + 2 r of it.
    """
    index, angle = np.full(len(cells), -1, np.int32), np.full(len(cells), np.inf)
    if len(points) and len(cells):
        centres = unit_vectors(cell_centres(cells))
        order = np.argsort(tiles := ancestors(cells, _TILE_RESOLUTION), kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(tiles[order])) + 1):
            candidates = _candidates(centres[rows], points)
            angles = _angles(centres[rows][:, None, :], points[candidates][None, :, :])
            best = angles.argmin(axis=1)
            index[rows], angle[rows] = candidates[best], angles[np.arange(len(rows)), best]
    return Nearest(index, EARTH_RADIUS_KM * angle)


def _candidates(centres: Vectors, points: Vectors) -> NDArray[np.intp]:
    """Return the points that may be the nearest one of any of the centres, ascending."""
    angles = _angles(centres[0], points)
    radius = _angles(centres[0], centres).max()
    return np.flatnonzero(angles <= angles.min() + 2 * radius + _ROUNDING)


def _angles(one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    chord = np.sqrt(np.sum((np.asarray(one) - np.asarray(other)) ** 2, axis=-1))
    return np.asarray(2 * np.arcsin(np.minimum(chord / 2, 1.0)))
