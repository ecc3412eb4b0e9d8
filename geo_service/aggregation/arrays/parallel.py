"""A second hand for long passes over rows: the compiled loops let go of the GIL, so two of them run at the same time."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

A = TypeVar("A")
B = TypeVar("B")

Span = tuple[tuple[int, int], bool]
"""Bounds of rows, and whether their instants must be looked at: `Columns.spans`."""

_NAME = "second-hand"
_WORTH_IT = 100_000
"""Rows from which the second hand is asked for help: for fewer, asking takes longer than the lightest of the loops."""
_ROWS_A_GROUP = 2
"""Fewer rows a group than this, and putting two arrays of counts together takes the time that was won."""


def run_both(left: Callable[[], A], right: Callable[[], B]) -> tuple[A, B]:
    """What both give, `right` worked out on the second hand meanwhile; the second hand itself does one after the other."""
    if threading.current_thread().name.startswith(_NAME):
        return left(), right()
    under_way = _helper().submit(right)
    try:
        mine = left()
    finally:
        # Nothing of it goes on once this has returned, whatever became of the left.
        under_way.exception()
    return mine, under_way.result()


def split_rows(rows: int, groups: int = 0) -> list[slice]:
    """All rows in one piece, or in two where the second hand is worth asking; groups: entries of what both make an array of."""
    if rows < max(_WORTH_IT, _ROWS_A_GROUP * groups):
        return [slice(0, rows)]
    return [slice(0, rows // 2), slice(rows // 2, rows)]


def map_parts(work: Callable[..., A], *arguments: Sequence[Any]) -> list[A]:
    """What `work` gives for each of one or two pieces, worked out at the same time; `arguments` as `map` takes them."""
    calls = list(zip(*arguments, strict=True))
    if len(calls) == 1:
        return [work(*calls[0])]
    first, second = calls
    return list(run_both(lambda: work(*first), lambda: work(*second)))


def sum_counts(counts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """The sum of the pieces' counts; their own arrays stay as they are only where there is but one."""
    first, *others = counts
    for other in others:
        np.add(first, other, out=first)
    return first


def split_ranges(spans: list[Span]) -> tuple[list[Span], list[Span]]:
    """The same rows as two lists of spans, as equally long as can be."""
    left: list[Span] = []
    right: list[Span] = []
    wanted = sum(high - low for (low, high), _ in spans) // 2
    for (low, high), timed in spans:
        middle = min(low + wanted, high)
        left += [((low, middle), timed)] if middle > low else []
        right += [((middle, high), timed)] if high > middle else []
        wanted -= middle - low
    return left, right


@cache
def _helper() -> ThreadPoolExecutor:
    """One thread beside the replica's own; nothing runs on it while the replica's thread does not wait for it."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=_NAME)
