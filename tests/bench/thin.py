"""The session's rival: the thinnest server around PostGIS tiles, an ASGI application over an asyncpg pool."""

import os
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import asyncpg
import uvicorn
from isal import igzip
from starlette.types import Message, Receive, Scope, Send

from geo_service.tiles.encoding.grid import resolution_at

SQL = Path(__file__).parent / "sql"
_CONNECTIONS = 6
"""As many as a browser has requests under way."""
_HEADERS = ((b"content-type", b"application/vnd.mapbox-vector-tile"), (b"content-encoding", b"gzip"))


class Thin:
    """`/{file}/{z}/{x}/{y}?from=…&to=…&sector=1,2`: the tile that the named query makes, compressed as ours is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the pool with the first message of the lifespan, then answer tiles."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["path"] == "/ready":
            await self._send(send, b"")
            return
        _, file, z, x, y = scope["path"].split("/")
        given = dict(parse_qsl(scope["query_string"].decode()))
        span = date.fromisoformat(given["from"][:10]), date.fromisoformat(given["to"][:10])
        sectors = [int(one) for one in given["sector"].split(",")] if "sector" in given else None
        assert self._pool is not None
        query = sql_of(file, resolution_at(int(z)))
        body = igzip.compress(await self._pool.fetchval(query, int(z), int(x), int(y), *span, sectors) or b"", 1, mtime=0)
        await self._send(send, body)

    async def _send(self, send: Send, body: bytes) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        message: Message = await receive()
        self._pool = await asyncpg.create_pool(self._url, min_size=_CONNECTIONS, max_size=_CONNECTIONS)
        await send({"type": "lifespan.startup.complete"})
        while message["type"] != "lifespan.shutdown":
            message = await receive()
        self._pool.terminate()
        await send({"type": "lifespan.shutdown.complete"})


@cache
def sql_of(file: str, resolution: int) -> str:
    """The query in `sql/`, for the tables of a resolution."""
    return (SQL / f"{file}.sql").read_text(encoding="utf-8").replace("{resolution}", str(resolution))


def main() -> None:
    """Serve the database of BENCH_DATABASE_URL on GEO_PORT, with the service's own server settings."""
    application, port = Thin(os.environ["BENCH_DATABASE_URL"]), int(os.environ["GEO_PORT"])
    uvicorn.run(
        application, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none",
        log_config=None, access_log=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
