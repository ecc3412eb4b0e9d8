"""Split long loops over two threads: the compiled kernels release the GIL, so two of them run at the same time."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

A = TypeVar("A")
B = TypeVar("B")

RowRange = tuple[tuple[int, int], bool]
"""Bounds of rows, and whether their instants must be checked: `Columns.candidate_ranges`."""

_THREAD_NAME = "replica-second"
_MIN_ROWS = 100_000
"""Rows from which a second thread is used: with fewer, starting it takes longer than the cheapest of the loops."""
_ROWS_A_GROUP = 2
"""With fewer rows a group than this, adding two arrays of counts takes the time that was gained."""


def run_both(left: Callable[[], A], right: Callable[[], B]) -> tuple[A, B]:
    """Return the results of both calls, `right` run on the second thread; called on that thread, run one after the other."""
    if threading.current_thread().name.startswith(_THREAD_NAME):
        return left(), right()
    pending = _second_thread().submit(right)
    try:
        result = left()
    finally:
        # Wait for the second thread even when `left` fails: it must not go on after this returns.
        pending.exception()
    return result, pending.result()


def split_rows(rows: int, groups: int = 0) -> list[slice]:
    """Return all rows as one slice, or as two where a second thread pays; groups: length of the array that each half fills."""
    if rows < max(_MIN_ROWS, _ROWS_A_GROUP * groups):
        return [slice(0, rows)]
    return [slice(0, rows // 2), slice(rows // 2, rows)]


def map_parts(work: Callable[..., A], *arguments: Sequence[Any]) -> list[A]:
    """Apply `work` to one or two parts at the same time; `arguments` as for `map`."""
    calls = list(zip(*arguments, strict=True))
    if len(calls) == 1:
        return [work(*calls[0])]
    first, second = calls
    return list(run_both(lambda: work(*first), lambda: work(*second)))


def sum_parts(count: Callable[[A], NDArray[np.int32]], parts: Sequence[A]) -> NDArray[np.int32]:
    """Count one or two parts at the same time and return the sum of their counts."""
    if len(parts) == 1:
        return count(parts[0])
    first, second = map_parts(count, parts)
    return np.add(first, second, out=first)


def split_ranges(ranges: list[RowRange], groups: int = 0) -> list[list[RowRange]]:
    """Return all ranges as one list, or as two where a second thread pays; groups: as of `split_rows`."""
    return [ranges] if count_ranges(ranges) < max(_MIN_ROWS, _ROWS_A_GROUP * groups) else list(halve_ranges(ranges))


def count_ranges(ranges: list[RowRange]) -> int:
    """Return the number of rows in the ranges."""
    rows = 0
    for (low, high), _ in ranges:
        rows += high - low
    return rows


def halve_ranges(ranges: list[RowRange]) -> tuple[list[RowRange], list[RowRange]]:
    """Split the ranges into two lists that hold the same number of rows, give or take one."""
    left: list[RowRange] = []
    right: list[RowRange] = []
    wanted = count_ranges(ranges) // 2
    for (low, high), timed in ranges:
        middle = min(low + wanted, high)
        left += [((low, middle), timed)] if middle > low else []
        right += [((middle, high), timed)] if high > middle else []
        wanted -= middle - low
    return left, right


@cache
def _second_thread() -> ThreadPoolExecutor:
    """Return the one thread beside the replica's own; it works only while the replica's thread waits for it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=_THREAD_NAME)
