"""The hot loops, compiled by numba: rows are filtered and counted in blocks that stay in the processor's cache.

Measured on 10 M rows against NumPy (a mask, then one `bincount` a channel): 2.3 to 2.8 times faster for a
month, a year and three years, and no array as long as the window is ever written. All release the GIL.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHANNELS = ("n", "open", "overdue", "closed")
"""What is counted, in the order of the last axis of every counts array."""

PASSES, IS_OPEN, PASSES_OVERDUE, IS_CLOSED = 1, 2, 4, 8
"""Bits of the status table: selected; on the open part of the ladder; selected only while overdue; closed."""

_BLOCK = 4096
_ONE = np.uint8(1)


class Rows(NamedTuple):
    """The columns a count looks at, one entry an incident; seconds are since 1970, 0 is "none"."""

    received: NDArray[np.uint32]
    status: NDArray[np.uint8]
    due: NDArray[np.uint32]
    theme: NDArray[np.uint32]
    source: NDArray[np.uint16]
    agency: NDArray[np.uint32]
    district: NDArray[np.uint32]


class Tables(NamedTuple):
    """A selection as look-up tables: 1 for each id that passes; a table of length 0 lets everything through."""

    status: NDArray[np.uint8]
    """256 entries, bits as above."""
    theme: NDArray[np.uint8]
    source: NDArray[np.uint8]
    agency: NDArray[np.uint8]
    district: NDArray[np.uint8]


def _contributions() -> NDArray[np.int64]:
    """What a row's state (bits: n, open, overdue, closed) adds to its group, two channels in one addition."""
    bits = (np.arange(16, dtype=np.int32)[:, None] >> np.arange(4, dtype=np.int32)) & 1
    return np.ascontiguousarray(bits, np.int32).view(np.int64)


_CONTRIBUTIONS = _contributions()


def count_rows(
    out: NDArray[np.int32],
    bounds: tuple[int, int],
    key: NDArray[Any],
    group_of: NDArray[np.int32],
    rows: Rows,
    tables: Tables,
    window: tuple[int, int] | None,
    now: int,
) -> None:
    """Add the rows `bounds[0]:bounds[1]` that the selection takes to `out[group_of[key[row]]]`.

    out: (groups, 4) int32, C order, channels as in CHANNELS. key: any integer column. group_of must give a
    group for every key; where it is empty, the key is the group. window: seconds, half-open, or None where the
    caller knows the rows to be inside. now: the instant at which overdue is judged, seconds.
    """
    timed = window is not None
    start, stop = window or (0, 0)
    arguments = (key, group_of, rows, tables, timed, np.uint32(start), np.uint32(stop), np.uint32(now))
    _count(out.view(np.int64), bounds[0], bounds[1], *arguments, _CONTRIBUTIONS)


@njit(nogil=True, cache=True)
def _count(
    out: NDArray[np.int64], low: int, high: int, key: NDArray[Any], group_of: NDArray[np.int32], rows: Rows,
    tables: Tables, timed: bool, start: np.uint32, stop: np.uint32, now: np.uint32, contributions: NDArray[np.int64],
) -> None:  # fmt: skip
    state = np.empty(_BLOCK, np.uint8)
    groups = np.empty(_BLOCK, np.int32)
    for base in range(low, high, _BLOCK):
        size = min(_BLOCK, high - base)
        _select(state, base, size, rows, tables, timed, start, stop, now)
        taken = _take(groups, state, base, size, key)
        if group_of.size:
            for i in range(taken):
                groups[i] = group_of[groups[i]]
        for i in range(taken):
            group = groups[i]
            out[group, 0] += contributions[state[i], 0]
            out[group, 1] += contributions[state[i], 1]


def take_rows(
    out: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]],
    at: int,
    bounds: tuple[int, int],
    key: NDArray[Any],
    group_of: NDArray[np.int32],
    rows: Rows,
    tables: Tables,
    window: tuple[int, int] | None,
    now: int,
) -> int:
    """Write row, group and state (bits n, open, overdue, closed) of what `count_rows` would count from place `at` on; the place behind.

    out: three arrays with room for all rows between the bounds.
    """
    timed = window is not None
    start, stop = window or (0, 0)
    places, groups, state = out
    span = (timed, np.uint32(start), np.uint32(stop))
    return int(_take_rows(places, groups, state, at, bounds[0], bounds[1], key, group_of, rows, tables, *span, np.uint32(now)))


@njit(nogil=True, cache=True)
def _take_rows(
    out_rows: NDArray[np.int32], out_groups: NDArray[np.int32], out_state: NDArray[np.uint8], at: int, low: int, high: int,
    key: NDArray[Any], group_of: NDArray[np.int32], rows: Rows, tables: Tables, timed: bool, start: np.uint32, stop: np.uint32,
    now: np.uint32,
) -> int:  # fmt: skip
    state = np.empty(_BLOCK, np.uint8)
    for base in range(low, high, _BLOCK):
        size = min(_BLOCK, high - base)
        _select(state, base, size, rows, tables, timed, start, stop, now)
        first = at
        for i in range(size):
            out_rows[at] = base + i
            out_groups[at] = key[base + i]
            out_state[at] = state[i]
            at += int(state[i] != 0)
        if group_of.size:
            for i in range(first, at):
                out_groups[i] = group_of[out_groups[i]]
    return at


@njit(nogil=True, cache=True)
def _select(
    state: NDArray[np.uint8], base: int, size: int, rows: Rows, tables: Tables, timed: bool, start: np.uint32, stop: np.uint32,
    now: np.uint32,
) -> None:  # fmt: skip
    """The state of each row of a block; 0 where the selection does not take it."""
    _judge(state, base, size, rows, tables.status, now)
    if timed:
        for i in range(size):
            received = rows.received[base + i]
            state[i] *= np.uint8(received >= start) & np.uint8(received < stop)
    _filter(state, base, size, rows.theme, tables.theme)
    _filter(state, base, size, rows.source, tables.source)
    _filter(state, base, size, rows.agency, tables.agency)
    _filter(state, base, size, rows.district, tables.district)


@njit(nogil=True, cache=True)
def _judge(state: NDArray[np.uint8], base: int, size: int, rows: Rows, status: NDArray[np.uint8], now: np.uint32) -> None:
    """Status and deadline as a state of four bits; 0 where the row is not selected. Without branches."""
    for i in range(size):
        bits = status[rows.status[base + i]]
        # A deadline of 0 wraps around to the largest number, which is never past.
        late = np.uint8((rows.due[base + i] - np.uint32(1)) < (now - np.uint32(1)))
        overdue = late & (bits >> _ONE) & _ONE
        taken = (bits | ((bits >> np.uint8(2)) & overdue)) & _ONE
        state[i] = (taken | (bits & np.uint8(IS_OPEN | IS_CLOSED)) | (overdue << np.uint8(2))) * taken


@njit(nogil=True, cache=True)
def _filter(state: NDArray[np.uint8], base: int, size: int, column: NDArray[Any], table: NDArray[np.uint8]) -> None:
    """Set the state of rows whose id does not pass to 0."""
    if table.size:
        for i in range(size):
            state[i] *= table[column[base + i]]


@njit(nogil=True, cache=True)
def _take(groups: NDArray[np.int32], state: NDArray[np.uint8], base: int, size: int, key: NDArray[Any]) -> int:
    """Move the keys and states of the selected rows to the front; how many there are. Without branches.

    The look-ups that follow miss the processor's cache: none for rows that do not pass, and many under way at once.
    """
    taken = 0
    for i in range(size):
        groups[taken] = key[base + i]
        state[taken] = state[i]
        taken += int(state[i] != 0)
    return taken


@njit(nogil=True, cache=True)
def roll_up(out: NDArray[np.int32], counts: NDArray[np.int32], group_of: NDArray[np.int32]) -> None:
    """Add each row of counts (cells, 4) to `out[group_of[cell]]`."""
    for cell in range(len(counts)):
        if counts[cell, 0]:
            group = group_of[cell]
            for channel in range(4):
                out[group, channel] += counts[cell, channel]
