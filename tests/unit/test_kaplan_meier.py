"""Waits of which some go on, against published estimates and a plain product over the times."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.measures.kaplan_meier import Waits, estimate_waits

LEUKEMIA_6MP = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
"""Weeks of remission that ended, and that went on. Freireich et al. 1963: S(23) = 0.448, median 23, limits 13 and none."""
LEUKEMIA_PLACEBO: tuple[list[int], list[int]] = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], []
"""The median is 8, its limits on the same scale 4 and 11."""


def estimate(waits: list[tuple[int, bool]], group: int = 0, size: int = 1) -> Waits:
    groups = np.full(len(waits), group, np.int32)
    return estimate_waits(groups, np.array([time for time, _ in waits], np.uint32), np.array([ended for _, ended in waits], np.bool_), size)


def plain_quantile(waits: list[tuple[int, bool]], share: float) -> float:
    """The least time by which the product over the times before it is at most 1 - share; NaN where none is."""
    survival = 1.0
    for time in sorted({time for time, ended in waits if ended}):
        at_risk = sum(1 for other, _ in waits if other >= time)
        survival *= 1 - sum(1 for other, ended in waits if ended and other == time) / at_risk
        if survival <= 1 - share + 1e-9:
            return float(time)
    return math.nan


@pytest.mark.parametrize(("published", "median", "limits"), [(LEUKEMIA_6MP, 23.0, (13.0, math.nan)), (LEUKEMIA_PLACEBO, 8.0, (4.0, 11.0))])
def test_the_median_and_its_limits_are_the_published_ones(
    published: tuple[list[int], list[int]], median: float, limits: tuple[float, float]
) -> None:
    ended, going_on = published
    found = estimate([*((time, True) for time in ended), *((time, False) for time in going_on)])
    assert found.median.tolist() == [median]
    assert np.array_equal([found.median_low[0], found.median_high[0]], limits, equal_nan=True)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30), min_size=1, max_size=4))
def test_each_group_has_the_quantiles_of_its_own_waits(by_group: list[list[tuple[int, bool]]]) -> None:
    rows = [(group, time, ended) for group, waits in enumerate(by_group) for time, ended in waits]
    groups, times, ended = (np.array([row[index] for row in rows]) for index in range(3))
    found = estimate_waits(groups.astype(np.int32), times.astype(np.uint32), ended.astype(np.bool_), len(by_group))
    for group, waits in enumerate(by_group):
        assert np.array_equal(found.median[group], plain_quantile(waits, 0.5), equal_nan=True)
        assert np.array_equal(found.p90[group], plain_quantile(waits, 0.9), equal_nan=True)


def test_waits_that_go_on_do_not_make_a_month_look_fast() -> None:
    """Ninety of a hundred still wait after ten hours: of the ten that were answered the median is two."""
    waits = [(2, True)] * 10 + [(10, False)] * 90
    assert np.isnan(estimate(waits).median[0])


def test_limits_enclose_the_median_and_grow_narrower_with_more_waits() -> None:
    random = np.random.default_rng(5)
    widths = []
    for n in (40, 4000):
        found = estimate([(int(time), True) for time in random.exponential(1000, n)])
        assert found.median_low[0] <= found.median[0] <= found.median_high[0]
        widths.append(found.median_high[0] - found.median_low[0])
    assert widths[1] < widths[0] / 4
