"""Class breaks: where one colour ends and the next begins. The same for every tile of a view."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.measures.classification import CLASSIFIERS, Lowers, quantile

CLASSES = 5

MIDDLE = 2
"""The class of "no change", where classes lie on both sides of zero."""

_SIDES = 2
"""Classes on each side of the middle."""

_LANES = 4
_TABLE_AT_LEAST = 100_000
"""Counts up to this, or to so many times their number as there are lanes, are told apart by a table of all of them."""

_SPREAD = {0: (), 1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
"""Which of the five classes (and so colours) are used when there are fewer distinct values."""


@dataclass(frozen=True, slots=True)
class ClassificationMethod:
    """How values are divided into classes: by one of DIVISIONS, or at limits of one's own.

    method: "own" with limits; limits: ascending; a class begins at each, and what lies below the first is a class as well.
    For measures that have a middle, one limit below zero and one above.
    """

    method: str = "quantile"
    limits: tuple[float, ...] = ()

    def __str__(self) -> str:
        """As it stands in a query."""
        return ",".join(f"{limit:g}" for limit in self.limits) or self.method


QUANTILE = ClassificationMethod()


@dataclass(frozen=True, slots=True)
class ClassBreaks:
    """lowers: least value of each class, ascending; classes: the class numbers 0-4 they stand for.

    middle: the class of those that are told apart by something else than their value; None where there is no such class.
    """

    lowers: tuple[float, ...]
    classes: tuple[int, ...]
    middle: int | None = None

    def classify(self, values: NDArray[Any], outside: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
        """The class number of each value; values below the first class belong to the first.

        outside: which ones are not in the middle class, where there is one. With a middle, a limit below zero belongs to
        the class below it, so that -x and x are treated alike.
        """
        lowers = np.array(self.lowers)
        places = np.searchsorted(lowers, values, side="right") - 1
        if self.middle is None or outside is None:
            return np.array(self.classes, np.uint8)[np.maximum(places, 0)]
        places = np.where(values < 0, np.searchsorted(lowers, values, side="left") - 1, places)
        return np.where(outside, np.array(self.classes, np.uint8)[np.maximum(places, 0)], np.uint8(self.middle))


def class_breaks(
    values: NDArray[Any], division: ClassificationMethod = QUANTILE, decimals: int = 0, least: float = 0, above: int | None = None
) -> ClassBreaks:
    """Breaks for values without NaN, rounded to `decimals`; `least` is the least that can be there, for limits of one's own.

    above: only values above it are there, the others are passed over; None for all.

    >>> class_breaks(np.array([1, 2, 4, 8, 16, 32]), ClassificationMethod("log")).lowers
    (1, 2, 4, 8, 16)
    >>> class_breaks(np.array([1, 7]), ClassificationMethod(limits=(5, 20)), least=1)
    ClassBreaks(lowers=(1, 5, 20), classes=(0, 2, 4), middle=None)
    """
    if division.limits:
        lowers = [least, *(limit for limit in division.limits if limit > least)]
    else:
        lowers = _divided(values, division.method, CLASSES, 0.1**decimals, above)
    return ClassBreaks(tuple(lowers), _SPREAD[len(lowers)])


def diverging_breaks(
    values: NDArray[np.float64], division: ClassificationMethod = QUANTILE, decimals: int = 0, least: float = -1
) -> ClassBreaks:
    """Breaks for changes that are none by chance, without NaN: two classes below zero, two above, limits alike on both sides.

    The limit divides the sizes of the changes in two by the division's method. Where all are of one size, or there are none, there is
    one class on each side; below zero as well where the limit is further down than a change can go (`least`, -1 for all gone).

    >>> diverging_breaks(np.array([-0.5, 0.5, 2.0, -0.75]), decimals=2)
    ClassBreaks(lowers=(-1, -0.75, 0.0, 0.75), classes=(0, 1, 3, 4), middle=2)
    >>> diverging_breaks(np.array([-0.5, 3.0, 1.5]), decimals=2)
    ClassBreaks(lowers=(-1, 0.0, 1.5), classes=(1, 3, 4), middle=2)
    """
    if division.limits:
        below, above = division.limits
        return ClassBreaks((least, below, 0.0, above), (0, 1, 3, 4), MIDDLE)
    sizes = np.abs(values[np.isfinite(values)])
    lowers = _divided(sizes[sizes > 0], division.method, _SIDES, 0.1**decimals)
    if len(lowers) < _SIDES:
        return ClassBreaks((least, 0.0), (1, 3), MIDDLE)
    limit = lowers[1]
    if -limit < least:
        # Nothing can have fallen so far: below zero there is one class.
        return ClassBreaks((least, 0.0, limit), (1, 3, 4), MIDDLE)
    return ClassBreaks((least, -limit, 0.0, limit), (0, 1, 3, 4), MIDDLE)


def quantile_breaks(values: NDArray[Any]) -> ClassBreaks:
    """Classes that hold about equally many values; equal values always share a class.

    >>> quantile_breaks(np.array([1, 1, 1, 1, 1, 1, 2, 3, 5, 8])).lowers
    (1, 2, 3, 5, 8)
    """
    return class_breaks(values)


def _divided(values: NDArray[Any], method: str, classes: int, step: float, above: int | None = None) -> Lowers:
    """Where the classes begin; with few distinct values one class each."""
    distinct, frequency = frequencies(values, above)
    divide = CLASSIFIERS[method] if len(distinct) > classes else quantile
    return divide(distinct, frequency, classes, step)


def frequencies(values: NDArray[Any], above: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distinct values, ascending, and how often each stands there; only those above `above` where it is given."""
    if len(values) and values.dtype.kind in "iu" and values.min() >= 0:
        most = int(values.max())
        if most <= max(_TABLE_AT_LEAST, _LANES * len(values)):
            # Many cells means small counts: a table of all of them is quicker than sorting.
            table = np.zeros((_LANES, most + 1), np.int64)
            _count_each(table, values)
            frequency = table.sum(axis=0)
            frequency[: 0 if above is None else above + 1] = 0
            distinct = np.flatnonzero(frequency)
            return distinct, frequency[distinct]
    return np.unique(values if above is None else values[values > above], return_counts=True)


@njit(nogil=True, cache=True)
def _count_each(table: NDArray[np.int64], values: NDArray[Any]) -> None:
    """How often each value stands there, in lanes to be added up: equal values in a row, as zeros are, need not wait for each other."""
    whole = len(values) // _LANES * _LANES
    for i in range(0, whole, _LANES):
        for lane in range(_LANES):
            table[lane, values[i + lane]] += 1
    for i in range(whole, len(values)):
        table[0, values[i]] += 1
