"""Migrations: a database of the previous version, with its triggers and its data, becomes what a new database is."""

import asyncio
import os
import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command

from geo_service.core.database import alembic_config, migrate, open_connection
from geo_service.core.schema import metadata
from geo_service.core.sql.named_queries import query
from ingest.write.incident_writer import IncidentWriter
from tests.support.database_objects import column_rows, database_objects, table_columns, table_rows
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.duplicates_oracle import BEGIN, Message, stored, write
from tests.support.paths import CHECKOUT

TRIGGERS = (CHECKOUT / "tests/support/data/triggers_0007.sql").read_text(encoding="utf-8")

OLD_TABLES = {
    "near_rule": "duplicate_rule",
    "intake_key": "idempotency_key",
    "intake_answer": "idempotency_response",
    "open311_mark": "open311_checkpoint",
    "geocode_wait": "geocode_queue",
}
LATER_TABLES = {"status_change", "incident_media", "alert", "alert_delivery", "alert_threshold"}
"""Tables that revisions after 0009 add, empty."""
LATER_TRIGGERS = {
    *(f"incident_{act}_open311_records on incident" for act in ("delete", "truncate")),
    *(f"{table}_notify on {table}" for table in ("alert", "alert_threshold")),
}
"""Triggers of these tables: they come with their text."""
OLD_NAME = re.compile(
    r"near_|_near\b|near\(|intake|open311_mark|geocode_wait|placed_by|first_id|_bell|\bring\b|bury|buried|_stamp|stamp\(|unplaced"
    r"|incident_unlink\(|incident_unlink_all\(|retention\.what|ingest_run\.form|\.at$|\.words$|\.next_at$"
)
"""What names of revision 0007 have in them and no present one."""

DATA = """
insert into sector (id, code, name_ru, name_en, position) values (1, 'roads', 'Дороги', 'Roads', 1);
insert into theme (code, sector_id, name_ru, name_en) values ('pit', 1, 'Яма', 'Pit');
insert into agency (code, name) values ('city', 'City');
insert into source (code, name_ru, name_en, placed_by) values ('portal', 'Портал', 'Portal', '{3}'), ('chat', 'Чат', 'Chat', '{1,4}');
insert into district (code, level, name_ru, name_en, area)
values ('d', 2, 'Район', 'District', st_multi(st_makeenvelope(38, 44, 39, 46, 4326)));
insert into district_shape (district_id, band, shape)
select id, 0, st_multi(st_transform(area, 3857)) from district;
insert into district_alias (district_id, alias) select id, 'alias' from district;
insert into incident (
    source_id, external_id, location, cell, message, address, location_quality, confidence, placed_by, theme_id, agency_id,
    district_id, district_near, status, received_at, updated_at
)
select
    source.id, source.code || number, st_setsrid(st_makepoint(38.97, 45.03), 4326), x'8a2d0d24e967fff'::bigint, 'text', 'address', 1, 0.5,
    3, theme.id, agency.id, district.id, number = 1, 2, '2026-01-01 10:00Z'::timestamptz + source.id * interval '1 minute', '2026-01-02Z'
from source, theme, agency, district, generate_series(1, 2) as number;
insert into incident (source_id, external_id, message, location_quality, theme_id, status, received_at, updated_at)
select source.id, 'waits', 'где-то', 6, theme.id, 0, '2026-01-03Z', '2026-01-03Z' from source, theme;
select link_near(array(select id from incident), '{}');
delete from incident where external_id = 'chat2';
insert into geocode_cache (key, location, location_quality, confidence, name, placed_by, at)
values ('key', st_setsrid(st_makepoint(38, 45), 4326), 1, 0.9, 'name', 4, '2026-01-01Z');
insert into geocode_wait (incident_id, words, attempts, next_at, reason, candidates)
select id, md5(message), 2, '2026-01-04Z', 'reason', '[{"name": "place"}]' from incident where external_id = 'waits';
insert into intake_key (key, digest, summary, at) values ('k', 'd', '{}', '2026-01-01Z');
insert into intake_answer (key, part, lines, at) values ('k', 0, 'line', '2026-01-01Z'), ('k', 1, 'line', '2026-01-01Z');
insert into open311_mark (source, endpoint, since, reached, known_at, finished)
values ('city', 'https://example.org', '2026-01-01Z', '2026-01-02Z', '2026-01-03Z', false);
insert into retention (what, before) values ('text', '2020-01-01Z'), ('address', '2021-01-01Z');
insert into ingest_run (input, mapping, read, form) values ('file.csv', 'plain', 3, '{"columns": ["id"]}');
insert into reject (run_id, input, line, reason, detail, row_text, digest)
select id, input, 2, 'broken_row', 'detail', 'row', 'd' from ingest_run;
insert into place (id, name_ru, name_en, country, population, location)
values (1, 'Город', 'Town', 'RU', 1000, st_setsrid(st_makepoint(38, 45), 4326));
update near_rule set metres = 120, hours = 12, complete = true;
"""


@pytest.fixture
async def old_url(cluster_url: str) -> AsyncIterator[str]:
    """A database at revision 0007 with the triggers of that time, and rows in every table."""
    name = f"geo_{os.getpid()}_revision_0007"
    await create_database(cluster_url, name)
    url = database_address(cluster_url, name)
    async with open_connection(url) as held:
        await held.execute("create extension postgis")
        await asyncio.to_thread(command.upgrade, alembic_config(url), "0007")
        await held.execute(TRIGGERS)
        await held.execute(DATA)
    yield url
    await execute_statement(cluster_url, f'drop database "{name}" with (force)')


async def all_tables(held: asyncpg.Connection) -> list[str]:
    """Our tables, by name."""
    objects = await database_objects(held)
    names = {name.partition(".")[0] for kind, name in objects if kind == "column"}
    return sorted(names - {"alembic_version", "sector"})


def trigger_names(objects: dict[tuple[str, str], str]) -> set[str]:
    """Triggers and their tables, as of `database_objects`."""
    return {name for kind, name in objects if kind == "trigger"}


async def test_an_upgraded_database_has_the_objects_of_a_new_one_and_none_with_an_old_name(old_url: str, database_url: str) -> None:
    async with open_connection(old_url) as held:
        before = await database_objects(held)
    assert {name for _, name in before if OLD_NAME.search(name)} > {"near_rule", "intake_key.at", "incident_bell on incident", "ring()"}
    await migrate(old_url)
    async with open_connection(old_url) as held, open_connection(database_url) as fresh:
        upgraded, expected = await database_objects(held), await database_objects(fresh)
    assert {kind for kind, _ in expected} == {"column", "table", "index", "constraint", "trigger", "function"}
    assert upgraded.keys() == expected.keys()
    assert upgraded == expected
    assert [text for found in upgraded.items() for text in (found[0][1], found[1]) if text and OLD_NAME.search(text)] == []


async def test_an_upgrade_keeps_every_row_as_it_is(old_url: str) -> None:
    async with open_connection(old_url) as held:
        before = await table_rows(held, await all_tables(held))
    assert all(before.values()), "a row in every table"
    await asyncio.to_thread(command.upgrade, alembic_config(old_url), "0008")
    async with open_connection(old_url) as held:
        after = await table_rows(held, await all_tables(held))
        assert await held.fetchrow("select geocoded_by, district_is_nearest from incident where external_id = 'portal1'") == (3, True)
        assert await held.fetchval("select field from retention where before = '2020-01-01Z'") == "text"
        assert await held.fetchval("select row_format ->> 'columns' from ingest_run") == '["id"]'
        assert await held.fetchval("select text_digest = md5('где-то') from geocode_queue") is True
    assert after == {OLD_TABLES.get(table, table): rows for table, rows in before.items()}


async def test_no_table_is_without_its_triggers_between_the_migration_and_their_new_text(old_url: str, database_url: str) -> None:
    await asyncio.to_thread(command.upgrade, alembic_config(old_url), "head")
    async with open_connection(old_url) as held, open_connection(database_url) as fresh:
        renamed, expected = [trigger_names(await database_objects(one)) for one in (held, fresh)]
    assert renamed == expected - LATER_TRIGGERS


async def test_an_upgraded_database_records_links_and_notifies(old_url: str) -> None:
    await migrate(old_url)
    heard = asyncio.Event()
    async with open_connection(old_url) as held, open_connection(old_url) as other:
        await held.execute("truncate incident")
        assert await held.fetchval("select count(*) from incident_link") == 0
        await other.add_listener("incident_changed", lambda *_: heard.set())
        messages = [
            Message(source, "1", "pothole", 38.97, 45.03, 0, BEGIN + number * 60) for number, source in enumerate(("portal", "chat"))
        ]
        async with IncidentWriter(held) as writer:
            assert await write(writer, messages) == 1
        assert await stored(held) == {("chat", "1"): ("portal", "1")}
        await asyncio.wait_for(heard.wait(), 10)
        ids = {row["id"] for row in await held.fetch("delete from incident returning id")}
        assert len(ids) == 2
        assert ids <= {row["id"] for row in await held.fetch("select id from incident_tombstone")}
        assert await stored(held) == {}


async def test_a_downgrade_gives_the_old_names_back_and_the_next_upgrade_the_new_ones(old_url: str, database_url: str) -> None:
    async with open_connection(old_url) as held:
        before = await database_objects(held)
    await migrate(old_url)
    await asyncio.to_thread(command.downgrade, alembic_config(old_url), "0007")
    async with open_connection(old_url) as held:
        await held.execute(TRIGGERS)
        assert await database_objects(held) == before
    await migrate(old_url)
    async with open_connection(old_url) as held, open_connection(database_url) as fresh:
        assert await database_objects(held) == await database_objects(fresh)


NEW_ROWS = """
insert into theme_alias (code, theme_id) select 'hole', id from theme;
insert into agency_alias (code, agency_id) select 'town', id from agency;
insert into source_alias (code, source_id) select 'bot', id from source where code = 'chat';
update theme set renamed = true;
update catalogue_state set revision = 7;
insert into new_entry_count (key_id, day, entries) values ('12345678', '2026-11-30', 5);
update ingest_run set key_id = '12345678', client = '203.0.113.9';
insert into reject (run_id, input, line, reason, detail, row_text, digest)
select id, 'file.csv', line, reason, 'detail', 'row', digest::bytea
from ingest_run, (values
    (2, 'future_date', 'd'), (3, 'future_date', 'e'), (3, 'unreadable_date', 'e'), (4, 'new_entry_limit', 'f'), (5, 'date_ahead', 'g')
) as added (line, reason, digest);
"""


async def test_the_migration_of_the_catalogue_keeps_every_row_and_can_be_taken_back(old_url: str, database_url: str) -> None:
    await asyncio.to_thread(command.upgrade, alembic_config(old_url), "0008")
    async with open_connection(old_url) as held:
        columns, objects = await table_columns(held), await database_objects(held)
        columns.pop("alembic_version")
        before = await column_rows(held, columns)
    await asyncio.to_thread(command.upgrade, alembic_config(old_url), "0009")
    async with open_connection(old_url) as held:
        assert await column_rows(held, columns) == before
        assert await held.fetch("select renamed from theme union select renamed from agency union select renamed from source") == [(False,)]
        assert await held.fetch("select key_id, client from ingest_run") == [(None, None)]
        assert await held.fetch("select id, revision from catalogue_state") == [(1, 0)]
        await held.execute(NEW_ROWS)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await held.execute("insert into theme_alias (code, theme_id) values ('nothing', 1000)")
    await asyncio.to_thread(command.downgrade, alembic_config(old_url), "0008")
    async with open_connection(old_url) as held:
        assert await database_objects(held) == objects
        rejects = await held.fetch("select line, reason, digest from reject order by line, reason")
        assert [(row["line"], row["reason"], row["digest"]) for row in rejects] == [
            (2, "broken_row", b"d"), (2, "unreadable_date", b"d"), (3, "unreadable_date", b"e"), (4, "broken_row", b"f"),
        ]  # fmt: skip
        after = await column_rows(held, columns)
    assert {**after, "reject": []} == {**before, "reject": []}
    await migrate(old_url)
    async with open_connection(old_url) as held, open_connection(database_url) as fresh:
        assert await database_objects(held) == await database_objects(fresh)


async def test_the_migrations_make_the_tables_that_the_schema_describes(database_url: str) -> None:
    await asyncio.to_thread(command.check, alembic_config(database_url))
    async with open_connection(database_url) as held:
        assert {*await all_tables(held), "sector"} == set(metadata.tables)


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    async with open_connection(database_url) as held:
        before = await database_objects(held)
        await migrate(database_url)
        assert await database_objects(held) == before


async def test_an_upgraded_database_records_status_changes_and_a_downgrade_costs_nothing_else(old_url: str) -> None:
    await migrate(old_url)
    async with open_connection(old_url) as held:
        incident_id = await held.fetchval("select id from incident where external_id = 'portal1'")
        await held.execute(query("open311.record_status_changes"), [incident_id], [2], [6])
        await held.execute("insert into incident_media (incident_id, url) values ($1, 'https://example.org/1.jpg')", incident_id)
        incidents = await table_rows(held, ["incident", "incident_link"])
    await asyncio.to_thread(command.downgrade, alembic_config(old_url), "0009")
    async with open_connection(old_url) as held:
        names = {name for _, name in await database_objects(held)}
        assert not any("status_change" in name or "open311_records" in name or "incident_media" in name for name in names)
        await held.execute("delete from incident where external_id = 'waits'")
    await migrate(old_url)
    async with open_connection(old_url) as held:
        after = await table_rows(held, ["incident", "incident_link", *sorted(LATER_TABLES)])
        assert after == {
            "incident": [row for row in incidents["incident"] if ",waits," not in row],
            "incident_link": incidents["incident_link"],
            **{table: [] for table in LATER_TABLES},
        }
        await held.execute(query("open311.record_status_changes"), [incident_id], [2], [6])
        await held.execute("delete from incident where id = $1", incident_id)
        assert await held.fetchval("select count(*) from status_change") == 0
