"""The port that answers `/metrics` and nothing else, in the event loop of the service."""

import contextlib
import socket

import uvicorn

from geo_service.core.settings import Settings
from geo_service.metrics.exposition import Metrics, MetricsPort
from geo_service.server.connections import limited_protocol
from geo_service.server.middleware.response_headers import ResponseHeaders

_CONNECTIONS = 20
"""Whoever reads the metrics needs one at a time."""


class _SideServer(uvicorn.Server):
    """A server beside the main one, which alone takes signals."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # a context manager is all it must be
        """Leave signals to the main server."""
        return contextlib.nullcontext()


async def serve_metrics(metrics: Metrics, bound: socket.socket, settings: Settings) -> None:
    """Serve the metrics on a socket until cancelled."""
    protocol = limited_protocol(settings.model_copy(update={"max_connections": _CONNECTIONS}))
    server = _SideServer(
        uvicorn.Config(
            ResponseHeaders(MetricsPort(metrics)), http=protocol, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=1,
        )
    )  # fmt: skip
    try:
        await server.serve(sockets=[bound])
    finally:
        if server.started:
            await server.shutdown(sockets=[bound])
