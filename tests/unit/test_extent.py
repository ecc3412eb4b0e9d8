"""The bounds of boxes on the globe: the shortest arc, against a search through all gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.columns.columns import POSITION_UNITS
from geo_service.core.extent import Bounds, center_of, enclosing_bounds, widen, without_wrap
from geo_service.tiles.documents.tilejson import zoom_to_fit
from geo_service.tiles.layers.points import longest_gap_left_out

Arc = tuple[float, float]


def arc_of(*arcs: Arc) -> Arc:
    west, _, east, _ = enclosing_bounds(np.array([(west, 0.0, east, 1.0) for west, east in arcs]))
    return west, east


@pytest.mark.parametrize(
    ("arcs", "expected"),
    [
        ([(37.0, 38.0), (40.0, 41.0)], (37, 41)),
        ([(166.4, 170.0), (-172.0, -169.8)], (166.4, -169.8)),
        ([(178.0, 180.0), (-180.0, -178.5)], (178, -178.5)),
        ([(179.5, 181.0)], (179.5, -179)),
        ([(179.5, 180.0)], (179.5, 180)),
        ([(-180.0, -179.0)], (-180, -179)),
        ([(19.0, 100.0), (100.0, 180.0), (-180.0, -169.0)], (19, -169)),
        ([(-180.0, 180.0)], (-180, 180)),
        ([(-180.0, 0.0), (0.0, 90.0), (90.0, 180.0)], (-180, 180)),
        ([(5.0, 5.0)], (5, 5)),
        ([(-100.0, -10.0), (0.0, 150.0)], (-100, 150)),
    ],
)
def test_the_arc_goes_the_short_way_round(arcs: list[Arc], expected: Arc) -> None:
    assert arc_of(*arcs) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(-180, 179), st.integers(0, 90)), min_size=1, max_size=8))
def test_the_arc_holds_every_arc_and_nothing_shorter_does(found: list[tuple[int, int]]) -> None:
    west, east = arc_of(*((float(start), float(start + width)) for start, width in found))
    length = (east - west) % 360 or (360.0 if (west, east) == (-180, 180) else 0.0)
    covered = {(start + step) % 360 for start, width in found for step in range(width)}
    # Beside the arcs themselves points may be held: the longest run of free degrees is what is left out.
    ends = {(start + offset) % 360 for start, width in found for offset in (0, width)}
    runs = [free_from(end, covered, ends) for end in ends]
    assert length == 360 - max(runs)


def free_from(start: int, covered: set[int], ends: set[int]) -> int:
    """How many whole degrees from `start` on are in no arc, up to the next end of an arc."""
    for step in range(360):
        if (start + step) % 360 in covered or (step and (start + step) % 360 in ends):
            return step
    return 360


def test_latitudes_are_the_least_and_the_greatest() -> None:
    assert enclosing_bounds(np.array([(1.0, -90.0, 2.0, 3.0), (1.5, 7.0, 2.5, 90.0)])) == (1.0, -90.0, 2.5, 90.0)


@pytest.mark.parametrize(
    ("bounds", "center", "zoom"),
    [
        ((36.0, 44.0, 42.0, 46.0), (39, 45), 5),
        ((166.0, 64.0, -170.0, 70.0), (178, 67), 3),
        ((178.0, 50.0, -160.0, 52.0), (-171, 51), 4),
        ((179.0, 10.0, -179.0, 11.0), (180, 10.5), 7),
        ((-180.0, -85.0, 180.0, 85.0), (0, 0), 0),
        ((19.0, 41.0, -169.0, 81.0), (105, 61), 1),
        ((100.0, -10.0, -100.0, 10.0), (180, 0), 1),
    ],
)
def test_the_centre_and_the_zoom_are_those_of_the_arc_from_west_to_east(bounds: Bounds, center: Arc, zoom: int) -> None:
    assert center_of(bounds) == pytest.approx(center)
    assert zoom_to_fit(bounds) == zoom


def test_bounds_for_readers_that_cannot_wrap_end_at_the_antimeridian() -> None:
    assert without_wrap((166.0, 64.0, -170.0, 70.0)) == (-180, 64, 180, 70)
    assert without_wrap((36.0, 44.0, 42.0, 46.0)) == (36, 44, 42, 46)


@given(st.integers(-180, 179), st.integers(0, 359), st.integers(0, 5), st.integers(-180, 179))
def test_widened_bounds_hold_just_what_is_within_the_margin(west: int, width: int, margin: int, place: int) -> None:
    east = (west + width + 180) % 360 - 180
    boxes = widen((float(west), 0.0, float(east), 1.0), float(margin))
    inside = any(low <= place + 0.5 <= high for low, _, high, _ in boxes)
    distance = min((place + 0.5 - west) % 360 - width, (west - place - 0.5) % 360)
    assert inside == ((place + 0.5 - west) % 360 <= width or distance <= margin or width + 2 * margin >= 360)
    assert all(-180 <= low <= high <= 180 for low, _, high, _ in boxes)


def test_widened_bounds_end_at_the_poles() -> None:
    assert widen((10.0, -89.5, 12.0, 89.5), 1.0) == ((9.0, -90.0, 13.0, 90.0),)


@given(st.lists(st.integers(-18_000, 18_000), min_size=1, max_size=8, unique=True))
def test_longitudes_of_points_leave_out_the_longest_gap(hundredths: list[int]) -> None:
    lng = np.array(hundredths, np.int32) * (POSITION_UNITS // 100)
    west, east = (end / POSITION_UNITS for end in longest_gap_left_out(lng))
    length = (east - west) % 360
    circle = sorted({value % 36_000 for value in hundredths})
    gaps = [(following - value) / 100 for value, following in zip(circle, [*circle[1:], circle[0] + 36_000], strict=True)]
    # Gaps are compared by tenths of a degree.
    assert length <= 360 - max(gaps) + 0.25 or len(circle) == 1
    assert all((value / 100 - west) % 360 <= length + 1e-6 for value in hundredths)
