"""Which tiles may hold something: never one too few, against brute force over every tile and against the clipping itself."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.tiles.encoding.clipping import HALF_WORLD_M, clip
from geo_service.tiles.encoding.grid import WORLD, Tile
from geo_service.tiles.layers.tile_coverage import WHOLE_WORLD, under_boxes, under_shapes

ZOOM = 3
SIDE = 1 << ZOOM
SIZE = WORLD >> ZOOM

units = st.integers(-WORLD // 8, WORLD + WORLD // 8)
lengths = st.integers(0, WORLD // 4)


def pairs(tiles: np.ndarray) -> set[tuple[int, int]]:
    made = [tuple(one) for one in tiles.tolist()]
    assert len(set(made)) == len(made)
    return set(made)


def every_tile() -> list[Tile]:
    return [Tile(ZOOM, x, y) for x in range(SIDE) for y in range(SIDE)]


@settings(max_examples=60)
@given(st.lists(st.tuples(units, units, lengths, lengths), max_size=5))
def test_tiles_under_boxes_are_those_that_have_a_point_in_common_with_one(corners: list[tuple[int, int, int, int]]) -> None:
    boxes = np.array([(x, y, x + wide, y + high) for x, y, wide, high in corners], np.int32).reshape(-1, 4)
    expected = {
        (tile.x, tile.y)
        for tile in every_tile()
        for x0, y0, x1, y1 in boxes.tolist()
        for shift in (0, WORLD, -WORLD)
        if x0 + shift <= tile.box[2] and x1 + shift >= tile.box[0] and y0 <= tile.box[3] and y1 >= tile.box[1]
    }
    assert pairs(under_boxes(boxes, ZOOM)) == expected


def test_a_box_that_ends_on_an_edge_is_in_the_tiles_of_both_sides() -> None:
    assert pairs(under_boxes(np.array([[SIZE, SIZE, SIZE, SIZE]], np.int32), ZOOM)) == {(0, 0), (1, 0), (0, 1), (1, 1)}


def test_only_tiles_that_share_area_with_the_frame_are_named() -> None:
    everything = np.array([[0, 0, WORLD, WORLD]], np.int32)
    whole = (3 * SIZE, 5 * SIZE, 4 * SIZE, 7 * SIZE)
    assert pairs(under_boxes(everything, ZOOM, whole)) == {(3, 5), (3, 6)}
    wider = (whole[0] - 1, whole[1], whole[2] + 1, whole[3])
    assert pairs(under_boxes(everything, ZOOM, wider)) == {(x, y) for x in (2, 3, 4) for y in (5, 6)}
    world = shapely.box(-HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M)
    for frame in (whole, wider, WHOLE_WORLD):
        assert pairs(under_shapes(np.array([world]), ZOOM, frame)) == pairs(under_boxes(everything, ZOOM, frame))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.001, 0.3)), max_size=3))
def test_no_tile_in_which_an_area_is_seen_is_missing(circles: list[tuple[float, float, float]]) -> None:
    world = shapely.box(-HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M)
    places = [(shapely.Point(x * HALF_WORLD_M, y * HALF_WORLD_M), radius * HALF_WORLD_M) for x, y, radius in circles]
    areas = [place.buffer(radius).intersection(world) for place, radius in places]
    shapes = np.array([one for one in areas if not one.is_empty], object)
    found = pairs(under_shapes(shapes, ZOOM))
    seen = {(tile.x, tile.y) for tile in every_tile() if len(clip(shapes, tile)[0])}
    assert seen <= found
    # What is named too much only touches the tile's buffer.
    assert len(found) <= len(seen) + 4 * len(shapes)


def test_nothing_is_under_nothing() -> None:
    assert len(under_boxes(np.empty((0, 4), np.int32), ZOOM)) == 0
    assert len(under_shapes(np.empty(0, object), ZOOM)) == 0
