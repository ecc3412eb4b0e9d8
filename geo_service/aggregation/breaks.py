"""Class breaks: where one colour ends and the next begins. The same for every tile of a view."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLASSES = 5

_SORTED_BELOW = 10_000

_SPREAD = {0: (), 1: (2,), 2: (1, 3), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
"""Which of the five classes (and so colours) are used when there are fewer distinct values."""


@dataclass(frozen=True, slots=True)
class ClassBreaks:
    """lowers: least value of each class, ascending; classes: the class numbers 0-4 they stand for."""

    lowers: tuple[int, ...]
    classes: tuple[int, ...]

    def classify(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """The class number of each value; values below the first class belong to the first."""
        places = np.searchsorted(np.array(self.lowers), values, side="right") - 1
        return np.array(self.classes, np.uint8)[np.maximum(places, 0)]


def quantile_breaks(values: NDArray[np.int32], classes: int = CLASSES) -> ClassBreaks:
    """Classes that hold about equally many values; equal values always share a class.

    values: counts of 1 and more. A value so frequent that it fills a class alone gets one, and the rest is
    divided anew among the classes left: with most hexagons at 1, the busy ones are still told apart.

    >>> quantile_breaks(np.array([1, 1, 1, 1, 1, 1, 2, 3, 5, 8])).lowers
    (1, 2, 3, 5, 8)
    """
    distinct, frequency = _frequencies(values)
    upto = np.concatenate([[0], np.cumsum(frequency)])
    lowers: list[int] = []
    place = 0
    while place < len(distinct) and len(lowers) < classes:
        lowers.append(int(distinct[place]))
        left = classes - len(lowers)
        share = (upto[-1] - upto[place]) / (left + 1)
        # End where the class is nearest to its share, leaving at least one distinct value to each class after it.
        ends = upto[place + 1 :] - upto[place]
        nearest = int(np.abs(ends - share).argmin()) + 1
        place += min(nearest, max(1, len(distinct) - place - left))
    return ClassBreaks(tuple(lowers), _SPREAD[len(lowers)])


def _frequencies(values: NDArray[np.int32]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distinct values, ascending, and how often each stands there."""
    if len(values) < _SORTED_BELOW:
        return np.unique(values, return_counts=True)
    # Many cells means small counts: a table of all of them is quicker than sorting.
    frequency = np.bincount(values)
    distinct = np.flatnonzero(frequency)
    return distinct, frequency[distinct]
