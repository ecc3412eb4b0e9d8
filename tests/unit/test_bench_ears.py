"""EARS as the bench computes it, against published bounds and by hand."""

import numpy as np
import pytest

from tests.bench.ears import compute_bound, compute_statistic

SERIES = np.array([2.0, 1, 3, 0, 2, 1, 4, 2, 3, 1, 2, 9])
QUANTILE = 3.090232306167813
"""Of the standard normal distribution, at 0.999."""


@pytest.mark.parametrize(("method", "bound"), [("C1", 5.4465), ("C2", 6.2998)])
def test_bounds_are_those_of_the_published_method(method: str, bound: float) -> None:
    assert compute_bound(SERIES, method, QUANTILE)[-1] == pytest.approx(bound, abs=5e-5)


def test_a_statistic_reaches_the_quantile_where_the_count_reaches_the_bound() -> None:
    at_bound = np.append(SERIES[:-1], compute_bound(SERIES, "C2", QUANTILE)[-1])
    assert compute_statistic(at_bound, "C2")[-1] == pytest.approx(QUANTILE)
    assert np.isnan(compute_statistic(SERIES, "C2")[:9]).all()


def test_c3_adds_up_what_c2_exceeds_one_by_on_three_days() -> None:
    counts = np.array([1.0, 2, 1, 2, 1, 2, 1, 2, 1, 3, 4, 5])
    c2 = compute_statistic(counts, "C2")
    assert compute_statistic(counts, "C3")[-1] == pytest.approx(sum(max(value - 1, 0) for value in c2[-3:]))


def test_a_series_without_messages_has_the_least_deviation() -> None:
    assert compute_statistic(np.array([0.0] * 11 + [3]), "C2")[-1] == 6.0
