"""Episodes: an alert opens with a detection, grows with further ones, and closes after seven days without any.

A detection of the local layer continues the open episode of its theme that already has its place, else the nearest one whose
strongest place is within 25 km; one of the totals layer that of its area and subject. What was closed stays closed: a later
detection opens a new episode.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from geo_service.aggregation.alerts.history import DAY_S
from geo_service.aggregation.alerts.model import AlertLayer, Detection, Episode
from geo_service.aggregation.places.nearest import Positions, distances_km, unit_vectors
from geo_service.aggregation.places.place import Place

QUIET_S = 7 * DAY_S
"""After so long without a detection an episode closes."""
MERGE_KM = 25.0
"""Detections of one theme within this distance of an episode's strongest place belong to it."""


def continue_episodes(episodes: Sequence[Episode], detections: Iterable[Detection], now: int | None = None) -> list[Episode]:
    """Return the episodes, all open, as they are after some detections, and behind them the new ones (id 0).

    detections: ordered by `stop`. The same detections once more change nothing. now: when they are found; None: each at its `stop`, as
    in a replay. Numbers of messages are not counted here, see `measuring`.
    """
    current = list(episodes)
    for detection in detections:
        at = _find_episode(current, detection)
        if at is None:
            current.append(_open_episode(detection, detection.stop if now is None else now))
        else:
            current[at] = _grow(current[at], detection)
    return current


def close_quiet(episode: Episode, now: int) -> Episode:
    """Return an episode, closed if it has been quiet for so long."""
    quiet_at = episode.last_signal + QUIET_S
    return replace(episode, closed_at=quiet_at) if not episode.closed_at and quiet_at <= now else episode


def distance_km(one: Place, other: Place) -> float:
    """Return the great-circle distance of two places."""
    here, there = (unit_vectors(Positions(np.array([place.lng]), np.array([place.lat]))) for place in (one, other))
    return float(distances_km(here, there)[0])


def _find_episode(episodes: Sequence[Episode], detection: Detection) -> int | None:
    """Return the index of the episode that a detection continues."""
    subject = (detection.layer, detection.theme, detection.sector)
    near: list[tuple[float, int]] = []
    for at, episode in enumerate(episodes):
        if (episode.layer, episode.theme, episode.sector) != subject or not _is_continued(episode, detection):
            continue
        if any(place.key == detection.place.key for place in episode.places):
            return at
        if detection.layer is AlertLayer.LOCAL and (km := distance_km(episode.place, detection.place)) <= MERGE_KM:
            near.append((km, at))
    return min(near)[1] if near else None


def _is_continued(episode: Episode, detection: Detection) -> bool:
    """Return whether a detection is within seven days of an episode, before or after: a late one may be earlier than all others."""
    if episode.closed_at:
        return False
    return episode.since - QUIET_S < detection.stop < episode.last_signal + QUIET_S


def _open_episode(detection: Detection, now: int) -> Episode:
    return Episode(
        detection.layer, detection.place, detection.theme, detection.sector, since=detection.since, detected=now, updated=now,
        last_signal=detection.stop, window_s=detection.window_s, n=detection.n, distinct=detection.distinct, expected=detection.expected,
        log10_p=detection.log10_p, recurrence_days=0.0, peak=detection.n, peak_at=detection.stop, places=(detection.place,),
    )  # fmt: skip


def _grow(episode: Episode, detection: Detection) -> Episode:
    """Return an episode with one more detection, in whatever order they come."""
    if all(place.key != detection.place.key for place in episode.places):
        episode = replace(episode, places=(*episode.places, detection.place))
    if detection.log10_p < episode.log10_p:
        episode = replace(episode, log10_p=detection.log10_p, window_s=detection.window_s, place=detection.place)
    if (detection.n, -detection.stop) > (episode.peak, -episode.peak_at):
        episode = replace(episode, peak=detection.n, peak_at=detection.stop)
    if detection.stop <= episode.detected and detection.since < episode.since:
        # A later window is longer, and may begin with a message that has nothing to do with it.
        episode = replace(episode, since=detection.since)
    return replace(episode, last_signal=max(episode.last_signal, detection.stop)) if detection.stop > episode.last_signal else episode
