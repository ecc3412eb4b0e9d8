"""The lead time of alerts: how much earlier an alert was raised than the list of the worst districts would have shown the same.

An alert is raised at `detected`, with n messages of its theme and places received since its first one. The list would have shown as
much at the first full hour at which the place's district is among the first five, and n messages of the alert's theme and places are
overdue in it. lead time = that hour − detected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import Areas, list_areas
from geo_service.aggregation.alerts.model import AlertLayer, Episode
from geo_service.aggregation.backtest.alerts.hourly_counts import Instants, count_hourly, list_hours
from geo_service.aggregation.backtest.alerts.past_overdue import PastMessages, list_worst, read_past_messages
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState

_LONGEST_WINDOW_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Lead:
    """What the list would have shown of an alert. Instants are seconds since 1970."""

    episode: Episode
    n: int
    """Messages at which it was raised."""
    district: int | None
    """Position of the place's district among those of level district; None for an alert of the whole region, or in no district."""
    was_listed: bool
    """Whether the district stood on the list already when the alert was raised, for whatever messages."""
    listed_at: int | None
    """When the list would have shown as much; None if it never did."""

    @property
    def hours(self) -> float | None:
        """Return the lead time in hours."""
        return None if self.listed_at is None else (self.listed_at - self.episode.detected) / 3600


def measure_leads(state: ReplicaState, episodes: Sequence[Episode], start: int, stop: int) -> list[Lead]:
    """Return the lead times of episodes raised in [start, stop), what happened until `stop` being known.

    Of a group, the same theme in many places at once, only the leading episode: that is what a desk is shown.
    """
    first = start - _LONGEST_WINDOW_S
    messages, hours = read_past_messages(state, first, stop), list_hours(first, stop)
    listed = list_worst(messages, hours)
    measure = _LeadMeasure(state, messages, hours, listed)
    return [measure.measure(episode) for episode in episodes if episode.group in (0, episode.id)]


class _LeadMeasure:
    """Measures one episode after the other."""

    def __init__(self, state: ReplicaState, messages: PastMessages, hours: Instants, listed: NDArray[np.bool_]) -> None:
        self._messages, self._hours, self._listed = messages, hours, listed
        self._catalogue = state.catalogue
        self._areas: Areas = list_areas(state.catalogue)
        self._number = {place.key: number for number, place in enumerate(find_places(state).places)}
        self._area = {place.key: position for position, place in enumerate(self._areas.districts)}

    def measure(self, episode: Episode) -> Lead:
        """Return the lead time of an episode."""
        own = self._find_messages(episode)
        n = int(np.count_nonzero(self._messages.received[own] <= episode.detected))
        district = self._find_district(episode)
        if district is None:
            return Lead(episode, n, None, was_listed=False, listed_at=None)
        overdue = self._messages.overdue.take(own)
        reached = count_hourly(overdue, np.zeros(len(overdue.begin), np.int32), 1, self._hours)[0] >= max(n, 1)
        shown = np.flatnonzero(reached & self._listed[district] & (self._hours >= episode.since))
        at = int(np.searchsorted(self._hours, episode.detected, side="right")) - 1
        was_listed = at >= 0 and bool(self._listed[district, at])
        return Lead(episode, n, district, was_listed, int(self._hours[shown[0]]) if len(shown) else None)

    def _find_district(self, episode: Episode) -> int | None:
        if episode.layer is AlertLayer.TOTALS:
            return self._area.get(episode.place.key)
        position = int(self._areas.district_of([episode.place.district])[0])
        return position if position < len(self._areas.districts) else None

    def _find_messages(self, episode: Episode) -> NDArray[np.bool_]:
        """Return which messages are of the episode's theme or sector and places, received since its first one; near-duplicates once."""
        messages = self._messages
        themes = [episode.theme] if episode.theme else list(self._catalogue.themes.children([episode.sector]))
        own = np.isin(messages.theme, themes) & (messages.received >= episode.since) & ~messages.is_linked
        if episode.layer is AlertLayer.LOCAL:
            keys = {episode.place.key, *(place.key for place in episode.places)}
            return own & np.isin(messages.place, [self._number[key] for key in keys if key in self._number])
        district = self._area.get(episode.place.key)
        return own if district is None else own & (messages.district == district)
