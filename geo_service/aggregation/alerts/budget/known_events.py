"""What no chance explains, and what follows from it: a calibration leaves these signals out, so that they do not use up its budget."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.budget.declustering import Clusters, Subjects
from geo_service.aggregation.alerts.detection.grouped_rows import Whole
from geo_service.aggregation.alerts.detection.signals import Signals
from geo_service.aggregation.alerts.episodes import MERGE_KM, QUIET_S
from geo_service.aggregation.alerts.history import DAY_S, History
from geo_service.aggregation.alerts.model import AlertLayer, Episode
from geo_service.aggregation.places.nearest import EARTH_RADIUS_KM

IMPOSSIBLE_LOG10_P = -9.0
"""No chance explains an episode with this or a smaller p."""
_BEFORE_S = DAY_S
"""What no chance explains begins so long before it is an episode."""
_FOLLOWS_CHORD = 2 * np.sin(2 * MERGE_KM / EARTH_RADIUS_KM / 2)
"""A local event draws along what is within 50 km, as a chord of the unit sphere."""

Layers = Mapping[AlertLayer, Subjects]


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event with a cause. place and theme: as in `Signals` of its layer; start and stop: half-open, ends of windows."""

    layer: AlertLayer
    place: int
    theme: int
    start: int
    stop: int


def find_events(layer: AlertLayer, clusters: Clusters) -> Iterator[KnownEvent]:
    """Yield the episodes of a layer that no chance explains."""
    for at in np.flatnonzero(clusters.log10_p <= IMPOSSIBLE_LOG10_P).tolist():
        start, stop = int(clusters.opened[at]) - _BEFORE_S, int(clusters.closed[at]) + QUIET_S
        yield KnownEvent(layer, int(clusters.place[at]), int(clusters.theme[at]), start, stop)


def list_real(episodes: Iterable[Episode], history: History) -> Iterator[KnownEvent]:
    """Yield the episodes that the desk has found real."""
    themes, sectors = history.themes.ids, history.themes.sector_ids
    for episode in episodes:
        places = history.places if episode.layer is AlertLayer.LOCAL else history.areas.places
        place = next((number for number, place in enumerate(places) if place.key == episode.place.key), None)
        known = themes.index(episode.theme) if episode.theme in themes else None
        theme = known if episode.theme else len(themes) + sectors.index(episode.sector) if episode.sector in sectors else None
        if place is not None and theme is not None:
            yield KnownEvent(episode.layer, place, theme, episode.since, episode.last_signal + QUIET_S)


def leave_out(signals: Signals, layer: AlertLayer, events: Sequence[KnownEvent], history: History, subjects: Layers) -> Signals:
    """Return the signals of a layer that have nothing to do with any of the events."""
    kept = np.ones(len(signals.stop), np.bool_)
    for event in events:
        low, high = np.searchsorted(signals.stop, [event.start, event.stop])
        part = Signals._make(column[low:high] for column in signals)
        same_subject = _have_common_theme(part.theme, event.theme, subjects[layer])
        kept[low:high] &= ~(same_subject & _are_near(part.place, layer, event, history, subjects))
    return signals.take(kept)


def _have_common_theme(themes: Whole, theme: int, subjects: Subjects) -> NDArray[np.bool_]:
    same_sector = subjects.sector[themes] == subjects.sector[theme]
    return np.asarray(same_sector & ((themes == theme) | subjects.is_sector[themes] | subjects.is_sector[theme]))


def _are_near(places: Whole, layer: AlertLayer, event: KnownEvent, history: History, subjects: Layers) -> NDArray[np.bool_]:
    """Return which places of a layer an event reaches: those around a local one, all in or above the area of a total."""
    if layer is AlertLayer.LOCAL and event.layer is AlertLayer.LOCAL:
        vectors = subjects[AlertLayer.LOCAL].vectors
        return np.asarray(np.linalg.norm(vectors[places] - vectors[event.place], axis=1) <= _FOLLOWS_CHORD)
    regions = len(history.areas.regions)
    if layer is AlertLayer.TOTALS and event.layer is AlertLayer.TOTALS:
        above = subjects[AlertLayer.TOTALS].above
        return np.asarray((places == event.place) | (above[places] == event.place) | (places == above[event.place]))
    district = regions + history.areas.district_of([place.district for place in history.places])
    if event.layer is AlertLayer.LOCAL:
        return np.asarray((places == history.region_of_place[event.place]) | (places == district[event.place]))
    return np.asarray((history.region_of_place[places] == event.place) | (district[places] == event.place))
