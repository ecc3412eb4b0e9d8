"""What an episode comes to: messages since it began, how many of them were to be expected, whose they are and what is open."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.detection.baseline import BaselineCounts, Groups
from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows
from geo_service.aggregation.alerts.detection.local_scan import estimate_share
from geo_service.aggregation.alerts.detection.totals_scan import LEAST_MEAN, WEEKS
from geo_service.aggregation.alerts.history import DAY_S, History
from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode
from geo_service.aggregation.places.place import Place

Rows = NDArray[np.intp] | NDArray[np.int32]
TOTALS_PAST_S = (7 * WEEKS + 7) * DAY_S
"""What the expectation of a total needs before its episode: the 56 days that end 7 days before it."""


class BaselineUntil(Protocol):
    """Counts a year of which an episode is no part."""

    def count_until(self, tested: Groups, instant: int) -> BaselineCounts:
        """Return the baseline of the present day for each group, without what was received from `instant` on."""
        ...


@dataclass(frozen=True, slots=True)
class Measurer:
    """Measures episodes in a history that reaches back to when they began; for totals, `TOTALS_PAST_S` further."""

    history: History
    grouped: tuple[GroupedRows, ...]
    """The history by `group_history`."""
    baseline: BaselineUntil
    place_numbers: dict[str, int]
    """Number of each place by its key."""

    @classmethod
    def create(cls, history: History, grouped: tuple[GroupedRows, ...], baseline: BaselineUntil) -> "Measurer":
        """Return a measurer of a history."""
        return cls(history, grouped, baseline, {place.key: number for number, place in enumerate(history.places)})

    def measure(self, episode: Episode, stop: int) -> Episode:
        """Return an episode with what was received from its beginning until `stop`; as it is where its theme or place is gone."""
        if episode.layer is AlertLayer.LOCAL:
            return self._measure_local(episode, stop)
        return self._measure_totals(episode, stop)

    def _measure_local(self, episode: Episode, stop: int) -> Episode:
        places = [self.place_numbers[place.key] for place in episode.places if place.key in self.place_numbers]
        if not places or episode.theme not in self.history.themes.ids:
            return episode
        theme = self.history.themes.ids.index(episode.theme)
        rows = np.sort(np.concatenate([self._find_rows(place, theme, episode.since, stop) for place in places]))
        expected = self._expect_local(np.array(places, np.int32), theme, episode.since, stop)
        return replace(self._count(episode, rows), expected=expected, places=self._rank_places(episode, rows))

    def _find_rows(self, place: int, theme: int, start: int, stop: int) -> NDArray[np.int32]:
        """Return the rows of a theme in a place received in [start, stop)."""
        pairs, group = self.grouped[0], place * len(self.history.themes) + theme
        first, end = pairs.starts[group : group + 2].tolist()
        low, high = np.searchsorted(pairs.times[first:end], [start, stop])
        return pairs.order[first + low : first + high]

    def _expect_local(self, places: NDArray[np.int32], theme: int, since: int, stop: int) -> float:
        """Return the messages that the places' shares of the theme let expect."""
        themes, regions = np.int32(len(self.history.themes)), self.history.region_of_place[places]
        groups = Groups(places * themes + np.int32(theme), regions * themes + np.int32(theme), places, regions)
        counts = self.baseline.count_until(groups, since)
        trials = self.grouped[1].count(groups.theme, np.full(len(places), since), np.full(len(places), stop))
        shares = [estimate_share(*row) for row in np.column_stack(counts).tolist()]
        return float(sum(total * alpha / (alpha + beta) for total, (alpha, beta) in zip(trials.tolist(), shares, strict=True)))

    def _rank_places(self, episode: Episode, rows: Rows) -> tuple[Place, ...]:
        """Return an episode's places: the one with the strongest signal, then those of most messages."""
        sizes = np.bincount(self.history.incidents.place[rows], minlength=len(self.history.places))

        def rank(place: Place) -> tuple[bool, int, str]:
            number = self.place_numbers.get(place.key)
            return place.key != episode.place.key, -int(sizes[number]) if number is not None else 0, place.key

        return tuple(sorted(episode.places, key=rank))

    def _measure_totals(self, episode: Episode, stop: int) -> Episode:
        area = next((at for at, place in enumerate(self.history.areas.places) if place.key == episode.place.key), None)
        if area is None:
            return episode
        rows = self._rows_of_total(episode, area)
        received = self.history.incidents.received[rows]
        begins = self._find_beginning(area)
        weeks = min(max((episode.since - 7 * DAY_S - begins) // (7 * DAY_S), 1), WEEKS)
        low, high, begin, end = np.searchsorted(
            received, [episode.since - 7 * (weeks + 1) * DAY_S, episode.since - 7 * DAY_S, episode.since, stop]
        )
        expected = max(float(high - low), LEAST_MEAN) / (7 * weeks) * (stop - episode.since) / DAY_S
        return replace(self._count(episode, rows[begin:end]), expected=expected)

    def _rows_of_total(self, episode: Episode, area: int) -> Rows:
        incidents, themes, regions = self.history.incidents, self.history.themes, len(self.history.areas.regions)
        inside = incidents.region == area if area < regions else incidents.district == area - regions
        chosen = np.array(themes.ids) == episode.theme if episode.theme else np.array(themes.sectors) == episode.sector
        return np.flatnonzero(inside & chosen[incidents.theme])

    def _find_beginning(self, area: int) -> int:
        """Return when the history of an area's region begins."""
        areas, regions = self.history.areas, len(self.history.areas.regions)
        return int(self.grouped[3].beginnings()[area if area < regions else areas.region_of_district[area - regions]])

    def _count(self, episode: Episode, rows: Rows) -> Episode:
        incidents = self.history.incidents
        agencies = _count_agencies(incidents.agency[rows], incidents.open[rows])
        distinct, is_open = len(np.unique(incidents.spot[rows])), int(np.count_nonzero(incidents.open[rows]))
        return replace(episode, n=len(rows), distinct=distinct, open=is_open, agencies=agencies)


def _count_agencies(agency: NDArray[np.uint32], is_open: NDArray[np.bool_]) -> Sequence[AgencyShare]:
    """Return how many messages each agency has, most first."""
    ids, position = np.unique(agency, return_inverse=True)
    sizes, still_open = np.bincount(position, minlength=len(ids)), np.bincount(position, is_open, minlength=len(ids))
    shares = [AgencyShare(*map(int, share)) for share in zip(ids, sizes, still_open, strict=True)]
    return tuple(sorted(shares, key=lambda share: (-share.n, share.agency)))
