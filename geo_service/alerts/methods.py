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

    def list_parts(self, now: int) -> Sequence[tuple[int, int]]:
        """Return the parts in which `copy_part` copies what the calibration needs."""
        ...

    def copy_part(self, state: ReplicaState, now: int, span: tuple[int, int]) -> Any:
        """Return a copy of one part. On the replica's thread, some 50 ms."""
        ...

    def calibrate(self, parts: list[Any], per_week: float, real: Sequence[Episode]) -> Thresholds:
        """Return the thresholds for a budget of false alarms a week and layer. On any thread; it may take minutes.

        parts: copies of all parts, in their order; the list is emptied. real: episodes that the desk has found real: no false alarms.
        """
        ...
