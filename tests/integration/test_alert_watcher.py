"""From a posted message to an alert, and on to its end: with real processes' parts over one database, and a clock that can be moved."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.aggregation.alerts.model import AlertLayer
from geo_service.alerts.alerting import Alerting
from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.core.sql import advisory_locks
from tests.support.event_stream import EventStream
from tests.support.http_client import until
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, KEYED, fetch, holds
from tests.support.webhook_receiver import Receiver, receiving

DAY = 86_400
VILLAGES = [(38.0 + number % 5 / 2, 44.5 + number // 5 / 2) for number in range(15)]
"""Longitudes and latitudes: none has more than a tenth of all messages, and none is near another."""
OUTAGE = VILLAGES[7]

INSERT = """
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)
values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 1, $5, 6, to_timestamp($6), to_timestamp($6))
"""


async def fill(connection: asyncpg.Connection, now: int) -> None:
    """A year of messages of two themes in fifteen villages, one theme rarer than the other."""
    await connection.execute(
        "insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal');"
        "insert into agency (code, name) values ('vodokanal', 'Водоканал');"
        "insert into theme (code, sector_id, name_ru, name_en)"
        " values ('housing.no_water', 4, 'Нет воды', 'No water'), ('roads.pit', 7, 'Яма', 'Pothole')"
    )
    await connection.executemany(
        "insert into place (id, name_ru, name_en, country, population, location)"
        " values ($1, $2, $3, 'RU', 500, st_setsrid(st_makepoint($4, $5), 4326))",
        [(number + 1, f"Село {number}", f"Village {number}", *where) for number, where in enumerate(VILLAGES)],
    )
    rows = []
    for number in range(6000):
        lng, lat = VILLAGES[number % 15]
        lng, lat = lng + number % 13 / 2000, lat + number % 17 / 2000
        received = now - number * 400 * DAY // 6000
        # Where alerts will be, nothing about water is so recent that it could belong to one.
        theme = 1 if number % 4 == 0 and (received < now - 40 * DAY or number % 15 not in (2, 7, 12)) else 2
        rows.append((f"old{number}", lng, lat, h3.latlng_to_cell(lat, lng, 10), theme, received))
    await connection.executemany(INSERT, rows)


@pytest.fixture(scope="module")
async def filled_url(database_url: str) -> str:
    """The module's database with a year of quiet messages."""
    async with open_connection(database_url) as connection:
        await fill(connection, int(time.time()))
    return database_url


class Clock:
    """The present, which can be moved on."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


@asynccontextmanager
async def serving(url: str, clock: Clock, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Alerting]]:
    """A service that looks for alerts at once after each change, and its parts."""
    app = make_application(Settings(database_url=url, write_keys=KEY, alerts=True, alerts_interval_s=0.05, **settings))
    alerting: Alerting = app.state.alerting
    alerting.watcher.use_clock(clock)
    async with serve_application(app) as client:
        yield client, alerting


def message(name: str, at: float, where: tuple[float, float] = OUTAGE, **change: Any) -> dict[str, Any]:
    """A message about water from a house of its own."""
    # From one on: whole degrees would be taken for coarse coordinates.
    number = 1 + int(name.rpartition("-")[2])
    received = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    # Farther from each other than near-duplicates, which count once.
    position = {"lng": where[0] + number / 400, "lat": where[1] + number / 800}
    return {"id": name, "received_at": received, **position, "theme": "housing.no_water", "agency": "vodokanal", **change}


async def post(client: httpx.AsyncClient, *messages: dict[str, Any]) -> None:
    answer = await client.post("/api/incidents", json=list(messages), headers=KEYED, params={"source": "portal"})
    assert answer.status_code == 200, answer.text
    assert {row["outcome"] for row in answer.json()["rows"]} <= {"new", "changed"}, answer.text


async def alerts_of(client: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    """Alerts of places; with the clock moved on, the total of the region may raise one as well."""
    query = {"theme": "housing.no_water", "groups": "split", **params}
    alerts: list[dict[str, Any]] = (await client.get("/api/alerts", params=query)).json()["alerts"]
    return [alert for alert in alerts if alert["layer"] == "local"]


async def wait_for_alert(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """Return the first alert about water once it is as wanted."""

    async def is_there() -> bool:
        found = await alerts_of(client, state="all")
        return bool(found) and all(found[0][name] == value for name, value in wanted.items())

    try:
        async with asyncio.timeout(90):
            await until(is_there)
    except TimeoutError:
        raise AssertionError(f"wanted {wanted}, found {await alerts_of(client, state='all')}") from None
    return (await alerts_of(client, state="all"))[0]


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks that first fails."""
    async with receiving([500]) as receiver:
        yield receiver


def hooks_file(folder: Path, *urls: str) -> Path:
    file = folder / "webhooks.toml"
    tables = [f'[[webhook]]\nname = "hook{number}"\nurl = "{url}"\ntimeout_s = 2\n' for number, url in enumerate(urls)]
    file.write_text("\n".join(tables), encoding="utf-8")
    return file


async def test_an_outage_opens_grows_is_judged_and_closes(
    filled_url: str, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story: each step needs the one before."""
    monkeypatch.setattr("geo_service.alerts.delivery.outbox.PAUSES_S", (0.05, 0.05, 0.05))
    clock, now = Clock(), time.time()
    async with receiving([None] * 100) as dead, serving(
        filled_url, clock, webhooks=hooks_file(tmp_path, receiver.url, dead.url)
    ) as (client, alerting):  # fmt: skip
        # Calibrated first: without thresholds there is nothing to compare with.
        await until(lambda: holds(filled_url, "select from alert_threshold having count(*) = 2"))
        await until(lambda: is_true(alerting.watcher.status.runs > 0))
        assert await alerts_of(client) == []
        async with client.stream("GET", "/api/live") as response:
            heard = EventStream(response.aiter_lines())
            await heard.next("revision")
            # Two messages are no alert; the fourth at last makes one.
            await post(client, *(message(f"water-{number}", now - 7200 + number * 600) for number in range(4)))
            opened = await wait_for_alert(client, state="open", n=4)
            assert (await heard.next("alert"))["event"] == "opened"
            await post(client, *(message(f"water-{number}", now - 7200 + number * 300) for number in range(4, 20)))
            grown = await wait_for_alert(client, n=20)
            assert (await heard.next("alert"))["alert"]["n"] == 20
        assert grown["id"] == opened["id"]
        assert (opened["layer"], opened["place"]["name"]["ru"], opened["open"]) == ("local", "Село 7", 4)
        assert opened["agencies"][0]["code"] == "vodokanal"
        assert opened["reason"]["ru"].startswith("Село 7: 4 сообщения «Нет воды» за 2 часа, обычно ")
        assert grown["recurrence_days"] > 365
        events = [json.loads(one.body)["type"] for one in await receiver.wait_for(3)]
        # The first attempt failed with 500 and was sent again with the same id.
        assert events == ["alert.opened", "alert.opened", "alert.grown"]
        assert len({one.headers["webhook-id"] for one in receiver.received}) == 2
        verdict = await client.post(f"/api/alerts/{grown['id']}/verdict", json={"value": "real", "note": "Авария"}, headers=KEYED)
        assert verdict.json()["changed"] is True
        assert json.loads((await receiver.wait_for(4))[3].body)["data"]["verdict"]["note"] == "Авария"
        # Six quiet days later it is still open, seven days later no more.
        clock.ahead_s = 6 * DAY
        runs = alerting.watcher.status.runs
        alerting.watcher.look_now()
        await until(lambda: is_true(alerting.watcher.status.runs > runs))
        assert (await wait_for_alert(client, id=grown["id"]))["state"] == "open"
        clock.ahead_s = 7.1 * DAY
        alerting.watcher.look_now()
        closed = await wait_for_alert(client, state="closed")
        assert (closed["id"], closed["n"], closed["verdict"]["value"]) == (grown["id"], 20, "real")
        await until(lambda: is_true(("alert.closed", grown["id"]) in list_messages(receiver)))
        # The dead one has not held anything up, and is given up after its attempts.
        await until(
            lambda: holds(filled_url, "select from alert_delivery where target = 'hook1' and attempts = 4 and next_attempt_at is null")
        )
    assert await fetch(filled_url, "select distinct target from alert_delivery where delivered_at is not null") == [("hook0",)]


async def test_of_two_processes_one_looks_and_both_know_and_a_restart_keeps_everything(filled_url: str) -> None:
    closed = "select id, n, verdict, verdict_note from alert where closed_at is not null order by id"
    before = await fetch(filled_url, closed)
    assert before
    clock, now = Clock(), time.time()
    where = VILLAGES[2]
    async with serving(filled_url, clock) as (first, leading):
        await until(lambda: is_true(leading.watcher.status.is_leader))
        async with serving(filled_url, clock) as (second, following):
            await until(lambda: is_true(bool(following.alerts.board.read_at)))
            await post(second, *(message(f"second-{number}", now - 3000 + number * 60, where) for number in range(8)))
            both = [await wait_for_alert(client, n=8) for client in (first, second)]
            assert both[0] == both[1]
            assert not following.watcher.status.is_leader
            assert following.watcher.status.runs == 0
            assert await fetch(filled_url, "select count(*) from alert where layer = 'local' and name_ru = 'Село 2'") == [(1,)]
        assert await fetch(filled_url, closed) == before
    async with serving(filled_url, clock) as (client, alone):
        await until(lambda: is_true(alone.watcher.status.runs > 0))
        assert (await alerts_of(client))[0] == both[0]
    assert await fetch(filled_url, "select count(*) from alert where layer = 'local' and name_ru = 'Село 2'") == [(1,)]


async def test_another_process_takes_over_when_the_one_that_looks_loses_its_connection(filled_url: str) -> None:
    clock, now = Clock(), time.time()
    async with serving(filled_url, clock) as (_, first), serving(filled_url, clock) as (client, second):
        await until(lambda: is_true(first.watcher.status.is_leader != second.watcher.status.is_leader))
        leader, other = (first, second) if first.watcher.status.is_leader else (second, first)
        async with open_connection(filled_url) as connection:
            await connection.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 0 and objid = $1",
                advisory_locks.ALERTS,
            )
        # Whoever comes first: the lock is one for all.
        other.watcher.look_now()
        await until(lambda: is_true(leader.watcher.status.is_leader or other.watcher.status.is_leader))
        await post(client, *(message(f"after-{number}", now - 3000 + number * 60, VILLAGES[12]) for number in range(8)))
        await until(lambda: holds(filled_url, "select from alert where name_ru = 'Село 12' and n = 8"))
        assert [one.watcher.status.is_leader for one in (first, second)].count(True) == 1


async def test_a_fault_of_the_arithmetic_ends_nothing(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    async with serving(filled_url, clock) as (client, alerting):
        await until(lambda: is_true(alerting.watcher.status.runs > 0))

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        methods = alerting.watcher.methods
        monkeypatch.setattr(methods, "update", fail)
        alerting.watcher.look_now()
        await until(lambda: is_true(alerting.watcher.status.failures > 0))
        assert (await client.get("/api/alerts")).status_code == 200
        monkeypatch.undo()
        runs = alerting.watcher.status.runs
        alerting.watcher.look_now()
        await until(lambda: is_true(alerting.watcher.status.runs > runs))


async def test_a_changed_budget_is_calibrated_anew_and_kept(filled_url: str) -> None:
    async with serving(filled_url, Clock(), alerts_per_week=3) as (client, _):
        await until(lambda: holds(filled_url, "select from alert_threshold having bool_and(per_week = 3)"))
        await until(lambda: has_thresholds(client, 3.0))


async def has_thresholds(client: httpx.AsyncClient, per_week: float) -> bool:
    thresholds = (await client.get("/api/alerts")).json()["thresholds"]
    return thresholds.keys() == set(AlertLayer) and all(one["per_week"] == per_week for one in thresholds.values())


def list_messages(receiver: Receiver) -> list[tuple[str, int]]:
    """Event and alert of each message that a receiver has got."""
    bodies = [json.loads(one.body) for one in receiver.received]
    return [(body["type"], body["data"]["id"]) for body in bodies]


async def is_true(value: bool) -> bool:
    return value
