"""The application behind a real HTTP server on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from geo_service.server.middleware.shutdown import GracefulShutdown
from tests.support.http_client import ready, until

FLOOD = 200
"""The greatest number of connections a test opens at once."""


@asynccontextmanager
async def serve_application(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application on a port of its own, as `geo serve` would have it, and a client with as many connections as it likes."""
    config = uvicorn.Config(GracefulShutdown(app), http="httptools", log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=FLOOD) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits, transport=httpx.AsyncHTTPTransport(retries=5)) as client:
            await until(lambda: ready(client))
            yield client
        server.should_exit = True
        await serving
