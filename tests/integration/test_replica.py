"""The replica against PostGIS itself: the same numbers at the same snapshot, whatever is being written meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import numpy as np
import pytest

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import open_connection
from geo_service.core.errors import NotReady, Overloaded
from geo_service.core.model import OPEN_STATUSES, Status

START = 1_700_000_000
SPAN = 1_000_000
NOW = START + 700_000

INSERT = """
insert into incident
    (source_id, external_id, location, cell, location_quality, theme_id, agency_id, status, received_at, due_at, answered_at, updated_at)
select $1, $2, st_setsrid(st_makepoint($3, $4), 4326), $5, 0, $6, $7, $8, to_timestamp($9), to_timestamp($10), to_timestamp($11), now()
on conflict (source_id, external_id) do update
set status = excluded.status, received_at = excluded.received_at, theme_id = excluded.theme_id, due_at = excluded.due_at,
    answered_at = excluded.answered_at
"""

COUNT = """
select coalesce(sum(1), 0)::int as n,
    count(*) filter (where status <= 5)::int as open,
    count(*) filter (where status <= 5 and due_at < to_timestamp($3) and (answered_at is null or status = 5))::int as overdue,
    count(*) filter (where status = 6)::int as closed
from incident
where cell is not null and received_at >= to_timestamp($1) and received_at < to_timestamp($2)
    and ($4::int[] is null or theme_id = any($4)) and ($5::int[] is null or source_id = any($5))
    and ($6::int[] is null or agency_id = any($6))
    and (status = any($7) or ($8 and status <= 5 and due_at < to_timestamp($3) and (answered_at is null or status = 5)))
"""


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with three themes, two sources, two agencies and no incident."""
    async with open_connection(database_url) as held:
        await held.execute("delete from incident; delete from incident_tombstone")
        for table, codes in (("theme", ("a", "b", "c")), ("source", ("p", "q")), ("agency", ("x", "y"))):
            for code in codes:
                columns = {"theme": "code, sector_id, name_ru, name_en", "source": "code, name_ru, name_en", "agency": "code, name"}[table]
                values = {"theme": "$1, 1, $1, $1", "source": "$1, $1, $1", "agency": "$1, $1"}[table]
                await held.execute(f"insert into {table} ({columns}) values ({values}) on conflict (code) do nothing", code)
        yield held


@pytest.fixture
async def replica() -> AsyncIterator[Replica]:
    made = Replica(10_000_000, AdmissionQueue(100, 60))
    yield made
    made.close()


async def ids(held: asyncpg.Connection, table: str) -> list[int]:
    return [row["id"] for row in await held.fetch(f"select id from {table} order by id")]


async def write(held: asyncpg.Connection, rng: random.Random, key: int, choices: dict[str, list[int]]) -> None:
    """Insert or change the incident with this key, at random."""
    lat, lng = 45 + rng.random(), 39 + rng.random()
    received = START + rng.randrange(SPAN) + rng.random()
    await held.execute(
        INSERT, rng.choice(choices["source"]), str(key), lng, lat, h3.latlng_to_cell(lat, lng, 10), rng.choice(choices["theme"]),
        rng.choice([*choices["agency"], None]), rng.randrange(9), received, received + rng.randrange(1, SPAN),
        received + rng.randrange(SPAN) if rng.random() < 0.5 else None,
    )  # fmt: skip


async def keep_writing(url: str, seed: int, choices: dict[str, list[int]]) -> None:
    """Transactions of several rows that stay open for a while, overlap with others, and sometimes fail."""
    rng = random.Random(seed)
    async with open_connection(url) as held:
        while True:
            with suppress(asyncpg.PostgresError, ZeroDivisionError):
                async with held.transaction():
                    # Each writer has rows of its own, so that none waits for another's lock.
                    for _ in range(rng.randrange(1, 8)):
                        await write(held, rng, seed * 1000 + rng.randrange(60), choices)
                        await asyncio.sleep(rng.random() * 0.004)
                    if rng.random() < 0.3:
                        await held.execute("delete from incident where external_id = $1", str(seed * 1000 + rng.randrange(60)))
                    if rng.random() < 0.1:
                        await held.execute("update incident set location = null, cell = null where external_id = $1", str(seed * 1000 + 7))
                    if rng.random() < 0.2:
                        raise ZeroDivisionError


def random_selection(rng: random.Random, choices: dict[str, list[int]]) -> Selection:
    start = START + rng.randrange(SPAN)

    def some(name: str) -> tuple[int, ...] | None:
        return None if rng.random() < 0.5 else tuple(sorted(rng.sample(choices[name], rng.randrange(len(choices[name]) + 1))))

    window = Window(start, start + rng.randrange(1, SPAN))
    return Selection(
        window=window, now=NOW, themes=some("theme"), sources=some("source"), agencies=some("agency"),
        statuses=rng.choice([Statuses(), Statuses(OPEN_STATUSES), Statuses(frozenset({Status.CLOSED})), Statuses(frozenset(), True)]),
    )  # fmt: skip


def total(state: Any, selection: Selection, resolution: int) -> tuple[int, ...]:
    return tuple(state.counter.per_cell(selection, resolution).sum(axis=0).tolist())


def as_arguments(selection: Selection) -> list[Any]:
    statuses = sorted(int(status) for status in selection.statuses.chosen)
    window = (selection.window.start, selection.window.stop, selection.now)
    return [*window, selection.themes, selection.sources, selection.agencies, statuses, selection.statuses.overdue]


async def test_counts_equal_those_of_postgis_at_the_same_snapshot_while_writers_are_at_work(
    database_url: str, writer: asyncpg.Connection, replica: Replica
) -> None:
    rng = random.Random(20261124)
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    for key in range(200):
        await write(writer, rng, key, choices)
    writers = [asyncio.create_task(keep_writing(database_url, seed, choices)) for seed in range(1, 5)]
    follower = Follower(database_url, replica)
    compared = 0
    try:
        async with asyncio.timeout(300), open_connection(database_url) as reader:
            rounds = 0
            # As many rounds as the writers need to have done a bit of everything, however slow the machine is.
            while rounds < 60 or compared <= 1000 or replica.total.changed <= 50 or replica.total.deleted <= 5:
                rounds += 1
                async with reader.transaction(isolation="repeatable_read", readonly=True):
                    await follower.poll(reader)
                    for _ in range(5):
                        selection = random_selection(rng, choices)
                        expected = tuple(await reader.fetchrow(COUNT, *as_arguments(selection)))
                        assert await replica.run(total, selection, rng.randrange(1, 11)) == expected
                        compared += expected[0]
                if rng.random() < 0.2:
                    await replica.merge_tail(0)
                await asyncio.sleep(0.01)
    finally:
        for task in writers:
            task.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
    assert compared > 1000
    assert replica.total.changed > 50
    assert replica.total.deleted > 5


async def test_a_transaction_that_commits_after_a_younger_one_is_not_missed(
    database_url: str, writer: asyncpg.Connection, replica: Replica
) -> None:
    rng = random.Random(1)
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    follower = Follower(database_url, replica)
    async with open_connection(database_url) as older, open_connection(database_url) as reader:
        await follower.poll(reader)
        transaction = older.transaction()
        await transaction.start()
        await write(older, rng, 1, choices)
        await write(writer, rng, 2, choices)
        assert await follower.poll(reader) == Change(new=1)
        assert await follower.poll(reader) == Change(), "a row read twice is not counted twice"
        await transaction.commit()
        assert await follower.poll(reader) == Change(new=1)


async def test_deleting_and_truncating_reach_the_replica(database_url: str, writer: asyncpg.Connection, replica: Replica) -> None:
    rng = random.Random(1)
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    follower = Follower(database_url, replica)
    for key in range(10):
        await write(writer, rng, key, choices)
    await follower.poll(writer)
    await writer.execute("delete from incident where external_id in ('1', '2')")
    assert await follower.poll(writer) == Change(deleted=2)
    await writer.execute("truncate incident")
    assert await follower.poll(writer) == Change(deleted=8)
    assert replica.live_rows == 0


async def test_a_new_theme_is_in_the_catalogue_as_soon_as_its_incident_is_counted(
    database_url: str, writer: asyncpg.Connection, replica: Replica
) -> None:
    follower = Follower(database_url, replica)
    await follower.poll(writer)
    await writer.execute("insert into theme (code, sector_id, name_ru, name_en) values ('late', 2, 'л', 'l') on conflict do nothing")
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    await write(writer, random.Random(1), 77, choices | {"theme": choices["theme"][-1:]})
    await follower.poll(writer)
    assert "late" in replica.catalogue.themes.by_code


async def eventually(check: Any) -> None:
    """Wait until the check holds; the last try says why not."""
    for _ in range(200):
        if check():
            return
        await asyncio.sleep(0.05)
    assert check()


async def test_a_running_follower_hears_of_commits_and_survives_losing_its_connection(
    database_url: str, writer: asyncpg.Connection, replica: Replica
) -> None:
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    following = asyncio.create_task(Follower(database_url, replica).run())
    try:
        await eventually(lambda: replica.loaded)
        await write(writer, random.Random(1), 1, choices)
        await eventually(lambda: replica.live_rows == 1)
        for key in range(2, 5):
            await writer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
            await write(writer, random.Random(key), key, choices)
            await eventually(lambda key=key: replica.live_rows == key)
        await eventually(lambda: replica.lag < 5)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_the_first_load_reads_every_column_as_postgis_holds_it(
    database_url: str, writer: asyncpg.Connection, replica: Replica
) -> None:
    rng = random.Random(5)
    choices = {table: await ids(writer, table) for table in ("theme", "source", "agency")}
    for key in range(300):
        await write(writer, rng, key, choices)
    await Follower(database_url, replica).poll(writer)
    expected = await writer.fetch(
        "select cell, floor(extract(epoch from received_at))::int8, floor(extract(epoch from due_at))::int8, theme_id, source_id,"
        " coalesce(agency_id, 0), status from incident order by received_at, id"
    )

    def held(state: Any) -> list[tuple[int, ...]]:
        cells = state.pyramid.levels[10].cells[state.columns["cell"]]
        names = ("received", "due", "theme", "source", "agency", "status")
        return list(zip(cells.tolist(), *(state.columns[name].tolist() for name in names), strict=True))

    assert sorted(await replica.run(held)) == sorted(tuple(row) for row in expected)
    assert (np.diff([row[1] for row in await replica.run(held)]) >= 0).all()


async def test_questions_are_refused_before_the_load_and_when_too_many_wait(replica: Replica, database_url: str) -> None:
    with pytest.raises(NotReady):
        await replica.run(lambda state: state)
    async with open_connection(database_url) as held:
        await Follower(database_url, replica).poll(held)
    crowded = Replica(1000, AdmissionQueue(0, 60))
    crowded._state = replica._state
    with pytest.raises(Overloaded):
        await crowded.run(lambda state: state)
    crowded.close()
