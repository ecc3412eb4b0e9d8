"""The red places of a week: the alerts that were going on in it, and what has become of those of the week before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.model import Episode, Verdict
from geo_service.aggregation.arrays.kernels import IS_CLOSED, IS_OPEN
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.alerts.listing import REGION_KEY, lies_in
from geo_service.reports.content.places import ReportPlaces, find_report_places
from geo_service.reports.request import ReportRequest
from geo_service.reports.week import ReportWeek


@dataclass(frozen=True, slots=True)
class RedPlaces:
    """Alerts, the rarest first; a group of alerts of the same theme is there once, by the strongest."""

    present: Sequence[Episode]
    """Of the week, without those that the desk has dismissed."""
    past: Sequence[Episode]
    """Of the week before, dismissed ones among them."""


def choose_red_places(episodes: Iterable[Episode], request: ReportRequest, catalogue: Catalogue) -> RedPlaces:
    """Return the alerts of the report's district, or everywhere, that were going on in the week and in the one before."""
    inside = frozenset(catalogue.districts.with_descendants([request.district.id])) if request.district else None
    own = [episode for episode in episodes if inside is None or lies_in(episode, inside, catalogue)]
    present = [episode for episode in _of_window(own, request.week.window) if episode.verdict is not Verdict.NOT_REAL]
    return RedPlaces(present, _of_window(own, request.week.earlier(1)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of the incidents of an alert."""

    n: int
    closed: int
    answered: int
    """Answered and not closed."""
    unanswered: int
    """Open without an answer."""


def count_outcomes(state: ReplicaState, week: ReportWeek, episodes: Sequence[Episode]) -> list[Outcome]:
    """Return for each alert what its incidents, from its beginning to its last signal or the end of the week, have become by now."""
    places = find_report_places(state)
    return [_count_outcome(state, places, week.window.stop, episode) for episode in episodes]


def _count_outcome(state: ReplicaState, places: ReportPlaces, stop: int, episode: Episode) -> Outcome:
    columns = state.columns
    window = Window(episode.since, max(min(episode.last_signal, stop), episode.since + 1))
    themes = (episode.theme,) if episode.theme else tuple(sorted(state.catalogue.themes.children([episode.sector])))
    taken = select_rows(columns, Selection(window, episode.last_signal, themes, statuses=Statuses(once=True)), EVERYTHING)
    inside = np.zeros(len(taken), np.bool_)
    for place in (episode.place, *episode.places):
        inside |= _lie_in_place(state, places, taken.rows, place)
    rows, bits = taken.rows[inside], taken.state[inside]
    closed, is_open = (bits & IS_CLOSED) != 0, (bits & IS_OPEN) != 0
    answered = (columns["answered"][rows] != 0) & ~closed
    return Outcome(len(rows), *(int(np.count_nonzero(which)) for which in (closed, answered, is_open & ~answered)))


def _lie_in_place(state: ReplicaState, places: ReportPlaces, rows: NDArray[np.int32], place: Place) -> NDArray[np.bool_]:
    if place.key == REGION_KEY:
        return np.ones(len(rows), np.bool_)
    kind, _, code = place.key.partition(":")
    district = state.catalogue.districts.by_code.get(code) if kind == "d" else None
    if district is None:
        return places.lie_in(rows, place)
    return np.isin(state.columns["district"][rows], np.array(state.catalogue.districts.with_descendants([district.id]), np.uint32))


def _of_window(episodes: Iterable[Episode], window: Window) -> list[Episode]:
    going_on = (episode for episode in episodes if episode.since < window.stop and episode.last_signal >= window.start)
    ranked = sorted(going_on, key=lambda episode: (-episode.recurrence_days, episode.log10_p, episode.detected, episode.id))
    leaders: dict[int, Episode] = {}
    for episode in ranked:
        leaders.setdefault(episode.group or episode.id, episode)
    return list(leaders.values())
