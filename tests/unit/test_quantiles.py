"""Grouped quantiles against NumPy, by both ways of finding them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.measures import quantiles
from geo_service.aggregation.measures.quantiles import MISSING, nested_quantiles, quantiles_and_counts

QS = (0.0, 0.1, 0.5, 0.9, 1.0)
values = st.one_of(st.integers(0, 20), st.integers(0, 2**32 - 1))


def expected(groups: np.ndarray, numbers: np.ndarray, size: int) -> np.ndarray:
    out = np.full((len(QS), size), np.nan)
    for group in range(size):
        own = numbers[(groups == group) & (numbers != MISSING)]
        if len(own):
            out[:, group] = np.quantile(own.astype(np.float64), QS)
    return out


@pytest.mark.parametrize("bins_fill", [True, False])
@settings(deadline=None, max_examples=150)
@given(rows=st.lists(st.tuples(st.integers(0, 4), values), max_size=80))
def test_quantiles_are_those_of_numpy(bins_fill: bool, rows: list[tuple[int, int]]) -> None:
    groups = np.array([group for group, _ in rows], np.int32)
    numbers = np.array([value for _, value in rows], np.uint32)
    out = np.full((len(QS), 5), np.nan)
    if bins_fill:
        counts = quantiles._by_histogram(out, groups, numbers, np.array(QS))
    else:
        out, counts = quantiles_and_counts(groups, numbers, 5, QS)
    np.testing.assert_allclose(out, expected(groups, numbers, 5), rtol=1e-12)
    assert counts.tolist() == [np.count_nonzero((groups == group) & (numbers != MISSING)) for group in range(5)]


@pytest.mark.parametrize(("count", "size"), [(50_000, 3), (50_000, 500), (20_000, 19_000), (1, 1), (0, 4)])
def test_many_values_and_many_groups(count: int, size: int) -> None:
    rng = np.random.default_rng(count + size)
    groups = rng.integers(size, size=count).astype(np.int32)
    numbers = (rng.lognormal(10, 2, count)).astype(np.uint32)
    numbers[rng.random(count) < 0.1] = MISSING
    np.testing.assert_allclose(quantiles_and_counts(groups, numbers, size, QS)[0], expected(groups, numbers, size), rtol=1e-12)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 5), values), max_size=80))
def test_groups_and_what_they_are_nested_in_have_the_same_quantiles_as_each_alone(rows: list[tuple[int, int]]) -> None:
    groups = np.array([group for group, _ in rows], np.int32)
    numbers = np.array([value for _, value in rows], np.uint32)
    each, together, counts = nested_quantiles(groups, numbers, 6, 3, QS)
    np.testing.assert_allclose(each, expected(groups, numbers, 6), rtol=1e-12)
    np.testing.assert_allclose(together, expected(groups // 3, numbers, 2), rtol=1e-12)
    assert counts.tolist() == [np.count_nonzero((groups == group) & (numbers != MISSING)) for group in range(6)]


@pytest.mark.parametrize("least", [0, 1, 3, 2**31])
@pytest.mark.parametrize("spread", [1, 2, 5, 1_000_000, 2**31 - 1])
def test_long_groups_are_divided_into_bins_to_the_same_end(least: int, spread: int) -> None:
    rng = np.random.default_rng(spread)
    size = 300
    groups = rng.choice([0, 1, 299], 60_000, p=[0.6, 0.39, 0.01]).astype(np.int32)
    numbers = (least + rng.integers(spread, size=60_000)).astype(np.uint32)
    # A few far above all others, so that the last bin takes in more than its share.
    numbers[rng.random(60_000) < 0.005] = 2**32 - 2
    np.testing.assert_allclose(quantiles_and_counts(groups, numbers, size, QS)[0], expected(groups, numbers, size), rtol=1e-12)


@pytest.mark.parametrize("shape", ["sorted", "reversed", "equal", "organ pipe"])
@pytest.mark.parametrize("count", [5000, 50_000])
def test_values_in_an_awkward_order_are_no_different(count: int, shape: str) -> None:
    ladder = np.arange(count, dtype=np.uint32)
    numbers = {"sorted": ladder, "reversed": ladder[::-1], "equal": ladder * 0 + 7, "organ pipe": np.minimum(ladder, ladder[::-1])}[shape]
    groups = np.zeros(count, np.int32)
    found = quantiles_and_counts(groups, np.ascontiguousarray(numbers), 300, QS)[0]
    np.testing.assert_allclose(found[:, 0], np.quantile(numbers.astype(float), QS))
    assert np.isnan(found[:, 1:]).all()
