"""The benchmark itself: every part runs on a small data set and gives numbers that can be true. No timing is judged."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from geo_service.core.database import open_connection
from geo_service.core.model import OPEN_STATUSES, Status
from tests.bench.__main__ import PARTS, run
from tests.bench.dataset import DAY_S, SPAN_DAYS, generate
from tests.bench.ingest import write_csv
from tests.bench.report import Report
from tests.bench.store import fill, own_database

COUNT = 5_000
ALL = [*PARTS, "parquet"]
UNTIL = int(time.time()) // DAY_S * DAY_S


@pytest.fixture(scope="module")
def report(cluster_url: str) -> Report:
    """A quick run of all parts that need no browser."""
    return asyncio.run(run(cluster_url, COUNT, ALL, quick=True, name="geo_bench_test"))


@pytest.mark.parametrize("part", ALL)
def test_every_part_of_the_benchmark_measures_something(report: Report, part: str) -> None:
    numbers = {name: value for name, value in report.values.items() if name.startswith(f"{part}.")}
    assert numbers
    assert all(value > 0 for value in numbers.values()), numbers


def test_the_replica_holds_few_bytes_an_incident(report: Report) -> None:
    assert report.values["replica.bytes_each"] <= 60


async def test_the_run_leaves_no_database_behind(report: Report, cluster_url: str) -> None:
    async with open_connection(cluster_url) as held:
        left = await held.fetch("select datname from pg_database where datname like 'geo\\_bench\\_%'")
    assert [row["datname"] for row in left] == []


async def test_what_is_copied_is_what_was_made(cluster_url: str) -> None:
    made = next(generate(COUNT, UNTIL))
    async with own_database(cluster_url, "geo_bench_copied") as url:
        loaded = await fill(url, COUNT, UNTIL, lambda _: None)
        async with open_connection(url) as held:
            rows = await held.fetch("""
                select external_id::bigint as number, cell, status, st_x(location) as lng, st_y(location) as lat,
                    extract(epoch from received_at)::bigint as received, extract(epoch from due_at)::bigint as due,
                    coalesce(extract(epoch from answered_at), 0)::bigint as answered,
                    coalesce(extract(epoch from closed_at), 0)::bigint as closed
                from incident order by id
            """)
            indexes = await held.fetchval("select count(*) from pg_indexes where tablename = 'incident'")
    assert loaded.rows == len(rows) == COUNT
    assert indexes == 9
    for name in ("number", "cell", "status", "lng", "lat", "received", "due", "answered", "closed"):
        assert [row[name] for row in rows] == getattr(made, name).tolist()


async def test_a_kept_data_set_is_not_made_again(cluster_url: str) -> None:
    async with own_database(cluster_url, "geo_bench_kept") as url:
        await fill(url, 100, UNTIL, lambda _: None)
        told: list[int] = []
        again = await fill(url, 100, UNTIL, told.append)
    assert (again.rows, again.seconds, told) == (100, 0.0, [])


def test_the_data_set_is_the_same_each_time_and_in_order() -> None:
    first, second = next(generate(COUNT, UNTIL)), next(generate(COUNT, UNTIL))
    for name in first.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert np.all(np.diff(first.received) >= 0)
    assert first.received[0] >= UNTIL - SPAN_DAYS * DAY_S
    assert first.received[-1] < UNTIL


def test_statuses_agree_with_their_times() -> None:
    rows = next(generate(COUNT, UNTIL))
    is_open = np.isin(rows.status, list(OPEN_STATUSES))
    assert np.all(rows.closed[is_open] == 0)
    assert np.all(rows.closed[rows.status == Status.CLOSED] >= rows.answered[rows.status == Status.CLOSED])
    assert np.all(rows.answered[rows.status == Status.ANSWERED] >= rows.received[rows.status == Status.ANSWERED])
    assert 0 < np.count_nonzero(is_open) < COUNT / 2


def test_a_file_for_the_ingest_has_a_line_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_csv(path, next(generate(100, UNTIL)))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 101
