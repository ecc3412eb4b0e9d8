"""The time to an answer by the rules of deadlines: in working time where a rule counts so, else by the calendar."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.quantiles import MISSING
from geo_service.aggregation.replica.replica import ReplicaState, Seconds
from geo_service.core.calendar.business_time import seconds_before_one
from geo_service.core.calendar.deadlines import Deadlines


class RuleTable:
    """Which rule each source and theme of a catalogue is under, worked out once a catalogue. Used on the worker thread only."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self._catalogue: Catalogue | None = None
        self._table = np.empty((0, 0), np.int16)

    def of(self, catalogue: Catalogue) -> NDArray[np.int16]:
        """(sources, themes) by id: place in `deadlines.rules`, -1 for "none"; ids beyond it are under none."""
        if catalogue is not self._catalogue:
            sectors = {sector.id: sector.code for sector in catalogue.sectors.all}
            themes = {theme.id: (theme.code, sectors.get(theme.parent or 0, "")) for theme in catalogue.themes.all}
            sources = {source.id: source.code for source in catalogue.sources.all}
            self._table, self._catalogue = self.deadlines.make_rule_table(themes, sources), catalogue
        return self._table


class BusinessTimeTimer:
    """Counts in working time where the rule of a row's source and theme says so."""

    def __init__(self, rules: RuleTable) -> None:
        self._rules = rules
        self._counts = np.array([rule.counts_business_time for rule in rules.deadlines.rules] + [False])

    def answer_seconds(self, state: ReplicaState, rows: NDArray[np.int32]) -> Seconds:
        """(rows,) seconds from receipt to the first answer; NOTHING while unanswered."""
        # The entry behind the last rule stands for "none", which is -1.
        working = self._counts[self._rules.of(state.catalogue)]
        out = np.empty(len(rows), np.uint32)
        columns, work = state.columns, self._rules.deadlines.calendar
        look_at = (columns["source"], columns["theme"], columns["received"], columns["answered"])
        rules = (working, work.opens, work.length, work.before)
        map_parts(lambda piece: _answer_seconds(out[piece], rows[piece], *look_at, *rules), split_rows(len(rows)))
        return out


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
