"""Replay the alerts of the weeks of a back-test, and measure them."""

from collections.abc import Mapping

from geo_service.aggregation.alerts.calibration import calibrate, copy_calibration
from geo_service.aggregation.alerts.history import copy_history
from geo_service.aggregation.alerts.model import AlertLayer, Threshold
from geo_service.aggregation.alerts.replay import replay
from geo_service.aggregation.backtest.alerts.alert_report import AlertBacktest, Verdicts
from geo_service.aggregation.backtest.alerts.lead_time import measure_leads
from geo_service.aggregation.replica.replica import ReplicaState


def run_alert_backtest(
    state: ReplicaState, span: tuple[int, int], thresholds: Mapping[AlertLayer, Threshold], verdicts: Verdicts, per_week: float
) -> AlertBacktest:
    """Return the alerts of a span of time, seconds since 1970, with their lead times.

    thresholds: those of the service; without all of them they are found by a replay that allows `per_week` false alarms a week.
    """
    start, stop = span
    is_calibrated = all(layer in thresholds for layer in AlertLayer)
    chosen = thresholds if is_calibrated else calibrate(copy_calibration(state, stop), per_week)
    episodes = replay(copy_history(state, stop), chosen, start, stop)
    return AlertBacktest(measure_leads(state, episodes, start, stop), verdicts, chosen, is_calibrated)
