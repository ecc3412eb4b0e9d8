"""Metrics of the process: readiness, versions, the private cluster, the disk of GEO_HOME, connections."""

import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from geo_service import __version__
from geo_service.cluster.watchdog import WATCH


class ServiceMetrics(Collector):
    """Reads what the process knows of itself."""

    def __init__(self, is_ready: Callable[[], bool], is_stale: Callable[[], bool], home: Path) -> None:
        """is_ready, is_stale: as `/readyz` says."""
        self._is_ready, self._is_stale, self._home = is_ready, is_stale, home

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        build = Gauge("geo_build_info", "1; the labels are the versions.", labels=("version", "python"))
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield Gauge("geo_ready", "1: requests can be answered, as /readyz says.", self._is_ready())
        yield Gauge("geo_stale", "1: the incidents are behind the database, as /readyz says.", self._is_stale())
        yield Counter("geo_cluster_restarts", "How often this process started the private cluster again.", WATCH.restarts)
        yield Counter("geo_cluster_restart_failures", "How often that failed.", WATCH.failures)
        yield from self._disk()

    def _disk(self) -> Iterator[Metric]:
        """The disk of the private cluster; without one, the disk that it would be on."""
        folder = next(folder for folder in (self._home.resolve(), *self._home.resolve().parents) if folder.exists())
        usage = shutil.disk_usage(folder)
        yield Gauge("geo_home_disk_free_bytes", "Free space on the disk of GEO_HOME, where the private cluster is.", usage.free)
        yield Gauge("geo_home_disk_size_bytes", "Size of the disk of GEO_HOME.", usage.total)


class ConnectionMetrics(Collector):
    """Reads the connections of clients."""

    def __init__(self, refused: Callable[[], int], opened: Callable[[], int], limit: int) -> None:
        """refused: how many so far. opened: how many are open. limit: of open ones."""
        self._refused, self._opened, self._limit = refused, opened, limit

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        yield Gauge("geo_connections", "Open connections of clients.", self._opened())
        yield Gauge("geo_connections_limit", "GEO_MAX_CONNECTIONS: further ones are refused.", self._limit)
        yield Counter("geo_connections_refused", "Connections that were refused because there were too many.", self._refused())
