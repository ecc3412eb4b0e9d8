"""Named settlements in the replica's catalogue: read once, read again when they have changed, and noticed like any change of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest

from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.loader import read_catalogue
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import open_connection
from ingest.jobs.place_names import load_places
from tests.support.http_client import until

INSERT = (
    "insert into place (id, name_ru, name_en, country, population, location)"
    " values ($1, $2, $3, 'RU', $4, st_setsrid(st_makepoint($5, $6), 4326))"
)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with open_connection(database_url) as made:
        await made.execute("truncate place")
        yield made


async def test_settlements_are_columns_of_the_catalogue(connection: asyncpg.Connection) -> None:
    assert len((await read_catalogue(connection)).settlements) == 0
    await connection.execute(INSERT, 7, "Вознесенская", "Voznesenskaya", 8500, 40.99, 44.51)
    await connection.execute(INSERT, 3, "", "Nameless", 600, -170.5, -12.25)
    read = (await read_catalogue(connection)).settlements
    assert (read.ids.tolist(), read.name_ru, read.name_en) == ([3, 7], ("Nameless", "Вознесенская"), ("Nameless", "Voznesenskaya"))
    assert (read.population.tolist(), read.lng.tolist(), read.lat.tolist()) == ([600, 8500], [-170.5, 40.99], [-12.25, 44.51])


async def test_settlements_are_read_again_only_when_a_row_was_written_or_deleted(connection: asyncpg.Connection) -> None:
    await connection.execute(INSERT, 7, "Вознесенская", "Voznesenskaya", 8500, 40.99, 44.51)
    first = await read_catalogue(connection)
    same = await read_catalogue(connection, first)
    assert same.settlements is first.settlements
    assert same.equals(first)
    for change in ("update place set population = 8600", "update place set population = 8600", "delete from place"):
        before = await read_catalogue(connection)
        await connection.execute(change)
        assert not (await read_catalogue(connection, before)).equals(before)


async def test_a_following_replica_hears_of_settlements(connection: asyncpg.Connection, database_url: str) -> None:
    replica = Replica(10_000_000, AdmissionQueue(100, 60))
    following = asyncio.create_task(Follower(database_url, replica).run())

    async def loaded() -> bool:
        return replica.loaded

    async def has(count: int) -> bool:
        return len(replica.catalogue.settlements) == count

    try:
        await until(loaded)
        revision = replica.revision
        # By the loader of `geo places` and `geo demo`.
        count = await load_places(database_url)
        await until(lambda: has(count))
        assert replica.revision > revision
        await connection.execute("truncate place")
        await until(lambda: has(0))
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        replica.close()
