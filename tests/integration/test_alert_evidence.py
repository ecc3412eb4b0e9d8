"""The evidence behind an alert, against PostGIS: what the service counts is what the database counts."""

import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Place
from geo_service.core.database import open_connection
from tests.support.alert_episodes import outage
from tests.support.http_client import asking, until
from tests.support.ingest_client import fetch
from tests.support.stored_alerts import store

HOUR, DAY = 3600, 86_400
KRAI = Place("r:", "Край", "Krai", 39.0, 45.0, district=1)
DISTRICT = Place("d:west", "Западный район", "West District", 38.5, 45.0, district=2)

DATA = """
insert into place (id, name_ru, name_en, country, population, location) values
    (1, 'Вознесенская', 'Voznesenskaya', 'RU', 5000, st_setsrid(st_makepoint(38.5, 45.0), 4326)),
    (2, 'Близкая', 'Near', 'RU', 5000, st_setsrid(st_makepoint(38.8, 45.0), 4326)),
    (3, 'Дальняя', 'Far', 'RU', 5000, st_setsrid(st_makepoint(40.5, 45.0), 4326));
insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal');
insert into agency (code, name) values ('vodokanal', 'Водоканал'), ('city', 'Администрация');
insert into theme (code, sector_id, name_ru, name_en)
values ('housing.no_water', 4, 'Нет воды', 'No water'), ('housing.cold', 4, 'Холодно', 'Cold'), ('roads.snow', 7, 'Снег', 'Snow');
insert into district (code, level, parent_id, name_ru, name_en, label) values
    ('krai', 1, null, 'Край', 'Krai', st_setsrid(st_makepoint(39, 45), 4326)),
    ('west', 2, 1, 'Западный район', 'West District', st_setsrid(st_makepoint(38.5, 45), 4326)),
    ('east', 2, 1, 'Восточный район', 'East District', st_setsrid(st_makepoint(40.5, 45), 4326));
"""
INSERT = """
insert into incident (
    source_id, external_id, location, cell, location_quality, theme_id, agency_id, district_id, status, received_at, updated_at
)
values ($1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, $6, $7, $8, $9, $10, to_timestamp($11), to_timestamp($11))
"""
VILLAGE, NEAR, FAR = (38.5, 45.0, 2), (38.8, 45.0, 2), (40.5, 45.0, 3)
"""Longitude, latitude, district."""
OTHERS = [(41.0 + number / 4, 46.0, 3) for number in range(12)]
"""Further settlements, so that none has more than a tenth of all messages: it would be divided."""
IN_VILLAGE = "theme_id = 1 and district_id = 2 and st_x(location) < 38.7 and location_quality <= 3"


async def fill(connection: asyncpg.Connection, now: int) -> None:
    """A year of messages in fifteen settlements, and an outage of 40 in one of them; some of the outage located to the district only."""
    await connection.execute(DATA)
    await connection.executemany(
        "insert into place (id, name_ru, name_en, country, population, location)"
        " values ($1, 'Село', 'Village', 'RU', 500, st_setsrid(st_makepoint($2, $3), 4326))",
        [(4 + number, lng, lat) for number, (lng, lat, _) in enumerate(OTHERS)],
    )
    rows: list[tuple[Any, ...]] = []

    def add(where: tuple[float, float, int], theme: int, at: int, quality: int = 1, agency: int | None = 1, status: int = 2) -> None:
        lng, lat = where[0] + len(rows) % 7 / 1000, where[1] + len(rows) % 11 / 1000
        rows.append((1, str(len(rows)), lng, lat, h3.latlng_to_cell(lat, lng, 10), quality, theme, agency, where[2], status, at))

    settlements = [VILLAGE, NEAR, FAR, *OTHERS]
    for number in range(3000):
        add(settlements[number % 15], 1 + number % 2, now - 8 * DAY - number * DAY // 8)
    for number in range(40):
        at = now - 50 * HOUR + number * HOUR
        add(VILLAGE, 1, at, agency=(1, 2, None)[number % 3], status=(0, 2, 6, 7)[number % 4])
    for number in range(6):
        add(NEAR, 1, now - 20 * HOUR + number * HOUR)
        add(FAR, 1, now - 20 * HOUR + number * HOUR)
        add(VILLAGE, 2, now - 20 * HOUR + number * HOUR)
        add(VILLAGE, 1, now - 20 * HOUR + number * HOUR, quality=4)
    await connection.executemany(INSERT, rows)


@pytest.fixture(scope="module")
def now() -> int:
    """The instant at which the module's tests begin."""
    return int(time.time())


@pytest.fixture(scope="module")
async def client(database_url: str, now: int) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, with four alerts: of the village, the district and the region, and one that has closed."""
    async with open_connection(database_url) as connection:
        await fill(connection, now)
        await store(connection, episodes(now))
    async with asking(database_url) as client:
        yield client


def episodes(now: int) -> list[Episode]:
    village = Place("s:1", "Вознесенская", "Voznesenskaya", 38.5, 45.0, 0, 2)
    water = outage(
        theme=1, since=now - 50 * HOUR, updated=now, place=village, places=(village,), agencies=(AgencyShare(1, 14, 7),), n=40, expected=2.0
    )  # fmt: skip
    return [
        water,
        outage(layer=AlertLayer.TOTALS, theme=0, since=now - 30 * HOUR, updated=now, place=DISTRICT, places=(DISTRICT,), expected=3.0),
        outage(layer=AlertLayer.TOTALS, theme=1, since=now - 30 * HOUR, updated=now, place=KRAI, places=(KRAI,), expected=3.0),
        outage(theme=1, since=now - 50 * HOUR, closed_at=now - 30 * HOUR, updated=now - 30 * HOUR, place=village, places=(village,)),
    ]


async def evidence_of(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    answer = await client.get(f"/api/alerts/{number}")
    assert answer.status_code == 200, answer.text
    evidence: dict[str, Any] = answer.json()["evidence"]
    return evidence


async def test_the_series_has_every_message_in_its_hour(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    evidence = await evidence_of(client, 1)
    buckets = evidence["series"]["buckets"]
    assert (evidence["series"]["bucket"], evidence["n"], sum(bucket["n"] for bucket in buckets)) == ("hour", 40, 40)
    counted = await fetch(
        database_url,
        "select to_char(date_trunc('hour', received_at at time zone 'UTC'), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), count(*)::int from incident"
        f" where {IN_VILLAGE} and received_at >= to_timestamp($1) group by 1 order by 1",
        now - 50 * HOUR,
    )
    assert [(bucket["from"], bucket["n"]) for bucket in buckets if bucket["n"]] == counted


async def test_what_is_expected_of_an_hour_follows_the_theme_in_the_whole_region(client: httpx.AsyncClient) -> None:
    series = (await evidence_of(client, 1))["series"]
    assert sum(bucket["expected"] for bucket in series["buckets"]) == pytest.approx(2.0, abs=0.1)
    assert [bucket["expected"] for bucket in series["buckets"] if not bucket["n"]][-1] == 0
    # A total has no other region to follow: it is the same in every hour.
    total = (await evidence_of(client, 3))["series"]
    (each,) = {bucket["expected"] for bucket in total["buckets"]}
    assert each == pytest.approx(3.0 / len(total["buckets"]), abs=0.001)


async def test_agencies_and_statuses_are_those_of_the_messages(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    evidence = await evidence_of(client, 1)
    counted = await fetch(
        database_url,
        "select agency.code, count(*)::int, count(*) filter (where status not in (6, 7, 8))::int from incident"
        f" left join agency on agency.id = agency_id where {IN_VILLAGE} and received_at >= to_timestamp($1) group by 1",
        now - 50 * HOUR,
    )
    assert {(one["code"], one["n"], one["open"]) for one in evidence["by_agency"]} == set(counted)
    assert [one["n"] for one in evidence["by_agency"]] == [14, 13, 13]
    assert [(one["code"], one["n"]) for one in evidence["by_status"]] == [("new", 10), ("in_work", 10), ("closed", 10), ("rejected", 10)]
    assert evidence["by_status"][0]["name"]["ru"]
    by_status: dict[str, int] = {}
    for one in evidence["by_agency"]:
        for code, count in one["by_status"].items():
            by_status[code] = by_status.get(code, 0) + count
    assert by_status == {one["code"]: one["n"] for one in evidence["by_status"]}


async def test_the_newest_incidents_can_be_read(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    evidence = await evidence_of(client, 1)
    newest = await fetch(database_url, f"select id from incident where {IN_VILLAGE} order by received_at desc limit 20")
    assert evidence["recent"] == [number for (number,) in newest]
    answer = await client.get(f"/api/incidents/{evidence['recent'][0]}")
    assert answer.json()["incident"]["theme"] == "housing.no_water"


async def test_neighbours_are_the_places_nearby_with_what_is_usual_there(client: httpx.AsyncClient) -> None:
    (near,) = (await evidence_of(client, 1))["neighbours"]
    assert (near["key"], near["name"]["ru"], near["n"], near["km"]) == ("s:2", "Близкая", 6, pytest.approx(23.6, abs=0.3))
    # Of the 52 messages of the theme in settlements, the fifteenth part that is usual there.
    assert near["expected"] == pytest.approx(52 / 15, rel=0.15)
    (east,) = (await evidence_of(client, 2))["neighbours"]
    assert (east["key"], east["n"]) == ("d:east", 6)
    assert (await evidence_of(client, 3))["neighbours"] == []


async def test_totals_count_what_has_no_place_too(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    since = now - 30 * HOUR
    (whole,) = await fetch(database_url, "select count(*)::int from incident where theme_id = 1 and received_at >= to_timestamp($1)", since)
    sector = "theme_id in (1, 2) and district_id = 2"
    (west,) = await fetch(database_url, f"select count(*)::int from incident where {sector} and received_at >= to_timestamp($1)", since)
    assert ((await evidence_of(client, 3))["n"], (await evidence_of(client, 2))["n"]) == (whole[0], west[0])


async def test_a_closed_alert_has_the_evidence_of_its_own_time(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    evidence = await evidence_of(client, 4)
    between = "received_at >= to_timestamp($1) and received_at < to_timestamp($2)"
    counted = await fetch(
        database_url, f"select count(*)::int from incident where {IN_VILLAGE} and {between}", now - 50 * HOUR, now - 30 * HOUR
    )
    assert [(evidence["n"],)] == counted
    assert evidence["window"]["to"] == (await client.get("/api/alerts/4")).json()["closed"]


async def test_the_same_evidence_is_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/api/alerts/4")
    assert (await client.get("/api/alerts/4", headers={"If-None-Match": first.headers["etag"]})).status_code == 304


async def test_an_alert_whose_place_is_gone_still_has_an_answer(client: httpx.AsyncClient, database_url: str, now: int) -> None:
    gone = Place("s:999", "Исчезнувшая", "Gone", 38.6, 45.0)
    async with open_connection(database_url) as connection:
        (stored,) = await store(connection, [outage(theme=1, since=now - 50 * HOUR, updated=now, place=gone, places=(gone,))])
    await until(lambda: _is_there(client, stored.id))
    assert (await evidence_of(client, stored.id))["n"] == 0


async def _is_there(client: httpx.AsyncClient, number: int) -> bool:
    return (await client.get(f"/api/alerts/{number}")).status_code == 200
