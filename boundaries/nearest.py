"""The nearest outline to points that lie a little outside: distances in metres, over arrays.

Around each point the earth is taken as flat, with the lengths of a degree of longitude and of latitude on the WGS 84
ellipsoid at the point's own latitude. Over a kilometre that is right to 0.1 % between 75° south and north.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import Polygons

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

CHUNK = 16
"""Segments of an outline that are looked up together: enough for a small tree, few enough to measure all of them."""
BLOCK = 20_000
"""Points at a time: bounds the memory where many lie near a border."""
TURN = 360.0


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Segments of all outlines, and chunks of at most `CHUNK` neighbouring ones."""

    start: Floats
    """(segments, 2): degrees."""
    stop: Floats
    owner: Rows
    """Of each segment: the row of its polygon."""
    first: Rows
    """Of each chunk: its first segment; one entry more than there are chunks."""


class NearestOutline:
    """Finds the nearest of `polygons`, at most `within_m` metres away."""

    def __init__(self, polygons: Polygons, within_m: float) -> None:
        self._within_m = within_m
        self._segments = _segments(polygons)
        self._tree = shapely.STRtree(_boxes(self._segments))

    def find(self, lng: Floats, lat: Floats, region: NDArray[np.int32], regions: NDArray[np.int32]) -> tuple[Rows, Rows]:
        """Points that have an outline near enough, and the row of that polygon; of equally near ones the lowest row.

        `region` of a point, where it is not 0, restricts it to polygons whose `regions` is the same or 0.
        """
        parts = [self._block(lng, lat, region, regions, low) for low in range(0, len(lng), BLOCK)]
        places = [place for place, _ in parts] or [np.empty(0, np.intp)]
        rows = [row for _, row in parts] or [np.empty(0, np.intp)]
        return np.concatenate(places), np.concatenate(rows)

    def _block(self, lng: Floats, lat: Floats, region: NDArray[np.int32], regions: NDArray[np.int32], low: int) -> tuple[Rows, Rows]:
        part = slice(low, low + BLOCK)
        point, turn, chunk = self._candidates(lng[part], lat[part])
        point += low
        counts = np.diff(self._segments.first)[chunk]
        segment = np.repeat(self._segments.first[chunk], counts) + _counting(counts)
        point, turn = np.repeat(point, counts), np.repeat(turn, counts)
        row = self._segments.owner[segment]
        metres = self._metres(lng[point] + turn, lat[point], segment)
        allowed = (region[point] == 0) | (regions[row] == 0) | (regions[row] == region[point])
        kept = np.flatnonzero(allowed & (metres <= self._within_m))
        kept = kept[np.lexsort((row[kept], metres[kept], point[kept]))]
        winners = kept[np.unique(point[kept], return_index=True)[1]]
        return point[winners], row[winners]

    def _candidates(self, lng: Floats, lat: Floats) -> tuple[Rows, Floats, Rows]:
        """Pairs of a point, seen also a turn of the earth away where it is near ±180°, and a chunk whose box is near it."""
        east, north = metres_per_degree(lat)
        # A metre more than asked for: what is exactly that far away is measured, not guessed.
        wide, high = (self._within_m + 1) / east, (self._within_m + 1) / north
        points, turns = [np.arange(len(lng))], [np.zeros(len(lng))]
        for over, turn in ((lng + wide > 180, -TURN), (lng - wide < -180, TURN)):
            points.append(np.flatnonzero(over))
            turns.append(np.full(len(points[-1]), turn))
        point, turned = np.concatenate(points), np.concatenate(turns)
        x, y, wide, high = lng[point] + turned, lat[point], wide[point], high[point]
        pair, chunk = self._tree.query(shapely.box(x - wide, y - high, x + wide, y + high))
        return point[pair], turned[pair], chunk

    def _metres(self, lng: Floats, lat: Floats, segment: Rows) -> Floats:
        """The distance of each point to its segment."""
        scale = np.column_stack(metres_per_degree(lat))
        point = np.column_stack([lng, lat])
        start = (self._segments.start[segment] - point) * scale
        along = (self._segments.stop[segment] - point) * scale - start
        length = np.maximum((along * along).sum(axis=1), 1e-12)
        share = np.clip(-(start * along).sum(axis=1) / length, 0, 1)
        foot = start + along * share[:, None]
        nearest: Floats = np.hypot(foot[:, 0], foot[:, 1])
        return nearest


def metres_per_degree(lat: Floats) -> tuple[Floats, Floats]:
    """Metres that a degree of longitude and a degree of latitude take on WGS 84.

    The series of NGA's "Length of a degree of latitude and longitude" (American Practical Navigator, volume II).
    """
    angle = np.radians(lat)
    east = 111412.84 * np.cos(angle) - 93.5 * np.cos(3 * angle) + 0.118 * np.cos(5 * angle)
    north = 111132.92 - 559.82 * np.cos(2 * angle) + 1.175 * np.cos(4 * angle) - 0.0023 * np.cos(6 * angle)
    # A pole is no place for a district; keep the division sane.
    return np.maximum(east, 100.0), north


def _segments(polygons: Polygons) -> _Segments:
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    points, of = shapely.get_coordinates(rings, return_index=True)
    within = np.flatnonzero(of[1:] == of[:-1]) if len(of) else np.empty(0, np.intp)
    ring = of[within]
    # A chunk begins with a ring, and after each CHUNK segments of it.
    begins = np.flatnonzero(np.diff(ring, prepend=-1))
    place = np.arange(len(within)) - np.repeat(begins, np.diff(np.append(begins, len(within))))
    first = np.append(np.flatnonzero(place % CHUNK == 0), len(within))
    return _Segments(points[within], points[within + 1], part_of[ring_of[ring]], first)


def _boxes(segments: _Segments) -> Polygons:
    starts = segments.first[:-1]
    if not len(starts):
        return np.empty(0, object)
    low, high = np.minimum(segments.start, segments.stop), np.maximum(segments.start, segments.stop)
    south_west, north_east = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    boxes: Polygons = shapely.box(*south_west.T, *north_east.T)
    return boxes


def _counting(counts: Rows) -> Rows:
    """0, 1, 2… for each count in turn."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
