"""Many requests at once, over real connections to a real server: what is shed, what is held, what is answered all the same."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace

import h3.api.basic_int as h3
import httpx
import pytest
from fastapi import FastAPI

from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.cli.application import make_application
from geo_service.core.settings import Settings
from geo_service.http.headers import COMPRESSORS
from geo_service.routes.common.dependencies import Service
from geo_service.tiles.layers.base import EncodedTile, TileLayer, TileRequest
from tests.support.hourly_incidents import INCIDENTS, RING, fill
from tests.support.http_client import asking, filled, until
from tests.support.http_server import FLOOD, serve_application
from tests.support.ingest_client import KEY, KEYED
from tests.support.slippy_map import slippy_tile

HELD = 40
KEPT = "/tiles/hexes/8/{}/{}.mvt?from=2020-01-01".format(*slippy_tile(38.98, 45.04, 8))


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(autouse=True)
def no_minute_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the layer in front time stands still, or a kept tile would have to be looked at again in the midst of a test."""
    now = time.time()
    monkeypatch.setattr(
        "geo_service.server.middleware.tile_requests.time", SimpleNamespace(time=lambda: now, perf_counter=time.perf_counter)
    )


class Blocked:
    """The replica's thread, held up until `release` is set."""

    def __init__(self, service: Service) -> None:
        self.release = threading.Event()
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(_: object) -> None:
            loop.call_soon_threadsafe(begun.set)
            assert self.release.wait(60)

        self._asking = asyncio.create_task(service.replica.run(hold))
        self.begun = begun.wait()

    async def __aenter__(self) -> threading.Event:
        await self.begun
        return self.release

    async def __aexit__(self, *_: object) -> None:
        self.release.set()
        await self._asking


def spy_on(layer: TileLayer, drawn: list[object]) -> None:
    draw = layer.encode

    def encode(state: ReplicaState, request: TileRequest) -> EncodedTile:
        drawn.append(request)
        return draw(state, request)

    layer.encode = encode  # type: ignore[method-assign]  # a spy


def application(url: str, **options: object) -> tuple[FastAPI, Service, list[object]]:
    """The application, its parts, and a list that tells which tiles have been drawn."""
    app = make_application(Settings(database_url=url, **options))  # type: ignore[arg-type]  # values are checked by pydantic itself
    service: Service = app.state.service
    drawn: list[object] = []
    for server in service.tiles.values():
        spy_on(server.layer, drawn)
    return app, service, drawn


async def test_under_a_flood_some_are_shed_and_what_needs_no_computation_is_answered(filled_url: str) -> None:
    app, service, drawn = application(filled_url, queue_limit=HELD + 1, queue_wait_s=600)
    async with serve_application(app) as client:
        assert (await client.get(KEPT)).status_code == 200
        async with Blocked(service) as release:
            flood = [asyncio.create_task(client.get(f"/tiles/hexes/8/{x}/90.mvt")) for x in range(FLOOD)]
            while sum(task.done() for task in flood) < FLOOD - HELD:
                await asyncio.wait([task for task in flood if not task.done()], return_when=asyncio.FIRST_COMPLETED)
            # The thread is still held up, and the queue is full.
            for path, status in (("/healthz", 200), ("/readyz", 200), (KEPT, 200), ("/tiles/hexes/8/201/90.mvt", 503)):
                assert (await client.get(path)).status_code == status
            shed = [task.result() for task in flood if task.done()]
            assert {(answer.status_code, answer.headers["retry-after"].isdigit()) for answer in shed} == {(503, True)}
            assert {answer.json()["type"] for answer in shed} == {"/problems/overloaded"}
            assert len(shed) == FLOOD - HELD
            assert len(drawn) == 1
            release.set()
            answers = await asyncio.gather(*flood)
        assert Counter(answer.status_code for answer in answers) == {503: FLOOD - HELD, 204: HELD}
        assert len(drawn) == 1 + HELD
        assert (await client.get("/tiles/hexes/8/201/90.mvt")).status_code == 204


async def test_who_would_wait_for_too_long_is_told_when_to_come_again(filled_url: str) -> None:
    app, service, _ = application(filled_url, queue_wait_s=0.05)
    async with serve_application(app) as client, Blocked(service):

        async def too_long() -> bool:
            return service.replica.queue.expected_wait > 0.05

        await until(too_long)
        answer = await client.get("/api/summary")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert "waiting" in answer.json()["detail"]


@pytest.mark.parametrize("layer", ["hexes", "districts"])
async def test_the_same_tile_asked_for_many_times_at_once_is_drawn_once(filled_url: str, layer: str) -> None:
    app, service, drawn = application(filled_url)
    async with serve_application(app) as client:
        async with Blocked(service):
            asked = [asyncio.create_task(client.get(KEPT.replace("hexes", layer))) for _ in range(30)]
            await waiting(service, 2)
        answers = await asyncio.gather(*asked)
        assert len({answer.headers["etag"] for answer in answers}) == 1
        # There are no districts here.
        assert {answer.status_code for answer in answers} == {200 if layer == "hexes" else 204}
        assert len(drawn) == 1


async def waiting(service: Service, number: int) -> None:
    """Until so many are in the queue; the one that holds the thread up is one of them."""

    async def reached() -> bool:
        return len(service.replica.queue) == number

    await until(reached)


async def test_what_nobody_waits_for_any_more_is_never_computed(filled_url: str) -> None:
    app, service, drawn = application(filled_url)
    async with serve_application(app) as client:
        async with Blocked(service):
            leaving = [asyncio.create_task(client.get(f"/tiles/hexes/8/{x}/91.mvt")) for x in range(20)]
            staying = [asyncio.create_task(client.get(f"/tiles/hexes/8/{x}/91.mvt")) for x in range(3)]
            await waiting(service, 21)
            for task in leaving:
                task.cancel()
            # The connections are closed; three tiles are still waited for by others.
            await waiting(service, 4)
        assert {answer.status_code for answer in await asyncio.gather(*staying)} == {204}
        assert len(drawn) == 3
        assert (await client.get("/tiles/hexes/8/10/91.mvt")).status_code == 204


async def test_a_tile_that_would_be_counted_from_too_much_is_refused_before_it_is_counted(filled_url: str) -> None:
    app, _, drawn = application(filled_url, tile_rows_limit=INCIDENTS - 1)
    async with serve_application(app) as client:
        answer = await client.get(KEPT)
        assert (answer.status_code, answer.json()["parameter"]) == (400, "window")
        assert f"{INCIDENTS} incidents" in answer.json()["detail"]
        assert drawn == []
        assert (await client.get("/tiles/hexes/8/153/91.mvt?window=30d")).status_code in (200, 204)
        assert (await client.get("/tiles/hexes/8/153/91.mvt?window=12w&compare=previous")).status_code == 400


@pytest.mark.parametrize("origins", ["*", "https://map.example,https://other.example"])
async def test_a_kept_tile_has_the_headers_of_one_that_was_just_made(filled_url: str, origins: str) -> None:
    app, _, drawn = application(filled_url, cors_origins=origins)
    async with serve_application(app) as client:
        for place, origin in enumerate(("https://map.example", "https://stranger.example", None)):
            given = {"Origin": origin} if origin else {}
            made, kept = [await client.get(f"{KEPT}&to=20{30 + place}-01-01", headers=given) for _ in range(2)]
            assert len(drawn) == place + 1
            for answer in (made, kept):
                for name in ("x-request-id", "date"):
                    answer.headers.pop(name, None)
            assert kept.headers == made.headers
            allowed = origin and (origin == "https://map.example" or origins == "*")
            assert ("access-control-allow-origin" in kept.headers) == bool(allowed)
            again = await client.get(f"{KEPT}&to=20{30 + place}-01-01", headers=given | {"If-None-Match": f'"x", {kept.headers["etag"]}'})
            assert (again.status_code, again.headers["vary"]) == (304, kept.headers["vary"])


WINDOW = "from=2020-01-01&to=2030-01-01T00:{:02}:{:02}Z"
REPLICA_ADDRESSES = {
    "tile of hexagons": "/tiles/hexes/8/{1}/{0}.mvt",
    "tile of districts": "/tiles/districts/8/{1}/{0}.mvt",
    "tile of incidents": "/tiles/incidents/14/{1}/{0}.mvt",
    "legend": f"/api/legend?zoom=8&{WINDOW}",
    "style": f"/styles/hexes.json?{WINDOW}",
    "summary": f"/api/summary?{WINDOW}",
    "summary as CSV": f"/api/summary?format=csv&{WINDOW}",
    "timeline": f"/api/timeline?by=theme&{WINDOW}",
    "breakdown": f"/api/breakdown?by=agency,theme&{WINDOW}",
    "agencies": f"/api/agencies?{WINDOW}",
    "districts": f"/api/districts?{WINDOW}",
    "cell": f"/api/cells/{h3.int_to_str(RING[0])}?{WINDOW}",
    "list of incidents": f"/api/incidents?limit=200&{WINDOW}",
    "incident": "/api/incidents/1{0:02}{1:02}",
    "features of hexagons": f"/ogc/collections/hexes/items?limit=1000&resolution=9&{WINDOW}",
    "features of districts": f"/ogc/collections/districts/items?{WINDOW}",
    "feature": f"/ogc/collections/hexes/items/{h3.int_to_str(RING[0])}?{WINDOW}",
}
DATABASE_ADDRESSES = {
    "requests as JSON": "/open311/v2/requests.json?page_size=1000&start_date=2026-09-30T00:{:02}:{:02}Z&end_date=2026-11-30",
    "requests as XML": "/open311/v2/requests.xml?page_size=1000&start_date=2026-09-30T00:{:02}:{:02}Z&end_date=2026-11-30",
    "request": "/open311/v2/requests/1{0:02}{1:02}.json",
    "runs": "/api/ingest/runs?limit=1{0:02}&before={1}",
    "settlements": "/api/places",
}
AT_ONCE = 100


def addresses(form: str, number: int = AT_ONCE, first: int = 0) -> list[str]:
    """So many different addresses of a kind, where it has so many, from the one with a number on."""
    return [form.format(each // 60, each % 60) for each in range(first, first + number)]


@pytest.fixture(scope="module")
async def hurried(filled_url: str) -> AsyncIterator[tuple[httpx.AsyncClient, Service]]:
    """A client of a service where no request may wait for longer than 0.2 s, and its parts."""
    app, service, _ = application(filled_url, queue_wait_s=0.2, pool_size=2, write_keys=KEY)
    async with serve_application(app) as client:
        client.headers.update(KEYED)
        yield client, service


async def all_at_once(client: httpx.AsyncClient, form: str, number: int = AT_ONCE, first: int = 0) -> list[httpx.Response]:
    async def fetch(address: str) -> httpx.Response:
        try:
            return await client.get(address)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            # The server has closed a connection that was idle just when the client took it again.
            return await client.get(address)

    return await asyncio.gather(*map(fetch, addresses(form, number, first)))


def is_refused(answer: httpx.Response) -> bool:
    """Whether a request was shed; anything but that and a result is a failure."""
    assert answer.status_code in (200, 204, 404, 503), answer.text
    if answer.status_code == 503:
        assert answer.headers["retry-after"].isdigit()
        assert "waiting" in answer.text
    return answer.status_code == 503


@pytest.mark.parametrize("form", [*REPLICA_ADDRESSES.values(), *DATABASE_ADDRESSES.values()], ids=[*REPLICA_ADDRESSES, *DATABASE_ADDRESSES])
async def test_of_a_hundred_at_once_none_is_answered_that_has_waited_for_longer_than_the_limit(
    hurried: tuple[httpx.AsyncClient, Service], form: str
) -> None:
    client, service = hurried
    before = {name: (queue.admitted, queue.shed) for name, queue in service.queues.items()}
    answers = await all_at_once(client, form)
    shed = sum(map(is_refused, answers))
    counted = {name: (queue.admitted - before[name][0], queue.shed - before[name][1]) for name, queue in service.queues.items()}
    if form == REPLICA_ADDRESSES["incident"]:
        counted.pop("database")  # The replica answers without what only the database has.
    assert sum(refused for _, refused in counted.values()) == shed
    assert max(admitted for admitted, _ in counted.values()) >= AT_ONCE - shed > 0
    assert max(queue.longest_waited_s for queue in service.queues.values()) <= 0.2
    assert [len(queue) for queue in service.queues.values()] == [0] * len(service.queues)


@pytest.mark.parametrize("form", REPLICA_ADDRESSES.values(), ids=REPLICA_ADDRESSES)
async def test_while_the_replica_is_busy_who_has_waited_is_refused_and_not_kept_waiting(
    hurried: tuple[httpx.AsyncClient, Service], form: str
) -> None:
    client, service = hurried
    async with Blocked(service):
        # Others than before: a tile that was answered then is cached.
        assert all(map(is_refused, await all_at_once(client, form, 5, first=AT_ONCE)))
        assert (await client.get("/healthz")).status_code == 200
    assert not is_refused(await client.get(addresses(form)[0]))


@pytest.mark.parametrize("form", DATABASE_ADDRESSES.values(), ids=DATABASE_ADDRESSES)
async def test_while_all_connections_are_busy_who_has_waited_is_refused_and_not_kept_waiting(
    hurried: tuple[httpx.AsyncClient, Service], form: str
) -> None:
    client, service = hurried
    async with service.connections.enter(), service.connections.enter():
        assert all(map(is_refused, await all_at_once(client, form, 5)))
        assert (await client.get("/healthz")).status_code == 200
        assert not is_refused(await client.get(addresses(REPLICA_ADDRESSES["summary"])[0]))
    assert not is_refused(await client.get(addresses(form)[0]))


async def test_what_needs_no_computation_is_never_refused(hurried: tuple[httpx.AsyncClient, Service]) -> None:
    client, service = hurried
    cheap = [
        *("/healthz", "/readyz", "/tiles/hexes.json", "/ogc", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/hexes"),
        *("/api/places", "/open311/discovery.json", "/open311/v2/services.json", "/openapi.json", "/docs", KEPT),
    ]
    before = [await client.get(path) for path in cheap]
    async with Blocked(service):
        assert is_refused(await client.get(addresses(REPLICA_ADDRESSES["summary"])[0]))
        after = [await client.get(path) for path in cheap]
    assert {answer.status_code for answer in (*before, *after)} == {200}
    # All but what tells the time.
    assert [answer.content for answer in before[2:]] == [answer.content for answer in after[2:]]


async def test_no_document_of_more_than_a_few_rows_is_encoded_on_the_event_loop(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded_on: list[str] = []

    def encode(body: bytes) -> bytes:
        encoded_on.append(threading.current_thread().name)
        return body

    monkeypatch.setitem(COMPRESSORS, "identity", encode)
    forms = REPLICA_ADDRESSES | DATABASE_ADDRESSES | {"services": "/open311/v2/services.xml"}
    small = {"request", "incident"}
    async with asking(filled_url, write_keys=KEY) as client:
        client.headers.update(KEYED)
        encoded_on.clear()
        for name in forms.keys() - small:
            await client.get(addresses(forms[name])[0])
    assert {name.partition("_")[0] for name in encoded_on} == {"replica", "encoder"}
    assert len(encoded_on) >= len(forms) - len(small) - sum("tile" in name for name in forms)
