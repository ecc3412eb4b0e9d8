"""Ways to divide values into classes: each is what its name says, against a plain computation of the same."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.measures.class_breaks import CLASSES, CLASSIFIERS, MIDDLE, ClassificationMethod, class_breaks, diverging_breaks

counts = st.lists(st.integers(1, 60), min_size=1, max_size=40).map(lambda values: np.array(values, np.int32))
shares = st.lists(st.integers(0, 10_000), min_size=1, max_size=40).map(lambda values: np.round(np.array(values) / 10_000, 4))
numbers = st.one_of(counts, shares)


def decimals_of(values: np.ndarray) -> int:
    return 0 if values.dtype.kind == "i" else 4


def spread(values: np.ndarray, starts: list[int]) -> float:
    """Sum of squared distances to the means of the classes that begin at these places of sorted values."""
    parts = [values[low:high] for low, high in pairwise([*starts, len(values)])]
    return sum(float(((part - part.mean()) ** 2).sum()) for part in parts)


@pytest.mark.parametrize("method", CLASSIFIERS)
@settings(deadline=None)  # The first call compiles.
@given(values=numbers)
def test_every_way_orders_classes_and_begins_at_the_least_value(method: str, values: np.ndarray) -> None:
    found = class_breaks(values, ClassificationMethod(method), decimals_of(values))
    assert found.lowers[0] == values.min()
    assert all(low < high for low, high in pairwise(found.lowers))
    assert len(found.lowers) == len(found.classes) <= CLASSES
    assert found.lowers[-1] <= values.max()
    classes = found.classify(np.sort(values)).astype(int)
    assert (np.diff(classes) >= 0).all()
    for value, number in zip(np.sort(values).tolist(), classes.tolist(), strict=True):
        place = found.classes.index(number)
        assert found.lowers[place] <= value
        assert place == len(found.lowers) - 1 or value < found.lowers[place + 1]


@pytest.mark.parametrize("method", CLASSIFIERS)
@settings(deadline=None)  # The first call compiles.
@given(values=st.lists(st.integers(1, 4), min_size=1).map(lambda values: np.array(values, np.int32)))
def test_no_more_values_than_classes_are_a_class_each(method: str, values: np.ndarray) -> None:
    assert list(class_breaks(values, ClassificationMethod(method)).lowers) == sorted(set(values.tolist()))


@settings(deadline=None)  # The first call compiles.
@given(st.lists(st.integers(1, 30), min_size=6, max_size=14).map(lambda values: np.sort(np.array(values, np.int32))))
def test_natural_breaks_are_the_best_of_all_divisions(values: np.ndarray) -> None:
    lowers = class_breaks(values, ClassificationMethod("natural")).lowers
    found = spread(values, [int(np.searchsorted(values, lower)) for lower in lowers])
    inner = range(1, len(values))
    best = min(spread(values, [0, *starts]) for starts in combinations(inner, min(CLASSES, len(np.unique(values))) - 1))
    assert found == pytest.approx(best, abs=1e-9)


def test_natural_breaks_lie_in_the_gaps() -> None:
    values = np.array([1, 2, 2, 3, 20, 21, 50, 52, 53, 90, 91, 200], np.int32)
    assert class_breaks(values, ClassificationMethod("natural")).lowers == (1, 20, 50, 90, 200)


def test_equal_widths_and_equal_factors_are_equal() -> None:
    assert class_breaks(np.arange(101), ClassificationMethod("equal")).lowers == (0, 20, 40, 60, 80)
    assert class_breaks(np.arange(101) / 100, ClassificationMethod("equal"), 2).lowers == (0.0, 0.2, 0.4, 0.6, 0.8)
    assert class_breaks(np.arange(1, 100_001), ClassificationMethod("log")).lowers == (1, 10, 100, 1000, 10_000)
    # Zero has no logarithm: it is a class of its own.
    assert class_breaks(np.arange(10_001), ClassificationMethod("log")).lowers == (0, 1, 10, 100, 1000)


@settings(deadline=None)  # The first call compiles.
@given(numbers, st.lists(st.integers(1, 50), min_size=1, max_size=4, unique=True).map(sorted))
def test_limits_of_ones_own_are_kept_whatever_the_values(values: np.ndarray, limits: list[int]) -> None:
    found = class_breaks(values, ClassificationMethod("own", tuple(limits)), decimals_of(values), least=1)
    assert found.lowers == tuple(dict.fromkeys([1, *limits]))
    places = np.searchsorted([limit for limit in limits if limit > 1], values, side="right")
    assert found.classify(values).tolist() == [found.classes[place] for place in places.tolist()]


@pytest.mark.parametrize("method", [*CLASSIFIERS, "own"])
@settings(deadline=None)  # The first call compiles.
@given(values=st.lists(st.integers(-100, 400), min_size=1, max_size=40).map(lambda values: np.array(values) / 100))
def test_changes_are_classed_alike_on_both_sides_of_zero(method: str, values: np.ndarray) -> None:
    limits = (-0.25, 0.25) if method == "own" else ()
    found = diverging_breaks(values, ClassificationMethod(method, limits), 2)
    real, can_fall = values != 0, np.abs(values) <= 1
    up, down = (found.classify(side, real).astype(int) for side in (np.abs(values), -np.abs(values)))
    assert (up + down == 2 * MIDDLE)[can_fall].all()
    assert (up[~real] == MIDDLE).all()
    assert (up[real] > MIDDLE).all()
    infinite = found.classify(np.array([np.inf]), np.array([True]))
    assert infinite[0] == max(found.classes)
