"""Loads that are killed anywhere and started again, and two of one file at once, end like one load that is let alone."""

import asyncio
import multiprocessing
import random
import signal
from collections.abc import AsyncIterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from geo_service.core.database import connect
from tests.support.load_process import Moment, load, load_and_die, load_and_end, settled_states, statements_of_load

HEADER = "id,received_at,lng,lat,sector,theme,status,agency,address,text,due_at,answered_at,closed_at,updated_at\n"
ROWS, BATCH = 600, 30
REFUSED = ROWS // 50
TIMES = 20
MOMENTS = tuple(Moment)

STATE = (
    """
    select
        source.code, external_id, st_asewkt(location), cell, address, message, location_quality, confidence, incident.geocoded_by, theme_id,
        agency_id, district_id, status, received_at, due_at, answered_at, closed_at, updated_at
    from incident inner join source on source.id = source_id order by 1, 2
    """,
    """
    select one.external_id, first.external_id
    from incident_link inner join incident as one on one.id = incident_id inner join incident as first on first.id = duplicate_of_id
    order by 1, 2
    """,
    """
    select external_id, text_digest, attempts, reason, candidates
    from geocode_queue inner join incident on incident.id = incident_id order by 1, 2
    """,
    "select line, reason, detail, row_text from reject order by 1, 2",
)
"""All that a load leaves behind, by the words of the input: ids are another matter."""


def written(path: Path, seed: int, count: int) -> Path:
    """Rows of which some are refused, some have a place in words only, and many tell of the same."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        place = "," if number % 10 == 3 and count == ROWS else f"{38.97 + rng.randrange(30) / 500},45.03"
        status = "lost" if number % 50 == 7 else rng.choice(("new", "in_work"))
        received = f"2026-11-{1 + rng.randrange(9):02}T{rng.randrange(24):02}:00:00Z"
        made.append(f"{number},{received},{place},roads,Тема {number % 3},{status},Управа {number % 5},дом {number},яма,,,,\n")
    path.write_text(HEADER + "".join(made), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that have imported everything when they begin."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.load_process"])
    return context


@pytest.fixture
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(database_url)
    yield made
    await made.close()


async def begin(held: asyncpg.Connection, url: str, folder: Path) -> None:
    """A database in which another source has told of the same before."""
    await held.execute("truncate incident, incident_tombstone, reject, ingest_run, geocode_queue")
    await load(url, written(folder / "before.csv", 1, 300), 1_000, "before")
    await held.execute("truncate ingest_run, reject")


async def state(held: asyncpg.Connection) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await held.fetch(part)] for part in STATE]


async def let_alone(held: asyncpg.Connection, url: str, folder: Path) -> list[list[tuple[Any, ...]]]:
    """What one load leaves behind."""
    await begin(held, url, folder)
    tally = await load(url, written(folder / "file.csv", 2, ROWS), BATCH)
    assert (tally.new, sum(tally.rejected.values())) == (ROWS - REFUSED, REFUSED)
    found = await state(held)
    assert all(len(part) > 10 for part in found)
    return found


async def loaded(held: asyncpg.Connection) -> int:
    return int(await held.fetchval("select coalesce(max(read), 0) from ingest_run"))


async def test_a_load_that_is_killed_and_started_again_ends_like_one_that_was_let_alone(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, processes: ForkServerContext
) -> None:
    expected = await let_alone(held, database_url, tmp_path)
    await begin(held, database_url, tmp_path)
    statements = await statements_of_load(database_url, tmp_path / "file.csv", BATCH)
    midway = 0
    for turn in range(TIMES):
        await begin(held, database_url, tmp_path)
        fatal, moment = statements * (2 * turn + 1) // (2 * TIMES), MOMENTS[turn % len(MOMENTS)]
        process = processes.Process(target=load_and_die, args=(database_url, tmp_path / "file.csv", BATCH, fatal, moment))
        process.start()
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == -signal.SIGKILL
        midway += 0 < await loaded(held) < ROWS
        tally = await load(database_url, tmp_path / "file.csv", BATCH)
        assert (tally.read, tally.new + tally.unchanged) == (ROWS, ROWS - REFUSED)
        assert await state(held) == expected
        assert await settled_states(held) in (["interrupted", "finished"], ["finished"], ["finished", "finished"])
    assert midway >= TIMES * 3 // 4, "most are killed when something was written and something was not"


@pytest.mark.parametrize("turn", range(3))
async def test_two_loads_of_one_file_at_once_leave_what_one_does(
    database_url: str, held: asyncpg.Connection, tmp_path: Path, processes: ForkServerContext, turn: int
) -> None:
    expected = await let_alone(held, database_url, tmp_path)
    await begin(held, database_url, tmp_path)
    both = [
        processes.Process(target=load_and_end, args=(database_url, tmp_path / "file.csv", BATCH + turn * number)) for number in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        await asyncio.to_thread(process.join, 60)
    assert [process.exitcode for process in both] == [0, 0]
    assert await state(held) == expected
    runs = await held.fetch("select state, read, new, unchanged, (rejected ->> 'unknown_status')::int as refused from ingest_run")
    assert [(row["state"], row["read"], row["refused"]) for row in runs] == [("finished", ROWS, REFUSED)] * 2
    # Each row was new to one of them.
    assert sum(row["new"] for row in runs) == sum(row["unchanged"] for row in runs) == ROWS - REFUSED
