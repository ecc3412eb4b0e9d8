"""The study region of a back-test: the occupied places of a level, and the messages in them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.backtest.walk import GroupedMessages
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.grouping import Grouping, by_cell, by_district
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Ids, Selection, Window
from geo_service.core.model import DistrictLevel

PlaceLevel = int | DistrictLevel
"""The resolution of hexagons, or a level of districts."""


@dataclass(frozen=True, slots=True, eq=False)
class LocatedMessages:
    """Messages in time order: equally long columns."""

    received: NDArray[np.uint32]
    """Seconds since 1970, ascending."""
    place: NDArray[np.int32]
    """Position among the occupied places."""
    theme: NDArray[np.uint32]
    """Theme id."""

    def part(self, chosen: NDArray[np.bool_] | slice) -> "LocatedMessages":
        """Return the chosen messages."""
        return LocatedMessages(self.received[chosen], self.place[chosen], self.theme[chosen])

    def between(self, start: int, stop: int) -> "LocatedMessages":
        """Return the messages received in [start, stop)."""
        low, high = np.searchsorted(self.received, np.clip([start, stop], 0, 0xFFFFFFFF).astype(np.uint32))
        return self.part(slice(low, high))

    def grouped(self, group_of_theme: NDArray[np.int32], groups: int) -> GroupedMessages:
        """Return the messages with their groups; those of a negative group are left out."""
        group = group_of_theme[self.theme]
        inside = group >= 0
        chosen = self if inside.all() else self.part(inside)
        return GroupedMessages(chosen.received, chosen.place, group[inside], groups)


@dataclass(frozen=True, eq=False)
class StudyRegion:
    """A, the places that a list may name: all of the level in which a message was received before the end of the back-test."""

    messages: LocatedMessages
    places: int
    left_out: int
    """Messages that lie in no district of the level."""

    @cached_property
    def first_received(self) -> NDArray[np.int64]:
        """(places,) int64: receipt of each place's first message."""
        first = np.zeros(self.places, np.int64)
        # Where a place comes more than once the last assignment counts: backwards, that of its earliest message.
        first[self.messages.place[::-1]] = self.messages.received[::-1]
        return first


def read_study_region(state: ReplicaState, level: PlaceLevel, stop: int, districts: Ids | None = None) -> StudyRegion:
    """Return the places of a level with their messages received before `stop`; districts: only messages of these.

    Places are in the order of their ids: H3 indexes or codes of districts. Every message counts from its receipt on,
    whatever has become of it since.
    """
    is_district = isinstance(level, DistrictLevel)
    grouping = by_district(state.catalogue, level) if isinstance(level, DistrictLevel) else by_cell(state.pyramid, level)
    taken = select_rows(state.columns, Selection(Window(0, stop), stop, districts=districts), grouping)
    rows, groups = _in_time_order(state.columns, taken.rows, taken.groups)
    left_out = 0
    if is_district:
        # The last group is "without district".
        inside = groups < grouping.size - 1
        left_out = len(groups) - int(np.count_nonzero(inside))
        rows, groups = rows[inside], groups[inside]
    position, places = _number_places(groups, grouping, None if isinstance(level, DistrictLevel) else state.pyramid.levels[level].cells)
    columns = state.columns
    messages = LocatedMessages(columns["received"][rows], position[groups], columns["theme"][rows])
    return StudyRegion(messages, places, left_out)


def _in_time_order(columns: Columns, rows: NDArray[np.int32], groups: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Sort by receipt where late arrivals wait at the end."""
    if not columns.tail_rows:
        return rows, groups
    order = np.argsort(columns["received"][rows], kind="stable")
    return rows[order], groups[order]


def _number_places(groups: NDArray[np.int32], grouping: Grouping, cells: NDArray[np.uint64] | None) -> tuple[NDArray[np.int32], int]:
    """Return for each group its position among the occupied ones, in the order of cells where they are given; and their number."""
    is_occupied = np.zeros(grouping.size, np.bool_)
    is_occupied[groups] = True
    occupied = np.flatnonzero(is_occupied)
    if cells is not None:
        occupied = occupied[np.argsort(cells[occupied])]
    position = np.full(grouping.size, -1, np.int32)
    position[occupied] = np.arange(len(occupied), dtype=np.int32)
    return position, len(occupied)
