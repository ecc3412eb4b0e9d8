"""Metrics of the queues that requests wait in to be computed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client.metrics_core import (
    CounterMetricFamily as Counter,
)
from prometheus_client.metrics_core import (
    GaugeMetricFamily as Gauge,
)
from prometheus_client.metrics_core import (
    HistogramMetricFamily as HistogramFamily,
)
from prometheus_client.metrics_core import (
    Metric,
)
from prometheus_client.registry import Collector

from geo_service.core.histogram import Histogram

_WAITS_S = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
"""Upper ends of the classes; requests are refused beyond GEO_QUEUE_WAIT_S, 3 s unless set."""


class AdmissionCounts(Protocol):
    """What a queue tells of itself."""

    admitted: int
    """Requests whose work has begun."""
    shed: int
    """Requests that were refused."""
    on_wait: Callable[[float], None] | None
    """Called with the seconds that each admitted request has waited, always by the same thread."""

    def __len__(self) -> int:
        """Return how many wait or are worked on."""
        ...

    @property
    def expected_wait(self) -> float:
        """Seconds that a request that enters now has to wait."""
        ...


class AdmissionMetrics(Collector):
    """Reads queues by name."""

    def __init__(self, queues: Mapping[str, AdmissionCounts]) -> None:
        self._queues = queues
        self._waits = {name: Histogram(_WAITS_S) for name in queues}
        for name, queue in queues.items():
            queue.on_wait = self._waits[name].observe

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        labels = ("queue",)
        length = Gauge("geo_admission_queue_requests", "Requests that wait for their computation, or are computed.", labels=labels)
        expected = Gauge("geo_admission_expected_wait_seconds", "How long a request that comes now would wait.", labels=labels)
        admitted = Counter("geo_admission_admitted_requests", "Requests whose computation has begun.", labels=labels)
        shed = Counter("geo_admission_shed_requests", "Requests refused with 503 because the wait was too long.", labels=labels)
        waits = HistogramFamily("geo_admission_wait_seconds", "How long requests waited for their computation.", labels=labels)
        for name, queue in self._queues.items():
            length.add_metric((name,), len(queue))
            expected.add_metric((name,), queue.expected_wait)
            admitted.add_metric((name,), queue.admitted)
            shed.add_metric((name,), queue.shed)
            waits.add_metric((name,), list(self._waits[name].cumulative()), self._waits[name].total)
        yield from (length, expected, admitted, shed, waits)
