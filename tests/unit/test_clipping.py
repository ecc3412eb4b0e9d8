"""Areas cut for a tile, against GEOS and mapbox-vector-tile: the same ground, clean rings, shared edges."""

from collections import Counter
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.tiles.encoding.clipping import BUFFER, HALF_WORLD_M, Rings, clean_rings, clip, metres
from geo_service.tiles.encoding.grid import EXTENT, WORLD, Tile
from geo_service.tiles.encoding.mvt import MultiPolygons, encode_layer

Edge = tuple[tuple[int, int], tuple[int, int]]
TILE = Tile(9, 309, 160)


def unit_m(tile: Tile) -> float:
    return 2 * HALF_WORLD_M / (EXTENT << tile.z)


def in_units(shape: Any, tile: Tile) -> Any:
    """A shape in metres as real tile units, y downwards, computed apart from the code."""
    west, _, _, north = metres(tile.box)
    return shapely.transform(shape, lambda xy: np.column_stack([xy[:, 0] - west, north - xy[:, 1]]) / unit_m(tile))


def in_metres(shape: Any, tile: Tile) -> Any:
    west, _, _, north = metres(tile.box)
    return shapely.transform(shape, lambda xy: np.column_stack([xy[:, 0] * unit_m(tile) + west, north - xy[:, 1] * unit_m(tile)]))


def decode(shapes: MultiPolygons, tile: Tile = TILE) -> list[Any]:
    """What mapbox-vector-tile reads, as shapely geometries."""
    body = encode_layer("a", np.arange(len(shapes), dtype=np.uint64), shapes, {"n": np.arange(len(shapes))}, tile)
    features = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})["a"]["features"]
    assert [feature["id"] for feature in features] == list(range(len(shapes)))
    return [shapely.geometry.shape(feature["geometry"]) for feature in features]


def rings_of(shapes: MultiPolygons) -> list[list[list[int]]]:
    return [shapes.vertices[low:high].tolist() for low, high in zip(shapes.offsets[:-1], shapes.offsets[1:], strict=True)]


def honeycomb(seed: int, count: int) -> np.ndarray:
    """Areas without gaps or overlaps over and around the tile, some joined so that they have holes and several parts."""
    random = np.random.default_rng(seed)
    points = shapely.multipoints(random.uniform(-EXTENT / 2, EXTENT * 1.5, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shapely.box(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)))
    owner = random.integers(0, max(count // 4, 1), len(cells))
    joined = [shapely.union_all(cells[owner == one]) for one in np.unique(owner)]
    return np.array([in_metres(one, TILE) for one in joined], object)


WINDOW = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 120))
def test_what_is_seen_is_the_intersection_with_the_tile_and_its_buffer(seed: int, count: int) -> None:
    shapes = honeycomb(seed, count)
    seen, drawn = clip(shapes, TILE)
    read = dict(zip(seen.tolist(), decode(drawn), strict=True))
    for place, shape in enumerate(shapes):
        expected = shapely.intersection(in_units(shape, TILE), WINDOW)
        if place not in read:
            assert expected.area < expected.length + 1
            continue
        # Rounding moves an edge by less than a unit.
        difference = shapely.symmetric_difference(shapely.make_valid(read[place]), expected)
        assert difference.area <= expected.length + 1


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(60, 160))
def test_neighbours_share_their_edges_after_rounding(seed: int, count: int) -> None:
    _, drawn = clip(honeycomb(seed, count), TILE)
    edges: Counter[Edge] = Counter()
    for ring in rings_of(drawn):
        edges.update(((x, y), (to_x, to_y)) for (x, y), (to_x, to_y) in zip(ring, ring[1:] + ring[:1], strict=True))
    inside = [edge for edge in edges if all(0 < x < EXTENT and 0 < y < EXTENT for x, y in edge)]
    assert inside
    # Each edge is gone along once each way.
    assert [edge for edge in inside if edges[edge] != edges[edge[1], edge[0]]] == []
    assert sum(shapely.area(decode(drawn))) == pytest.approx(WINDOW.area, rel=1e-3)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(4, 120))
def test_outer_rings_go_clockwise_on_the_screen_and_holes_the_other_way(seed: int, count: int) -> None:
    seen, drawn = clip(honeycomb(seed, count), TILE)
    assert (np.diff(seen) > 0).all()
    for feature, read in enumerate(decode(drawn)):
        rings = rings_of(drawn)[drawn.features[feature] : drawn.features[feature + 1]]
        signs = [shapely.LinearRing(ring).is_ccw for ring in rings]
        # shapely looks at y upwards, where clockwise on the screen is counter-clockwise.
        assert signs[0]
        polygons = list(read.geoms) if read.geom_type == "MultiPolygon" else [read]
        assert sum(signs) == len(polygons)
        assert len(signs) - sum(signs) == sum(len(polygon.interiors) for polygon in polygons)


def test_an_area_around_the_tile_fills_it_and_one_apart_from_it_is_not_there() -> None:
    around, apart = in_metres(shapely.box(-9000, -9000, 9000, 9000), TILE), in_metres(shapely.box(5000, 0, 6000, 10), TILE)
    seen, drawn = clip(np.array([apart, around], object), TILE)
    assert seen.tolist() == [1]
    assert shapely.equals(decode(drawn)[0], WINDOW)


def test_a_tile_in_a_hole_is_empty() -> None:
    ring = shapely.box(-9000, -9000, 9000, 9000).difference(shapely.box(-5000, -5000, 8000, 8000))
    seen, drawn = clip(np.array([in_metres(ring, TILE)], object), TILE)
    assert len(seen) == len(drawn) == 0
    assert len(clip(np.empty(0, object), TILE)[1]) == 0


def test_an_area_smaller_than_a_unit_is_dropped_with_its_holes() -> None:
    tiny = shapely.box(10.1, 10.1, 10.3, 10.3)
    plate = shapely.box(100, 100, 300, 300).difference(shapely.box(150.6, 150.6, 150.9, 150.9)).difference(shapely.box(200, 200, 220, 220))
    seen, drawn = clip(np.array([in_metres(tiny, TILE), in_metres(plate, TILE)], object), TILE)
    assert seen.tolist() == [1]
    assert decode(drawn)[0].area == 200 * 200 - 20 * 20


def test_rings_come_open_or_closed_and_repeated_vertices_go() -> None:
    closed = [[0, 0], [0, 9], [0, 9], [9, 9], [9, 0], [0, 0]]
    line, hole_of_line, hole = [[1, 1], [5, 1], [1, 1]], [[2, 1], [3, 1], [3, 2]], [[2, 2], [4, 2], [4, 4], [2, 4]]
    vertices = np.array([*closed, *hole, *line, *hole_of_line])
    rings, kept = clean_rings(Rings(vertices, np.array([6, 4, 3, 3]), np.array([True, False, True, False])))
    assert kept.tolist() == [0, 1]
    assert rings.sizes.tolist() == [4, 4]
    # The outer ring went anticlockwise on the screen, the hole clockwise.
    assert rings.vertices.tolist() == [[0, 0], [9, 0], [9, 9], [0, 9], [2, 4], [4, 4], [4, 2], [2, 2]]


@pytest.mark.parametrize("zoom", [0, 3, 7])
def test_an_area_over_the_antimeridian_is_drawn_beyond_the_edge_without_the_cut(zoom: int) -> None:
    south, north = 9e6, 1e7
    halves = shapely.MultiPolygon([
        shapely.box(HALF_WORLD_M - 2e6, south, HALF_WORLD_M, north), shapely.box(-HALF_WORLD_M, south, 2e6 - HALF_WORLD_M, north),
    ])  # fmt: skip
    row = int((HALF_WORLD_M - 9.5e6) / (2 * HALF_WORLD_M) * 2**zoom)
    for tile in (Tile(zoom, 0, row), Tile(zoom, 2**zoom - 1, row)):
        _, drawn = clip(np.array([halves], object), tile)
        edge = 0 if tile.x == 0 else EXTENT
        edges = {-BUFFER, EXTENT + BUFFER} if zoom == 0 else {edge - BUFFER if edge == 0 else edge + BUFFER}
        assert edges <= set(drawn.vertices[:, 0].tolist())
        along = [
            one for ring in rings_of(drawn) for one, other in zip(ring, ring[1:] + ring[:1], strict=True) if one[0] == other[0] == edge
        ]
        assert along == []


@pytest.mark.parametrize("tile", [Tile(0, 0, 0), Tile(16, 40000, 20000), Tile(5, 31, 31)])
def test_metres_and_world_units_are_the_same_places(tile: Tile) -> None:
    west, south, east, north = metres(tile.box)
    assert east - west == pytest.approx(2 * HALF_WORLD_M / 2**tile.z)
    lng, lat, right, top = tile.bounds
    for x, degrees in ((west, lng), (east, right)):
        assert np.degrees(x / 6_378_137.0) == pytest.approx(degrees, abs=1e-9)
    for y, degrees in ((south, lat), (north, top)):
        assert np.degrees(np.arctan(np.sinh(y / 6_378_137.0))) == pytest.approx(degrees, abs=1e-9)
    assert metres((0, 0, WORLD, WORLD)) == pytest.approx((-HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M))
