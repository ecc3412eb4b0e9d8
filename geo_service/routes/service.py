"""What the routes work with, put together once by the application."""

from dataclasses import dataclass

import asyncpg
from starlette.requests import Request

from geo_service.aggregation.replica import Replica
from geo_service.settings import Settings
from geo_service.tiles.hexes import HexLayer
from geo_service.tiles.serving import TileServer


@dataclass(slots=True)
class Service:
    """The parts of a running service."""

    settings: Settings
    replica: Replica
    hexes: HexLayer
    hex_tiles: TileServer
    pool: asyncpg.Pool | None = None
    """Absent until the application has started."""


def service_of(request: Request) -> Service:
    """The service that the request is addressed to."""
    service: Service = request.app.state.service
    return service


def base_url(request: Request) -> str:
    """The address clients see, without a slash at the end."""
    return (service_of(request).settings.public_url or str(request.base_url)).rstrip("/")
