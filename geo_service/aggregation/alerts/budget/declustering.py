"""Counting episodes of signals without making them: the rules of `episodes`, compiled, for a calibration with many limits."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.detection.grouped_rows import Seconds, Whole
from geo_service.aggregation.alerts.detection.signals import Floats, Signals
from geo_service.aggregation.alerts.episodes import MERGE_KM, QUIET_S
from geo_service.aggregation.alerts.history import History
from geo_service.aggregation.places.nearest import EARTH_RADIUS_KM, Positions, unit_vectors
from geo_service.aggregation.places.place import Place

_MERGE_CHORD = 2 * np.sin(MERGE_KM / EARTH_RADIUS_KM / 2)
"""Of the unit sphere."""


class Clusters(NamedTuple):
    """Episodes as columns, in the order in which they open."""

    opened: Seconds
    """End of the first signal's window."""
    closed: Seconds
    """End of the last one's; the episode is open for seven more days."""
    place: Whole
    """Of the strongest signal, as in `Signals`."""
    theme: Whole
    log10_p: Floats


class Subjects(NamedTuple):
    """What the rules need to know of places and themes, by their numbers in `Signals`."""

    vectors: Floats
    """(places, 3) unit vectors; where all are NaN, nothing is merged by distance."""
    above: Whole
    """(places,) number of the region that a district lies in; the number itself elsewhere."""
    sector: Whole
    """(themes and sectors,) id of the sector."""
    is_sector: NDArray[np.bool_]
    """(themes and sectors,)"""


def describe_places(history: History) -> Subjects:
    """Return the subjects of the local layer."""
    return Subjects(_vectors(history.places), np.arange(len(history.places), dtype=np.int32), *_describe_themes(history))


def describe_areas(history: History) -> Subjects:
    """Return the subjects of the totals layer."""
    areas = history.areas
    above = np.concatenate([np.arange(len(areas.regions), dtype=np.int32), areas.region_of_district])
    return Subjects(np.full((len(areas.places), 3), np.nan), above.astype(np.int32), *_describe_themes(history))


def cluster_signals(signals: Signals, subjects: Subjects, log10_limit: float) -> Clusters:
    """Return the episodes of the signals of at most a limit."""
    chosen = signals.take(signals.log10_p <= log10_limit)
    size = len(chosen.stop)
    out = Clusters._make(np.empty(size, dtype) for dtype in (np.int64, np.int64, np.int32, np.int32, np.float64))
    width = np.int64(len(subjects.sector))
    _, pair = np.unique(chosen.place * width + chosen.theme, return_inverse=True)
    count = _cluster(*out, chosen.stop, chosen.place, chosen.theme, chosen.log10_p, pair, subjects.vectors)
    return Clusters._make(column[:count] for column in out)


def _vectors(places: Sequence[Place]) -> Floats:
    return unit_vectors(Positions(np.array([place.lng for place in places]), np.array([place.lat for place in places])))


def _describe_themes(history: History) -> tuple[Whole, NDArray[np.bool_]]:
    themes = history.themes
    sector = np.array((*themes.sectors, *themes.sector_ids), np.int32)
    return sector, np.arange(len(sector)) >= len(themes)


@njit(nogil=True, cache=True)
def _cluster(
    opened: Seconds, closed: Seconds, places: Whole, themes: Whole, strongest: Floats, stop: Seconds, place: Whole, theme: Whole,
    log10_p: Floats, pair: NDArray[np.int64], vectors: Floats,
) -> int:  # fmt: skip
    """Write the episodes and return their number. pair: (signals,) a number for each place and theme."""
    count, first_open = 0, 0
    episode_of = np.full(len(pair), -1, np.int64)
    for i in range(len(stop)):
        while first_open < count and closed[first_open] + QUIET_S <= stop[i]:
            first_open += 1
        episode = episode_of[pair[i]]
        if episode < 0 or closed[episode] + QUIET_S <= stop[i]:
            episode = _find_near(closed, places, themes, first_open, count, stop[i], place[i], theme[i], vectors)
        if episode < 0:
            episode, count = count, count + 1
            opened[episode], places[episode], themes[episode], strongest[episode] = stop[i], place[i], theme[i], log10_p[i]
        elif log10_p[i] < strongest[episode]:
            places[episode], strongest[episode] = place[i], log10_p[i]
        closed[episode] = stop[i]
        episode_of[pair[i]] = episode
    return count


@njit(nogil=True, cache=True)
def _find_near(
    closed: Seconds, places: Whole, themes: Whole, first_open: int, count: int, stop: int, place: int, theme: int, vectors: Floats
) -> int:
    """Return the nearest open episode of a theme within reach; -1 where there is none."""
    best, chord = -1, _MERGE_CHORD
    for episode in range(first_open, count):
        if themes[episode] == theme and closed[episode] + QUIET_S > stop:
            distance = np.sqrt(np.sum((vectors[places[episode]] - vectors[place]) ** 2))
            if distance < chord or (distance == chord and best < 0):
                best, chord = episode, distance
    return best
