"""The servers that are measured, each in a process of its own."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from geo_service.cluster.data_directory import find_free_port
from tests.bench.http_client import connect, get
from tests.support.paths import CHECKOUT

_PATIENCE_S = 300
_STOP_S = 20

LOG_LEVEL = "warning"
"""Of `geo serve`: at `info` each request has a line in the log, which takes 3 to 8 µs of a cached tile's 50."""


@asynccontextmanager
async def geo_serve(url: str, **variables: str) -> AsyncIterator[int]:
    """`geo serve` on a database, with further settings, ready to answer; its port."""
    environment = {"GEO_DATABASE_URL": url, "GEO_LOG_LEVEL": LOG_LEVEL} | variables
    async with _running([sys.executable, "-c", "from geo_service.cli.main import main; main()", "serve"], environment, "/readyz") as port:
        yield port


@asynccontextmanager
async def bare_asgi(head: list[tuple[str, str]], body: bytes) -> AsyncIterator[int]:
    """An ASGI application that does nothing but send these bytes, on the same server; its port."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(body)
        file.flush()
        environment = {"BENCH_BODY": file.name, "BENCH_HEAD": "\n".join(f"{name}: {value}" for name, value in head)}
        async with _running([sys.executable, "-m", "tests.bench.bare"], environment, "/") as port:
            yield port


@asynccontextmanager
async def thin_server(url: str) -> AsyncIterator[int]:
    """The thinnest server around PostGIS tiles, on a database where they are prepared; its port."""
    async with _running([sys.executable, "-m", "tests.bench.thin"], {"BENCH_DATABASE_URL": url}, "/ready") as port:
        yield port


@asynccontextmanager
async def _running(command: list[str], environment: Mapping[str, str], ready: str) -> AsyncIterator[int]:
    port = find_free_port(None)
    surroundings = {**os.environ, **environment, "GEO_PORT": str(port), "GEO_HOST": "127.0.0.1"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=surroundings, stdout=said, stderr=said)  # noqa: ASYNC220  # starting is quick
        try:
            await _wait(process, port, ready, said.fileno())
            yield port
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def _wait(process: "subprocess.Popen[bytes]", port: int, path: str, said: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = await connect(port)
            answer = await connection.ask(get(path))
            connection.close()
        except OSError:
            await asyncio.sleep(0.1)
            continue
        if answer.status == 200:
            return
        await asyncio.sleep(0.1)
    os.lseek(said, 0, os.SEEK_SET)
    raise RuntimeError(f"the server did not become ready: {os.read(said, 10_000).decode(errors='replace')}")
