"""Find the nearest outline for points near it: distances in metres, over arrays.

Around each point the earth is treated as flat. Degrees of longitude and latitude have their lengths on the WGS 84
ellipsoid at the point's latitude. For distances up to a kilometre the error is below 0.1 % between 75° S and 75° N.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.locating.district_arrays import Polygons

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

CHUNK = 16
"""Segments of an outline in one entry of the spatial index: many, so that it stays small; few, because each is measured."""
BLOCK = 20_000
"""Points that are processed at once: a limit of memory if many of them are near a border."""
TURN = 360.0


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """The segments of all outlines, grouped into chunks of at most `CHUNK` consecutive ones."""

    start: Floats
    """(segments, 2) degrees."""
    stop: Floats
    """(segments, 2) degrees."""
    owner: Rows
    """(segments,) the row of the polygon."""
    first: Rows
    """(chunks + 1,) the first segment of each chunk, and at the end the number of segments."""


class NearestOutline:
    """Finds the nearest polygon for each point, at most `within_m` metres away."""

    def __init__(self, polygons: Polygons, within_m: float) -> None:
        self._within_m = within_m
        self._segments = _split_into_segments(polygons)
        self._tree = shapely.STRtree(_chunk_boxes(self._segments))

    def find(self, lng: Floats, lat: Floats, region: NDArray[np.int32], regions: NDArray[np.int32]) -> tuple[Rows, Rows]:
        """Return the indexes of the points that are near a polygon, and the row of the nearest one; of equals the least row.

        region: of each point, 0 for none. regions: of each polygon, 0 for none. A point with a region can only be near
        polygons of the same region or of none.
        """
        blocks = [self._find_in_block(lng, lat, region, regions, low) for low in range(0, len(lng), BLOCK)]
        points = [point for point, _ in blocks] or [np.empty(0, np.intp)]
        rows = [row for _, row in blocks] or [np.empty(0, np.intp)]
        return np.concatenate(points), np.concatenate(rows)

    def _find_in_block(
        self, lng: Floats, lat: Floats, region: NDArray[np.int32], regions: NDArray[np.int32], low: int
    ) -> tuple[Rows, Rows]:
        """Do the same for the block of points that begins at `low`."""
        block = slice(low, low + BLOCK)
        point, turn, chunk = self._find_candidates(lng[block], lat[block])
        point += low
        counts = np.diff(self._segments.first)[chunk]
        segment = np.repeat(self._segments.first[chunk], counts) + _concatenated_ranges(counts)
        point, turn = np.repeat(point, counts), np.repeat(turn, counts)
        row = self._segments.owner[segment]
        metres = self._measure(lng[point] + turn, lat[point], segment)
        allowed = (region[point] == 0) | (regions[row] == 0) | (regions[row] == region[point])
        near = np.flatnonzero(allowed & (metres <= self._within_m))
        near = near[np.lexsort((row[near], metres[near], point[near]))]
        nearest = near[np.unique(point[near], return_index=True)[1]]
        return point[nearest], row[nearest]

    def _find_candidates(self, lng: Floats, lat: Floats) -> tuple[Rows, Floats, Rows]:
        """Return pairs of a point and a chunk whose box is near it: point, the turn added to its longitude, chunk.

        A point near ±180° is searched a second time on the other side, with a turn of 360° or -360°.
        """
        east, north = metres_per_degree(lat)
        # One metre more, so that rounding loses no segment that is exactly as far away as allowed.
        width, height = (self._within_m + 1) / east, (self._within_m + 1) / north
        points, turns = [np.arange(len(lng))], [np.zeros(len(lng))]
        for is_beyond, turn in ((lng + width > 180, -TURN), (lng - width < -180, TURN)):
            points.append(np.flatnonzero(is_beyond))
            turns.append(np.full(len(points[-1]), turn))
        point, turned = np.concatenate(points), np.concatenate(turns)
        x, y, width, height = lng[point] + turned, lat[point], width[point], height[point]
        pair, chunk = self._tree.query(shapely.box(x - width, y - height, x + width, y + height))
        return point[pair], turned[pair], chunk

    def _measure(self, lng: Floats, lat: Floats, segment: Rows) -> Floats:
        """Return the distance between each point and its segment, metres."""
        scale = np.column_stack(metres_per_degree(lat))
        point = np.column_stack([lng, lat])
        start = (self._segments.start[segment] - point) * scale
        along = (self._segments.stop[segment] - point) * scale - start
        squared_length = np.maximum((along * along).sum(axis=1), 1e-12)
        # The nearest point of the segment: the foot of the perpendicular, or one of the ends.
        share = np.clip(-(start * along).sum(axis=1) / squared_length, 0, 1)
        foot = start + along * share[:, None]
        distance: Floats = np.hypot(foot[:, 0], foot[:, 1])
        return distance


def metres_per_degree(lat: Floats) -> tuple[Floats, Floats]:
    """Return the length of a degree of longitude and of a degree of latitude on WGS 84 at some latitudes, metres.

    The series is from NGA's "Length of a degree of latitude and longitude" (American Practical Navigator, volume II).
    """
    angle = np.radians(lat)
    east = 111412.84 * np.cos(angle) - 93.5 * np.cos(3 * angle) + 0.118 * np.cos(5 * angle)
    north = 111132.92 - 559.82 * np.cos(2 * angle) + 1.175 * np.cos(4 * angle) - 0.0023 * np.cos(6 * angle)
    # At the poles a degree of longitude has no length, and could not be divided by.
    return np.maximum(east, 100.0), north


def _split_into_segments(polygons: Polygons) -> _Segments:
    parts, part_of = shapely.get_parts(polygons, return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    # A segment begins at each point that is followed by a point of the same ring.
    starts = np.flatnonzero(ring_of_point[1:] == ring_of_point[:-1]) if len(ring_of_point) else np.empty(0, np.intp)
    ring = ring_of_point[starts]
    # A chunk begins with each ring, and after every CHUNK segments of it.
    ring_starts = np.flatnonzero(np.diff(ring, prepend=-1))
    index_in_ring = np.arange(len(starts)) - np.repeat(ring_starts, np.diff(np.append(ring_starts, len(starts))))
    first = np.append(np.flatnonzero(index_in_ring % CHUNK == 0), len(starts))
    return _Segments(points[starts], points[starts + 1], part_of[ring_of[ring]], first)


def _chunk_boxes(segments: _Segments) -> Polygons:
    """Return the bounding box of each chunk, degrees."""
    starts = segments.first[:-1]
    if not len(starts):
        return np.empty(0, object)
    low, high = np.minimum(segments.start, segments.stop), np.maximum(segments.start, segments.stop)
    south_west, north_east = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    boxes: Polygons = shapely.box(*south_west.T, *north_east.T)
    return boxes


def _concatenated_ranges(counts: Rows) -> Rows:
    """Return 0, 1, …, count - 1 for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
