"""Gaps between districts against their definition, taken word by word over all the land at once."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from boundaries.geometry.gaps import find_gaps
from boundaries.locating.district_arrays import Polygons

WIDTH_M = 300.0
METRE = 1 / 111_195
RADIUS = WIDTH_M / 2 * METRE
TOUCH, GRID = 1e-7, 1e-8
LEAST_M2 = 1000.0


def by_definition(polygons: Polygons) -> tuple[Polygons, Polygons]:
    """Slivers that touch two polygons, and holes: of polygons at the equator, where degrees are equally long."""
    union = shapely.union_all(polygons)
    holes = np.array([shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors], object)
    closed = shapely.buffer(shapely.buffer(union, RADIUS, quad_segs=4), -RADIUS, quad_segs=4)
    slivers = shapely.get_parts(shapely.difference(closed, shapely.union_all([union, *holes]), grid_size=GRID))
    return kept(slivers, polygons, 2), kept(holes, polygons, 1)


def kept(gaps: Polygons, polygons: Polygons, touched: int) -> Polygons:
    """Those of more than a corner's size that touch so many polygons, the largest first."""
    beside = shapely.STRtree(polygons).query(gaps, predicate="dwithin", distance=TOUCH)[0]
    large = (np.bincount(beside, minlength=len(gaps)) >= touched) & (shapely.area(gaps) > LEAST_M2 * METRE**2)
    found: Polygons = gaps[large]
    order = np.argsort(-shapely.area(found))
    return np.take(found, order)


def torn(count: int, seed: int) -> Polygons:
    """Neighbours some kilometres wide at the equator, torn apart by wedges, shrunk, pierced and cut into from outside."""
    rng = np.random.default_rng(seed)
    extent = shapely.box(0, -0.05, 0.1, 0.05)
    spots = rng.uniform((0, -0.05), (0.1, 0.05), (count, 2))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=extent)), extent)
    # No two of them make the width itself, where rounding would decide.
    shrunk = rng.choice([0, 0, 0, 80, 130, 160, 400], count) * METRE
    made: Polygons = shapely.buffer(cells, -shrunk, join_style="mitre")
    for _ in range(6):
        place, angle = rng.uniform((0, -0.05), (0.1, 0.05)), rng.uniform(0, 2 * np.pi)
        length, width = rng.uniform(500, 9000) * METRE, rng.uniform(20, 500) * METRE
        along, across = np.array([np.cos(angle), np.sin(angle)]) * length, np.array([-np.sin(angle), np.cos(angle)]) * width
        made = shapely.difference(made, shapely.Polygon([place - across, place + across, place + along]))
    return np.compress(shapely.area(made) > 0, made)


def excess(one: Polygons, other: Polygons) -> float:
    """How much of `one` lies outside `other`, in m²."""
    return float(shapely.area(shapely.difference(shapely.union_all(one), shapely.union_all(other)))) / METRE**2


@given(st.integers(0, 10**6), st.integers(2, 9))
@example(4968, 3)
@settings(deadline=None, max_examples=60)
def test_gaps_are_those_of_the_definition(seed: int, count: int) -> None:
    polygons = torn(count, seed)
    gaps = find_gaps(polygons, WIDTH_M)
    slivers, holes = by_definition(polygons)
    ours, closed_in = kept(gaps.polygons[~gaps.is_hole], polygons, 2), kept(gaps.polygons[gaps.is_hole], polygons, 1)
    assert shapely.area(closed_in) == pytest.approx(shapely.area(holes), rel=1e-9)
    assert excess(closed_in, holes) <= 1
    # Whether two pieces that meet in a corner are one is a matter of rounding; where there is a gap is not.
    tolerated = 10 + 1e-3 * shapely.area(slivers).sum() / METRE**2
    assert excess(slivers, gaps.polygons[~gaps.is_hole]) <= tolerated
    assert excess(ours, slivers) <= tolerated
    assert all(shapely.intersects(one, ours).any() for one in slivers)


def test_a_long_inlet_between_two_districts_is_found_whole() -> None:
    # 200 m wide and 40 km long, its head at the border: far longer than the window that is looked at first.
    west, east = shapely.box(0, 0, 0.4, 0.1), shapely.box(0.4, 0, 0.8, 0.1)
    inlet = shapely.box(0.4, 0.05, 0.8, 0.05 + 200 * METRE)
    gaps = find_gaps(np.array([west, east - inlet], object), WIDTH_M)
    (found,) = gaps.polygons
    assert found.area == pytest.approx(inlet.area, rel=0.01)
    assert (gaps.is_hole.tolist(), gaps.is_wide.tolist()) == ([False], [False])


def test_no_districts_have_no_gaps() -> None:
    assert len(find_gaps(np.array([shapely.box(38, 45, 39, 46)], object), WIDTH_M).polygons) == 0
