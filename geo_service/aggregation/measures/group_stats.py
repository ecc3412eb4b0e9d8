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
_ON_TIME, _LATE, _OVERDUE, _RETURNED_KIND = 1, 2, 3, 4
"""Kinds of rows: how the deadline was met, 0 where that is not judged, plus 4 for those that are returned."""


@dataclass(frozen=True, slots=True, eq=False)
class DurationStats:
    """How long something took in each group, in hours; NaN where it never happened."""

    n: NDArray[np.int32]
    """Incidents that it is computed from."""
    median: Floats
    p90: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DeadlineStats:
    """How deadlines were met, (groups,) int32 each. The answer of an incident that stands at `returned` does not count."""

    on_time: NDArray[np.int32]
    """Incidents answered by their deadline."""
    late: NDArray[np.int32]
    """Incidents answered after their deadline."""
    overdue: NDArray[np.int32]
    """Open incidents past their deadline without an answer; equal to the channel `overdue` of the counts."""
    returned: NDArray[np.int32]
    """Incidents that stand at `returned` now, with or without a deadline."""

    @property
    def judged(self) -> NDArray[np.int32]:
        """Incidents with a deadline of which it is known whether it was kept: each is on time, late or overdue."""
        return self.on_time + self.late + self.overdue


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
            _judge(kinds, *own, columns["due"], columns["answered"], columns["status"])
            return kinds

        by_kind = sum_parts(judge, split_rows(len(taken), self.grouping.size))
        # A kind is the outcome and whether it is returned, so that a row is counted by one increment.
        outcomes = by_kind[:, :_RETURNED_KIND] + by_kind[:, _RETURNED_KIND:]
        returned = by_kind[:, _RETURNED_KIND:].sum(axis=1, dtype=np.int32)
        return DeadlineStats(outcomes[:, _ON_TIME], outcomes[:, _LATE], outcomes[:, _OVERDUE], returned)

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
        whole.punctuality = DeadlineStats(
            *(part.sum(keepdims=True, dtype=np.int32) for part in (own.on_time, own.late, own.overdue, own.returned))
        )
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
    answered: NDArray[np.uint32], status: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Count the rows of each group by kind.

    Without branches: rows are in time order, not by how they ended, so that the processor would guess each second branch wrong.
    """
    one = np.uint8(1)
    for i in range(len(rows)):
        row = rows[i]
        is_returned = np.uint8(status[row] & _STATUS == _RETURNED)
        has_answer = np.uint8(due[row] != 0) & np.uint8(answered[row] != 0) & (is_returned ^ one)
        late = np.uint8(answered[row] > due[row])
        overdue = (state[i] >> np.uint8(2)) & one
        # An overdue row has no valid answer, so at most one of the terms is not zero.
        outcome = has_answer * (np.uint8(_ON_TIME) + late) + overdue * np.uint8(_OVERDUE)
        out[groups[i], outcome + is_returned * np.uint8(_RETURNED_KIND)] += 1
