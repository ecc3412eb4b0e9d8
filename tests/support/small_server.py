"""`python -m tests.support.small_server`: the service's HTTP server around an application that starts at once.

With `GRACE_S` in its environment, responses under way have so many seconds when it ends, not the service's own number.
"""

import asyncio
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from geo_service.core.errors import GeoError
from geo_service.core.settings import Settings
from geo_service.routes.common.request_body import read_body
from geo_service.routes.common.responses import problem
from geo_service.server import run
from geo_service.server.middleware.reading import ReadRequests

_LONGEST = 10_000_000
"""Bytes of a body."""


async def _answer(request: Request) -> Response:
    """So many bytes after so many seconds; what was posted before them."""
    try:
        posted = b"".join([part async for part in read_body(request, _LONGEST)])
    except GeoError as error:
        return problem(error)
    await asyncio.sleep(float(request.query_params.get("after", 0)))
    return PlainTextResponse(posted + b"x" * int(request.query_params.get("bytes", 0)))


def main() -> None:
    """Serve until SIGINT or SIGTERM; the address is printed when it listens."""
    run.GRACE_S = int(os.environ.get("GRACE_S", run.GRACE_S))
    with run.Server(Settings()) as server:
        server.run(
            lambda _: ReadRequests(Starlette(routes=[Route("/", _answer, methods=["GET", "POST"])])),
            on_started=lambda address: print(address, flush=True),
        )


if __name__ == "__main__":
    main()
