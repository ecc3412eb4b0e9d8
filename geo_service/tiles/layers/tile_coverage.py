"""Which tiles of a zoom may hold something, found from what is drawn instead of by asking every tile there is.

Tiles are (tiles, 2) int64: column and row, without repeats. The answer may name a tile too many, never one too few:
an export encodes each and leaves out the empty ones. A parent's emptiness proves nothing here: finer hexagons stick
out of coarser ones, and another zoom shows other districts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.tiles.encoding.clipping import BUFFER, Shapes, metres
from geo_service.tiles.encoding.grid import EXTENT, WORLD, Box

Tiles = NDArray[np.int64]

WHOLE_WORLD: Box = (0, 0, WORLD, WORLD)

_CHILDREN = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], np.int64)


def under_boxes(boxes: NDArray[np.int32], zoom: int, within: Box = WHOLE_WORLD) -> Tiles:
    """The tiles that boxes have a point in common with, their edges included.

    boxes: (n, 4) x0, y0, x1, y1 in world units; x may run beyond the antimeridian, where the box is drawn on both sides.
    within: only tiles that share area with it.
    """
    size = WORLD >> zoom
    beside = np.concatenate([boxes.astype(np.int64) + np.array([shift, 0, shift, 0]) for shift in (0, WORLD, -WORLD)])
    first = np.maximum(-(-beside[:, :2] // size) - 1, _first(within, size))
    last = np.minimum(beside[:, 2:] // size, _last(within, size))
    meets = np.all(first <= last, axis=1)
    return _unique(_ranges(first[meets], last[meets]), zoom)


def under_shapes(shapes: Shapes, zoom: int, within: Box = WHOLE_WORLD) -> Tiles:
    """The tiles in which shapes are seen, with the buffer that areas are cut with.

    shapes: polygons and multipolygons in EPSG:3857. Descends from the whole world and drops what no shape meets.
    """
    tiles = np.zeros((1 if len(shapes) else 0, 2), np.int64)
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)
    for z in range(zoom + 1):
        if z:
            tiles = (tiles[:, None] * 2 + _CHILDREN).reshape(-1, 2)
        size = WORLD >> z
        tiles = tiles[np.all((tiles >= _first(within, size)) & (tiles <= _last(within, size)), axis=1)]
        tiles = tiles[_met(tree, shapes, tiles, size)]
    return _unique(tiles, zoom)


def _met(tree: shapely.STRtree, shapes: Shapes, tiles: Tiles, size: int) -> NDArray[np.bool_]:
    """Which tiles, with their buffer, any shape meets; the buffer reaches over the antimeridian."""
    met = np.zeros(len(tiles), np.bool_)
    for shift in (0, WORLD, -WORLD):
        boxes = _boxes(tiles, size, shift)
        tile, shape = tree.query(boxes)
        met[tile[shapely.intersects(shapes[shape], boxes[tile])]] = True
    return met


def _boxes(tiles: Tiles, size: int, shift: int) -> NDArray[Any]:
    margin = size * BUFFER // EXTENT + 1
    low, high = tiles * size - margin + [shift, 0], (tiles + 1) * size + margin + [shift, 0]
    west, south, east, north = metres((low[:, 0], low[:, 1], high[:, 0], high[:, 1]))  # type: ignore[arg-type]  # whole columns
    boxes: NDArray[Any] = shapely.box(west, south, east, north)
    return boxes


def _first(within: Box, size: int) -> Sequence[int]:
    return [max(within[0], 0) // size, max(within[1], 0) // size]


def _last(within: Box, size: int) -> Sequence[int]:
    return [-(-min(edge, WORLD) // size) - 1 for edge in within[2:]]


def _ranges(first: Tiles, last: Tiles) -> Tiles:
    """Every tile of the rectangles from `first` to `last`, both included."""
    width, height = (last - first + 1).T
    number = width * height
    of = np.repeat(np.arange(len(first)), number)
    inside = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    tiles: Tiles = first[of] + np.column_stack([inside % width[of], inside // width[of]])
    return tiles


def _unique(tiles: Tiles, zoom: int) -> Tiles:
    packed = np.unique(tiles[:, 1] << zoom | tiles[:, 0])
    return np.column_stack([packed & (1 << zoom) - 1, packed >> zoom])
