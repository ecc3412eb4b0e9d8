"""The headline: how many incidents the week had, against the week before and the same dates a year ago."""

from dataclasses import dataclass

import numpy as np

from geo_service.aggregation.measures.significance import share_of_time, significant
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.summary import SelectionSummary, summarise_selection
from geo_service.reports.request import ReportRequest

_LATE_BEGINNING_S = 86_400
"""A window in which the first incident of all comes later than this is not one to compare with: the data begin in it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The number of another window, and what to make of it."""

    count: int
    change: float | None
    """Share of the compared number; None where that is 0."""
    by_chance: bool
    """Whether chance explains the difference (two-sided exact test, 5 %)."""


@dataclass(frozen=True, slots=True)
class Headline:
    """Totals of the week."""

    summary: SelectionSummary
    previous: Comparison | None
    """None where the data do not reach back so far."""
    year: Comparison | None

    @property
    def count(self) -> int:
        """Incidents of the week that have a place."""
        return self.summary.total["n"]


def compute_headline(state: ReplicaState, request: ReportRequest) -> Headline:
    """Return the totals of the week, and its comparisons."""
    selection = request.select(request.week.window, state.catalogue)
    summary = summarise_selection(state, selection)
    windows = (request.week.earlier(1), request.week.year_earlier)
    previous, year = (_compare(state, selection, request.select(window, state.catalogue), summary) for window in windows)
    return Headline(summary, previous, year)


def _compare(state: ReplicaState, selection: Selection, other: Selection, summary: SelectionSummary) -> Comparison | None:
    if summary.extent is None or summary.extent[0] > other.window.start + _LATE_BEGINNING_S:
        return None
    n = summary.total["n"]
    before = int(state.counter.per_group(other, "status", np.zeros(256, np.int32), 1)[0, 0])
    differs = significant(np.array([n], np.int32), np.array([before], np.int32), share_of_time(selection, other))[0]
    return Comparison(before, round(n / before - 1, 4) if before else None, not differs)
