"""The application: the one place that wires the parts of the service."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service import __version__
from geo_service.aggregation.alerts.engine import AlertEngine
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.alerts.alerting import Alerting, make_alerting
from geo_service.basemap.ground import GroundReader
from geo_service.basemap.registry import Basemaps
from geo_service.core.address_search import AddressSearch
from geo_service.core.admission import AdmissionQueue, QueuedPlaces, QueuedThread
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.database import create_pool
from geo_service.core.errors import GeoError, SettingsError
from geo_service.core.ingest_protocol import IngestService
from geo_service.core.log_limit import LimitedLog
from geo_service.core.resources import page_folder
from geo_service.core.settings import Settings
from geo_service.core.tasks import cancel_and_wait
from geo_service.metrics.exposition import Metrics
from geo_service.metrics.of_service import service_metrics
from geo_service.metrics.route import metrics_router
from geo_service.pages import interface
from geo_service.pages.page import Basemap, mount_page
from geo_service.reports.maker import ReportMaker
from geo_service.routes import (
    access,
    agencies,
    alert_feed,
    alerts,
    answer_times,
    basemaps,
    cell_sets,
    changes,
    districts,
    health,
    incidents,
    ingest_runs,
    live,
    ogc,
    open311,
    open311_updates,
    places,
    report,
    search,
    statistics,
    styles,
    tiles,
)
from geo_service.routes.common.dependencies import RowCutter, Service
from geo_service.routes.common.open311_formats import is_open311, respond_with_any_error
from geo_service.routes.common.responses import problem, problem_document
from geo_service.routes.schemas.openapi_document import complete_openapi
from geo_service.routes.tiles import read_tile_request
from geo_service.search.searcher import Searcher
from geo_service.server.allowed_methods import allowed_methods
from geo_service.server.middleware.access_log import AccessLog, RequestLog
from geo_service.server.middleware.cors import CorsPolicy, reading_policy, sending_policy
from geo_service.server.middleware.reading import ReadRequests
from geo_service.server.middleware.response_headers import ResponseHeaders
from geo_service.server.middleware.stream_heads import StreamHeads
from geo_service.server.middleware.tile_requests import TileRequests
from geo_service.server.warmup import warm_up
from geo_service.tiles.layers.alerts import AlertLayer
from geo_service.tiles.layers.base import TileLayer
from geo_service.tiles.layers.density import DensityLayer
from geo_service.tiles.layers.districts import DistrictLayer
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.layers.points import PointLayer
from geo_service.tiles.server.tile_server import TileCache, TileServer

_MEGABYTE = 1_000_000
_INTERNAL_ERROR = "the request could not be answered; the service's log says why"
_SHUTDOWN_S = 5.0
"""How long each background task may take to end."""

log = structlog.get_logger(__name__)
_refusals = LimitedLog()


class Application(TileRequests, FastAPI):
    """The framework, behind the tiles: a request for a tile meets nothing of the framework.

    Its own `__call__` is not cheap: it asks the environment each time whether there is telemetry.
    """

    def __init__(
        self, service: Service, tiles: TileCache, metrics: Metrics, reading: CorsPolicy, sending: CorsPolicy, **options: Any
    ) -> None:
        """metrics: of the service. reading, sending: which pages may read and send. options: FastAPI's."""
        FastAPI.__init__(self, **options)
        self.metrics = metrics
        access_log = AccessLog(service.proxies, metrics.requests)

        def complete(application: ASGIApp) -> ASGIApp:
            return RequestLog(ResponseHeaders(application), access_log, reading, sending)

        framework = complete(super(TileRequests, self).__call__)
        read = partial(read_tile_request, service)
        TileRequests.__init__(self, framework, read, tiles, reading, access_log, refuse=lambda error: complete(_failure(error)))

    def openapi(self) -> dict[str, Any]:
        """Return the description of the interface."""
        return complete_openapi(super().openapi())


def create_app(
    settings: Settings,
    ingest: IngestService,
    row_cutter: RowCutter,
    on_progress: Callable[[int], None] = lambda rows: None,
    addresses: AddressSearch | None = None,
) -> Application:
    """The ASGI application. `settings.database_url` must be set.

    ingest: writes the incidents that are posted. row_cutter: splits the text of a rejected row into its columns.
    on_progress: called with the number of incidents read so far during the first load. addresses: searches addresses; None
    where no geocoding server is configured.

    Starting opens no connection that must succeed: while the database is away the service is alive, not ready.
    """
    if settings.database_url is None:
        raise SettingsError("cannot make the application: GEO_DATABASE_URL is not set and no cluster was started")
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    rules = RuleTable(deadlines)
    queue = AdmissionQueue(settings.queue_limit, settings.queue_wait_s)
    replica = Replica(settings.count_cache_mb * _MEGABYTE, queue, BusinessTimeTimer(rules))
    hexes, areas = HexLayer(), DistrictLayer()
    cache = TileCache(settings.tile_cache_mb * _MEGABYTE, replica.changes)
    servers: dict[str, TileServer] = {}
    alerting = make_alerting(settings, settings.database_url, replica, AlertEngine())
    layers: tuple[TileLayer, ...] = (hexes, areas, PointLayer(settings.zone), DensityLayer(hexes), AlertLayer(alerting.alerts))
    for layer in layers:
        replica.on_change(layer.refresh)
        servers[layer.description.id] = TileServer(replica, layer, cache, settings.tile_rows_limit)
    encoder = QueuedThread("encoder", AdmissionQueue(settings.queue_limit, settings.queue_wait_s))
    connections = QueuedPlaces(AdmissionQueue(settings.queue_limit, settings.queue_wait_s, workers=settings.pool_size), settings.pool_size)
    archives = Basemaps(settings.home)
    service = Service(
        settings,
        replica,
        hexes,
        areas,
        servers,
        rules,
        ingest,
        encoder,
        connections,
        alerting.alerts,
        alerting.outbox,
        row_cutter=row_cutter,
        basemaps=archives,
        search=Searcher(replica, QueuedThread("search", AdmissionQueue(settings.queue_limit, settings.queue_wait_s)), addresses),
        reports=ReportMaker(replica, encoder, rules, settings.zone, settings.queue_wait_s, GroundReader(archives)),
    )
    metrics = service_metrics(service, cache, alerting)
    follower = Follower(settings.database_url, replica, on_progress, settings.reconcile_interval_s)

    app = Application(
        service, cache, metrics, reading_policy(settings.cors_origins), sending_policy(settings.write_origins),
        title="geo-service",
        version=__version__,
        description="Citizens' messages counted in hexagons and districts, as vector tiles and numbers.",
        lifespan=_lifespan(service, follower, alerting),
        # Both are our own: the framework's pages load their scripts from elsewhere, its document is neither compressed nor cacheable.
        openapi_url=None, docs_url=None, redoc_url=None,
        middleware=[Middleware(StreamHeads), Middleware(ReadRequests)],
    )  # fmt: skip
    app.state.service, app.state.alerting = service, alerting
    _handle_errors(app)
    open311_modules = (open311, open311_updates)
    table_modules = (statistics, answer_times, cell_sets, changes, districts, agencies)
    # The style of the base maps has an address that a layer could have.
    data_modules = (health, tiles, basemaps, styles, *table_modules, report, live, places, search, ogc, incidents, ingest_runs)
    for module in (*data_modules, access, alert_feed, alerts, *open311_modules):
        app.include_router(module.router)
    app.include_router(interface.router)
    if settings.metrics_keys:
        app.include_router(metrics_router(metrics, settings.metrics_keys))
    basemap = Basemap(settings.basemap_style, settings.basemap_hosts, service.basemaps)
    mount_page(app, page_folder(), settings.frame_ancestors, basemap, settings.public_path, settings.dev)
    return app


def _lifespan(service: Service, follower: Follower, alerting: Alerting) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        url = service.settings.database_url or ""
        stopped = threading.Event()
        warming = asyncio.create_task(_warm_up(service, stopped), name="warm-up")
        warming.add_done_callback(_log_failure)
        service.pool = await create_pool(url, service.settings)
        following = asyncio.create_task(follower.run(), name="database follower")
        following.add_done_callback(_log_failure)
        watching = [asyncio.create_task(work, name=name) for name, work in alerting.start().items()]
        for task in watching:
            task.add_done_callback(_log_failure)
        try:
            yield
        finally:
            stopped.set()
            # They first: they read what the follower keeps up to date.
            await asyncio.gather(*(cancel_and_wait(task, _SHUTDOWN_S) for task in watching))
            await cancel_and_wait(following, _SHUTDOWN_S)
            await service.ingest.close()
            service.pool.terminate()
            service.replica.close()
            service.encoder.close()
            await service.search.close()

    return lifespan


async def _warm_up(service: Service, stopped: threading.Event) -> None:
    await asyncio.to_thread(warm_up, service.settings.zone, stopped)
    service.warmed_up = not stopped.is_set()


def _log_failure(task: "asyncio.Task[None]") -> None:
    """Log a background task that failed, which only a bug can make it do: without it the service would serve old data unnoticed."""
    if not task.cancelled() and task.exception():
        log.critical("background task failed", task=task.get_name(), exc_info=task.exception())


def _handle_errors(app: FastAPI) -> None:
    """Turn every error into a problem document, or that of Open311 at its addresses; none holds database text."""

    def conform(request: Request, document: Response, description: str) -> Response:
        return respond_with_any_error(request, document, description) if is_open311(request) else document

    @app.exception_handler(GeoError)
    async def refuse(request: Request, error: GeoError) -> Response:
        return conform(request, error_response(error), str(error))

    @app.exception_handler(HTTPException)
    async def refuse_http(request: Request, error: HTTPException) -> Response:
        response = problem_document(error.status_code, "Not found" if error.status_code == 404 else "Refused", str(error.detail), "http")
        response.headers.update(error.headers or {})
        if error.status_code == 405:
            response.headers["Allow"] = allowed_methods(app.routes, request.scope)
        return conform(request, response, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def refuse_request(request: Request, error: RequestValidationError) -> Response:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        return conform(request, problem_document(400, "Invalid request", faults, "invalid-request"), faults)

    @app.exception_handler(Exception)
    async def fail(request: Request, error: Exception) -> Response:
        return conform(request, error_response(error), _INTERNAL_ERROR)


def error_response(error: Exception) -> Response:
    """Return the problem document of an error, and log it where the service is to blame."""
    if isinstance(error, GeoError):
        if error.status >= 500:
            _refusals.warning("request refused", error.kind, reason=str(error))
        return problem(error)
    log.error("request failed", exc_info=error)
    return problem_document(500, "Internal error", _INTERNAL_ERROR, "internal-error")


def _failure(error: Exception) -> ASGIApp:
    """Return an application that responds with the error."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        # Made here, where the request has an id.
        response = error_response(error)
        if scope["method"] == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    return respond
