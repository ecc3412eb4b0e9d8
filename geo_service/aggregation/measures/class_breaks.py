"""Classification of values for maps: where one class, and so one colour, begins, the same for every tile of a view."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Lowers = list[float]
ClassifierFn = Callable[[NDArray[Any], NDArray[Any], int, float], Lowers]

CLASSES = 5
"""Five colours are still told apart at a glance on a map (ColorBrewer), and there is a middle one."""

MIDDLE = 2
"""The class of "no change", where classes lie on both sides of zero."""

_SIDES = 2
"""Classes on each side of the middle."""

_LANES = 4
"""Tables that are counted into by turns: an increment waits for the one before it at the same place."""
_TABLE_AT_LEAST = 100_000
"""Integers up to this, or up to `_LANES` times their number, are counted in a table, which is 3 MB at most or as long as the values."""

_SPREAD = {0: (), 1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
"""Which of the five classes, and so colours, are used by their number: fewer are spread over the whole ramp."""


@dataclass(frozen=True, slots=True)
class ClassificationMethod:
    """How values are divided into classes: by one of CLASSIFIERS, or at given limits.

    method: "own" with limits. limits: ascending; a class begins at each, and what lies below the first is a class as well;
    for measures that have a middle, one limit below zero and one above.
    """

    method: str = "quantile"
    limits: tuple[float, ...] = ()

    def __str__(self) -> str:
        """As it stands in a query."""
        return ",".join(f"{limit:g}" for limit in self.limits) or self.method


QUANTILE = ClassificationMethod()
FIXED = ClassificationMethod("fixed")
"""Of measures whose classes are the same for all data."""


@dataclass(frozen=True, slots=True)
class ClassBreaks:
    """lowers: least value of each class, ascending. classes: their numbers, 0 to 4.

    middle: the class of changes that are not significant, whatever their value; None where there is no such class.
    """

    lowers: tuple[float, ...]
    classes: tuple[int, ...]
    middle: int | None = None

    def classify(self, values: NDArray[Any], outside: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
        """Return the class number of each value; values below the first class belong to the first.

        outside: which are significant, and so not in the middle class, where there is one. With a middle, a limit below zero belongs to
        the class below it, so that -x and x are treated alike.
        """
        lowers = np.array(self.lowers)
        positions = np.searchsorted(lowers, values, side="right") - 1
        if self.middle is None or outside is None:
            return np.array(self.classes, np.uint8)[np.maximum(positions, 0)]
        positions = np.where(values < 0, np.searchsorted(lowers, values, side="left") - 1, positions)
        return np.where(outside, np.array(self.classes, np.uint8)[np.maximum(positions, 0)], np.uint8(self.middle))


def class_breaks(
    values: NDArray[Any], method: ClassificationMethod = QUANTILE, decimals: int = 0, least: float = 0, above: int | None = None
) -> ClassBreaks:
    """Return breaks for values without NaN, rounded to `decimals`. least: the least possible value, for given limits.

    above: values up to it are left out; None for none.

    >>> class_breaks(np.array([1, 2, 4, 8, 16, 32]), ClassificationMethod("log")).lowers
    (1, 2, 4, 8, 16)
    >>> class_breaks(np.array([1, 7]), ClassificationMethod(limits=(5, 20)), least=1)
    ClassBreaks(lowers=(1, 5, 20), classes=(0, 2, 4), middle=None)
    """
    if method.limits:
        lowers = [least, *(limit for limit in method.limits if limit > least)]
    else:
        lowers = _divided(values, method.method, CLASSES, 0.1**decimals, above)
    return ClassBreaks(tuple(lowers), _SPREAD[len(lowers)])


def diverging_breaks(
    values: NDArray[np.float64], method: ClassificationMethod = QUANTILE, decimals: int = 0, least: float = -1
) -> ClassBreaks:
    """Return breaks for significant changes, without NaN: two classes below zero and two above, with limits of the same size.

    The limit divides the sizes of the changes in two by the method. Where all are of one size, or there are none, there is
    one class on each side; below zero as well where the limit is further down than a change can go (`least`, -1 for all gone).

    >>> diverging_breaks(np.array([-0.5, 0.5, 2.0, -0.75]), decimals=2)
    ClassBreaks(lowers=(-1, -0.75, 0.0, 0.75), classes=(0, 1, 3, 4), middle=2)
    >>> diverging_breaks(np.array([-0.5, 3.0, 1.5]), decimals=2)
    ClassBreaks(lowers=(-1, 0.0, 1.5), classes=(1, 3, 4), middle=2)
    """
    if method.limits:
        below, above = method.limits
        return ClassBreaks((least, below, 0.0, above), (0, 1, 3, 4), MIDDLE)
    sizes = np.abs(values[np.isfinite(values)])
    lowers = _divided(sizes[sizes > 0], method.method, _SIDES, 0.1**decimals)
    if len(lowers) < _SIDES:
        return ClassBreaks((least, 0.0), (1, 3), MIDDLE)
    limit = lowers[1]
    if -limit < least:
        # Nothing can have fallen so far: below zero there is one class.
        return ClassBreaks((least, 0.0, limit), (1, 3, 4), MIDDLE)
    return ClassBreaks((least, -limit, 0.0, limit), (0, 1, 3, 4), MIDDLE)


def _divided(values: NDArray[Any], method: str, classes: int, step: float, above: int | None = None) -> Lowers:
    """Return where the classes begin; with few distinct values each is a class."""
    distinct, frequency = frequencies(values, above)
    divide = CLASSIFIERS[method] if len(distinct) > classes else quantile
    return divide(distinct, frequency, classes, step)


def frequencies(values: NDArray[Any], above: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the distinct values, ascending, and how often each occurs; only those above `above` where it is given."""
    if len(values) and values.dtype.kind in "iu" and values.min() >= 0:
        most = int(values.max())
        if most <= max(_TABLE_AT_LEAST, _LANES * len(values)):
            # Many cells have small counts: of a million cells, a third of them occupied, a table takes 0.9 ms, sorting 8.8 ms.
            table = np.zeros((_LANES, most + 1), np.int64)
            _count_each(table, values)
            frequency = table.sum(axis=0)
            frequency[: 0 if above is None else above + 1] = 0
            distinct = np.flatnonzero(frequency)
            return distinct, frequency[distinct]
    return np.unique(values if above is None else values[values > above], return_counts=True)


@njit(nogil=True, cache=True)
def _count_each(table: NDArray[np.int64], values: NDArray[Any]) -> None:
    """Count each value, in lanes to be added up: equal values in a row, as zeros are, need not wait for each other."""
    whole = len(values) // _LANES * _LANES
    for i in range(0, whole, _LANES):
        for lane in range(_LANES):
            table[lane, values[i + lane]] += 1
    for i in range(whole, len(values)):
        table[0, values[i]] += 1


def quantile(distinct: NDArray[Any], frequency: NDArray[Any], classes: int, _: float) -> Lowers:
    """Return classes that hold about equally many values.

    A value so frequent that it fills a class alone gets one, and the rest is divided anew among the classes left: with
    most hexagons at 1, the busy ones are still told apart.
    """
    upto = np.concatenate([[0], np.cumsum(frequency)])
    lowers: Lowers = []
    start = 0
    while start < len(distinct) and len(lowers) < classes:
        lowers.append(distinct[start].item())
        left = classes - len(lowers)
        share = (upto[-1] - upto[start]) / (left + 1)
        # End where the class is nearest to its share, leaving at least one distinct value to each class after it.
        ends = upto[start + 1 :] - upto[start]
        nearest = int(np.abs(ends - share).argmin()) + 1
        start += min(nearest, max(1, len(distinct) - start - left))
    return lowers


def equal_interval(distinct: NDArray[Any], _: NDArray[Any], classes: int, step: float) -> Lowers:
    """Return classes of equal width from the least value to the greatest; some may hold nothing."""
    least, most = distinct[0].item(), distinct[-1].item()
    return _on_grid([least + (most - least) * i / classes for i in range(classes)], least, step)


def logarithmic(distinct: NDArray[Any], _: NDArray[Any], classes: int, step: float) -> Lowers:
    """Return classes whose limits grow by the same factor; values of zero and below, which have no logarithm, are the first class."""
    positive = distinct[distinct > 0]
    if not len(positive):
        return [distinct[0].item()]
    first = [] if len(positive) == len(distinct) else [distinct[0].item()]
    least, most = positive[0].item(), positive[-1].item()
    left = classes - len(first)
    return first + _on_grid([least * (most / least) ** (i / left) for i in range(left)], least, step)


def natural_breaks(distinct: NDArray[Any], frequency: NDArray[Any], classes: int, _: float) -> Lowers:
    """Return classes with the least sum of squared distances to their means.

    Fisher 1958, "On Grouping for Maximum Homogeneity"; in cartography the breaks of Jenks. Exact, by the dynamic
    programme of Wang and Song 2011 ("Ckmeans.1d.dp"), whose splits move one way only, so that halving finds them.
    """
    # About their mean, so that sums of squares lose no digits.
    centred = distinct - np.average(distinct, weights=frequency)
    starts = _natural_starts(centred.astype(np.float64), frequency.astype(np.float64), classes)
    return [distinct[start].item() for start in starts.tolist()]


CLASSIFIERS: dict[str, ClassifierFn] = {
    "quantile": quantile,
    "equal": equal_interval,
    "log": logarithmic,
    "natural": natural_breaks,
}
"""By the name in a query. A new method is a function and an entry here.

Each takes the distinct values, ascending, how often each occurs, how many classes there may be, and the step between neighbouring
numbers (1 for integers); it returns where the classes begin, ascending, the first at the least value. None is called with
fewer values than classes: then every value is a class of its own.
"""


def _on_grid(edges: list[float], least: float, step: float) -> Lowers:
    """Return the edges moved up to whole steps, each beyond the one before: no number changes its class by that."""
    per_one = round(1 / step)
    steps = [round(least * per_one)]
    for edge in edges[1:]:
        # Less a millionth of a step: an edge that is a whole step but for rounding errors stays there.
        steps.append(max(ceil(edge * per_one - 1e-6), steps[-1] + 1))
    return [least, *(number if per_one == 1 else number / per_one for number in steps[1:])]


@njit(nogil=True, cache=True)
def _natural_starts(values: NDArray[np.float64], weights: NDArray[np.float64], classes: int) -> NDArray[np.int64]:
    """Return where each of the classes starts in the ascending values."""
    size = len(values)
    sums = np.zeros((3, size + 1))
    for i in range(size):
        sums[0, i + 1] = sums[0, i] + weights[i]
        sums[1, i + 1] = sums[1, i] + weights[i] * values[i]
        sums[2, i + 1] = sums[2, i] + weights[i] * values[i] * values[i]
    before = np.array([_spread(sums, 0, end) for end in range(size + 1)])
    last_start = np.zeros((classes, size + 1), np.int64)
    for row in range(1, classes):
        before = _add_class(before, sums, last_start[row], row)
    starts = np.zeros(classes, np.int64)
    end = size
    for row in range(classes - 1, 0, -1):
        end = last_start[row, end]
        starts[row] = end
    return starts


@njit(nogil=True, cache=True)
def _spread(sums: NDArray[np.float64], start: int, end: int) -> float:
    """Return the sum of squared distances of values[start:end] to their mean."""
    weight = sums[0, end] - sums[0, start]
    total = sums[1, end] - sums[1, start]
    return max(sums[2, end] - sums[2, start] - total * total / weight, 0.0) if weight > 0 else 0.0


@njit(nogil=True, cache=True)
def _add_class(before: NDArray[np.float64], sums: NDArray[np.float64], last_start: NDArray[np.int64], row: int) -> NDArray[np.float64]:
    """Return the least spread of values[:end] in row + 1 classes for each end, from that in `row`; write where the last class starts.

    The best start never falls while the end grows: the middle end's start bounds those on both sides (a queue of halves).
    """
    size = len(before) - 1
    spread = np.full(size + 1, np.inf)
    spread[0] = 0.0
    pending = [(row + 1, size, row, size - 1)]
    while len(pending):
        low, high, least, most = pending.pop()
        if low > high:
            continue
        end = (low + high) // 2
        best = least
        for start in range(least, min(most, end - 1) + 1):
            total = before[start] + _spread(sums, start, end)
            if total < spread[end]:
                spread[end], best = total, start
        last_start[end] = best
        pending.append((low, end - 1, least, best))
        pending.append((end + 1, high, best, most))
    return spread
