"""Metrics of the replica: what it holds, how far it is behind, what reconciliation has found; and of the caches."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.replica.following import FollowingStatus
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.settings import Settings


class ReplicaMetrics(Collector):
    """Reads the replica of this process."""

    def __init__(self, replica: Replica, settings: Settings) -> None:
        """settings: their limits are yielded, so that alerts need not repeat them."""
        self._replica = replica
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        """Yield the samples. Times are left out as long as there are none."""
        replica, settings = self._replica, self._settings
        yield Gauge("geo_replica_loaded", "1: the incidents are loaded.", replica.loaded)
        held = replica.live_rows + replica.unlocated_rows
        yield Gauge("geo_replica_incidents", "Incidents in memory, with and without a place.", held)
        yield Gauge("geo_replica_placed_incidents", "Incidents in memory that have a place.", replica.live_rows)
        refused = "Incidents that are left out because their ids are too far from all others."
        yield Gauge("geo_replica_refused_incidents", refused, replica.refused_rows)
        if replica.loaded:
            yield Gauge("geo_replica_lag_seconds", "Time since the replica was last known to be up to date.", replica.lag)
        yield Gauge("geo_replica_lag_limit_seconds", "GEO_LAG_LIMIT_S: stale beyond it.", settings.lag_limit_s)
        yield Gauge("geo_replica_stale_limit_seconds", "GEO_STALE_LIMIT_S: not ready beyond it.", settings.stale_limit_s)
        yield from _following(replica.following)


def _following(status: FollowingStatus) -> Iterator[Metric]:
    age = "For how long an open transaction has held the horizon; 0 where none does."
    yield Gauge("geo_replica_horizon_age_seconds", age, status.horizon.age_s)
    yield Counter("geo_replica_reloads", "How often all was read anew because the database was another one.", status.reloads)
    losses = "How often the connection to the database was lost or could not be opened."
    yield Counter("geo_replica_connection_losses", losses, status.connection_losses)
    yield Counter("geo_replica_corrections", "Blocks of ids that differed from the database and were corrected.", status.corrections)
    yield Counter("geo_replica_corrected_incidents", "Incidents that reconciliation has corrected.", status.corrected)
    if status.reconciled_at is not None:
        at = time.time() - (time.monotonic() - status.reconciled_at)
        yield Gauge("geo_replica_reconciled_timestamp_seconds", "When the last round of reconciliation ended.", at)
    if status.corrected_at is not None:
        at = status.corrected_at.timestamp()
        yield Gauge("geo_replica_corrected_timestamp_seconds", "When reconciliation last corrected something.", at)


class CacheMetrics(Collector):
    """Reads caches by name."""

    def __init__(self, caches: Mapping[str, ResultCache[Any, Any]]) -> None:
        self._caches = caches

    def collect(self) -> Iterator[Metric]:
        """Yield the samples."""
        entries = Gauge("geo_cache_entries", "Results in a cache.", labels=("cache",))
        size = Gauge("geo_cache_size_bytes", "Memory of the results in a cache.", labels=("cache",))
        limit = Gauge("geo_cache_limit_bytes", "Memory that a cache may take.", labels=("cache",))
        for name, cache in self._caches.items():
            entries.add_metric((name,), len(cache))
            size.add_metric((name,), cache.weight)
            limit.add_metric((name,), cache.limit)
        yield from (entries, size, limit)
