"""Which places a list names: those with the largest numbers, ties broken by the order of the places."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int64]


def choose_largest(values: NDArray[Any], length: int) -> Indexes:
    """Return the indexes of the `length` largest values above 0, of equal ones the first; all where there are fewer. In no order.

    >>> choose_largest(np.array([3, 0, 3, 5, 3]), 3).tolist(), choose_largest(np.array([3, 0, 3, 5, 3]), 5).tolist()
    ([3, 0, 2], [0, 2, 3, 4])
    """
    least = np.partition(values, len(values) - length)[len(values) - length] if length < len(values) else 0
    above: Indexes = np.flatnonzero(values > least)
    if least == 0:
        return above
    return np.concatenate([above, np.flatnonzero(values == least)[: length - len(above)]])


def sum_largest(values: NDArray[np.int32], length: int) -> int:
    """Return the sum of the `length` largest values."""
    if length >= len(values):
        return int(values.sum())
    return int(np.partition(values, len(values) - length)[len(values) - length :].sum())


class ListMaker:
    """Makes the lists of one Monday; `known` (places,) bool: whether a message had been received from a place by then."""

    def __init__(self, known: NDArray[np.bool_]) -> None:
        self._order = np.concatenate([np.flatnonzero(known), np.flatnonzero(~known)])
        self._is_scored = np.zeros(len(known), np.bool_)

    def fill_up(self, scored: NDArray[np.int32], length: int) -> Indexes:
        """Return `length` further places, none of `scored`: the first that are known, then the first others.

        A list of fixed length names places without any message of its theme when there are not enough with one.
        """
        # Of the first of the order no more than all scored ones are left out.
        first = self._order[: length + len(scored)]
        self._is_scored[scored] = True
        chosen: Indexes = first[~self._is_scored[first]][:length]
        self._is_scored[scored] = False
        return chosen
