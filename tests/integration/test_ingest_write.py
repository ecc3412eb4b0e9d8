"""The upsert against a plain dictionary, and what it leaves alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

import asyncpg
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_service.core.database import connect
from geo_service.core.model import GeocodedBy, LocationQuality
from ingest.validate.coordinates import cells
from ingest.write.incident_batch import IncidentBatch, InstantArray
from ingest.write.incident_writer import IncidentWriter, WriteResult
from ingest.write.reference_data import Agency, Source, Theme
from tests.support.http_client import until
from tests.support.ingest_client import holds

BEGIN = np.datetime64("2026-01-01", "us")
NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True)
class Row:
    id: str
    updated: int
    status: int = 0
    address: str = ""
    closed: bool = False
    located: bool = True
    message: str = ""


rows = st.builds(
    Row,
    id=st.sampled_from("abcdé"),
    updated=st.integers(0, 3),
    status=st.integers(0, 2),
    address=st.sampled_from(["", "ул. Мира, 1", "x" * 300]),
    closed=st.booleans(),
    located=st.booleans(),
    message=st.sampled_from(["", "Яма на дороге"]),
)


def batch_of(given_rows: list[Row], source: int, theme: int, agency: int) -> IncidentBatch:
    count = len(given_rows)
    located = np.array([row.located for row in given_rows], np.bool_)
    lng, lat = np.linspace(38, 39, count), np.full(count, 45.0)

    def instants(present: list[bool]) -> InstantArray:
        return np.where(np.array(present, np.bool_), BEGIN + np.timedelta64(9, "D"), NEVER)

    return IncidentBatch(
        source_id=np.full(count, source, np.int16),
        external_id=[row.id for row in given_rows],
        lng=np.full(count, 38.5),
        lat=lat,
        cell=np.where(located, cells(np.full(count, 38.5), lat), 0),
        address=[row.address for row in given_rows],
        message=[row.message for row in given_rows],
        location_quality=np.where(located, 0, 6).astype(np.int16),
        confidence=np.full(count, np.nan, np.float32),
        geocoded_by=located.astype(np.int16),
        theme_id=np.full(count, theme, np.int32),
        agency_id=np.where(lng > 0, agency, 0).astype(np.int32),
        status=np.array([row.status for row in given_rows], np.int16),
        received_at=np.full(count, BEGIN),
        due_at=np.full(count, NEVER),
        answered_at=np.full(count, NEVER),
        closed_at=instants([row.closed for row in given_rows]),
        updated_at=BEGIN + np.array([row.updated for row in given_rows], "timedelta64[D]"),
    )


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[tuple[asyncpg.Connection, IncidentWriter, tuple[int, int, int]]]:
    held = await connect(url)
    try:
        async with IncidentWriter(held) as writer:
            source = await writer.reference_data.ensure_source(Source("s", "И", "S"))
            theme = (await writer.reference_data.ensure_themes([Theme("t", "roads", "Т", "T")]))["t"]
            agency = (await writer.reference_data.ensure_agencies([Agency("a", "А")]))["a"]
            yield held, writer, (source, theme, agency)
    finally:
        await held.close()


@pytest.fixture(autouse=True)
def nothing_there(database_url: str) -> Iterator[None]:
    asyncio.run(_emptied(database_url))
    yield


async def _emptied(url: str) -> None:
    held = await connect(url)
    await held.execute("truncate incident, incident_tombstone")
    await held.close()


def expected(known: dict[str, Row], batch: list[Row]) -> WriteResult:
    """The rules, row by row."""
    winners: dict[str, Row] = {}
    for row in batch:
        if row.id not in winners or row.updated >= winners[row.id].updated:
            winners[row.id] = row
    counts = dict.fromkeys(("new", "changed", "unchanged", "stale"), 0)
    for row in winners.values():
        before = known.get(row.id)
        if before is None:
            kind = "new"
        elif row.updated < before.updated:
            kind = "stale"
        else:
            kind = "unchanged" if row == before else "changed"
        counts[kind] += 1
        if kind in ("new", "changed"):
            known[row.id] = row
    return WriteResult(counts["new"], counts["changed"], counts["unchanged"], len(batch) - len(winners), counts["stale"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(rows, max_size=8), max_size=5))
def test_the_table_is_what_a_dictionary_with_the_same_rules_is(database_url: str, batches: list[list[Row]]) -> None:
    async def go() -> None:
        await _emptied(database_url)
        known: dict[str, Row] = {}
        async with writing(database_url) as (held, writer, ids):
            for batch in batches:
                assert await writer.write(batch_of(batch, *ids)) == expected(known, batch)
            found = await held.fetch("select *, st_x(location) as lng, st_y(location) as lat from incident")
        table = {
            row["external_id"]: Row(
                row["external_id"],
                (row["updated_at"].day - 1),
                row["status"],
                row["address"],
                row["closed_at"] is not None,
                row["cell"] is not None,
                row["message"],
            )
            for row in found
        }
        assert table == known
        assert all((row["lng"], row["lat"]) == (38.5, 45.0) for row in found if row["cell"] is not None)
        assert all((row["agency_id"], row["theme_id"], row["source_id"]) == (ids[2], ids[1], ids[0]) for row in found)

    asyncio.run(go())


async def test_an_unchanged_row_gets_no_new_version_and_uses_up_no_id(database_url: str) -> None:
    async with writing(database_url) as (held, writer, ids):
        batch = batch_of([Row("a", 1), Row("b", 1)], *ids)
        await writer.write(batch)
        before = await held.fetch("select id, ctid, xid from incident order by id")
        assert await writer.write(batch) == WriteResult(unchanged=2)
        assert await held.fetch("select id, ctid, xid from incident order by id") == before
        await writer.write(batch_of([Row("c", 1)], *ids))
        assert await held.fetchval("select max(id) from incident") == before[-1]["id"] + 1


async def test_incidents_are_written_with_their_districts_and_follow_changes_of_them(database_url: str) -> None:
    add = """
        insert into district (code, level, name_ru, name_en, area)
        values ($1, 2, 'Д', 'D', st_multi(st_makeenvelope(37, 44, 39, 46, 4326))) returning id
    """
    async with writing(database_url) as (held, writer, ids):
        assert await writer.write(batch_of([Row("a", 1)], *ids)) == WriteResult(new=1)
        district = await held.fetchval(add, "d")
        await held.execute("update boundary_state set revision = revision + 1")
        assert await writer.write(batch_of([Row("a", 1), Row("b", 1, located=False)], *ids)) == WriteResult(new=1, changed=1)
        assert await writer.write(batch_of([Row("a", 1)], *ids)) == WriteResult(unchanged=1)
        found = await held.fetch("select district_id, district_is_nearest from incident order by external_id")
        assert [tuple(row) for row in found] == [(district, False), (None, False)]
        await held.execute(
            "update incident set district_id = null; delete from district; update boundary_state set revision = revision + 1"
        )


async def test_a_place_that_was_found_for_the_words_stays_while_they_are_the_same_and_nothing_finer_is_given(database_url: str) -> None:
    async def placed(held: asyncpg.Connection) -> tuple[object, ...]:
        return tuple(
            await held.fetchrow("select st_x(location), location_quality, geocoded_by, round(confidence::numeric, 1) from incident")
        )

    async with writing(database_url) as (held, writer, ids):
        words = Row("a", 1, address="ул. Мира, 1", located=False)
        await writer.write(batch_of([words], *ids))
        assert await placed(held) == (None, LocationQuality.NONE, None, None)
        await held.execute(
            "update incident set location = st_setsrid(st_makepoint(39, 45), 4326), cell = $1, location_quality = 1, geocoded_by = 4,"
            " confidence = 0.9",
            int(cells(np.array([39.0]), np.array([45.0]))[0]),
        )
        found = (39.0, LocationQuality.HOUSE, GeocodedBy.NOMINATIM, Decimal("0.9"))
        assert await writer.write(batch_of([words], *ids)) == WriteResult(unchanged=1)
        assert await writer.write(batch_of([replace(words, updated=2, status=2)], *ids)) == WriteResult(changed=1)
        assert await placed(held) == found
        assert await writer.write(batch_of([replace(words, updated=3, located=True)], *ids)) == WriteResult(changed=1)
        assert await placed(held) == (38.5, LocationQuality.EXACT, GeocodedBy.INPUT, None)
        await held.execute("update incident set geocoded_by = 4, location_quality = 1, confidence = 0.9")
        assert await writer.write(batch_of([replace(words, updated=4, address="")], *ids)) == WriteResult(changed=1)
        assert await placed(held) == (None, LocationQuality.NONE, None, None)


async def test_two_writers_of_the_same_rows_never_wait_in_a_circle(database_url: str) -> None:
    async def one(order: int, status: int) -> WriteResult:
        async with writing(database_url) as (_, writer, ids):
            total = WriteResult()
            for turn in range(5):
                made = [Row(f"{name}", turn, status) for name in range(300)][::order]
                total = await writer.write(batch_of(made, *ids))
            return total

    first, second = await asyncio.gather(one(1, 0), one(-1, 1))
    assert first.new + second.new + first.changed + second.changed + first.unchanged + second.unchanged == 600
    async with writing(database_url) as (held, _, _):
        assert await held.fetchval("select count(*) from incident where updated_at = '2026-01-05 00:00Z'") == 300


async def test_a_renamed_theme_keeps_its_id(database_url: str) -> None:
    async with writing(database_url) as (held, writer, (_, theme, _)):
        assert await writer.reference_data.ensure_themes([Theme("t", "waste", "Мусор", "Litter"), Theme("u", "waste", "У", "U")]) == {
            "t": theme,
            "u": await held.fetchval("select id from theme where code = 'u'"),
        }
        assert await held.fetchval("select name_ru from theme where code = 't'") == "Мусор"


def test_columns_of_different_length_are_refused() -> None:
    whole = batch_of([Row("a", 1)], 1, 1, 1)
    with pytest.raises(ValueError, match="equally long"):
        IncidentBatch(**{name: getattr(whole, name) for name in whole.__slots__} | {"external_id": ["a", "b"]})


CHANGES = """
select external_id, previous_status, status_change.status
from status_change inner join incident on incident.id = incident_id order by external_id, status_change.id
"""


async def test_a_status_is_recorded_only_of_rows_that_this_batch_has_written(database_url: str) -> None:
    async with writing(database_url) as (ours, writer, ids), writing(database_url) as (theirs, other_writer, _):
        await writer.write(batch_of([Row("a", 0), Row("b", 0)], *ids))
        async with theirs.transaction():
            await other_writer.write(batch_of([Row("a", 2, status=2)], *ids))
            written = asyncio.create_task(writer.write(batch_of([Row("a", 1, status=1), Row("b", 1, status=1)], *ids)))
            waits = f"select from pg_stat_activity where pid = {ours.get_server_pid()} and wait_event_type = 'Lock'"
            await until(lambda: holds(database_url, waits))
        # The newer version of "a" was committed while the batch waited for it.
        assert (await written).changed == 1
        changes = [tuple(row) for row in await ours.fetch(CHANGES)]
    assert changes == [("a", 0, 2), ("b", 0, 1)]
