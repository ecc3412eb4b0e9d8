"""How long responses and closings took: in business time where a deadline rule counts so, else by the calendar.

All durations are whole seconds as uint32, `quantiles.MISSING` where there is none.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_CLOSED
from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.quantiles import MISSING
from geo_service.aggregation.replica.replica import ReplicaState, Seconds
from geo_service.core.calendar.business_time import seconds_before_one
from geo_service.core.calendar.deadlines import Deadlines


def answer_seconds(state: ReplicaState, rows: NDArray[np.int32]) -> Seconds:
    """Return (rows,) seconds from receipt to the first answer, in business time where the state has a timer; MISSING while unanswered."""
    if state.clock is not None:
        return state.clock.answer_seconds(state, rows)
    return elapsed(state.columns["received"], state.columns["answered"], rows)


def waiting_seconds(state: ReplicaState, rows: NDArray[np.int32], until: Seconds) -> Seconds:
    """Return (rows,) seconds from receipt to `until`, (rows,) instants, on the same clock as `answer_seconds`; 0 where that is earlier."""
    until = np.maximum(until, state.columns["received"][rows])
    if state.clock is not None:
        return state.clock.waiting_seconds(state, rows, until)
    return until - state.columns["received"][rows]


def close_seconds(state: ReplicaState, taken: SelectedRows) -> Seconds:
    """Return (rows,) seconds from receipt to closing by the calendar; MISSING for what is not closed now."""
    seconds = elapsed(state.columns["received"], state.columns["closed"], taken.rows)
    map_parts(lambda piece: _clear(seconds[piece], taken.state[piece]), split_rows(len(taken)))
    return seconds


def elapsed(start: Seconds, stop: Seconds, rows: NDArray[np.int32]) -> Seconds:
    """Return stop − start of each row; MISSING where there is no stop (0)."""
    out = np.empty(len(rows), np.uint32)
    map_parts(lambda piece: _elapsed(out[piece], start, stop, rows[piece]), split_rows(len(rows)))
    return out


class RuleTable:
    """Which rule applies to each source and theme, computed once for a catalogue. Used on the worker thread only."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self._catalogue: Catalogue | None = None
        self._table = np.empty((0, 0), np.int16)

    def of(self, catalogue: Catalogue) -> NDArray[np.int16]:
        """Return (sources, themes) by id: index in `deadlines.rules`, -1 for none; none applies to ids beyond it."""
        if catalogue is not self._catalogue:
            sectors = {sector.id: sector.code for sector in catalogue.sectors.all}
            themes = {theme.id: (theme.code, sectors.get(theme.parent or 0, "")) for theme in catalogue.themes.all}
            sources = {source.id: source.code for source in catalogue.sources.all}
            self._table, self._catalogue = self.deadlines.make_rule_table(themes, sources), catalogue
        return self._table


class BusinessTimeTimer:
    """Measures in business time where the rule of a row's source and theme says so."""

    def __init__(self, rules: RuleTable) -> None:
        self._rules = rules
        self._counts = np.array([rule.counts_business_time for rule in rules.deadlines.rules] + [False])

    def answer_seconds(self, state: ReplicaState, rows: NDArray[np.int32]) -> Seconds:
        """Return (rows,) seconds from receipt to the first answer; MISSING while unanswered."""
        # The entry behind the last rule stands for "none", which is -1.
        working = self._counts[self._rules.of(state.catalogue)]
        out = np.empty(len(rows), np.uint32)
        columns, work = state.columns, self._rules.deadlines.calendar
        look_at = (columns["source"], columns["theme"], columns["received"], columns["answered"])
        rules = (working, work.opens, work.length, work.before)
        map_parts(lambda piece: _answer_seconds(out[piece], rows[piece], *look_at, *rules), split_rows(len(rows)))
        return out

    def waiting_seconds(self, state: ReplicaState, rows: NDArray[np.int32], until: Seconds) -> Seconds:
        """Return (rows,) seconds from receipt to `until`, (rows,) instants that are not earlier."""
        calendar = self._rules.deadlines.calendar
        working = self._counts[self._rules.of(state.catalogue)]
        columns = state.columns
        out = np.empty(len(rows), np.uint32)
        look_at = (columns["source"], columns["theme"], columns["received"])
        hours = (calendar.opens, calendar.length, calendar.before)
        map_parts(lambda piece: _waiting_seconds(out[piece], rows[piece], until[piece], *look_at, working, *hours), split_rows(len(rows)))
        return out


@njit(nogil=True, cache=True)
def _waiting_seconds(
    out: Seconds, rows: NDArray[np.int32], until: Seconds, source: NDArray[np.uint16], theme: NDArray[np.uint32],
    received: NDArray[np.uint32], working: NDArray[np.bool_], opens: NDArray[np.int64], length: NDArray[np.int64],
    before: NDArray[np.int64],
) -> None:  # fmt: skip
    for i in range(len(rows)):
        row = rows[i]
        start, end = np.int64(received[row]), np.int64(until[i])
        if source[row] < working.shape[0] and theme[row] < working.shape[1] and working[source[row], theme[row]]:
            out[i] = np.uint32(seconds_before_one(end, opens, length, before) - seconds_before_one(start, opens, length, before))
        else:
            out[i] = np.uint32(end - start)


@njit(nogil=True, cache=True)
def _elapsed(out: Seconds, start: Seconds, stop: Seconds, rows: NDArray[np.int32]) -> None:
    for i in range(len(rows)):
        end = stop[rows[i]]
        out[i] = np.uint32(end - start[rows[i]]) if end else MISSING


@njit(nogil=True, cache=True)
def _clear(seconds: Seconds, state: NDArray[np.uint8]) -> None:
    for i in range(len(seconds)):
        if not state[i] & IS_CLOSED:
            seconds[i] = MISSING


@njit(nogil=True, cache=True)
def _answer_seconds(
    out: Seconds, rows: NDArray[np.int32], source: NDArray[np.uint16], theme: NDArray[np.uint32], received: NDArray[np.uint32],
    answered: NDArray[np.uint32], working: NDArray[np.bool_], opens: NDArray[np.int64], length: NDArray[np.int64],
    before: NDArray[np.int64],
) -> None:  # fmt: skip
    for i in range(len(rows)):
        row = rows[i]
        start, end = np.int64(received[row]), np.int64(answered[row])
        if end == 0:
            out[i] = MISSING
        elif source[row] < working.shape[0] and theme[row] < working.shape[1] and working[source[row], theme[row]]:
            done = seconds_before_one(end, opens, length, before) - seconds_before_one(start, opens, length, before)
            out[i] = np.uint32(done)
        else:
            out[i] = np.uint32(end - start)
