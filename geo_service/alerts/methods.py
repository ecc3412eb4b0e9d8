"""The arithmetic that the watcher calls: what detects alerts, and what finds their thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold
from geo_service.aggregation.replica.replica import ReplicaState

Thresholds = Mapping[AlertLayer, Threshold]


class AlertMethods(Protocol):
    """Detection and calibration."""

    def update(self, state: ReplicaState, episodes: Sequence[Episode], thresholds: Thresholds, now: int) -> list[Episode]:
        """Return new episodes (id 0) and those of `episodes`, all open, that have changed. On the replica's thread, some 30 ms."""
        ...

    def copy_history(self, state: ReplicaState, now: int) -> Any:
        """Return a copy of what the calibration needs. On the replica's thread."""
        ...

    def calibrate(self, history: Any, per_week: float) -> Thresholds:
        """Return the thresholds for a budget of false alarms a week and layer. On any thread; it may take minutes."""
        ...
