"""A server that speaks as Nominatim or Photon do, with answers and faults of the test's choosing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from geo_service.core.settings import Settings
from ingest.geocoding.configuration import ServerPart
from ingest.geocoding.server import GeocodingServer, read_server_address
from ingest.mapping.mapping import LngLatBounds

KRASNODAR_KRAI: LngLatBounds = (36.5, 43.3, 41.8, 46.9)
QUICK = ServerPart(timeout_s=2, retries=0, retry_wait_s=0, per_second=1000, pause_after=3, pause_s=60)


@dataclass
class Told:
    """What the server answers, and what it was asked."""

    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    status: int = 200
    text: str | None = None
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)


def house(lng: float, lat: float, kind: str = "building", number: str | None = "5") -> dict[str, Any]:
    """As Nominatim answers."""
    address = {"road": "улица Красная"} | ({"house_number": number} if number else {})
    return {"lat": str(lat), "lon": str(lng), "display_name": "5, улица Красная", "addresstype": kind, "address": address}


def feature(lng: float, lat: float, kind: str) -> dict[str, Any]:
    """As Photon answers."""
    properties = {"type": kind, "name": "Красная", "countrycode": "RU"}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lng, lat]}, "properties": properties}


@asynccontextmanager
async def serving(told: Told) -> AsyncIterator[str]:
    """The server's address while the block lasts."""

    async def answer(request: web.Request) -> web.Response:
        told.asked.append(request.query["q"])
        told.agents.add(request.headers["User-Agent"])
        if told.text is not None or told.status != 200:
            return web.Response(text=told.text or "", status=told.status, content_type="text/html")
        found = told.answers.get(request.query["q"], [])
        return web.json_response(found if request.path == "/search" else {"type": "FeatureCollection", "features": found})

    app = web.Application()
    app.router.add_get("/search", answer)
    app.router.add_get("/api", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(
    url: str, kind: str = "nominatim", part: ServerPart = QUICK, bounds: LngLatBounds | None = KRASNODAR_KRAI
) -> AsyncIterator[GeocodingServer]:
    """The step that asks the server at `url`."""
    address = read_server_address(Settings.model_validate({"geocoder": kind, "geocoder_url": url, "geocoder_agent": "tests"}))
    assert address is not None
    async with GeocodingServer(address, part, bounds) as server:
        yield server
