"""Statistics over HTTP against SQL written independently: on the demo's history and on the real file of Minsk, in one database.

The SQL knows nothing of what the service keeps: districts are those whose area covers the place, and working hours
are counted on a calendar that is written out here.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import numpy as np
import pytest
import shapely

from boundaries.load import LoadOptions, replace_districts
from boundaries.records import DistrictRecord, DistrictRecords
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.database import open_connection
from geo_service.core.model import DistrictLevel
from geo_service.core.settings import Settings
from ingest.demo.db_writer import refresh_demo
from ingest.demo.district_loader import load_demo_districts
from ingest.demo.messages import history
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, file_input, ingest_input
from tests.support.http_client import asking
from tests.support.real_data import MINSK, needs
from tests.support.statistics_oracle import check_measures, get_json

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
"""When the demo was made: everything in it happened before."""
DAYS = 60
"""Of the ordinary days; planted episodes reach back to January."""
FREE = ("02-23", "03-09", "05-01", "05-11", "06-12", "11-04")
SHORT = ("04-30", "05-08", "06-11", "11-03")
"""Weekdays that are free, and those that end an hour earlier, in the production calendar of Russia from 12 January to November 2026."""
SELECTIONS = 8
COUNTS = ("count", "open", "overdue", "closed")

# Four quarters of the middle of Minsk; the outskirts lie in no district.
QUARTERS = [shapely.box(27.45 + x, 53.85 + y, 27.55 + x, 53.9 + y) for x in (0, 0.1) for y in (0, 0.05)]

PREPARE = """
create table working_day as
select (day + time '09:00') at time zone 'Europe/Moscow' as opens,
    (day + case when to_char(day, 'MM-DD') = any($2) then time '17:00' else time '18:00' end) at time zone 'Europe/Moscow' as closes
from (select generate_series(timestamp '2026-01-12', timestamp '2026-11-24', interval '1 day')::date as day) as days
where extract(isodow from day) < 6 and to_char(day, 'MM-DD') <> all($1)
"""
TOLD = """
create table told as
select incident.id, received_at, due_at, answered_at, status, theme.code as theme, sector.code as sector, source.code as source,
    agency.code as agency, extract(epoch from closed_at - received_at) as close_s,
    (
        select code from district where level = 2 and st_covers(area, location) order by code collate "C" limit 1
    ) as district,
    case
        when answered_at is null then null
        when source.code ~ '(^|_)(social|bot|portal)$' then (
            select coalesce(sum(extract(epoch from least(answered_at, closes) - greatest(received_at, opens))), 0) from working_day
            where opens < answered_at and closes > received_at
        )
        else extract(epoch from answered_at - received_at)
    end as answer_s,
    status not in (6, 7, 8) as is_open,
    status not in (6, 7, 8) and due_at < date_trunc('minute', now()) and (answered_at is null or status = 5) as is_overdue,
    due_at is not null and answered_at is not null and status <> 5 as is_answered
from incident
join theme on theme.id = theme_id join sector on sector.id = sector_id join source on source.id = source_id
left join agency on agency.id = agency_id
-- What has no place is in no number but its own.
where location is not null
"""
ORACLE = """
select {group} as key, count(*) as count, count(*) filter (where is_open) as open,
    count(*) filter (where is_overdue) as overdue, count(*) filter (where status = 6) as closed,
    percentile_cont(0.5) within group (order by answer_s) / 3600 as answer_hours,
    percentile_cont(0.9) within group (order by answer_s) / 3600 as answer_hours_p90,
    percentile_cont(0.5) within group (order by close_s) filter (where status = 6) / 3600 as close_hours,
    percentile_cont(0.9) within group (order by close_s) filter (where status = 6) / 3600 as close_hours_p90,
    count(answer_s) as n_answered, count(close_s) filter (where status = 6) as n_closed_timed,
    count(*) filter (where is_answered or is_overdue) as n_judged,
    count(*) filter (where is_answered and answered_at <= due_at) as on_time,
    count(*) filter (where is_answered and answered_at > due_at) as n_answered_late
from told where {where} group by 1
"""
STATUS = {
    "open": "is_open",
    "closed": "status = 6",
    "overdue": "is_overdue",
    "in_work,interim": "status in (2, 3)",
    "returned,overdue": "(status = 5 or is_overdue)",
}


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> Iterator[str]:
    """The demo's last two months in its own districts, and Minsk in four quarters where its file is at hand."""

    async def run() -> None:
        await load_demo_districts(database_url, 0)
        quarters = DistrictRecords(
            [DistrictRecord(f"m{place}", f"Минск {place}", f"Minsk {place}") for place in range(4)], np.array(QUARTERS, object)
        )
        await replace_districts(database_url, quarters, LoadOptions(DistrictLevel.DISTRICT, near_m=0))
        await refresh_demo(database_url, NOW.timestamp(), near_m=0)
        if MINSK.exists():
            rules = read_deadlines(None, Settings().zone)
            source = file_input(MINSK, load_mapping("minsk115"), "minsk115")
            await ingest_input(database_url, source, lambda _: None, IngestOptions(near_m=0, deadlines=rules))
        async with open_connection(database_url) as held:
            await held.execute(PREPARE, FREE, SHORT)
            await held.execute(TOLD)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "DAYS", DAYS)
        asyncio.run(run())
    yield database_url


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


class Chooser:
    """Random selections among what there is, as parameters and as SQL."""

    def __init__(self, seed: int, known: asyncpg.Record) -> None:
        self._rng = random.Random(seed)
        self._known = known

    def selection(self) -> tuple[dict[str, str], str]:
        first, days = self._known["first"], (self._known["last"] - self._known["first"]).days
        start, stop = sorted(first + timedelta(days=self._rng.randrange(-2, days + 3)) for _ in range(2))
        parameters = {"from": start.isoformat(), "to": (stop + timedelta(days=1)).isoformat()}
        where = [f"received_at >= {midnight(start)} and received_at < {midnight(stop + timedelta(days=1))}"]
        for name in ("sector", "theme", "source", "agency", "district"):
            codes = self._known[name]
            if codes and self._rng.random() < 0.3:
                chosen = self._rng.sample(codes, self._rng.randint((len(codes) + 1) // 2, len(codes)))
                parameters[name] = ",".join(chosen)
                where.append(f"{name} in ({', '.join(map(literal, chosen))})")
        if self._rng.random() < 0.3:
            parameters["status"] = self._rng.choice(sorted(STATUS))
            where.append(STATUS[parameters["status"]])
        return parameters, " and ".join(where)


def midnight(day: date) -> str:
    return f"timestamptz '{day} 00:00 Europe/Moscow'"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def oracle(held: asyncpg.Connection, where: str, group: str) -> dict[Any, dict[str, Any]]:
    return {row["key"]: dict(row) for row in await held.fetch(ORACLE.format(where=where, group=group))}


async def chooser(held: asyncpg.Connection, seed: int, which: str) -> Chooser:
    lists = ", ".join(
        f"array_agg(distinct {name}) filter (where {name} is not null) as {name}"
        for name in ("sector", "theme", "source", "agency", "district")
    )
    days = "min((received_at at time zone 'Europe/Moscow')::date) as first, max((received_at at time zone 'Europe/Moscow')::date) as last"
    return Chooser(seed, await held.fetchrow(f"select {lists}, {days} from told where {which}"))


async def same(client: httpx.AsyncClient, held: asyncpg.Connection, parameters: dict[str, str], where: str) -> int:
    """Every answer about a selection is that of SQL; how many incidents it has."""
    total = (await oracle(held, where, "1")).get(1)
    check_measures((await get_json(client, "/api/summary", **parameters))["measures"], total)
    table = await get_json(client, "/api/districts", level="district", **parameters)
    by_district = await oracle(held, where, "district")
    for row in table["districts"]:
        check_measures(row, by_district.get(row["code"]))
    check_measures(table["without_district"], by_district.get(None))
    check_measures(table["total"], total)
    for name in COUNTS:
        assert sum(row[name] for row in table["districts"]) + table["without_district"][name] == table["total"][name], name
    for by in ("district", "sector", "source"):
        cells = (await get_json(client, "/api/breakdown", by=by, **parameters))["cells"]
        expected = await oracle(held, where, by)
        assert {cell[by] for cell in cells} == set(expected)
        for cell in cells:
            check_measures(cell, expected[cell[by]])
    await same_in_time(client, held, parameters, where)
    return total["count"] if total else 0


async def same_in_time(client: httpx.AsyncClient, held: asyncpg.Connection, parameters: dict[str, str], where: str) -> None:
    line = await get_json(client, "/api/timeline", bucket="week", measure="answer_hours", **parameters)
    expected = await oracle(held, where, "date_trunc('week', received_at, 'Europe/Moscow')")
    filled = 0
    for bucket in line["buckets"]:
        numbers = expected.get(datetime.fromisoformat(bucket["from"]), {"count": 0, "answer_hours": None})
        filled += numbers["count"]
        assert bucket["count"] == numbers["count"]
        median = numbers["answer_hours"]
        assert bucket["answer_hours"] == (None if median is None else pytest.approx(float(median), abs=0.00501))
    assert filled == sum(numbers["count"] for numbers in expected.values()) == line["total"]["count"]


async def compare(client: httpx.AsyncClient, url: str, seed: int, which: str) -> list[int]:
    """How many incidents each of the random selections had, after their answers were compared."""
    async with open_connection(url) as held:
        choose = await chooser(held, seed, which)
        return [await same(client, held, *choose.selection()) for _ in range(SELECTIONS)]


async def test_random_selections_of_the_demo_are_those_of_sql(client: httpx.AsyncClient, filled_url: str) -> None:
    counts = await compare(client, filled_url, 7, "source <> 'minsk115'")
    assert sum(count > 100 for count in counts) > 3, counts


@needs(MINSK)
async def test_random_selections_of_minsk_are_those_of_sql(client: httpx.AsyncClient, filled_url: str) -> None:
    counts = await compare(client, filled_url, 11, "source = 'minsk115'")
    assert sum(count > 1000 for count in counts) > 3, counts


async def test_everything_together_is_that_of_sql(client: httpx.AsyncClient, filled_url: str) -> None:
    async with open_connection(filled_url) as held:
        everything = {"from": "2000-01-01", "to": "2030-01-01"}
        count = await same(client, held, everything, "true")
        assert count == await held.fetchval("select count(*) from incident where cell is not null")
        without = await held.fetchval("select count(*) from incident where cell is null")
        assert (await get_json(client, "/api/summary", **everything))["without_place"] == without
        posts = await held.fetchrow(
            "select count(*) filter (where answer_s < extract(epoch from answered_at - received_at)) as shorter from told"
        )
    assert posts["shorter"] > 1000, "working hours make a difference"
