"""The bounds of boxes on the globe: the shortest arc, against a search through all gaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.tiles.documents.extent import enclosing_bounds

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
