"""Boards of alerts for tests of tiles: episodes of any kind of place, put before the layer of alerts."""

import time
from typing import Any, cast

import httpx
from fastapi import FastAPI

from geo_service.aggregation.alerts.model import AlertBoard, AlertLayer, Episode, Place
from geo_service.routes.common.dependencies import Service
from geo_service.tiles.layers import alerts

DAY_S = 86_400
_FIRST_REVISION = 1000
"""Above whatever the service itself has counted to."""


def service_behind(client: httpx.AsyncClient) -> Service:
    """The parts of the application that a client of `asking` asks."""
    transport = cast("httpx.ASGITransport", client._transport)
    service: Service = cast("FastAPI", transport.app).state.service
    return service


def show_alerts(client: httpx.AsyncClient, *episodes: Episode) -> None:
    """Let the layer of alerts show these episodes, whatever the service itself knows."""
    layer = cast("alerts.AlertLayer", service_behind(client).tiles["alerts"].layer)
    revision = max(layer.data_revision, _FIRST_REVISION) + 1
    layer.source = alerts.BoardHolder(AlertBoard(episodes, revision=revision, read_at=time.time()))


def alert(id_: int, place: Place, **changes: Any) -> Episode:
    """An open alert of the theme 1 in the sector 7, begun three days ago; fields may be changed."""
    now = int(time.time())
    values: dict[str, Any] = {
        "layer": AlertLayer.LOCAL, "place": place, "theme": 1, "sector": 7, "since": now - 3 * DAY_S, "detected": now - 2 * DAY_S,
        "updated": now, "last_signal": now, "window_s": 3 * DAY_S, "n": 110, "distinct": 87, "expected": 0.12345, "log10_p": -104.2,
        "recurrence_days": float("inf"), "peak": 110, "peak_at": now, "places": (place,), "open": 96, "id": id_,
    }  # fmt: skip
    return Episode(**(values | changes))
