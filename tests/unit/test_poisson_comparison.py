"""The conditional test of two Poisson counts with its p, against SciPy's numbers and sums in whole numbers."""

from fractions import Fraction
from math import comb, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.measures.significance import significant
from geo_service.aggregation.probability.poisson_comparison import expected_counts, log10_p_values, z_scores

SCIPY = [
    # n, n0, t, t0, and log10 of min(1, 2 min(binom.cdf(n, n + n0, s), binom.sf(n - 1, n + n0, s))), s = t / (t + t0): SciPy 1.17.1.
    (110, 0, 1, 1, -32.81226952737395),
    (108, 2, 1, 1, -29.026512727411305),
    (191, 1, 1, 1, -55.21117186281263),
    (111, 53, 1, 1, -5.158549476047995),
    (5, 0, 1, 1, -1.2041199826559246),
    (0, 7, 1, 1, -1.8061799739838869),
    (40, 20, 2, 1, 0.0),
    (3, 3, 1, 1, 0.0),
    (26, 2, 3, 30, -24.277256844411557),
    (2, 26, 30, 3, -24.277256844411554),
    (1200, 1000, 1, 1, -4.661204442686182),
    (5_000_000, 5_010_000, 1, 1, -2.8025471886210647),
    (50_000, 1_000_000, 1, 19, -28.769846487454785),
    (0, 0, 1, 1, 0.0),
    (1, 0, 1, 9, -0.6989700043360186),
    (0, 3, 1, 9, 0.0),
    (700, 100, 1, 1, -110.92336024526185),
]


def exact_p(n: int, n0: int, t: int, t0: int) -> Fraction:
    """The smaller binomial tail doubled, in whole numbers."""
    both, share = n + n0, Fraction(t, t + t0)
    terms = [comb(both, k) * share**k * (1 - share) ** (both - k) for k in range(both + 1)]
    return min(Fraction(1), 2 * min(sum(terms[: n + 1], Fraction(0)), sum(terms[n:], Fraction(0))))


def log10_p(n: int, n0: int, share: float) -> float:
    return float(log10_p_values(np.array([n]), np.array([n0]), share)[0])


@pytest.mark.parametrize(("n", "n0", "t", "t0", "expected"), SCIPY)
def test_p_is_that_of_scipy_far_into_the_tail(n: int, n0: int, t: int, t0: int, expected: float) -> None:
    assert log10_p(n, n0, t / (t + t0)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([(1, 1), (2, 1), (1, 9), (999, 1), (365, 366)]))
def test_p_is_the_doubled_exact_tail(n: int, n0: int, times: tuple[int, int]) -> None:
    assert log10_p(n, n0, times[0] / sum(times)) == pytest.approx(log10(exact_p(n, n0, *times)), rel=1e-10, abs=1e-10)


def test_p_does_not_underflow() -> None:
    """2 · 0.5^20000 is far below the smallest float64."""
    assert log10_p(20_000, 0, 0.5) == pytest.approx(log10(2) - 20_000 * log10(2), rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=50), st.sampled_from([0.5, 0.1, 2 / 3]))
def test_the_test_of_maps_and_that_of_changes_judge_alike(pairs: list[tuple[int, int]], share: float) -> None:
    n, n0 = np.array(pairs).T
    assert (log10_p_values(n, n0, share) <= log10(0.05)).tolist() == significant(n.astype(np.int32), n0.astype(np.int32), share).tolist()


def test_z_of_equal_windows_is_the_difference_by_the_root_of_the_sum() -> None:
    n, n0 = np.array([108, 0, 53, 7]), np.array([2, 9, 111, 7])
    assert z_scores(n, n0, 0.5) == pytest.approx((n - n0) / np.sqrt(n + n0))
    assert expected_counts(n0, 0.5).tolist() == n0.tolist()


def test_z_of_other_windows_is_the_distance_from_the_binomial_mean() -> None:
    n, n0, share = np.array([30, 1, 400]), np.array([100, 40, 30]), 0.2
    mean, deviation = (n + n0) * share, np.sqrt((n + n0) * share * (1 - share))
    assert z_scores(n, n0, share) == pytest.approx((n - mean) / deviation)
    assert expected_counts(n0, share) == pytest.approx(n0 / 4)
