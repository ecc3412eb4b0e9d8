"""The metrics of a running service: which of its parts are read."""

from geo_service.alerts.alerting import Alerting
from geo_service.metrics.admission import AdmissionMetrics
from geo_service.metrics.alerts import AlertMetrics
from geo_service.metrics.database import DatabaseMetrics
from geo_service.metrics.exposition import Metrics
from geo_service.metrics.process import ServiceMetrics
from geo_service.metrics.replica import CacheMetrics, ReplicaMetrics
from geo_service.routes.common.dependencies import Service
from geo_service.routes.health import is_stale, reason_not_ready
from geo_service.tiles.server.tile_server import TileCache


def service_metrics(service: Service, tiles: TileCache, alerting: Alerting) -> Metrics:
    """Return the metrics of the service. tiles: the cache of all its layers."""
    replica, settings = service.replica, service.settings
    database = DatabaseMetrics()

    async def refresh() -> None:
        await database.refresh(service.pool, replica.following.reloads)

    metrics = Metrics(refresh)
    metrics.add(
        ServiceMetrics(lambda: reason_not_ready(service) is None, lambda: is_stale(service), settings.home),
        ReplicaMetrics(replica, settings),
        AdmissionMetrics(service.queues),
        CacheMetrics({"tiles": tiles}),
        AlertMetrics(alerting),
        database,
    )
    return metrics
