"""A client of the application in this process, a filled database under it, and waiting for a condition."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings


def filled(url: str, fill: Callable[[asyncpg.Connection], Awaitable[object]]) -> str:
    """The database's address, once `fill` has filled it."""

    async def run() -> None:
        async with open_connection(url) as connection:
            await fill(connection)

    asyncio.run(run())
    return url


@asynccontextmanager
async def asking(url: str, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with these settings, once it is ready; bodies come as they are, not compressed."""
    app = make_application(Settings(database_url=url, **settings))
    transport, as_it_is = httpx.ASGITransport(app), {"Accept-Encoding": "identity"}
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://test", headers=as_it_is) as client:
        await until(lambda: ready(client))
        yield client


async def ready(client: httpx.AsyncClient) -> bool:
    """Whether the service says that it is."""
    return (await client.get("/readyz")).status_code == 200


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds. In-process answers come without a pause, in which the replica would get on."""
    async with asyncio.timeout(300):
        while not await condition():  # noqa: ASYNC110  # nothing notifies of the change: another connection makes it
            await asyncio.sleep(0.01)
