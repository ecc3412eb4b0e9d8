"""Facts about the groups of a selection: counts, times, what is known of the groups; each is worked out when first asked for.

Every measure is a function of one `Facts`. All arrays have an entry for each group of the grouping; a number that
cannot be given, because there is nothing to take it from, is NaN.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.grouping import Grouping
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection

Counts = NDArray[np.int32]


class Facts:
    """Facts about `grouping`'s groups under `selection`; `compare` is the selection they are compared with."""

    def __init__(self, state: State, selection: Selection, grouping: Grouping, compare: Selection | None = None) -> None:
        self.state = state
        self.selection = selection
        self.grouping = grouping
        self._compare = compare

    @cached_property
    def counts(self) -> Counts:
        """(groups, 4) int32, channels as in `kernels.CHANNELS`."""
        grouping = self.grouping
        return self.state.counter.per_group(self.selection, grouping.column, grouping.group_of, grouping.size)

    @cached_property
    def previous(self) -> "Facts | None":
        """The same groups in the compared window; None when nothing is compared."""
        return Facts(self.state, self._compare, self.grouping) if self._compare else None
