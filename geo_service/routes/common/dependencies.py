"""What every route uses: the parts of the service, wired once by the application, and the class of route that is called with them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import asyncpg
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.replica.replica import Replica
from geo_service.alerts.board import CurrentAlerts
from geo_service.alerts.delivery.outbox import Outbox
from geo_service.alerts.evidence import EvidenceCollector
from geo_service.core.admission import AdmissionQueue, QueuedPlaces, QueuedThread, request_arrived
from geo_service.core.database import database_errors
from geo_service.core.errors import NotFound, NotReady
from geo_service.core.ingest_protocol import IngestService
from geo_service.core.settings import Settings
from geo_service.http.client_address import TrustedProxies
from geo_service.http.headers import request_header
from geo_service.reports.maker import ReportMaker
from geo_service.search.searcher import Searcher
from geo_service.tiles.layers.districts import DistrictLayer
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.server.tile_server import TileServer

_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_CONNECT_S = 5.0
"""Seconds to wait for a new connection to the database before the service answers 503."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RowCutter(Protocol):
    """Splits the text of a rejected row by the format that its run has stored."""

    def __call__(self, text: str, row_format: Mapping[str, Any]) -> Mapping[str, str] | None:
        """Return the input's columns; None where it cannot be split into them."""
        ...


@dataclass(slots=True)
class Service:
    """The parts of a running service."""

    settings: Settings
    replica: Replica
    hexes: HexLayer
    districts: DistrictLayer
    tiles: Mapping[str, TileServer]
    """By the name of their layer."""
    rules: RuleTable
    """The rules of deadlines."""
    ingest: IngestService
    """Takes incidents in."""
    encoder: QueuedThread
    """Encodes what is read from the database; what the replica computes is encoded on its own thread."""
    connections: QueuedPlaces
    """As many places as the pool has connections: who has one need not wait for the pool."""
    alerts: CurrentAlerts
    """The alerts that this process knows."""
    outbox: Outbox
    """Messages about alerts."""
    row_cutter: RowCutter = field(kw_only=True)
    reports: ReportMaker = field(kw_only=True)
    """Makes weekly reports."""
    search: Searcher = field(kw_only=True)
    """Answers searches."""
    evidence: EvidenceCollector = field(default_factory=EvidenceCollector.create, kw_only=True)
    """Behind alerts."""
    pool: asyncpg.Pool | None = None
    """Absent until the application has started."""
    zone: ZoneInfo = field(init=False)
    """Of days and of windows."""
    proxies: TrustedProxies = field(init=False)
    """Whose word on the address of a client is believed."""
    warmed_up: bool = False
    """Whether the compiled loops are ready; before that, requests wait for them."""

    def __post_init__(self) -> None:
        self.zone = self.settings.zone
        self.proxies = TrustedProxies(self.settings.trusted_proxies)

    @property
    def catalogue(self) -> Catalogue:
        """The codes that a request can name. Raises NotReady before the first load, when every code would seem unknown."""
        if not self.replica.loaded:
            raise NotReady("the incidents are still being loaded; try again shortly")
        return self.replica.catalogue

    @property
    def queues(self) -> Mapping[str, AdmissionQueue]:
        """All queues of requests, by what they wait for."""
        return {
            "replica": self.replica.queue,
            "database": self.connections.queue,
            "encoder": self.encoder.queue,
            "search": self.search.thread.queue,
        }

    @asynccontextmanager
    async def connect(self, act: str) -> AsyncIterator[asyncpg.Connection]:
        """Hold a database connection in the block. act: what it is for, for the messages of errors, "read the runs".

        Raises NotReady before the application has started, Overloaded and DatabaseUnavailable.
        """
        if self.pool is None:
            raise NotReady("the service is starting; try again shortly")
        async with self.connections.enter():
            with database_errors(act):
                async with self.pool.acquire(timeout=_CONNECT_S) as connection:
                    yield connection

    def tiles_of(self, layer: str) -> TileServer:
        """Return the server of a layer's tiles. Raises NotFound where there is no such layer."""
        if layer not in self.tiles:
            raise NotFound(f"there is no layer {layer[:40]!r}; layers: {', '.join(self.tiles)}")
        return self.tiles[layer]


def service_of(request: Request) -> Service:
    """Return the service that the request is addressed to."""
    service: Service = request.app.state.service
    return service


def base_url(request: Request) -> str:
    """Return the URL that clients see, without a slash at the end: GEO_PUBLIC_URL, else the address of the request.

    Anybody can set the Host header, so that a cache would hand out addresses of another service: it counts only where
    GEO_ALLOWED_HOSTS has its name, else the address that the request has come to.
    """
    service = service_of(request)
    if service.settings.public_url:
        return service.settings.public_url
    scheme = service.proxies.scheme(request.scope)
    return f"{scheme}://{_host(request.scope, scheme, service.settings.allowed_hosts)}"


def public_path(request: Request) -> str:
    """Return the path of the request as clients see it."""
    return f"{service_of(request).settings.public_path}{request.url.path}"


def _host(scope: Scope, scheme: str, allowed: Sequence[str]) -> str:
    given = _HOST.fullmatch(request_header(scope, b"host").lower())
    if given and ("*" in allowed or given[1] in allowed):
        return given[0]
    name, port = scope["server"]
    name = f"[{name}]" if ":" in name else name
    return name if port in (None, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"


class PlainRoute(APIRoute):
    """Documented as any other, but called with the request and the parts of the path, without the framework's reading of parameters.

    That reading takes 0.1 ms of the 1.1 ms that a request costs beside its computation.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # an awaitable is all that is needed
        """Call the endpoint, which returns a response, or as a tile does another ASGI application."""
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            with request_arrived():
                answer: Response = await endpoint(request, **request.path_params)
            return answer

        return handle
