"""Checking districts against each other, and simplifying them together."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.check import CheckContext, check_districts
from boundaries.geometry.geodesic import area_m2, label_points
from boundaries.geometry.simplify import simplify_districts, tolerance_m
from boundaries.locating.district_arrays import Polygons
from boundaries.records import DistrictRecord, DistrictRecords
from boundaries.report import FaultKind, Report, format_area
from geo_service.core.model import ZOOM_BANDS
from tests.support.real_data import BOUNDARIES, MISSING

FIVE_REGIONS = BOUNDARIES / "five_regions_districts.geojson"
EDGE_KM = 2 * np.pi * 6371.0088 / 360
"""Of a degree of latitude on the sphere, for areas right to half a per cent."""


def units(*polygons: shapely.Geometry, codes: str = "abcdefgh") -> DistrictRecords:
    made = [DistrictRecord(code, code.upper(), code.upper()) for code, _ in zip(codes, polygons, strict=False)]
    return DistrictRecords(made, np.array(polygons, object))


def checked(*polygons: shapely.Geometry, tolerance_ha: float = 100, codes: str = "abcdefgh") -> Report:
    return check_districts(units(*polygons, codes=codes), CheckContext.empty(len(polygons)), tolerance_ha)


def real() -> Polygons:
    if not FIVE_REGIONS.exists():
        pytest.skip(MISSING)
    features = json.loads(FIVE_REGIONS.read_text(encoding="utf-8"))["features"]
    read: Polygons = shapely.from_geojson([json.dumps(one["geometry"]) for one in features])
    return read


WEST, EAST = shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)


def test_good_neighbours_have_no_faults() -> None:
    assert checked(WEST, EAST).faults == []


def test_a_border_with_more_points_on_one_side_is_no_fault() -> None:
    assert checked(WEST, shapely.segmentize(EAST, 0.1)).faults == []


def test_an_overlap_is_told_with_its_area_and_both_names() -> None:
    report = checked(WEST, shapely.box(38.9, 45, 40, 46))
    assert [(fault.kind, fault.names, fault.refused) for fault in report.faults] == [(FaultKind.OVERLAP, ("A", "B"), True)]
    expected_km2 = 0.1 * EDGE_KM * np.cos(np.radians(45.5)) * EDGE_KM
    assert report.faults[0].area_m2 / 1e6 == pytest.approx(expected_km2, rel=0.005)
    assert report.refused == report.faults


def test_what_is_tolerated_depends_on_hectares_and_on_the_smallest_district() -> None:
    sliver = shapely.box(38.9999, 45, 40, 46)  # 7.9 m by 111 km: 87 ha.
    assert [fault.refused for fault in checked(WEST, sliver).faults] == [False]
    assert [fault.refused for fault in checked(WEST, sliver, tolerance_ha=80).faults] == [True]
    hamlet = shapely.box(38.999, 45, 39.01, 45.01)  # Ten per cent of it lie in the neighbour.
    assert [fault.refused for fault in checked(WEST, hamlet).faults] == [True]


def test_a_narrow_gap_is_told_and_wide_holes_are_enclaves() -> None:
    gap = checked(WEST, shapely.box(39.002, 45, 40, 46))  # 157 m by 111 km.
    assert [(fault.kind, fault.names, fault.refused) for fault in gap.faults] == [(FaultKind.GAP, ("A", "B"), True)]
    assert gap.faults[0].area_m2 / 1e6 == pytest.approx(0.002 * EDGE_KM * np.cos(np.radians(45.5)) * EDGE_KM, rel=0.01)
    ring = WEST.difference(shapely.box(38.4, 45.4, 38.6, 45.6))
    assert [(fault.kind, fault.refused) for fault in checked(ring, EAST).faults] == [(FaultKind.ENCLAVE, False)]


def test_a_hole_that_the_parent_covers_is_a_gap() -> None:
    ring = WEST.difference(shapely.box(38.4, 45.4, 38.6, 45.6))
    around = CheckContext(np.array([shapely.box(38, 45, 40, 46)] * 2, object), np.empty(0, object), ())
    assert [(fault.kind, fault.refused) for fault in check_districts(units(ring, EAST), around).faults] == [(FaultKind.GAP, True)]


def test_the_sea_between_two_districts_is_no_gap() -> None:
    assert checked(WEST, shapely.box(39.01, 45, 40, 46)).faults == []


def test_settlements_leave_land_between_them() -> None:
    beside = shapely.box(39.002, 45, 40, 46)
    assert check_districts(units(WEST, beside), CheckContext.empty(2, gapless=False)).faults == []


def test_districts_that_stay_are_neighbours_too() -> None:
    around = CheckContext(np.full(1, None, object), np.array([shapely.box(38.9, 45, 40, 46), EAST], object), ("Сосед", "Другой"))
    assert [(fault.kind, fault.names) for fault in check_districts(units(WEST), around).faults] == [(FaultKind.OVERLAP, ("A", "Сосед"))]


def test_a_child_outside_its_parent_is_told() -> None:
    around = CheckContext(np.array([shapely.box(38, 45, 39, 45.9), None], object), np.empty(0, object), ())
    faults = check_districts(units(WEST, EAST), around).faults
    assert [(fault.kind, fault.names, fault.refused) for fault in faults] == [(FaultKind.OUTSIDE, ("A",), True)]


def test_two_districts_with_one_code_are_told() -> None:
    report = checked(WEST, EAST, codes="aa")
    assert report.duplicates == ["a"]
    assert report.refused


def test_areas_read_well() -> None:
    assert [format_area(area) for area in (0, 950.4, 153_338, 7.8e9)] == ["", "950 m²", "0.15 km²", "7,800.00 km²"]


def test_areas_are_those_of_the_ellipsoid() -> None:
    # A degree by a degree at the equator, between geodesics (GeographicLib's Planimeter).
    assert area_m2(np.array([shapely.box(0, 0, 1, 1)], object))[0] == pytest.approx(12_308_778_361.469, rel=1e-9)


def test_a_label_lies_inside_the_largest_part() -> None:
    horseshoe = shapely.box(0, 60, 9, 69) - shapely.box(1, 61, 9, 68)
    island = shapely.box(20, 60, 21, 61)
    (label,) = label_points(np.array([shapely.union(horseshoe, island)], object))
    assert horseshoe.contains(label)


def voronoi(count: int, seed: int) -> Polygons:
    """A coverage with crooked borders."""
    extent = shapely.box(38, 44, 41, 46)
    spots = np.random.default_rng(seed).uniform((38, 44), (41, 46), (count, 2))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=extent))
    pieces = shapely.segmentize(shapely.intersection(cells, extent), 0.02)
    crooked: Polygons = shapely.transform(pieces, lambda points: points + 0.005 * np.sin(97 * points[:, ::-1]))
    return crooked


def holds(made: dict[int, Polygons], count: int) -> None:
    """At every band a valid coverage of all districts, without slivers."""
    assert sorted(made) == [band.band for band in ZOOM_BANDS]
    for polygons in made.values():
        assert len(polygons) == count
        assert shapely.is_valid(polygons).all()
        assert (shapely.get_type_id(polygons) == shapely.GeometryType.MULTIPOLYGON).all()
        assert (shapely.area(polygons) > 0).all()
        assert shapely.coverage_is_valid(polygons)
        assert shapely.area(shapely.union_all(polygons)) == pytest.approx(shapely.area(polygons).sum(), rel=1e-9)


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=8)
def test_neighbours_share_their_edges_at_every_band(seed: int) -> None:
    holds(simplify_districts(voronoi(30, seed)), 30)


def test_what_overlaps_is_drawn_as_the_first_ones_and_slivers_are_filled() -> None:
    notched = shapely.Polygon([(40, 45), (41, 45), (41, 46), (40, 46), (40.000005, 45.5)])
    made = simplify_districts(np.array([WEST, shapely.box(38.9, 45, 40, 46), notched], object))
    holds(made, 3)
    assert all(len(shapely.union_all(polygons).interiors) == 0 for polygons in made.values())
    finest = made[ZOOM_BANDS[-1].band]
    assert shapely.bounds(finest[0])[2] == pytest.approx(39 / 360 * 2 * np.pi * 6378137)


def test_one_that_others_cover_does_not_vanish() -> None:
    made = simplify_districts(np.array([WEST, shapely.box(38.2, 45.2, 38.4, 45.4)], object))
    assert all((shapely.area(polygons) > 0).all() for polygons in made.values())


def test_the_tolerance_is_less_than_a_pixel_at_the_greatest_zoom() -> None:
    for band in ZOOM_BANDS:
        assert tolerance_m(band) < 40_075_016.69 / 512 / 2**band.max_zoom
    assert simplify_districts(np.empty(0, object))[0].size == 0


def test_land_on_both_sides_of_the_antimeridian_stays_there() -> None:
    chukotka = shapely.MultiPolygon([shapely.box(170, 65, 180, 70), shapely.box(-180, 65, -170, 70)])
    made = simplify_districts(np.array([chukotka, shapely.box(160, 65, 170, 70)], object))
    holds(made, 2)
    half = 2 * np.pi * 6378137 / 2
    for polygons in made.values():
        parts = shapely.bounds(shapely.get_parts(polygons[0]))
        assert sorted((parts[:, 0] < 0).tolist()) == [False, True]
        assert parts[:, 2].max() == pytest.approx(half)
        assert parts[:, 0].min() == pytest.approx(-half)


def test_the_five_regions_are_taken_with_their_faults_told() -> None:
    polygons = real()
    made = DistrictRecords([DistrictRecord(str(place), str(place), "") for place in range(len(polygons))], polygons)
    report = check_districts(made, CheckContext.empty(len(polygons)))
    assert report.refused == []
    # Adygea, within Krasnodar Krai.
    assert max(fault.area_m2 for fault in report.faults if fault.kind is FaultKind.ENCLAVE) == pytest.approx(7.82e9, rel=0.01)
    holds(simplify_districts(polygons), 97)
