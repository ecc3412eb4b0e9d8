"""What becomes of a running replica when the database is restored, replaced or promoted under it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import h3.api.basic_int as h3
import numpy as np
import pytest
from structlog.testing import capture_logs

from geo_service.aggregation.columns.columns import DELETED, Change
from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.cluster.private_cluster import Cluster
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import migrate, open_connection
from geo_service.core.errors import DatabaseUnavailable
from tests.support.backups import dump, other_cluster, promoted_standby, restore, server_folder, spend_transactions, streaming_standby
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.waiting import wait_until

CELL = h3.latlng_to_cell(45.5, 39.5, 10)
ROWS = 20_000

INSERT = f"""
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)
select source.id, $1 || number, st_setsrid(st_makepoint(39.5, 45.5), 4326), {CELL}, 0, theme.id, 0,
    to_timestamp(1700000000 + number % 1000000), now()
from generate_series(1, $2) as number, source, theme where source.code = 's' and theme.code = 't'
"""


async def prepare(url: str) -> None:
    """Migrate, and insert a source and a theme."""
    await migrate(url)
    async with open_connection(url) as held:
        await held.execute("insert into source (code, name_ru, name_en) values ('s', 's', 's') on conflict do nothing")
        await held.execute("insert into theme (code, sector_id, name_ru, name_en) values ('t', 1, 't', 't') on conflict do nothing")


async def insert(url: str, prefix: str, count: int) -> None:
    async with open_connection(url) as held:
        await held.execute(INSERT, prefix, count)


@pytest.fixture
async def url(cluster_url: str, template: str) -> AsyncIterator[str]:
    """A database of this test's own with a source and a theme."""
    name = "geo_followed"
    await create_database(cluster_url, name, template)
    address = database_address(cluster_url, name)
    await prepare(address)
    yield address
    async with open_connection(cluster_url) as held:
        await held.execute(f'drop database "{name}" with (force)')


@pytest.fixture
async def replica() -> AsyncIterator[Replica]:
    made = Replica(10_000_000, AdmissionQueue(100, 60))
    yield made
    made.close()


@asynccontextmanager
async def following(url: str, replica: Replica) -> AsyncIterator[Follower]:
    """A follower at work, once it has loaded."""
    follower = Follower(url, replica, reconcile_interval_s=0.1)
    task = asyncio.create_task(follower.run())
    try:
        await asyncio.to_thread(wait_until, lambda: replica.loaded)
        yield follower
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def ids_of(state: ReplicaState) -> list[int]:
    rows = np.flatnonzero(state.columns["status"] != DELETED)
    return sorted(state.columns.ids(rows).tolist())


def ids_and_places(state: ReplicaState) -> list[tuple[int, bool]]:
    """Id of each incident, and whether it has no place."""
    return sorted([(id_, False) for id_ in ids_of(state)] + [(id_, True) for id_ in state.unplaced.ids_between(0, 2**62).tolist()])


async def ids_in(url: str) -> list[int]:
    async with open_connection(url) as held:
        return [row["id"] for row in await held.fetch("select id from incident order by id")]


async def fetch_value(url: str, text: str) -> int:
    async with open_connection(url) as held:
        return int(await held.fetchval(text))


async def wait_until_equal(replica: Replica, url: str, seconds: float = 20) -> float:
    """Wait until replica and database hold the same incidents; return how long it took."""
    began = time.monotonic()
    expected = await ids_in(url)
    while (held := await replica.run(ids_of)) != expected:
        assert time.monotonic() < began + seconds, f"{len(held)} incidents in the replica, {len(expected)} in the database"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


async def rows_read(held: asyncpg.Connection) -> int:
    """Rows of the table that any scan has read so far, those of this connection included."""
    await held.execute("select pg_stat_force_next_flush()")
    return int(await held.fetchval("select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relname = 'incident'"))


@pytest.mark.parametrize("options", [("--clean", "--if-exists"), ("--clean", "--if-exists", "--single-transaction")])
async def test_a_backup_restored_under_a_running_service_leaves_no_ghosts(
    url: str, replica: Replica, tmp_path: Path, options: tuple[str, ...]
) -> None:
    await insert(url, "old", 300)
    file = await dump(url, tmp_path / "backup")
    async with following(url, replica):
        await insert(url, "new", 20)
        await wait_until_equal(replica, url)
        assert replica.live_rows == 320
        async with open_connection(url) as held:
            before = await held.fetchval("select 'incident'::regclass::oid")
            await restore(file, url, *options, "--schema=public")
            assert await held.fetchval("select 'incident'::regclass::oid") != before
        await wait_until_equal(replica, url)
        assert replica.live_rows == 300
        await insert(url, "after", 5)
        await wait_until_equal(replica, url)
        assert replica.following.reloads >= 1


async def test_while_the_triggers_are_missing_the_replica_answers_what_was_true_last(url: str, replica: Replica) -> None:
    await insert(url, "old", 10)
    async with open_connection(url) as held:
        follower = Follower(url, replica)
        await follower.poll(held)
        await held.execute("alter table incident disable trigger incident_set_xid; delete from incident")
        with pytest.raises(DatabaseUnavailable, match="triggers of table incident are missing or disabled"):
            await follower.poll(held)
        assert replica.live_rows == 10
        await held.execute("alter table incident enable trigger incident_set_xid")
        await follower.poll(held)
        assert replica.live_rows == 0


async def test_another_cluster_with_higher_transactions_behind_the_same_address_is_noticed(url: str, replica: Replica) -> None:
    await insert(url, "here", 30)
    follower = Follower(url, replica)
    async with open_connection(url) as held:
        await follower.poll(held)
        async with other_cluster() as other:
            await prepare(other)
            await insert(other, "there", 20)
            here = await held.fetchval("select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            there = await fetch_value(other, "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            await spend_transactions(other, max(here - there, 0) + 10)
            async with open_connection(other) as connection:
                await follower.poll(connection)
                assert await replica.run(ids_of) == await ids_in(other)
    assert replica.live_rows == 20
    assert replica.following.reloads == 1


async def test_a_promoted_standby_is_noticed_although_it_is_further_than_the_primary_was(replica: Replica) -> None:
    with server_folder() as folder:
        primary = Cluster(folder, durable=False)
        await execute_statement(primary.start(), "alter system set wal_level = 'replica'")
        primary.stop(now=True)
        url = primary.start()
        await prepare(url)
        await insert(url, "both", 30)
        primary.stop(now=True)
        async with promoted_standby(primary) as standby:
            url = primary.start()
            follower = Follower(url, replica)
            try:
                await insert(url, "lost", 20)
                async with open_connection(url) as held:
                    await follower.poll(held)
                    assert replica.live_rows == 50
            finally:
                primary.stop(now=True)
            await insert(standby, "later", 10)
            await spend_transactions(standby, 100)
            async with open_connection(standby) as held:
                await follower.poll(held)
            assert await replica.run(ids_of) == await ids_in(standby)
        assert replica.live_rows == 40
        assert replica.following.reloads == 1


async def test_a_standby_of_the_same_schema_is_followed_without_notifications_and_on_after_its_promotion(replica: Replica) -> None:
    with server_folder() as folder:
        primary = Cluster(folder, durable=False)
        for setting in ("wal_level = 'replica'", "max_wal_senders = 4", "hot_standby_feedback = on"):
            await execute_statement(primary.start(), f"alter system set {setting}")
        primary.stop(now=True)
        url = primary.start()
        try:
            await prepare(url)
            await insert(url, "before", 30)
            async with streaming_standby(primary) as (_, standby), open_connection(url) as held:
                version = await held.fetchval("select version_num from alembic_version")
                await held.execute("update alembic_version set version_num = '0001'")
                await wait_until_replayed(standby, url)
                with pytest.raises(DatabaseUnavailable, match=r"is a standby.* run `geo db migrate` of this version on its"):
                    await migrate(standby)
                await held.execute("update alembic_version set version_num = $1", version)
                await wait_until_replayed(standby, url)
                await migrate(standby)
                async with following(standby, replica):
                    assert replica.live_rows == 30
                    async with open_connection(url) as long, long.transaction():
                        await long.execute(INSERT, "long", 3)
                        await held.execute(INSERT, "short", 2)
                        await held.execute("delete from incident where external_id in ('before1', 'before2')")
                        await wait_until_equal(replica, url)
                        assert replica.live_rows == 30
                    await wait_until_equal(replica, url)
                    assert replica.live_rows == 33
                    await held.execute("update theme set name_en = 'renamed'")
                    await asyncio.to_thread(wait_until, lambda: replica.catalogue.themes.by_code["t"].name_en == "renamed")
                    primary.stop(now=True)
                    await execute_statement(standby, "select pg_promote()")
                    await insert(standby, "after", 4)
                    await wait_until_equal(replica, standby)
                    assert replica.live_rows == 37
        finally:
            primary.stop(now=True)


async def wait_until_replayed(standby: str, primary: str) -> None:
    async with open_connection(primary) as held, open_connection(standby) as behind:
        sent = await held.fetchval("select pg_current_wal_insert_lsn()")
        async with asyncio.timeout(60):
            while not await behind.fetchval("select pg_last_wal_replay_lsn() >= $1", sent):  # noqa: ASYNC110  # nothing tells
                await asyncio.sleep(0.05)


async def test_a_restored_backup_is_followed_without_reading_its_rows_again(url: str, replica: Replica, tmp_path: Path) -> None:
    async with open_connection(url) as held:
        # As if they came from a cluster that has run for years; some as if from one that was a little ahead.
        await held.execute(INSERT, "far", ROWS)
        await held.execute(INSERT, "near", 1)
        await held.execute("set session_replication_role = replica")
        await held.execute("update incident set xid = '900000000'")
    file = await dump(url, tmp_path / "backup")
    await restore(file, url, "--clean", "--if-exists", "--schema=public")
    async with open_connection(url) as held:
        await held.execute("set session_replication_role = replica")
        await held.execute("update incident set xid = (pg_current_xact_id()::text::bigint + 200)::text::xid8 where external_id = 'near1'")
        await held.execute("reset session_replication_role")
        assert await held.fetchval("select count(*) from incident where xid >= pg_snapshot_xmax(pg_current_snapshot())") == ROWS + 1
        follower = Follower(url, replica)
        await follower.poll(held)
        before = await rows_read(held)
        for number in range(5):
            await insert(url, f"new{number}-", 2)
            assert await follower.poll(held) == Change(new=2)
        await spend_transactions(url, 300)
        assert await follower.poll(held) == Change()
        await held.execute("delete from incident where external_id in ('far1', 'new0-1')")
        await held.execute("update incident set status = 6 where external_id in ('far2', 'new0-2')")
        assert await follower.poll(held) == Change(changed=2, deleted=2)
        assert await rows_read(held) - before < ROWS, "reading everything again would be seven times the table"
    assert await replica.run(ids_of) == await ids_in(url)


async def test_while_a_long_transaction_is_open_rows_are_read_once_and_its_own_when_it_ends(url: str, replica: Replica) -> None:
    follower = Follower(url, replica)
    async with open_connection(url) as long, open_connection(url) as held:
        await follower.poll(held)
        transaction = long.transaction()
        await transaction.start()
        await long.execute(INSERT, "long", 3)
        await insert(url, "other", ROWS)
        assert await follower.poll(held) == Change(new=ROWS)
        before = await rows_read(held)
        for number in range(10):
            await insert(url, f"more{number}-", 1)
            assert await follower.poll(held) == Change(new=1)
        assert await rows_read(held) - before < ROWS / 2
        await transaction.commit()
        assert await follower.poll(held) == Change(new=3)
        assert await follower.poll(held) == Change()


async def test_who_holds_the_horizon_for_long_is_known(url: str, replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.aggregation.replica.following._LOOKUP_AFTER_S", 0.05)
    monkeypatch.setattr("geo_service.aggregation.replica.following._WARN_AFTER_S", 0.1)
    follower, horizon = Follower(url, replica), replica.following.horizon
    async with open_connection(url) as long, open_connection(url) as held:
        await follower.poll(held)
        assert (horizon.age_s, horizon.pid) == (0, None)
        with capture_logs() as logs:
            async with long.transaction():
                await long.execute(INSERT, "long", 1)
                await insert(url, "other", 1)
                await follower.poll(held)
                await asyncio.sleep(0.2)
                await follower.poll(held)
                assert horizon.age_s > 0.15
                assert horizon.pid == long.get_server_pid()
            await follower.poll(held)
        assert (horizon.age_s, horizon.pid) == (0, None)
    assert [(line["event"], line["held_by"]) for line in logs] == [
        ("a transaction is open for long", f"pid {long.get_server_pid()}"),
        ("the long transaction is over", f"pid {long.get_server_pid()}"),
    ]


COPY_AS = """
insert into incident (id, source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at, xid)
overriding system value
select {}, source_id, 'copy', location, cell, location_quality, theme_id, status, received_at, updated_at, xid
from incident where external_id = 'old7'
"""
WITHOUT_TRIGGERS = "set session_replication_role = replica; "


@pytest.mark.parametrize(
    ("statement", "corrected"),
    [
        ("delete from incident where external_id <= 'old120'", 25),
        ("truncate incident cascade", 300),
        (COPY_AS.format("id + 70000"), 1),
        ("update incident set location = null, cell = null where external_id = 'old8'", 2),
        ("delete from incident where location is null", 10),
    ],
)
async def test_what_is_written_without_triggers_is_found_and_corrected(url: str, replica: Replica, statement: str, corrected: int) -> None:
    async with open_connection(url) as held:
        await held.execute(INSERT, "old", 290)
        await held.execute(INSERT, "unplaced", 10)
        await held.execute("update incident set location = null, cell = null where external_id like 'unplaced%'")
        with capture_logs() as logs:
            async with following(url, replica):
                assert replica.following.corrected == 0
                await held.execute(WITHOUT_TRIGGERS + statement)
                await asyncio.to_thread(wait_until, lambda: replica.following.corrected >= corrected)
                rounds = replica.following.reconciled_at
                await asyncio.to_thread(wait_until, lambda: replica.following.reconciled_at != rounds)
                stored = [tuple(row) for row in await held.fetch("select id, cell is null from incident order by id")]
                assert await replica.run(ids_and_places) == stored
    assert replica.following.corrected == corrected
    assert [line for line in logs if "was corrected" in line["event"]]


async def test_changed_values_are_found_in_turn_and_what_is_equal_is_not_corrected(
    url: str, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo_service.aggregation.replica.reconciliation._BLOCKS_READ_A_ROUND", 1)
    async with open_connection(url) as held:
        for block in range(5):
            await held.execute("select setval(pg_get_serial_sequence('incident', 'id'), $1)", 65_536 * block + 1)
            await held.execute(INSERT, f"block{block}-", 100)
        async with following(url, replica):
            revision = replica.revision
            await asyncio.sleep(1)
            assert (replica.following.corrected, replica.revision) == (0, revision)
            await held.execute(WITHOUT_TRIGGERS + "update incident set status = 6 where external_id like '%-7'")
            await asyncio.to_thread(wait_until, lambda: replica.following.corrected >= 5)
            assert await replica.run(lambda state: int(np.count_nonzero(state.columns["status"] == 6))) == 5


async def test_a_new_theme_written_without_triggers_is_in_the_catalogue(url: str, replica: Replica) -> None:
    async with open_connection(url) as held, following(url, replica):
        await held.execute(WITHOUT_TRIGGERS + "insert into theme (code, sector_id, name_ru, name_en) values ('silent', 1, 's', 's')")
        await asyncio.to_thread(wait_until, lambda: "silent" in replica.catalogue.themes.by_code)
