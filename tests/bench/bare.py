"""The yardstick of cached tiles: an ASGI application that sends the same bytes to everyone."""

import os
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

_BODY_HEADERS = (b"content-type", b"content-length", b"content-encoding")


class Bare:
    """Always the same answer, without its body to whoever has it already."""

    def __init__(self, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._headers = headers
        self._body = body
        self._unchanged = [header for header in headers if header[0] not in _BODY_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if any(name == b"if-none-match" for name, _ in scope["headers"]):
            await send({"type": "http.response.start", "status": 304, "headers": self._unchanged})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})


def main() -> None:
    """Serve what BENCH_HEAD and BENCH_BODY name on GEO_PORT, with the service's own server settings."""
    lines = os.environ["BENCH_HEAD"].splitlines()
    headers = [(name.encode(), value.encode()) for name, _, value in (line.partition(": ") for line in lines)]
    application = Bare(headers, Path(os.environ["BENCH_BODY"]).read_bytes())
    port = int(os.environ["GEO_PORT"])
    uvicorn.run(
        application, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none", lifespan="off",
        log_config=None, access_log=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
