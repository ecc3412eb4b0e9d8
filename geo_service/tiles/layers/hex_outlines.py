"""Outlines of the cells of one H3 resolution, ready to be drawn, and which of them touch a box.

Cells come in H3 order, which keeps neighbours close: blocks of 64 consecutive cells with their bounding
boxes are a packed R-tree of two levels. A cell is chosen by where it is drawn, never by its centre.
"""

import numpy as np
from h3ronpy.vector import cells_to_wkb_polygons
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray
from geo_service.core.extent import Bounds, shortest_arc
from geo_service.tiles.encoding.grid import WORLD, Box, latitude, project
from geo_service.tiles.encoding.mvt import Polygons

_BLOCK = 64
"""Cells under one bounding box: of a million cells, 16,000 boxes are looked through, and then the cells of the few that are met."""
_PLAIN = 6
"""Vertices of a hexagon that no icosahedron edge distorts."""
_HALF_TURN = WORLD // 2
"""World units."""
_HALF_CIRCLE = 180.0
"""Degrees."""
_UNIT_DEGREES = 2 * _HALF_CIRCLE / WORLD
"""Of longitude, a world unit."""
_DECIMALS = 5
"""Of bounds in degrees: about a metre."""

_BEYOND = WORLD >> 8
"""World units, 1/256 of the world: how far beyond its square a ring around a pole is led, see `_unwrap`."""

_POINT_BYTES = 16
"""Two doubles."""
_WKB_HEAD = 13
"""Bytes before the points of a polygon of one ring: byte order, type, number of rings, number of points."""

Indexes = NDArray[np.intp]


class HexOutlines:
    """Outlines by cell index; later cells are put behind the last."""

    def __init__(self, cells: NDArray[np.uint64]) -> None:
        """cells: one resolution, best in H3 order."""
        self._vertices = GrowableArray(np.empty((0, 2), np.int32))
        self._offsets = GrowableArray(np.zeros(1, np.uint32))
        self._boxes = GrowableArray(np.empty((0, 4), np.int32))
        self._blocks = np.empty((0, 4), np.int32)
        self._bounds: Bounds | None = None
        self.extend(cells)

    def __len__(self) -> int:
        return len(self._boxes)

    @property
    def vertices(self) -> NDArray[np.int32]:
        """(vertices, 2) int32 world units, clockwise on the screen, the first not repeated at the end."""
        return self._vertices.values

    @property
    def offsets(self) -> NDArray[np.uint32]:
        """(cells + 1,) uint32: cell i has the vertices offsets[i]:offsets[i + 1]."""
        return self._offsets.values

    @property
    def boxes(self) -> NDArray[np.int32]:
        """(cells, 4) int32: x0, y0, x1, y1."""
        return self._boxes.values

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north of all cells in degrees; west > east across the antimeridian. There is at least one cell."""
        if self._bounds is None:
            x0, y0, x1, y1 = self.boxes.T
            west, east = shortest_arc(x0 * _UNIT_DEGREES - _HALF_CIRCLE, x1 * _UNIT_DEGREES - _HALF_CIRCLE)
            south, north = latitude(min(int(y1.max()), WORLD)), latitude(max(int(y0.min()), 0))
            self._bounds = (round(west, _DECIMALS), round(south, _DECIMALS), round(east, _DECIMALS), round(north, _DECIMALS))
        return self._bounds

    def extend(self, cells: NDArray[np.uint64]) -> None:
        """Add further cells."""
        if not len(cells):
            return
        vertices, counts, boxes = _outline(cells)
        self._offsets.append((np.cumsum(counts) + len(self._vertices)).astype(np.uint32))
        self._vertices.append(vertices)
        self._boxes.append(boxes)
        self._index_blocks(len(boxes))
        self._bounds = None

    def polygons(self, cells: Indexes, shifts: NDArray[np.int32]) -> Polygons:
        """Return the outlines of cells as geometry of a tile. shifts: added to x, world units."""
        return Polygons(self._vertices.values, self._offsets.values, cells, shifts)

    def touching(self, box: Box) -> tuple[Indexes, NDArray[np.int32]]:
        """Return the cells that touch the box, and by how much each is to be shifted in x to be drawn there.

        (cells,) intp ascending for each shift, (cells,) int32 of 0, WORLD or -WORLD: a cell over the
        antimeridian is held once, unwrapped, and drawn on either side.
        """
        parts = []
        for shift in (0, WORLD, -WORLD):
            inside = self._inside((box[0] - shift, box[1], box[2] - shift, box[3]))
            parts.append((inside, np.full(len(inside), shift, np.int32)))
        return np.concatenate([indexes for indexes, _ in parts]), np.concatenate([shifts for _, shifts in parts])

    def centroid_in(self, cells: Indexes, shifts: NDArray[np.int32], box: Box) -> NDArray[np.bool_]:
        """Return which cells, moved by their shifts, have the middle of their bounding box in the box: each in one tile of a zoom."""
        x0, y0, x1, y1 = box
        boxes = self.boxes[cells].astype(np.int64)
        x = (boxes[:, 0] + boxes[:, 2]) // 2 + shifts
        # Around a pole the box reaches beyond the square world.
        y = np.clip((boxes[:, 1] + boxes[:, 3]) // 2, 0, WORLD - 1)
        inside: NDArray[np.bool_] = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
        return inside

    def _inside(self, box: Box) -> Indexes:
        blocks = np.flatnonzero(_meet(self._blocks, box))
        candidates = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
        candidates = candidates[candidates < len(self)]
        candidates = candidates[_meet(self.boxes[candidates], box)]
        return candidates[_touch(self.vertices, self.offsets, self.boxes, candidates, *box)]

    def _index_blocks(self, fresh: int) -> None:
        """Bounding boxes of the blocks, from the first that the fresh cells fall into."""
        first = (len(self) - fresh) // _BLOCK
        boxes = self.boxes[first * _BLOCK :]
        starts = np.arange(0, len(boxes), _BLOCK)
        tail = np.column_stack([np.minimum.reduceat(boxes[:, :2], starts), np.maximum.reduceat(boxes[:, 2:], starts)])
        self._blocks = np.concatenate([self._blocks[:first], tail])


def _outline(cells: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
    """Vertices of all cells one after the other, how many each has (five for pentagons, up to ten when distorted), boxes."""
    polygons = np.frombuffer(b"".join(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells)))), np.uint8)
    coordinates, counts = _rings(polygons, len(cells))
    degrees = coordinates.view(np.float64).reshape(-1, 2)
    points = project(degrees[:, 0], degrees[:, 1])
    starts = np.cumsum(counts) - counts
    if np.any(np.maximum.reduceat(points[:, 0], starts) - np.minimum.reduceat(points[:, 0], starts) > _HALF_TURN):
        points, counts = _unwrap(points, starts, counts)
    vertices, boxes = _turned(points, counts)
    return vertices, counts - 1, boxes


def _unwrap(points: NDArray[np.int32], starts: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Closed rings made continuous over the antimeridian, to the east of it; a ring around a pole also takes in the pole.

    An edge never spans half a turn, so a longer step in x is one across the antimeridian. Whole turns are added
    to world units: corners shared with cells that do not cross stay the same to the bit.
    """
    steps = np.diff(points[:, 0], prepend=points[:1, 0])
    crossings = (steps < -_HALF_TURN).astype(np.int32) - (steps > _HALF_TURN)
    crossings[starts] = 0
    turns = np.cumsum(crossings, dtype=np.int32)
    turns -= np.repeat(np.minimum.reduceat(turns, starts), counts)
    points[:, 0] += turns * WORLD
    ends = starts + counts - 1
    around = np.flatnonzero(turns[ends] != turns[starts])
    first, last = points[starts[around]], points[ends[around]]
    # A little beyond the square world, so that the way back does not run over corners that lie on its edge.
    edge = np.where(first[:, 1] < _HALF_TURN, -_BEYOND, WORLD + _BEYOND)
    corners = np.stack([np.column_stack([last[:, 0], edge]), np.column_stack([first[:, 0], edge]), first], axis=1)
    counts[around] += corners.shape[1]
    return np.insert(points, np.repeat(ends[around] + 1, corners.shape[1]), corners.reshape(-1, 2), axis=0), counts


@njit(nogil=True, cache=True)
def _rings(polygons: NDArray[np.uint8], cells: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The coordinates' bytes (little-endian doubles) of well-known binary polygons of one ring, and each one's points."""
    counts = np.empty(cells, np.int64)
    bytes_of_all = len(polygons) - cells * _WKB_HEAD
    out = np.empty(bytes_of_all, np.uint8)
    at = written = 0
    for i in range(cells):
        # No cell has more than ten corners: the count's first byte is all of it.
        counts[i] = polygons[at + _WKB_HEAD - 4]
        at += _WKB_HEAD
        for _ in range(counts[i] * _POINT_BYTES):
            out[written] = polygons[at]
            at += 1
            written += 1
    return out, counts


@njit(nogil=True, cache=True)
def _turned(points: NDArray[np.int32], counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Closed rings, counter-clockwise on the map, turned round without the repeated point; and their bounding boxes."""
    vertices = np.empty((len(points) - len(counts), 2), np.int32)
    boxes = np.empty((len(counts), 4), np.int32)
    at = written = 0
    for i in range(len(counts)):
        boxes[i, :2] = boxes[i, 2:] = points[at]
        for j in range(at + counts[i] - 1, at, -1):
            vertices[written] = points[j]
            for axis in range(2):
                boxes[i, axis] = min(boxes[i, axis], points[j, axis])
                boxes[i, axis + 2] = max(boxes[i, axis + 2], points[j, axis])
            written += 1
        at += counts[i]
    return vertices, boxes


def _meet(boxes: NDArray[np.int32], box: Box) -> NDArray[np.bool_]:
    """Which boxes have a point in common with the box."""
    x0, y0, x1, y1 = box
    meet: NDArray[np.bool_] = (boxes[:, 0] <= x1) & (boxes[:, 2] >= x0) & (boxes[:, 1] <= y1) & (boxes[:, 3] >= y0)
    return meet


@njit(nogil=True, cache=True)
def _touch(
    vertices: NDArray[np.int32], offsets: NDArray[np.uint32], boxes: NDArray[np.int32], cells: Indexes, x0: int, y0: int, x1: int, y1: int
) -> NDArray[np.bool_]:
    """Which outlines have a point in common with the box, not only their bounding boxes.

    Outline and box are convex: they are apart just when all corners of the box lie beyond one edge of the
    outline (the sides of the box have been looked at before). Clockwise on the screen, the inside is to the right.
    Only hexagons that the square world's edge does not cut are sure to be convex: the others count as touching by
    their bounding box. A cell wholly beyond that edge touches nothing.
    """
    touch = np.empty(len(cells), np.bool_)
    for i in range(len(cells)):
        low, high = offsets[cells[i]], offsets[cells[i] + 1]
        north, south = boxes[cells[i], 1], boxes[cells[i], 3]
        touch[i] = south > 0 and north < WORLD
        convex = high - low == _PLAIN and north > 0 and south < WORLD
        for j in range(low, high if convex else low):
            ax, ay = np.int64(vertices[j, 0]), np.int64(vertices[j, 1])
            k = j + 1 if j + 1 < high else low
            dx, dy = vertices[k, 0] - ax, vertices[k, 1] - ay
            # The corner of the box that lies farthest to the inside of this edge.
            x = x0 if dy > 0 else x1
            y = y1 if dx > 0 else y0
            if dx * (y - ay) - dy * (x - ax) < 0:
                touch[i] = False
                break
    return touch
