"""Systemic problems: themes that stay above expectation in a place for weeks, and addresses that keep writing."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import District, Entry
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import cross_counts, select_rows
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.statistics.lasting_excess import WEEKS, LastingExcess, find_lasting_excess
from geo_service.aggregation.statistics.repeated_positions import RepeatedPositions, find_repeated_positions
from geo_service.reports.content.places import ReportPlaces, find_report_places
from geo_service.reports.request import ReportRequest

ADDRESS_DAYS = 90
MAX_ADDRESSES = 15
ADDRESS_INCIDENTS = 5
"""From so many incidents in ADDRESS_DAYS on an address is listed."""


@dataclass(frozen=True, slots=True)
class LastingProblem:
    """A theme that lasts in a place."""

    place: Place
    district: District | None
    """In which most of the incidents lie."""
    theme: Entry
    excess: LastingExcess


def find_lasting_in_steps(state: ReplicaState, request: ReportRequest) -> Generator[None, None, list[LastingProblem]]:
    """Return what has stayed above expectation in the last weeks, the largest excess first.

    Expectations come from all incidents, also in the report of a district. Yields after each part, so that others can have the
    state's thread.
    """
    themes = sorted(state.catalogue.themes.all, key=lambda theme: theme.code)
    if not themes:
        return []
    # In one step: numbers of cells and rows are those of one revision.
    places = find_report_places(state)
    weeks = _Weeks.read(state, request, themes, places)
    yield
    listed = np.arange(len(weeks.numbers) + 1) < len(weeks.numbers)
    problems = []
    for one in find_lasting_excess(weeks.counts, listed):
        district = state.catalogue.districts.by_id.get(weeks.find_district(one.place))
        problems.append(LastingProblem(places.places[weeks.numbers[one.place]], district, themes[one.theme], one))
    return problems


def find_busy_positions(state: ReplicaState, request: ReportRequest) -> RepeatedPositions:
    """Return the positions with many incidents in the last months, most incidents first."""
    selection = request.select(request.week.last_days(ADDRESS_DAYS), state.catalogue)
    return find_repeated_positions(state, selection, ADDRESS_INCIDENTS, MAX_ADDRESSES)


@dataclass(frozen=True, slots=True, eq=False)
class _Weeks:
    """The incidents of the last weeks. numbers: of the places of the report that have any."""

    numbers: NDArray[np.int32]
    counts: NDArray[np.int32]
    """(weeks, places and one more, themes): the last place stands for all incidents outside of the report's district."""
    _groups: NDArray[np.int32]
    _districts: NDArray[np.uint32]

    @classmethod
    def read(cls, state: ReplicaState, request: ReportRequest, themes: Sequence[Entry], places: ReportPlaces) -> "_Weeks":
        columns, catalogue = state.columns, state.catalogue
        windows = request.week.last_weeks(WEEKS)
        taken = [select_rows(columns, request.select(window, catalogue, everywhere=True), EVERYTHING) for window in windows]
        rows = np.concatenate([one.rows for one in taken])
        inside = _lie_in(columns["district"][rows], request.select(request.week.window, catalogue).districts)
        place = places.of_rows(rows)
        numbers, position = np.unique(place[inside], return_inverse=True)
        groups = np.full(len(rows), len(numbers), np.int32)
        groups[inside] = position
        width = max(columns.largest["theme"], *(theme.id for theme in themes), 0) + 1
        parts = np.split(groups, np.cumsum([len(one) for one in taken])[:-1])
        tables = [
            cross_counts(replace(one, groups=part), columns["theme"], len(numbers) + 1, width)
            for one, part in zip(taken, parts, strict=True)
        ]
        counts = np.ascontiguousarray(np.stack(tables)[:, :, [theme.id for theme in themes]])
        return cls(numbers, counts, groups, columns["district"][rows])

    def find_district(self, position: int) -> int:
        """Return the id of the district in which most incidents of a place lie, of equal ones the least; 0 for none."""
        return int(np.bincount(self._districts[self._groups == position]).argmax())


def _lie_in(districts: NDArray[np.uint32], chosen: Sequence[int] | None) -> NDArray[np.bool_]:
    """Return which incidents lie in the chosen districts; all of them for None."""
    return np.ones(len(districts), np.bool_) if chosen is None else np.isin(districts, np.array(chosen, np.uint32))
