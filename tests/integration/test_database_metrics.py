"""Sums over runs are those of SQL at any time, however many runs there are, and cost no more for old ones."""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from geo_service.core.database import create_pool
from geo_service.core.settings import Settings
from geo_service.metrics import database
from geo_service.metrics.database import DatabaseMetrics, RunSums
from tests.support.scraped_metrics import parse_samples, value

INPUTS = {"a.csv": "file", "POST /api/incidents": "api", "POST /open311/v2/requests": "open311", "https://x.example/v2": "pull"}
INSERT = """
insert into ingest_run (input, mapping, state, new, changed, rejected, finished_at)
values ($1, 'plain', $2, $3, 1, jsonb_build_object('unreadable_date', $4::int), now())
"""
TOTALS = """
select input, sum(new) as new, sum((rejected ->> 'unreadable_date')::int) as rejected, count(*) as runs from ingest_run
group by input
"""


@pytest.fixture
async def connection(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database without runs."""
    async with pool.acquire() as held:
        await held.execute("truncate reject, ingest_run")
        yield held


async def update(sums: RunSums, connection: asyncpg.Connection) -> None:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await sums.update(connection)


async def test_sums_stay_those_of_sql_while_runs_come_go_on_and_end(
    connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_SUMMED_RUNS", 3)
    monkeypatch.setattr(database, "_FOLDED_AT_ONCE", 5)
    draw, sums = random.Random(7), RunSums()
    for _ in range(25):
        for _ in range(draw.randrange(9)):
            state = draw.choice(["running", "finished", "failed"])
            await connection.execute(INSERT, draw.choice([*INPUTS]), state, draw.randrange(50), draw.randrange(5))
        await connection.execute("update ingest_run set new = new + 3 where state = 'running'")
        await connection.execute("update ingest_run set state = 'interrupted' where state = 'running' and random() < 0.3")
        await update(sums, connection)
        for row in await connection.fetch(TOTALS):
            way = INPUTS[row["input"]]
            runs = sum(number for (of, subject, _), number in sums.sums.items() if (of, subject) == (way, "runs"))
            told = sums.sums[way, "rows", "new"], sums.sums[way, "rejected", "unreadable_date"], runs
            assert told == (row["new"], row["rejected"], row["runs"])


async def test_runs_that_have_ended_are_not_read_again(connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_SUMMED_RUNS", 3)
    sums = RunSums()
    for _ in range(20):
        await connection.execute(INSERT, "a.csv", "finished", 1, 0)
    await update(sums, connection)
    # Nobody does this. Whoever reads them again sees it.
    await connection.execute("update ingest_run set new = 100 where id <= (select max(id) - 3 from ingest_run)")
    await update(sums, connection)
    assert sums.sums["file", "rows", "new"] == 20


async def test_what_goes_on_for_days_has_brought_something_new_just_now(connection: asyncpg.Connection) -> None:
    sums = RunSums()
    await connection.execute(INSERT, "POST /api/incidents", "running", 1, 0)
    await connection.execute("update ingest_run set started_at = now() - interval '3 d', finished_at = null")
    await update(sums, connection)
    began = sums.latest_new["api"]
    await update(sums, connection)
    assert sums.latest_new["api"] == began
    await connection.execute("update ingest_run set new = new + 1")
    await update(sums, connection)
    assert sums.latest_new["api"] - began == pytest.approx(3 * 86_400, abs=600)


async def test_another_database_has_other_sums(connection: asyncpg.Connection, pool: asyncpg.Pool) -> None:
    metrics = DatabaseMetrics()
    await connection.execute(INSERT, "a.csv", "finished", 5, 0)
    await metrics.refresh(pool, 0)
    await connection.execute("truncate reject, ingest_run")
    await connection.execute(INSERT, "a.csv", "finished", 2, 0)
    await metrics.refresh(pool, 0)
    assert new_rows(metrics) == 5, "it was asked a moment ago"
    await metrics.refresh(pool, 1)
    assert new_rows(metrics) == 2


async def test_without_the_database_the_numbers_of_before_stay(connection: asyncpg.Connection, database_url: str) -> None:
    pool, metrics = await create_pool(database_url, Settings()), DatabaseMetrics()
    assert samples_of(metrics) == {("geo_database_up", frozenset()): 0}
    await connection.execute(INSERT, "a.csv", "finished", 5, 0)
    await metrics.refresh(pool, 0)
    assert value(samples_of(metrics), "geo_database_up") == 1
    pool.terminate()
    metrics._refreshed_at = float("-inf")
    await metrics.refresh(pool, 0)
    assert (value(samples_of(metrics), "geo_database_up"), new_rows(metrics)) == (0, 5)


def samples_of(metrics: DatabaseMetrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    registry = CollectorRegistry()
    registry.register(metrics)
    return parse_samples(generate_latest(registry).decode())


def new_rows(metrics: DatabaseMetrics) -> float:
    return value(samples_of(metrics), "geo_ingest_rows_total", input="file", outcome="new")
