"""Metrics of alerts: how many are open, how looking for them goes, and since when their thresholds hold."""

from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from geo_service.aggregation.alerts.model import AlertLayer
from geo_service.alerts.alerting import Alerting


class AlertMetrics(Collector):
    """Reads board and watcher of this process."""

    def __init__(self, alerting: Alerting) -> None:
        self._alerting = alerting

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        board, status = self._alerting.alerts.board, self._alerting.watcher.status
        open_alerts = Gauge("geo_alerts_open", "Alerts that are open, by layer.", labels=("layer",))
        counts = Tally(episode.layer for episode in board.open)
        for layer in AlertLayer:
            open_alerts.add_metric((layer.value,), counts[layer])
        calibrated = Gauge("geo_alerts_calibrated_timestamp_seconds", "When the threshold of a layer was found.", labels=("layer",))
        for threshold in board.thresholds:
            calibrated.add_metric((threshold.layer.value,), threshold.calibrated_at)
        yield from (open_alerts, calibrated)
        yield Gauge("geo_alerts_leader", "1: this process is the one that looks for alerts.", status.is_leader)
        yield Gauge("geo_alerts_read_timestamp_seconds", "When this process last read the alerts; 0 before.", board.read_at)
        yield Gauge("geo_alerts_run_timestamp_seconds", "When this process last looked for alerts; 0 for never.", status.ran_at or 0)
        yield Gauge("geo_alerts_run_seconds", "How long that took.", status.run_s)
        yield Counter("geo_alerts_failures", "Runs and calibrations that have failed in this process.", status.failures)
