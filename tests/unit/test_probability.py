"""Tails of count distributions, false discovery rate, trend, Gi* and likelihood ratios, against published and exact numbers."""

from fractions import Fraction
from itertools import combinations
from math import inf, isclose, isnan, lgamma, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.probability.beta_binomial import beta_binomial_tail, log10_beta_binomial_tail
from geo_service.aggregation.probability.false_discovery import adjust_p_values
from geo_service.aggregation.probability.getis_ord import compute_gi_star
from geo_service.aggregation.probability.mann_kendall import compute_trend
from geo_service.aggregation.probability.negative_binomial import (
    log10_negative_binomial_tail,
    log10_poisson_tail,
    negative_binomial_tail,
    poisson_tail,
)
from tests.bench.permutation_scan import expected_counts, log_likelihood_ratio
from tests.support import probability_oracles as oracles


def has_digits(value: float, published: float, digits: int) -> bool:
    return f"{value:.{digits - 1}e}" == f"{published:.{digits - 1}e}"


def exact_beta_binomial(x: int, trials: int, alpha: float, beta: float) -> Fraction:
    """P(X >= x) in whole numbers: the density from 0 on by its recurrence."""
    a, b = Fraction(alpha), Fraction(beta)
    term = Fraction(1)
    for i in range(trials):
        term *= (b + i) / (a + b + i)
    total = term if x <= 0 else Fraction(0)
    for j in range(trials):
        term *= (trials - j) * (j + a) / ((j + 1) * (trials - j - 1 + b))
        total += term if j + 1 >= x else 0
    return total


@pytest.mark.parametrize(("x", "trials", "alpha", "beta", "published", "digits"), oracles.BETA_BINOMIAL)
def test_beta_binomial_tails_are_those_of_r(x: int, trials: int, alpha: float, beta: float, published: float, digits: int) -> None:
    assert has_digits(beta_binomial_tail(x, trials, alpha, beta).item(), published, digits)


def test_beta_binomial_tails_are_right_to_twelve_digits_over_wide_ranges() -> None:
    x, trials, alpha, beta, expected = np.array(oracles.BETA_BINOMIAL_LOG10).T
    found = log10_beta_binomial_tail(x, trials, alpha, beta)
    assert expected.min() < -300
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@settings(deadline=None, max_examples=60)  # The first call compiles.
@given(st.integers(-1, 45), st.integers(0, 40), st.floats(1e-6, 1e5), st.floats(1e-3, 1e7))
def test_beta_binomial_tails_are_exact(x: int, trials: int, alpha: float, beta: float) -> None:
    exact = exact_beta_binomial(x, trials, alpha, beta)
    found = beta_binomial_tail(x, trials, alpha, beta).item()
    assert isclose(found, float(exact), rel_tol=1e-11, abs_tol=1e-307)


def test_a_tail_that_is_less_than_any_number_has_a_logarithm() -> None:
    """All 4,000 of a total in a place that has had one of 10 million."""
    expected = (lgamma(4001) - sum(np.log(1e7 + np.arange(4000)))) / np.log(10)
    assert beta_binomial_tail(4000, 4000, 1, 1e7 - 1) == 0
    assert log10_beta_binomial_tail(4000, 4000, 1, 1e7 - 1).item() == pytest.approx(expected, rel=1e-12)


def test_ends_of_the_beta_binomial() -> None:
    x, trials = [0, -3, 6, 0, 1, 2.5], [5, 5, 5, 0, 0, 5]
    found = beta_binomial_tail(x, trials, 2, 3)
    assert found[:5].tolist() == [1, 1, 0, 1, 0]
    assert found[5] == beta_binomial_tail(3, 5, 2, 3)
    assert beta_binomial_tail([1, 0], 5, 0, 3).tolist() == [0, 1]
    assert beta_binomial_tail(5, 5, 3, 0) == 1
    assert np.isnan(beta_binomial_tail([1, np.nan, 1, 1, 1], [5, 5, -1, 5, 5], [-1, 1, 1, 0, np.nan], [1, 1, 1, 0, 1])).all()
    assert beta_binomial_tail([[1], [2]], [3, 4, 5], 1, 1).shape == (2, 3)
    assert beta_binomial_tail([], [], [], []).shape == (0,)


@pytest.mark.parametrize(("x", "size", "mean", "published", "digits"), oracles.NEGATIVE_BINOMIAL)
def test_negative_binomial_tails_are_those_of_r(x: int, size: float, mean: float, published: float, digits: int) -> None:
    assert has_digits(negative_binomial_tail(x, size, mean).item(), published, digits)


def test_negative_binomial_tails_are_right_to_eleven_digits_over_wide_ranges() -> None:
    x, size, mean, expected = np.array(oracles.NEGATIVE_BINOMIAL_LOG10).T
    assert np.isinf(size).any()
    assert expected.min() < -200
    np.testing.assert_allclose(log10_negative_binomial_tail(x, size, mean), expected, rtol=1e-11)


def test_poisson_is_the_negative_binomial_of_infinite_size() -> None:
    x, mean = np.array([0, 1, 5, 40, 400]), np.array([3.0, 0.2, 9.0, 8.0, 450.0])
    assert poisson_tail(x, mean).tolist() == negative_binomial_tail(x, inf, mean).tolist()
    np.testing.assert_allclose(poisson_tail(x, mean), negative_binomial_tail(x, 1e13, mean), rtol=1e-10)
    assert log10_poisson_tail(9, 1.2) == pytest.approx(log10(poisson_tail(9, 1.2).item()))
    assert poisson_tail(1, 0.2) == pytest.approx(-np.expm1(-0.2), rel=1e-15)


def test_ends_of_the_negative_binomial() -> None:
    assert negative_binomial_tail([0, -1, 1, 1], [2, inf, 2, inf], [3, 3, 0, 0]).tolist() == [1, 1, 0, 0]
    assert np.isnan(negative_binomial_tail([1, 1, 1, np.nan, 1], [0, -1, 1, 1, np.nan], [1, 1, -1, 1, 1])).all()
    assert negative_binomial_tail(inf, 2, 3) == 0


@pytest.mark.parametrize(("p", "adjusted"), oracles.FALSE_DISCOVERY)
def test_adjusted_p_values_are_those_of_scipy(p: list[float], adjusted: list[float]) -> None:
    np.testing.assert_allclose(adjust_p_values(p), adjusted, rtol=1e-13)


def test_each_row_is_adjusted_for_itself_and_nan_is_no_test() -> None:
    short, long = oracles.FALSE_DISCOVERY[1], oracles.FALSE_DISCOVERY[2]
    padded = [*short[0], *[np.nan] * (len(long[0]) - len(short[0]))]
    found = adjust_p_values([padded, long[0]])
    np.testing.assert_allclose(found[0], [*short[1], *padded[len(short[1]) :]], rtol=1e-13)
    np.testing.assert_allclose(found[1], long[1], rtol=1e-13)
    assert adjust_p_values([]).tolist() == []


def test_the_published_trend() -> None:
    trend = compute_trend([1, 3, 2, 5, 4, 6, 8, 7, 9, 10])
    assert [trend.s.item(), trend.variance.item()] == [39, 125]
    assert has_digits(trend.z.item(), 3.39882, 6)
    assert has_digits(trend.p.item(), 0.000677, 3)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(0, 4), min_size=8, max_size=8), min_size=1, max_size=5))
def test_many_trends_with_ties(series: list[list[int]]) -> None:
    trend = compute_trend(np.array(series)[None])
    for i, values in enumerate(series):
        s = sum((b > a) - (b < a) for a, b in combinations(values, 2))
        ties = sum(values.count(v) * (values.count(v) - 1) * (2 * values.count(v) + 5) for v in set(values))
        variance = (8 * 7 * 21 - ties) / 18
        assert (trend.s[0, i], trend.variance[0, i]) == (s, variance)
        assert trend.z[0, i] == pytest.approx((s - np.sign(s)) / variance**0.5 if variance else 0)


def test_a_series_without_change_has_no_trend_and_one_with_gaps_none_known() -> None:
    trend = compute_trend(np.array([[2, 2, 2, 2], [1, np.nan, 2, 3], [4, 3, 2, 1]]))
    assert (trend.z[0], trend.p[0]) == (0, 1)
    assert isnan(trend.p[1])
    assert trend.s[2] == -6
    assert trend.z[2] < 0
    assert compute_trend(np.empty((0, 5))).p.tolist() == []


def neighbour_lists(points: list[tuple[int, int]], distance: float) -> tuple[np.ndarray, np.ndarray]:
    lists = [[j for j, b in enumerate(points) if np.hypot(a[0] - b[0], a[1] - b[1]) <= distance] for a in points]
    starts = np.cumsum([0, *map(len, lists)]).astype(np.int32)
    return starts, np.concatenate(lists).astype(np.int32)


def test_gi_star_is_that_of_esda() -> None:
    starts, neighbours = neighbour_lists(oracles.ESDA_POINTS, 15)
    found = compute_gi_star([oracles.ESDA_VALUES, [1.0] * 6], starts, neighbours)
    assert [f"{z:.8f}" for z in found[0]] == [f"{z:.8f}" for z in oracles.ESDA_GI_STAR]
    assert found[1].tolist() == [0] * 6


def test_gi_star_without_anything_to_compare_with_is_zero() -> None:
    everywhere = np.array([0, 2, 4], np.int32), np.array([0, 1, 0, 1], np.int32)
    assert compute_gi_star([1, 5], *everywhere).tolist() == [0, 0]
    assert compute_gi_star([5], np.array([0, 1], np.int32), np.array([0], np.int32)).tolist() == [0]
    assert compute_gi_star([], np.array([0], np.int32), np.empty(0, np.int32)).tolist() == []


@pytest.mark.parametrize(("cases", "expected", "total", "published", "digits"), oracles.LOG_LIKELIHOOD_RATIOS)
def test_published_likelihood_ratios(cases: int, expected: float, total: int, published: float, digits: int) -> None:
    assert has_digits(log_likelihood_ratio(cases, expected, total).item(), published, digits)


def test_the_expected_numbers_of_a_permutation_scan() -> None:
    """The matrix of R scanstatistics: place 1 has 3 of its cases in the two newest rows, 0.5 expected."""
    expected = expected_counts([[1, 0], [2, 1], [0, 20]])
    assert expected[:2, 0].sum() == 0.5
    assert expected.sum() == 24
    assert expected_counts(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]


def test_ends_of_the_likelihood_ratio() -> None:
    found = log_likelihood_ratio([1, 0, 5, 1, np.nan], [2, 0, 2, 0, 1], [9, 9, 5, 9, 9])
    assert found[:4].tolist() == [0, 0, pytest.approx(5 * np.log(2.5)), inf]
    assert isnan(found[4])
