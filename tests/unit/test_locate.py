"""Locating points, against plain shapely and a geodesic, one point at a time."""

import numpy as np
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from boundaries.locating.district_arrays import NO_DISTRICTS, DistrictArrays
from boundaries.locating.locate import Locator
from geo_service.core.model import DistrictLevel

REGION, DISTRICT, SETTLEMENT = DistrictLevel
GEOD = Geod(ellps="WGS84")
CORNER = np.array([38.0, 45.0])


def areas(*rows: tuple[int, DistrictLevel, int, shapely.Geometry]) -> DistrictArrays:
    ids, levels, parents, polygons = zip(*rows, strict=True)
    return DistrictArrays(np.array(ids, np.int32), np.array(levels, np.int16), np.array(parents, np.int32), np.array(polygons, object))


def located(locator: Locator, *points: tuple[float, float]) -> list[tuple[int, bool]]:
    lng, lat = np.array(points, np.float64).T
    district, near = locator.locate(lng, lat)
    assert district.dtype == np.int32
    assert near.dtype == np.bool_
    return list(zip(district.tolist(), near.tolist(), strict=True))


def grid_of(columns: int, rows: int, seed: int) -> list[shapely.Geometry]:
    """Voronoi areas: a coverage of the unit square, with crooked borders."""
    points = np.random.default_rng(seed).random((columns * rows, 2))
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=shapely.box(0, 0, 1, 1), ordered=True)
    return [shapely.intersection(cell, shapely.box(0, 0, 1, 1)) for cell in cells.geoms]


WHOLE = areas(
    (7, REGION, 0, shapely.box(30, 50, 40, 60)),
    (5, DISTRICT, 7, shapely.box(30, 50, 35, 60)),
    (4, DISTRICT, 7, shapely.box(35, 50, 39, 60)),
    (9, SETTLEMENT, 5, shapely.box(31, 51, 32, 52)),
)


def test_the_deepest_district_wins() -> None:
    assert located(Locator(WHOLE), (31.5, 51.5), (33, 55), (37, 55), (39.5, 55), (20, 20)) == [
        (9, False), (5, False), (4, False), (7, False), (0, False),
    ]  # fmt: skip


def test_a_point_on_the_edge_is_inside_and_on_a_shared_border_in_the_lowest_code() -> None:
    assert located(Locator(WHOLE), (31, 51), (35, 55), (39, 60), (40, 60)) == [(9, False), (5, False), (4, False), (7, False)]


def test_a_point_with_no_coordinate_lies_nowhere_and_none_is_no_error() -> None:
    assert located(Locator(WHOLE), (np.nan, 55), (33, np.nan)) == [(0, False), (0, False)]
    district, near = Locator(WHOLE).locate(np.empty(0), np.empty(0))
    assert len(district) == len(near) == 0
    assert located(Locator(NO_DISTRICTS), (1, 1)) == [(0, False)]


def test_a_point_a_little_outside_goes_to_the_nearest_district_and_is_marked() -> None:
    locator = Locator(areas((1, DISTRICT, 0, shapely.box(30, 50, 31, 51)), (2, DISTRICT, 0, shapely.box(31.01, 50, 32, 51))))
    west, east = (31.0040, 50.5), (31.0060, 50.5)  # The gap of 0.01° is 709 m wide.
    assert located(locator, west, east, (30.5, 51.008), (30.5, 51.0095)) == [(1, True), (2, True), (1, True), (0, False)]


def test_no_point_goes_to_a_settlement_that_does_not_cover_it() -> None:
    only = areas((1, DISTRICT, 0, shapely.box(30, 50, 31, 51)), (2, SETTLEMENT, 1, shapely.box(30.9, 50.5, 31, 50.6)))
    assert located(Locator(only), (31.001, 50.55)) == [(1, True)]
    assert located(Locator(areas((2, SETTLEMENT, 0, shapely.box(30, 50, 31, 51)))), (31.001, 50.55)) == [(0, False)]


def test_a_region_without_districts_is_snapped_to_and_keeps_what_it_covers() -> None:
    bare = areas(
        (1, REGION, 0, shapely.box(30, 50, 31, 51)),
        (2, REGION, 0, shapely.box(31, 50, 32, 51)),
        (3, DISTRICT, 2, shapely.box(31, 50, 32, 51)),
    )
    assert located(Locator(bare), (29.999, 50.5), (30.9999, 50.5)) == [(1, True), (1, False)]


def test_a_point_inside_a_region_goes_to_that_regions_districts_only() -> None:
    two = areas(
        (1, REGION, 0, shapely.box(30, 50, 31, 51)),
        (2, REGION, 0, shapely.box(31, 50, 32, 51)),
        (3, DISTRICT, 1, shapely.box(30, 50, 30.5, 51)),
        (4, DISTRICT, 2, shapely.box(31, 50, 32, 51)),
    )
    assert located(Locator(two), (30.9999, 50.5), (30.5001, 50.5)) == [(1, False), (3, True)]


@pytest.mark.parametrize("point", [(179.999, 66.5), (-179.999, 66.5)])
def test_the_near_rule_reaches_over_the_antimeridian(point: tuple[float, float]) -> None:
    east = areas((1, DISTRICT, 0, shapely.box(170, 66, 179.998, 67)))
    west = areas((1, DISTRICT, 0, shapely.box(-179.998, 66, -170, 67)))
    assert located(Locator(east), point) == [(1, True)]
    assert located(Locator(west), point) == [(1, True)]


@given(st.floats(-75, 75), st.floats(-179, 179), st.floats(0, 360), st.floats(10, 1990))
@settings(deadline=None)
def test_a_metre_is_a_metre(lat: float, lng: float, bearing: float, metres: float) -> None:
    """A district that is a dot is snapped to from `metres` away exactly when that is at most the limit."""
    dot = shapely.box(lng, lat, lng + 1e-9, lat + 1e-9)
    there = GEOD.fwd(lng, lat, bearing, metres)[:2]
    if abs(metres - 1000) > 1:
        assert located(Locator(areas((1, DISTRICT, 0, dot))), there) == [(1, True) if metres < 1000 else (0, False)]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=30)
def test_points_are_where_shapely_finds_them_one_by_one(seed: int) -> None:
    districts, settlements = grid_of(4, 3, seed), [one.buffer(-0.02) for one in grid_of(3, 3, seed + 1)]
    shift = [shapely.transform(one, lambda points: points + CORNER) for one in [*districts, *settlements]]
    rows = [(place + 1, DISTRICT if place < 12 else SETTLEMENT, 0, polygon) for place, polygon in enumerate(shift) if not polygon.is_empty]
    made = areas(*rows)
    points = np.random.default_rng(seed).uniform(-0.1, 1.1, (300, 2)) + CORNER
    corners = shapely.get_coordinates(made.polygons)[:100]
    expected = [_by_hand(made, point) for point in np.vstack([points, corners])]
    assert located(Locator(made), *np.vstack([points, corners]).tolist()) == expected


def _by_hand(made: DistrictArrays, point: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[int, bool]:
    spot = shapely.Point(point)
    for level in (SETTLEMENT, DISTRICT):
        for row in made.rows_at(level):
            if shapely.covers(made.polygons[row], spot):
                return int(made.ids[row]), False
    rows = made.rows_at(DISTRICT)
    metres = [_geodesic_metres(made.polygons[row], spot) for row in rows]
    best = int(np.argmin(metres))
    return (int(made.ids[rows[best]]), True) if metres[best] <= 1000 else (0, False)


def _geodesic_metres(polygon: shapely.Geometry, spot: shapely.Point) -> float:
    narrow = np.cos(np.radians(spot.y))
    flat = shapely.transform(polygon, lambda points: points * [narrow, 1])
    foot = shapely.ops.nearest_points(flat, shapely.Point(spot.x * narrow, spot.y))[0]
    return float(GEOD.inv(spot.x, spot.y, foot.x / narrow, foot.y)[2])
