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

    lowers: tuple[float, ...]
    classes: tuple[int, ...]

    def classify(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """The class number of each value; values below the first class belong to the first."""
        places = np.searchsorted(np.array(self.lowers), values, side="right") - 1
        return np.array(self.classes, np.uint8)[np.maximum(places, 0)]


def class_breaks(values: NDArray[Any], *, diverging: bool) -> ClassBreaks:
    """Breaks for values without NaN; `diverging` ones are classed alike on both sides of zero."""
    return diverging_breaks(values) if diverging else quantile_breaks(values)


def diverging_breaks(values: NDArray[np.float64]) -> ClassBreaks:
    """Class 2 is about zero, 1 and 3 are some way below and above it, 0 and 4 far; the limits are the same on both sides.

    Of the sizes other than zero, a fifth (the smallest) are in class 2, two fifths in 1 and 3, two fifths in 0 and 4,
    as nearly as equal sizes allow. A limit lies midway between two sizes, so that -x and x are always treated alike.
    Outer classes without any value are left out.

    >>> diverging_breaks(np.array([-0.5, -0.1, 0.0, 0.1, 0.5, 0.9]))
    ClassBreaks(lowers=(-0.5, -0.3, -0.05, 0.05, 0.3), classes=(0, 1, 2, 3, 4))
    """
    sizes = np.sort(np.abs(values))
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return ClassBreaks((0.0,), (2,)) if len(values) else ClassBreaks((), ())
    distinct = np.unique(sizes)
    near = int(np.searchsorted(distinct, sizes[len(sizes) // 5]))
    far = int(np.searchsorted(distinct, sizes[len(sizes) * 3 // 5]))
    edges = (np.concatenate([[0.0], distinct[:-1]]) + distinct) / 2
    limits = [float(edges[place]) for place in sorted({near, max(far, min(near + 1, len(distinct) - 1))})]
    bounds = [-limit for limit in reversed(limits)] + limits
    classes = (0, 1, 2, 3, 4) if len(limits) == 2 else (1, 2, 3)
    first, last = np.searchsorted(bounds, [values.min(), values.max()], side="right").tolist()
    return ClassBreaks((float(values.min()), *bounds[first:last]), classes[first : last + 1])


def quantile_breaks(values: NDArray[Any], classes: int = CLASSES) -> ClassBreaks:
    """Classes that hold about equally many values; equal values always share a class.

    values: counts of 1 and more, or real numbers without NaN. A value so frequent that it fills a class alone gets one, and the rest is
    divided anew among the classes left: with most hexagons at 1, the busy ones are still told apart.

    >>> quantile_breaks(np.array([1, 1, 1, 1, 1, 1, 2, 3, 5, 8])).lowers
    (1, 2, 3, 5, 8)
    """
    distinct, frequency = _frequencies(values)
    upto = np.concatenate([[0], np.cumsum(frequency)])
    lowers: list[int] = []
    place = 0
    while place < len(distinct) and len(lowers) < classes:
        lowers.append(distinct[place].item())
        left = classes - len(lowers)
        share = (upto[-1] - upto[place]) / (left + 1)
        # End where the class is nearest to its share, leaving at least one distinct value to each class after it.
        ends = upto[place + 1 :] - upto[place]
        nearest = int(np.abs(ends - share).argmin()) + 1
        place += min(nearest, max(1, len(distinct) - place - left))
    return ClassBreaks(tuple(lowers), _SPREAD[len(lowers)])


def _frequencies(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Distinct values, ascending, and how often each stands there."""
    if len(values) < _SORTED_BELOW or values.dtype.kind == "f":
        return np.unique(values, return_counts=True)
    # Many cells means small counts: a table of all of them is quicker than sorting.
    frequency = np.bincount(values)
    distinct = np.flatnonzero(frequency)
    return distinct, frequency[distinct]
