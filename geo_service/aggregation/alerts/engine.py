"""Detection of alerts in a running service: what is unusual now, and how the episodes that are known go on.

Each run tests every message of the last seven days again, with all that is known by now. So messages that came or were located late
count by their receipt, in whatever order they arrived, and a service that was down catches up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from geo_service.aggregation.alerts.alert_groups import assign_groups
from geo_service.aggregation.alerts.areas import list_areas
from geo_service.aggregation.alerts.budget.thresholds import default_threshold, recurrence_days
from geo_service.aggregation.alerts.calibration import calibrate, list_parts
from geo_service.aggregation.alerts.detection.baseline import LATEST_TEST_S, CorrectedBaseline, KeptYear
from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows
from geo_service.aggregation.alerts.detection.kept_baseline import BaselineKeeper
from geo_service.aggregation.alerts.detection.local_scan import group_history, scan_places
from geo_service.aggregation.alerts.detection.signals import list_detections
from geo_service.aggregation.alerts.detection.totals_scan import HISTORY_S, HOUR_S, scan_totals
from geo_service.aggregation.alerts.episodes import close_quiet, continue_episodes
from geo_service.aggregation.alerts.history import History, copy_history, copy_spans, join_histories
from geo_service.aggregation.alerts.measuring import TOTALS_PAST_S, Measurer
from geo_service.aggregation.alerts.model import AlertLayer, Detection, Episode, Threshold
from geo_service.aggregation.replica.replica import ReplicaState

Thresholds = Mapping[AlertLayer, Threshold]

_EXPECTED_STEP = 0.25
"""By this part the expectation of an episode must move before it is a change."""


class _Recent(NamedTuple):
    """The messages of the last two weeks that a detection has copied; episodes of the same run are measured in them."""

    state: ReplicaState
    now: int
    start: int
    history: History
    grouped: tuple[GroupedRows, ...]


class AlertEngine:
    """Detects alerts in a replica's state. All methods but `calibrate` run on the thread that owns the state."""

    def __init__(self) -> None:
        self._baselines = BaselineKeeper()
        self._thresholds: Thresholds = {}
        self._totals: tuple[Detection, ...] = ()
        self._totals_basis: tuple[object, ...] = ()
        self._recent: _Recent | None = None

    def update(self, state: ReplicaState, episodes: Sequence[Episode], thresholds: Thresholds, now: int) -> list[Episode]:
        """Detect, and return what has become of the episodes, see `update_episodes`."""
        return self.update_episodes(state, episodes, self.detect(state, now, thresholds), now)

    def detect(self, state: ReplicaState, now: int, thresholds: Thresholds) -> tuple[Detection, ...]:
        """Return what has been unusual within the last seven days, ordered by the ends of the windows.

        Of each place and theme the first, the last and the strongest detection, and the one of most messages. Totals are tested once an
        hour, as their days end at full hours.
        """
        self._thresholds = thresholds
        found = [*self._detect_local(state, now), *self._detect_totals(state, now)]
        return tuple(sorted(found, key=lambda detection: (detection.stop, detection.layer, detection.place.key, detection.theme)))

    def update_episodes(self, state: ReplicaState, episodes: Sequence[Episode], detections: Sequence[Detection], now: int) -> list[Episode]:
        """Return the episodes that detections have opened (id 0), and those of `episodes` that have changed.

        episodes: all that are open. detections: what `detect` has returned.
        """
        known = [episode for episode in episodes if not episode.closed_at]
        continued = [close_quiet(episode, now) for episode in continue_episodes(known, detections, now)]
        measured = self._measure(state, continued, now) if continued else []
        grouped = assign_groups(measured, list_areas(state.catalogue))
        before = [*known, *[None] * (len(grouped) - len(known))]
        return [replace(after, updated=now) for old, after in zip(before, grouped, strict=True) if old is None or _differs(old, after)]

    def list_parts(self, now: int) -> list[tuple[int, int]]:
        """Return the spans of receipt in which `copy_part` copies what `calibrate` needs. On any thread."""
        return list_parts(now)

    def copy_part(self, state: ReplicaState, now: int, span: tuple[int, int]) -> History:
        """Return the messages of one span."""
        return copy_spans(state, now, [span])

    def calibrate(self, parts: list[History], per_week: float, real: Iterable[Episode] = ()) -> dict[AlertLayer, Threshold]:
        """Return the thresholds for a budget of false alarms a week and layer. On any thread.

        parts: all, in their order; the list is emptied. real: what the desk has found real.
        """
        return calibrate(join_histories(parts), per_week, real)

    def _detect_local(self, state: ReplicaState, now: int) -> Sequence[Detection]:
        kept = self._baselines.get(state, now)
        spans = kept.spans(now)
        history = copy_spans(state, now, spans)
        grouped = group_history(history)
        self._recent = _Recent(state, now, spans[-1][0], history, grouped)
        limit = self._threshold(AlertLayer.LOCAL, now).log10_p
        signals = scan_places(history, grouped, CorrectedBaseline(kept, grouped), now - LATEST_TEST_S, now, limit)
        return list(list_detections(AlertLayer.LOCAL, signals.notable(), history))

    def _detect_totals(self, state: ReplicaState, now: int) -> Sequence[Detection]:
        limit = self._threshold(AlertLayer.TOTALS, now).log10_p
        basis = (state, state.catalogue, now // HOUR_S, limit)
        if basis != self._totals_basis:
            history = copy_history(state, now, now - LATEST_TEST_S - HISTORY_S)
            signals = scan_totals(history, now - LATEST_TEST_S, now, limit)
            self._totals = tuple(list_detections(AlertLayer.TOTALS, signals.notable(), history))
            self._totals_basis = basis
        return self._totals

    def _measure(self, state: ReplicaState, episodes: Sequence[Episode], now: int) -> list[Episode]:
        """Return episodes with their numbers of messages, and how rare they are."""
        start = min(
            episode.since - (TOTALS_PAST_S if episode.layer is AlertLayer.TOTALS else 0) for episode in episodes
        )  # fmt: skip
        recent, self._recent = self._recent, None
        if recent is None or recent[:2] != (state, now) or recent.start > start:
            history = copy_history(state, now, start)
            recent = _Recent(state, now, start, history, group_history(history))
        kept = self._baselines.get(state, now)
        measurer = Measurer.create(recent.history, recent.grouped, KeptYear(kept, recent.grouped))
        return [self._rate(measurer.measure(episode, episode.closed_at or now)) for episode in episodes]

    def _rate(self, episode: Episode) -> Episode:
        threshold = self._threshold(episode.layer, episode.updated)
        return replace(episode, recurrence_days=recurrence_days(threshold, episode.log10_p))

    def _threshold(self, layer: AlertLayer, now: int) -> Threshold:
        return self._thresholds.get(layer) or default_threshold(layer, 1.0, now)


def _differs(old: Episode, new: Episode) -> bool:
    """Return whether an episode has changed: what is expected grows with every message elsewhere, and a little of it is no change."""
    has_moved = abs(new.expected - old.expected) > _EXPECTED_STEP * old.expected
    return has_moved or replace(new, expected=old.expected, recurrence_days=old.recurrence_days, updated=old.updated) != old
