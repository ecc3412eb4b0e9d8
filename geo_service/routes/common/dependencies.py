"""What the routes work with, put together once by the application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
from starlette.requests import Request

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.errors import NotFound, NotReady
from geo_service.core.ingest_protocol import IngestService
from geo_service.core.settings import Settings
from geo_service.tiles.layers.districts import DistrictLayer
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.server.tile_server import TileServer


class RowCutter(Protocol):
    """Cuts the text of a rejected row, by the form that its run has kept."""

    def __call__(self, text: str, row_format: Mapping[str, Any]) -> Mapping[str, str] | None:
        """The input's columns; None where it cannot be cut into them."""
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
    row_cutter: RowCutter = field(kw_only=True)
    pool: asyncpg.Pool | None = None
    """Absent until the application has started."""
    warmed_up: bool = False
    """Whether the compiled loops are ready: before, whoever asks waits for them."""

    @property
    def catalogue(self) -> Catalogue:
        """What a request can name. Raises NotReady before the first load, when every code would seem unknown."""
        if not self.replica.loaded:
            raise NotReady("the incidents are still being loaded; try again shortly")
        return self.replica.catalogue

    @property
    def database(self) -> asyncpg.Pool:
        """The connections for requests. Raises NotReady before the application has started."""
        if self.pool is None:
            raise NotReady("the service is starting; try again shortly")
        return self.pool

    def tiles_of(self, layer: str) -> TileServer:
        """The server of a layer's tiles. Raises NotFound where there is no such layer."""
        if layer not in self.tiles:
            raise NotFound(f"there is no layer {layer[:40]!r}; layers: {', '.join(self.tiles)}")
        return self.tiles[layer]


def service_of(request: Request) -> Service:
    """The service that the request is addressed to."""
    service: Service = request.app.state.service
    return service


def base_url(request: Request) -> str:
    """The address clients see, without a slash at the end."""
    return (service_of(request).settings.public_url or str(request.base_url)).rstrip("/")
