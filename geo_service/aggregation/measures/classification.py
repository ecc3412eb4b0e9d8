"""Ways to divide distinct values into classes. A new way is a function here and an entry in DIVISIONS.

Each takes the distinct values, ascending, how often each stands there, how many classes there may be, and the step
between neighbouring numbers (1 for whole ones); it gives where the classes begin, ascending, the first at the least
value. None is called with fewer values than classes: then every value is a class of its own.
"""

from collections.abc import Callable
from math import ceil
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Lowers = list[float]
ClassifierFn = Callable[[NDArray[Any], NDArray[Any], int, float], Lowers]


def quantile(distinct: NDArray[Any], frequency: NDArray[Any], classes: int, _: float) -> Lowers:
    """Classes that hold about equally many values.

    A value so frequent that it fills a class alone gets one, and the rest is divided anew among the classes left: with
    most hexagons at 1, the busy ones are still told apart.
    """
    upto = np.concatenate([[0], np.cumsum(frequency)])
    lowers: Lowers = []
    place = 0
    while place < len(distinct) and len(lowers) < classes:
        lowers.append(distinct[place].item())
        left = classes - len(lowers)
        share = (upto[-1] - upto[place]) / (left + 1)
        # End where the class is nearest to its share, leaving at least one distinct value to each class after it.
        ends = upto[place + 1 :] - upto[place]
        nearest = int(np.abs(ends - share).argmin()) + 1
        place += min(nearest, max(1, len(distinct) - place - left))
    return lowers


def equal_interval(distinct: NDArray[Any], _: NDArray[Any], classes: int, step: float) -> Lowers:
    """Classes of equal width from the least value to the greatest; some may hold nothing."""
    least, most = distinct[0].item(), distinct[-1].item()
    return _on_grid([least + (most - least) * i / classes for i in range(classes)], least, step)


def logarithmic(distinct: NDArray[Any], _: NDArray[Any], classes: int, step: float) -> Lowers:
    """Classes whose limits grow by the same factor; values of zero and below, which have no logarithm, are the first class."""
    positive = distinct[distinct > 0]
    if not len(positive):
        return [distinct[0].item()]
    first = [] if len(positive) == len(distinct) else [distinct[0].item()]
    least, most = positive[0].item(), positive[-1].item()
    left = classes - len(first)
    return first + _on_grid([least * (most / least) ** (i / left) for i in range(left)], least, step)


def natural_breaks(distinct: NDArray[Any], frequency: NDArray[Any], classes: int, _: float) -> Lowers:
    """Classes with the least sum of squared distances to their means.

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


def _on_grid(edges: list[float], least: float, step: float) -> Lowers:
    """The edges moved up to whole steps, each beyond the one before: no number changes its class by that."""
    per_one = round(1 / step)
    places = [round(least * per_one)]
    for edge in edges[1:]:
        # Less a trifle: an edge that is a whole step but for rounding errors stays there.
        places.append(max(ceil(edge * per_one - 1e-6), places[-1] + 1))
    return [least, *(place if per_one == 1 else place / per_one for place in places[1:])]


@njit(nogil=True, cache=True)
def _natural_starts(values: NDArray[np.float64], weights: NDArray[np.float64], classes: int) -> NDArray[np.int64]:
    """Where each of the classes starts in the ascending values."""
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
    """Sum of squared distances of values[start:end] to their mean."""
    weight = sums[0, end] - sums[0, start]
    total = sums[1, end] - sums[1, start]
    return max(sums[2, end] - sums[2, start] - total * total / weight, 0.0) if weight > 0 else 0.0


@njit(nogil=True, cache=True)
def _add_class(before: NDArray[np.float64], sums: NDArray[np.float64], last_start: NDArray[np.int64], row: int) -> NDArray[np.float64]:
    """The least spread of values[:end] in row + 1 classes for each end, from that in `row`; where the last class starts.

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
            found = before[start] + _spread(sums, start, end)
            if found < spread[end]:
                spread[end], best = found, start
        last_start[end] = best
        pending.append((low, end - 1, least, best))
        pending.append((end + 1, high, best, most))
    return spread
