"""The trend of answer times over HTTP, its numbers against a plain product over the rows that PostgreSQL gives."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import h3.api.basic_int as h3
import httpx
import numpy as np
import pytest

from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled

MOSCOW = ZoneInfo("Europe/Moscow")
CELL = h3.latlng_to_cell(45.04, 38.98, 10)
MONTHS = 29
ROWS = """
select i.received_at, i.answered_at, i.closed_at, i.status, theme.sector_id, source.code as source, region.code as region
from incident i join theme on theme.id = i.theme_id join source on source.id = i.source_id
left join district region on region.id = i.district_id
"""
OPEN = range(6)


async def fill(held: asyncpg.Connection) -> None:
    """Two regions, two sectors: roads answered in 25 hours at first and in 10 at last, housing in 12 throughout."""
    await held.execute(
        "insert into source (code, name_ru, name_en) values ('elsewhere', '', '');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole'), "
        "('housing.heat', 4, 'Холодно', 'No heating');"
        "insert into district (code, level, name_ru, name_en, area, label, attribution) select code, 1, code, code,"
        " st_multi(st_makeenvelope(x, 44, x + 2, 46, 4326)), st_setsrid(st_makepoint(x + 1, 45), 4326), ''"
        " from (values ('east', 40), ('west', 38)) one (code, x)"
    )
    random = np.random.default_rng(11)
    now = datetime.now(UTC).replace(microsecond=0)
    rows = []
    for i in range(3000):
        received = now - timedelta(seconds=3600 + MONTHS * 2_626_560 * i // 3000)
        theme, district = 1 + i % 2, 1 + i % 3 // 2
        usual = 12.0 if theme == 2 else 10 + 15 * i / 3000
        hours = float(random.exponential(usual / math.log(2)))
        answered = received + timedelta(seconds=int(3600 * hours) + 1)
        ended = i % 41 == 0
        still_waits = not ended and (answered > now or i % 17 == 0)
        status = 7 if ended else 0 if still_waits else 6
        closed = received + timedelta(hours=hours / 2) if ended else answered
        times = (None if ended or still_waits else answered, None if still_waits else closed)
        rows.append((str(i), theme, district, status, received, *times))
    await held.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, district_id, status, received_at,"
        f" answered_at, closed_at, updated_at) values (1, $1, st_setsrid(st_makepoint(38.98, 45.04), 4326), {CELL}, 0, $2, $3, $4, $5,"
        " $6, $7, $5)",
        rows,
    )


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(filled_url) as made:
        yield made


def month_of(instant: datetime) -> str:
    return instant.astimezone(MOSCOW).replace(day=1, hour=0, minute=0, second=0, microsecond=0).isoformat()


def quantile(waits: list[tuple[float, bool]], share: float) -> float | None:
    """The least time at which the Kaplan-Meier estimate is at most 1 - share, hours."""
    survival = 1.0
    for time in sorted({time for time, answered in waits if answered}):
        survival *= 1 - sum(1 for other, answered in waits if answered and other == time) / sum(1 for other, _ in waits if other >= time)
        if survival <= 1 - share + 1e-9:
            return round(time / 3600, 2)
    return None


async def cohorts(url: str, key: str | None) -> dict[Any, list[tuple[float, bool, bool]]]:
    """By entry and month: how long each incident waited, in seconds, whether it was answered, and whether it still waits."""
    found: dict[Any, list[tuple[float, bool, bool]]] = defaultdict(list)
    async with open_connection(url) as held:
        rows, now = await held.fetch(ROWS), await held.fetchval("select now()")
    for row in rows:
        until = row["answered_at"] or (now if row["status"] in OPEN else row["closed_at"])
        wait = int(until.timestamp()) - int(row["received_at"].timestamp())
        waiting = row["answered_at"] is None and row["status"] in OPEN
        found[row[key] if key else None, month_of(row["received_at"])].append((wait, row["answered_at"] is not None, waiting))
    return found


@pytest.mark.parametrize(("group", "key"), [(None, None), ("region", "region"), ("sector", "sector_id")])
async def test_each_month_has_the_waits_of_its_incidents(
    client: httpx.AsyncClient, filled_url: str, group: str | None, key: str | None
) -> None:
    table = (await client.get("/api/answer_times", params={"group": group} if group else {})).json()
    expected = await cohorts(filled_url, key)
    sectors = {"roads": 7, "housing": 4}
    series = table["series"] if group else [table["total"]]
    assert len(series) == len({entry for entry, _ in expected})
    for one in series:
        entry = sectors.get(one["code"], one["code"])
        for bucket, point in zip(table["buckets"], one["points"], strict=True):
            rows = expected.get((entry, bucket["from"]), [])
            assert point["n"] == len(rows)
            assert point["answered"] == sum(answered for _, answered, _ in rows)
            assert point["waiting"] == sum(waiting for *_, waiting in rows)
            assert point["ended_unanswered"] == point["n"] - point["answered"] - point["waiting"]
            waits = [(wait, answered) for wait, answered, _ in rows]
            assert point["median_hours"] == pytest.approx(quantile(waits, 0.5), abs=0.011)
            assert point["p90_hours"] == pytest.approx(quantile(waits, 0.9), abs=0.011)
    assert [bucket["partial"] for bucket in table["buckets"]][1:] == [False] * (len(table["buckets"]) - 2) + [True]


async def test_two_and_a_half_times_faster_in_two_years_is_seen_and_no_change_is_not(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/answer_times", params={"group": "sector"})).json()
    by_sector = {one["code"]: {trend["years"]: trend for trend in one["trend"]} for one in table["series"]}
    roads, housing = by_sector["roads"][2], by_sector["housing"][2]
    assert roads["times_faster"] == pytest.approx(roads["median_hours_compared"] / roads["median_hours"], abs=0.01)
    assert roads["times_faster"] > 1.5 and roads["certain"]
    assert 0.7 < housing["times_faster"] < 1.4 and not housing["certain"]
    assert roads["compared_from"][:4] == str(int(roads["from"][:4]) - 2)
    assert [roads[name][5:10] for name in ("compared_from", "compared_to")] == [roads[name][5:10] for name in ("from", "to")]


async def test_csv_has_a_line_for_each_series_and_month(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/answer_times", params={"group": "region"})).json()
    text = (await client.get("/api/answer_times", params={"group": "region", "format": "csv"})).text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 3 * len(table["buckets"])
    assert [line["name_en"] for line in lines[:: len(table["buckets"])]] == ["Total", *(one["name"]["en"] for one in table["series"])]
    point = table["series"][0]["points"][3]
    line = lines[len(table["buckets"]) + 3]
    assert (line["n [incidents]"], line["median_hours [h]"]) == (str(point["n"]), str(point["median_hours"]))


async def test_a_window_and_a_region_narrow_it(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/answer_times", params={"window": "90d", "district": "west", "by": "week"})).json()
    summary = (await client.get("/api/summary", params={"window": "90d", "district": "west"})).json()
    assert sum(point["n"] for point in table["total"]["points"]) == summary["n"] > 0
    assert 12 <= len(table["buckets"]) <= 15
    assert table["total"]["trend"] == []


async def test_nothing_selected_has_no_numbers(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/answer_times", params={"sector": "energy", "group": "region"})).json()
    assert table["series"] == []
    assert {point["n"] for point in table["total"]["points"]} == {0}
    assert {point["median_hours"] for point in table["total"]["points"]} == {None}


@pytest.mark.parametrize("query", ["by=day", "group=status", "compare=previous", "measure=count", "format=geojson", "district=nowhere"])
async def test_what_cannot_be_asked_is_refused_by_name(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/answer_times?{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == query.partition("=")[0]
