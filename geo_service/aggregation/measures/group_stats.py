"""Statistics of the groups of a selection: counts, durations, deadlines; each is computed when it is first used.

Every measure is a function of one `GroupStats`. All arrays have an entry for each group of the grouping; a number that
does not exist, because nothing gives it, is NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import split_rows, sum_parts
from geo_service.aggregation.counting.grouping import EVERYTHING, Grouping
from geo_service.aggregation.counting.selected_rows import SelectedRows, count_by_group, map_to_groups, select_rows
from geo_service.aggregation.measures.quantiles import quantiles_and_counts
from geo_service.aggregation.measures.response_time import answer_seconds, close_seconds
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import LINKED, Status

Counts = NDArray[np.int32]
Floats = NDArray[np.float64]

RegroupFn = Callable[[ReplicaState, Selection, SelectedRows], SelectedRows]

_QUANTILES = (0.5, 0.9)
"""Median and 90th percentile: the usual and the bad case."""
_HOUR_S = 3600.0
_RETURNED = np.uint8(Status.RETURNED)
_STATUS = np.uint8(LINKED - 1)
"""Mask of the status without the bit of a duplicate link."""


@dataclass(frozen=True, slots=True, eq=False)
class DurationStats:
    """How long something took in each group, in hours; NaN where it never happened."""

    n: NDArray[np.int32]
    """Incidents that it is computed from."""
    median: Floats
    p90: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DeadlineStats:
    """(groups,) int32 each."""

    judged: NDArray[np.int32]
    """Incidents with a deadline of which it is known whether it was kept: answered, or open without an answer past it."""
    on_time: NDArray[np.int32]
    """Of these, those answered by the deadline."""
    returned: NDArray[np.int32]
    """Incidents that stand at `returned` now, with or without a deadline."""


class GroupStats:
    """Statistics of `grouping`'s groups under `selection`; `compare` is the selection they are compared with.

    regroup: gives the selected rows other groups (of which `grouping` says how many there are), for groups that do not
    follow from one column; it may also leave rows out. rows: the selection's rows, where they are selected already.
    """

    def __init__(
        self,
        state: ReplicaState,
        selection: Selection,
        grouping: Grouping,
        compare: Selection | None = None,
        regroup: RegroupFn | None = None,
        rows: SelectedRows | None = None,
    ) -> None:
        self.state = state
        self.selection = selection
        self.grouping = grouping
        self._compare = compare
        self._regroup = regroup
        self._rows = rows

    @cached_property
    def counts(self) -> Counts:
        """(groups, 4) int32, channels as in `kernels.CHANNELS`. The array may be shared: do not write into it."""
        grouping, counter = self.grouping, self.state.counter
        if grouping.resolution is not None and grouping.cells is None:
            return counter.per_cell(self.selection, grouping.resolution)
        if self._regroup or self._rows is not None or "taken" in self.__dict__:
            return count_by_group(self.taken.groups, self.taken.state, grouping.size)
        return counter.per_group(self.selection, grouping.column, grouping.group_of, grouping.size)

    @cached_property
    def taken(self) -> SelectedRows:
        """The selected rows and their groups."""
        columns, grouping = self.state.columns, self.grouping
        taken = select_rows(columns, self.selection, grouping) if self._rows is None else self._rows
        if self._regroup:
            return self._regroup(self.state, self.selection, taken)
        return (
            taken if self._rows is None else replace(taken, groups=map_to_groups(taken.rows, columns[grouping.column], grouping.group_of))
        )

    @cached_property
    def answer(self) -> DurationStats:
        """Hours from receipt to the first answer, of all that were answered, whatever became of them."""
        return self._hours(answer_seconds(self.state, self.taken.rows))

    @cached_property
    def closing(self) -> DurationStats:
        """Hours from receipt to closing, of those that are closed and whose time of closing is known."""
        return self._hours(close_seconds(self.state, self.taken))

    @cached_property
    def punctuality(self) -> DeadlineStats:
        """Deadlines kept and missed, and answers returned."""
        columns, taken = self.state.columns, self.taken

        def judge(piece: slice) -> NDArray[np.int32]:
            kinds = np.zeros((self.grouping.size, 8), np.int32)
            own = (taken.rows[piece], taken.groups[piece], taken.state[piece])
            _judge(kinds, *own, columns["due"], columns["answered"], columns["status"], np.uint32(self.selection.now))
            return kinds

        by_kind = sum_parts(judge, split_rows(len(taken), self.grouping.size))
        # Each kind is three bits, so that a row is counted by one increment.
        return DeadlineStats(*(by_kind[:, [kind for kind in range(8) if kind >> bit & 1]].sum(axis=1, dtype=np.int32) for bit in range(3)))

    @property
    def residents(self) -> Floats:
        """Population of each group, NaN where it is not known."""
        return self._known(self.grouping.residents)

    @property
    def area_km2(self) -> Floats:
        """Area of each group, NaN where it is not known."""
        return self._known(self.grouping.area_km2)

    @cached_property
    def previous(self) -> "GroupStats | None":
        """Statistics of the same groups in the compared window; None when nothing is compared."""
        return GroupStats(self.state, self._compare, self.grouping, regroup=self._regroup) if self._compare else None

    def overall(self) -> "GroupStats":
        """Return the statistics of the same rows as one group; what can be summed is summed."""
        whole = GroupStats(self.state, self.selection, EVERYTHING)
        whole.taken = replace(self.taken, groups=np.zeros(len(self.taken), np.int32))
        whole.counts = self.counts.sum(axis=0, keepdims=True, dtype=np.int32)
        own = self.punctuality
        whole.punctuality = DeadlineStats(*(part.sum(keepdims=True, dtype=np.int32) for part in (own.judged, own.on_time, own.returned)))
        whole.previous = self.previous.overall() if self.previous else None
        return whole

    def _hours(self, seconds: NDArray[np.uint32]) -> DurationStats:
        quantiles, n = quantiles_and_counts(self.taken.groups, seconds, self.grouping.size, _QUANTILES)
        median, p90 = quantiles / _HOUR_S
        return DurationStats(n, median, p90)

    def _known(self, values: Floats | None) -> Floats:
        return np.full(self.grouping.size, np.nan) if values is None else values


@njit(nogil=True, cache=True)
def _judge(
    out: NDArray[np.int32], rows: NDArray[np.int32], groups: NDArray[np.int32], state: NDArray[np.uint8], due: NDArray[np.uint32],
    answered: NDArray[np.uint32], status: NDArray[np.uint8], now: np.uint32,
) -> None:  # fmt: skip
    """Count the rows of each group by kind: bits for judged, on time and returned.

    Without branches: rows are in time order, not by how they ended, so that the processor would guess each second branch wrong.
    """
    one = np.uint32(1)
    for i in range(len(rows)):
        row = rows[i]
        # A missing instant (0) wraps around to the largest number: a missing deadline is never past, a missing answer never in time.
        limit, answer = due[row] - one, answered[row] - one
        has_limit, has_answer = np.uint8(due[row] != 0), np.uint8(answered[row] != 0)
        late = np.uint8(limit < now - one) & (state[i] >> np.uint8(1))
        judged = has_limit & (has_answer | (late & np.uint8(1)))
        on_time = has_limit & has_answer & np.uint8(answer <= limit)
        out[groups[i], judged | (on_time << np.uint8(1)) | (np.uint8(status[row] & _STATUS == _RETURNED) << np.uint8(2))] += 1
