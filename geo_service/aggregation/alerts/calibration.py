"""Thresholds from a budget of false alarms: the last year is replayed, and the p is found at which chance raises B episodes a week.

A level of significance says nothing about how often a desk is disturbed: tests are many, overlap, and are of discrete counts.

What no chance explains must not use up the budget. Left out are episodes with a p of 1e-9 or less at their strongest, in either layer,
and what follows from them, from a day before they open until they close: signals of a theme in common around a local one, or in the
area of a total and above it. A snowfall is unusual in many towns, in some of them not by much. So are episodes that the desk has found
real.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from geo_service.aggregation.alerts.budget.declustering import Subjects, cluster_signals, describe_areas, describe_places
from geo_service.aggregation.alerts.budget.known_events import find_events, leave_out, list_real
from geo_service.aggregation.alerts.budget.thresholds import default_threshold
from geo_service.aggregation.alerts.budget.thresholds import recurrence_days as recurrence_days
from geo_service.aggregation.alerts.detection.baseline import GAP_S, LATEST_TEST_S, LEAST_HISTORY_S, YEAR_S, CountedBaseline
from geo_service.aggregation.alerts.detection.grouped_rows import ROWS_BEFORE_HISTORY
from geo_service.aggregation.alerts.detection.local_scan import group_history, scan_places
from geo_service.aggregation.alerts.detection.signals import Signals
from geo_service.aggregation.alerts.detection.totals_scan import scan_totals
from geo_service.aggregation.alerts.history import DAY_S, History, copy_history
from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold
from geo_service.aggregation.replica.replica import ReplicaState

CALIBRATION_DAYS = 330
LEAST_DAYS = 60
"""With less to replay the thresholds are those of `default_threshold`."""
_LOOSEST = -2.0
"""log10 of the greatest p that is looked at."""
_FINEST = -9.0
_STEPS_A_DECADE = 20
_FAR_BEYOND = 30
"""A p that raises so many times the budget is the last one that is tried: with many messages, the next ones take long."""
_CURVE_STEPS = 5
"""One in so many steps is a point of the curve."""
_EVENT_LOG10_P = -4.0
"""At this p episodes are made to look for those that no chance explains."""
_PAST_S = YEAR_S + GAP_S + LATEST_TEST_S + DAY_S
"""What the first test needs before it."""

_PART_S = 14 * DAY_S
"""Copied in one piece: of 10 M messages in two years some 200,000, for which tiles wait 50 ms."""


def copy_calibration(state: ReplicaState, now: int) -> History:
    """Return what `calibrate` needs. On the thread that owns the state."""
    return copy_history(state, now, now - CALIBRATION_DAYS * DAY_S - _PAST_S)


def list_parts(now: int) -> list[tuple[int, int]]:
    """Return the half-open spans of receipt, one after the other, in which what `calibrate` needs may be copied."""
    first = now - CALIBRATION_DAYS * DAY_S - _PAST_S
    return [(start, min(start + _PART_S, now)) for start in range(first, now, _PART_S)]


def calibrate(history: History, per_week: float, real: Iterable[Episode] = ()) -> dict[AlertLayer, Threshold]:
    """Return the thresholds at which chance raises `per_week` episodes a week in each layer; releases the GIL for most of the time.

    real: episodes that the desk has found real. With less than 60 days to replay, the defaults.
    """
    days = count_days(history)
    if days < LEAST_DAYS:
        return {layer: default_threshold(layer, per_week, history.stop) for layer in AlertLayer}
    subjects = {AlertLayer.LOCAL: describe_places(history), AlertLayer.TOTALS: describe_areas(history)}
    signals = scan_layers(history, history.stop - days * DAY_S, history.stop, dict.fromkeys(AlertLayer, _LOOSEST))
    events = [
        *list_real(real, history),
        *(event for layer in AlertLayer for event in find_events(layer, cluster_signals(signals[layer], subjects[layer], _EVENT_LOG10_P))),
    ]
    by_chance = {layer: leave_out(signals[layer], layer, events, history, subjects) for layer in AlertLayer}
    return {layer: _find_threshold(layer, by_chance[layer], subjects[layer], days, per_week, history.stop) for layer in AlertLayer}


def count_days(history: History) -> int:
    """Return how many whole days of a history can be replayed, at most 330: those that have a baseline."""
    if not len(history):
        return 0
    begins = int(history.incidents.received[len(history) // ROWS_BEFORE_HISTORY]) + GAP_S + LEAST_HISTORY_S
    return max(min((history.stop - begins) // DAY_S, CALIBRATION_DAYS), 0)


def scan_layers(history: History, start: int, stop: int, log10_limits: dict[AlertLayer, float]) -> dict[AlertLayer, Signals]:
    """Return the signals of each layer with windows that end in [start, stop)."""
    grouped = group_history(history)
    local = scan_places(history, grouped, CountedBaseline(grouped), start, stop, log10_limits[AlertLayer.LOCAL])
    return {AlertLayer.LOCAL: local, AlertLayer.TOTALS: scan_totals(history, start, stop, log10_limits[AlertLayer.TOTALS])}


def _find_threshold(layer: AlertLayer, signals: Signals, subjects: Subjects, days: int, per_week: float, now: int) -> Threshold:
    """Return the greatest p up to which no p raises more than the budget."""
    steps = np.linspace(_FINEST, _LOOSEST, round((_LOOSEST - _FINEST) * _STEPS_A_DECADE) + 1).round(2).tolist()
    most = per_week / 7 * days
    counts: list[int] = []
    for step in steps:
        counts.append(_count_episodes(signals, subjects, step))
        if counts[-1] > _FAR_BEYOND * most:
            break
    steps = steps[: len(counts)]
    within = [count <= most for count in counts]
    # A budget of almost nothing may be less than what is left at the finest step.
    last = max(within.index(False) - 1, 0) if False in within else len(steps) - 1
    return Threshold(layer, per_week, steps[last], days, counts[last], _make_curve(steps, counts, days), now)


def _count_episodes(signals: Signals, subjects: Subjects, log10_limit: float) -> int:
    return len(cluster_signals(signals, subjects, log10_limit).opened)


def _make_curve(steps: Sequence[float], counts: Sequence[int], days: int) -> tuple[tuple[float, float], ...]:
    """Return log10 p and episodes a day; episodes that grow together at a great p do not make it fall."""
    rising = np.maximum.accumulate(counts).tolist()
    chosen = range(len(steps) - 1, -1, -_CURVE_STEPS)
    return tuple((steps[at], rising[at] / days) for at in reversed(chosen) if rising[at])
