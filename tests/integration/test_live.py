"""The stream of changes: readers that leave without a word and readers that do not keep up leave nothing behind."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.cli.application import make_application
from geo_service.core.settings import Settings
from geo_service.routes.common.dependencies import Service
from tests.support.hourly_incidents import fill
from tests.support.http_client import filled, until
from tests.support.http_server import serve_application

READERS = 50
CHANGES = 200
CELL = 0x8A1181B6C1B7FFF


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with incidents in it."""
    return filled(database_url, fill)


class Waiting:
    """Counts the streams that wait for a change."""

    def __init__(self, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
        self.streams = 0
        self._next_change = service.replica.next_change
        monkeypatch.setattr(service.replica, "next_change", self.wait)

    async def wait(self) -> None:
        self.streams += 1
        try:
            await self._next_change()
        finally:
            self.streams -= 1


async def arrive(service: Service, number: int) -> None:
    """One more incident, as the follower would bring it."""
    batch = np.zeros(1, BATCH)
    batch["id"], batch["cell"], batch["received"], batch["theme"], batch["source"] = 1_000_000 + number, CELL, 1_700_000_000, 1, 1
    batch["lng"], batch["lat"] = 39 * POSITION_UNITS, 45 * POSITION_UNITS
    await service.replica.apply(batch, np.empty(0, np.int64), None)


async def test_readers_that_leave_are_forgotten_whether_they_say_so_or_not(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_application(Settings(database_url=filled_url, alerts=False))
    service: Service = app.state.service
    waiting = Waiting(service, monkeypatch)
    async with serve_application(app) as client:
        assert waiting.streams == 0
        before = len(asyncio.all_tasks())
        streams = [await asyncio.open_connection(client.base_url.host, client.base_url.port) for _ in range(READERS)]
        for reader, writer in streams:
            writer.write(b"GET /api/live HTTP/1.1\r\nHost: test\r\n\r\n")
            assert b"200 OK" in await reader.readline()
            await reader.readuntil(b"event: revision")
        await until(lambda: _is(waiting.streams == READERS))
        for place, (_, writer) in enumerate(streams):
            if place % 2:
                writer.transport.abort()
            else:
                writer.close()
        # No change has to come for it: each is missed when it goes.
        await until(lambda: _is(waiting.streams == 0 and len(asyncio.all_tasks()) <= before))
        await arrive(service, 0)
        assert waiting.streams == 0


async def test_a_reader_that_does_not_keep_up_hears_the_sum_later_and_holds_up_nothing(
    filled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo_service.routes.live._MIN_INTERVAL_S", 0)
    app = make_application(Settings(database_url=filled_url, alerts=False))
    service: Service = app.state.service
    waiting = Waiting(service, monkeypatch)
    async with app.router.lifespan_context(app):
        await until(lambda: _loaded(service))
        heard, may_go_on = _Slow(), asyncio.Event()
        reading = asyncio.create_task(app(_scope(app), heard.receive, heard.send(may_go_on)))
        await until(lambda: _is(waiting.streams == 1))
        for number in range(CHANGES):
            await arrive(service, number)
        may_go_on.set()
        await until(lambda: _is(sum(event["new"] for event in heard.events) == CHANGES))
        # Of the many changes a handful were waiting to be told one by one; the others were added up.
        assert len(heard.events) < CHANGES / 4
        assert heard.events[-1]["revision"] == service.replica.revision
        heard.gone.set()
        await reading
        await until(lambda: _is(waiting.streams == 0))


async def _loaded(service: Service) -> bool:
    return service.replica.loaded


async def _is(true: bool) -> bool:
    return true


def _scope(app: object) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": "/api/live", "raw_path": b"/api/live", "query_string": b"", "root_path": "", "headers": [], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2), "app": app,
    }  # fmt: skip


class _Slow:
    """A client that takes the first part of the answer and then nothing until it may go on."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self._messages = self._receive()

    async def receive(self) -> Any:
        return await anext(self._messages)

    async def _receive(self) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        while True:
            yield {"type": "http.disconnect"}

    def send(self, may_go_on: asyncio.Event) -> Any:
        async def take(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                if self.events:
                    await may_go_on.wait()
                lines = message.get("body", b"").decode().splitlines()
                self.events += [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

        return take
