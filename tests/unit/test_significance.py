"""The test of two Poisson counts, against binomial sums in whole numbers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.measures import significance
from geo_service.aggregation.measures.significance import share_of_time, significant
from geo_service.aggregation.selection.selection import Selection, Window

SHARES = [(1, 2), (365, 731), (1, 10), (9, 10), (1, 1000)]
HALF_P = Fraction(1, 40)
DAY_S = 86_400


def few(both: int, share: tuple[int, int]) -> int:
    """The greatest k with P(X <= k) <= 0.025 for X of `both` trials, exactly; -1 where there is none."""
    hit, miss, whole = share[0], share[1] - share[0], share[1] ** both
    k, term, upto = 0, miss**both, 0
    while (upto := upto + term) <= whole * HALF_P:
        term = term * (both - k) * hit // ((k + 1) * miss)
        k += 1
    return k - 1


def differs(n: int, n0: int, share: tuple[int, int]) -> bool:
    other = (share[1] - share[0], share[1])
    return n <= few(n + n0, share) or n0 <= few(n + n0, other)


@pytest.mark.parametrize("share", SHARES)
@settings(deadline=None)  # The first call compiles.
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=20))
def test_counts_differ_where_the_exact_sums_say_so(share: tuple[int, int], pairs: list[tuple[int, int]]) -> None:
    n, n0 = np.array(pairs, np.int32).T
    assert significant(n, n0, share[0] / share[1]).tolist() == [differs(*pair, share) for pair in pairs]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(SHARES), st.integers(1000, 3000))
def test_the_cuts_stay_exact_in_long_tables(share: tuple[int, int], both: int) -> None:
    table, _ = significance._tables(share[0] / share[1], 1 << 16)
    assert table[both] == few(both, share)


def test_known_pairs() -> None:
    """Five against nothing may be chance (p = 0.0625), six are not (p = 0.03125)."""
    n, n0 = np.array([5, 6, 0, 0, 10, 20, 120, 0], np.int32), np.array([0, 0, 5, 6, 20, 40, 100, 0], np.int32)
    assert significant(n, n0, 0.5).tolist() == [False, True, False, True, False, True, False, False]


@pytest.mark.parametrize("share", [0.5, 0.1, 0.001, 0.999])
def test_beyond_the_table_the_approximation_errs_by_one_incident_at_most(share: float) -> None:
    exact = significance._cuts(share, 1_000_000, 0.025)[65_537:]
    found = significance._beyond(np.arange(65_537, 1_000_001, dtype=np.float64), share)
    assert np.abs(found - exact).max() <= 1
    assert (found == exact).mean() > 0.9


def test_great_and_small_counts_are_judged_together() -> None:
    n, n0 = np.array([50_000, 50_000, 6, 5], np.int32), np.array([50_200, 51_000, 0, 0], np.int32)
    assert significant(n, n0, 0.5).tolist() == [False, True, True, False]


def test_what_is_still_to_come_of_a_window_does_not_count_as_its_time() -> None:
    now = 100 * DAY_S
    past = Selection(Window(40 * DAY_S, 70 * DAY_S), now)
    assert share_of_time(Selection(Window(70 * DAY_S, 100 * DAY_S), now), past) == 0.5
    assert share_of_time(Selection(Window(90 * DAY_S, 120 * DAY_S), now), past) == pytest.approx(0.25, abs=1e-4)
    assert 0 < share_of_time(Selection(Window(110 * DAY_S, 120 * DAY_S), now), past) < 1e-6
