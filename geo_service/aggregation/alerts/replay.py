"""What would have been raised: the past goes by, with the same tests and the same rules of episodes as in a running service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import groupby

from geo_service.aggregation.alerts.alert_groups import assign_groups
from geo_service.aggregation.alerts.budget.thresholds import default_threshold, recurrence_days
from geo_service.aggregation.alerts.calibration import scan_layers
from geo_service.aggregation.alerts.detection.baseline import CountedYear
from geo_service.aggregation.alerts.detection.local_scan import group_history
from geo_service.aggregation.alerts.detection.signals import list_detections
from geo_service.aggregation.alerts.episodes import close_quiet, continue_episodes
from geo_service.aggregation.alerts.history import DAY_S, History
from geo_service.aggregation.alerts.measuring import Measurer
from geo_service.aggregation.alerts.model import AlertLayer, Detection, Episode, Threshold


@dataclass(slots=True)
class _Replay:
    """The state of a replay."""

    history: History
    open: list[Episode] = field(default_factory=list)
    closed: list[Episode] = field(default_factory=list)

    def go_on(self, detections: Sequence[Detection], now: int) -> None:
        """Take the detections of a time that ends at `now`."""
        known = len(self.open) + len(self.closed)
        continued = continue_episodes(self.open, detections)
        opened = [replace(episode, id=known + number + 1) for number, episode in enumerate(continued[len(self.open) :])]
        grouped = assign_groups([*continued[: len(self.open)], *opened], self.history.areas)
        after = [close_quiet(episode, now) for episode in grouped]
        self.closed += [episode for episode in after if episode.closed_at]
        self.open = [episode for episode in after if not episode.closed_at]


def replay(history: History, thresholds: Mapping[AlertLayer, Threshold], start: int, stop: int) -> list[Episode]:
    """Return the episodes that would have been raised in [start, stop), in the order in which they open; ids count from 1.

    As if each message had been known from its receipt on. Agencies and what is open are as they are today. history: reaches back at
    least 35 days before what can be raised, and a year and two weeks for the same result as in a running service.
    """
    chosen = {layer: thresholds.get(layer) or default_threshold(layer, 1.0, stop) for layer in AlertLayer}
    signals = scan_layers(history, start, stop, {layer: threshold.log10_p for layer, threshold in chosen.items()})
    ordered = merge(*(list_detections(layer, signals[layer], history) for layer in AlertLayer), key=lambda found: found.stop)
    run = _Replay(history)
    for day, detections in groupby(ordered, lambda found: found.stop // DAY_S):
        run.go_on((), day * DAY_S)
        run.go_on(list(detections), (day + 1) * DAY_S)
    run.go_on((), stop)
    return sorted(_measure(history, [*run.closed, *run.open], chosen, stop), key=lambda episode: episode.id)


def _measure(history: History, episodes: Sequence[Episode], thresholds: Mapping[AlertLayer, Threshold], stop: int) -> Iterator[Episode]:
    grouped = group_history(history)
    measurers: dict[int, Measurer] = {}
    for episode in episodes:
        until = episode.closed_at or stop
        day = until - until % DAY_S
        if day not in measurers:
            measurers[day] = Measurer.create(history, grouped, CountedYear(grouped, day))
        recurrence = recurrence_days(thresholds[episode.layer], episode.log10_p)
        yield replace(measurers[day].measure(episode, until), recurrence_days=recurrence, updated=episode.last_signal)
