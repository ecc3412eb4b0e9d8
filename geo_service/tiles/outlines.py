"""Outlines of the cells of one H3 resolution, ready to be drawn, and which of them touch a box.

Cells come in H3 order, which keeps neighbours close: blocks of 64 consecutive cells with their bounding
boxes are a packed R-tree of two levels. A cell is chosen by where it is drawn, never by its centre.
"""

import numpy as np
import shapely
from h3ronpy.vector import cells_to_wkb_polygons
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.growing import Growing
from geo_service.tiles.grid import WORLD, Box, project

_BLOCK = 64
_PLAIN = 6
_HALF_TURN = 180.0

Indexes = NDArray[np.intp]


class Outlines:
    """Outlines by cell index; later cells are put behind the last."""

    def __init__(self, cells: NDArray[np.uint64]) -> None:
        """cells: one resolution, best in H3 order."""
        self._vertices = Growing(np.empty((0, 2), np.int32))
        self._offsets = Growing(np.zeros(1, np.uint32))
        self._boxes = Growing(np.empty((0, 4), np.int32))
        self._blocks = np.empty((0, 4), np.int32)
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

    def extend(self, cells: NDArray[np.uint64]) -> None:
        """Take in further cells."""
        if not len(cells):
            return
        vertices, counts = _outline(cells)
        starts = np.concatenate([[0], np.cumsum(counts)])
        boxes = np.column_stack([np.minimum.reduceat(vertices, starts[:-1]), np.maximum.reduceat(vertices, starts[:-1])])
        self._offsets.append((starts[1:] + len(self._vertices)).astype(np.uint32))
        self._vertices.append(vertices)
        self._boxes.append(boxes)
        self._index_blocks(len(boxes))

    def touching(self, box: Box) -> tuple[Indexes, NDArray[np.int32]]:
        """The cells that touch the box, and by how much each is to be shifted in x to be drawn there.

        (cells,) intp ascending for each shift, (cells,) int32 of 0, WORLD or -WORLD: a cell over the
        antimeridian is held once, unwrapped, and drawn on either side.
        """
        found = []
        for shift in (0, WORLD, -WORLD):
            inside = self._inside((box[0] - shift, box[1], box[2] - shift, box[3]))
            found.append((inside, np.full(len(inside), shift, np.int32)))
        return np.concatenate([indexes for indexes, _ in found]), np.concatenate([shifts for _, shifts in found])

    def _inside(self, box: Box) -> Indexes:
        blocks = np.flatnonzero(_meet(self._blocks, box))
        candidates = (blocks[:, None] * _BLOCK + np.arange(_BLOCK)).ravel()
        candidates = candidates[candidates < len(self)]
        candidates = candidates[_meet(self.boxes[candidates], box)]
        return candidates[_touch(self.vertices, self.offsets, candidates, *box)]

    def _index_blocks(self, fresh: int) -> None:
        """Bounding boxes of the blocks, from the first that the fresh cells fall into."""
        first = (len(self) - fresh) // _BLOCK
        boxes = self.boxes[first * _BLOCK :]
        starts = np.arange(0, len(boxes), _BLOCK)
        tail = np.column_stack([np.minimum.reduceat(boxes[:, :2], starts), np.maximum.reduceat(boxes[:, 2:], starts)])
        self._blocks = np.concatenate([self._blocks[:first], tail])


def _outline(cells: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Vertices of all cells one after the other, and how many each has (five for pentagons, up to ten when distorted)."""
    polygons = shapely.from_wkb(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells))))
    degrees, owner = shapely.get_coordinates(polygons, return_index=True)
    counts = np.bincount(owner, minlength=len(cells))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    degrees[:, 0] = _unwrap(degrees[:, 0], starts, owner)
    # Rings come counter-clockwise on the map, their first vertex repeated at the end: turn them round without it.
    order = (starts + counts - 1)[owner] - (np.arange(len(degrees)) - starts[owner])
    keep = np.ones(len(degrees), bool)
    keep[starts] = False
    turned = degrees[order[keep]]
    return project(turned[:, 0], turned[:, 1]), counts - 1


def _unwrap(lng: NDArray[np.float64], starts: NDArray[np.int64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """Longitudes of cells over the antimeridian made continuous, to the east of it."""
    wide = np.maximum.reduceat(lng, starts) - np.minimum.reduceat(lng, starts) > _HALF_TURN
    return np.where(wide[owner] & (lng < 0), lng + 2 * _HALF_TURN, lng)


def _meet(boxes: NDArray[np.int32], box: Box) -> NDArray[np.bool_]:
    """Which boxes have a point in common with the box."""
    x0, y0, x1, y1 = box
    meet: NDArray[np.bool_] = (boxes[:, 0] <= x1) & (boxes[:, 2] >= x0) & (boxes[:, 1] <= y1) & (boxes[:, 3] >= y0)
    return meet


@njit(nogil=True, cache=True)
def _touch(
    vertices: NDArray[np.int32], offsets: NDArray[np.uint32], cells: Indexes, x0: int, y0: int, x1: int, y1: int
) -> NDArray[np.bool_]:
    """Which outlines have a point in common with the box, not only their bounding boxes.

    Outline and box are convex: they are apart just when all corners of the box lie beyond one edge of the
    outline (the sides of the box have been looked at before). Clockwise on the screen, the inside is to the right.
    Only plain hexagons are sure to be convex: the others count as touching by their bounding box.
    """
    touch = np.ones(len(cells), np.bool_)
    for i in range(len(cells)):
        low, high = offsets[cells[i]], offsets[cells[i] + 1]
        for j in range(low, high if high - low == _PLAIN else low):
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
