"""The benchmark's databases: made for the run, filled, and dropped at its end."""

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

import asyncpg

from geo_service.core.database import migrate, open_connection
from geo_service.core.model import ZOOM_BANDS
from ingest.write.reference_data import ReferenceData
from tests.bench.copying import COLUMNS, Ids, copy_bytes, order_ids
from tests.bench.dataset import AGENCIES, CHUNK, SOURCES, THEMES, generate
from tests.bench.region import BOUNDS, DISTRICTS_ACROSS, DISTRICTS_UP

_SECONDARY = (
    "incident_xid_idx",
    "incident_received_at_idx",
    "incident_district_id_idx",
    "incident_location_idx",
    "incident_duplicate_candidates_idx",
)


_DISTRICTS = """
with written as (
    insert into district (code, level, name_ru, name_en, population, area_km2)
    select 'bench-' || to_char(place, 'FM00'), 2, 'Район ' || place, 'District ' || place, 20000, 15000
    from generate_series(0, $1::int - 1) as place
    on conflict (code) do nothing
    returning id, code
)

select id, code from written union select id, code from district where code like 'bench-%' order by code
"""
"""Fields of the region's grid; their ids in its order."""

_SHAPES = """
insert into district_shape (district_id, band, shape)
select
    id, band,
    st_multi(st_transform(st_makeenvelope(
        $2 + (place % $6) * $4, $3 + (place / $6) * $5, $2 + (place % $6 + 1) * $4, $3 + (place / $6 + 1) * $5, 4326
    ), 3857))
from unnest($1::int[]) with ordinality as one (id, number)
cross join lateral (select (number - 1)::int as place) as placed
cross join generate_series(0, $7::int - 1) as band
on conflict do nothing
"""
"""The fields as areas to draw: ids, west, south, width and height in degrees, how many stand side by side, zoom bands."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What filling a database took. `seconds` is 0 where a kept one was found."""

    rows: int
    seconds: float
    indexing_s: float
    table_bytes: int


def named(url: str, name: str) -> str:
    """The address of database `name` on the server of `url`."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def own_database(server: str, name: str, keep: bool = False) -> AsyncIterator[str]:
    """The address of a migrated database `name`, dropped at the end unless it is to be kept."""
    async with open_connection(server) as held:
        found = await held.fetchval("select true from pg_database where datname = $1", name)
        if found and not keep:
            await held.execute(f'drop database "{name}" with (force)')
        if not found or not keep:
            await held.execute(f'create database "{name}"')
    try:
        await migrate(named(server, name))
        yield named(server, name)
    finally:
        if not keep:
            async with open_connection(server) as held:
                await held.execute(f'drop database if exists "{name}" with (force)')


async def fill(url: str, count: int, until: int, progress: Callable[[int], None]) -> Loaded:
    """Load the data set, unless just that is there already: COPY without indexes and triggers, then the indexes."""
    mark = f"{count} incidents in districts until {until}"
    async with open_connection(url) as held:
        if await _mark(held) == mark:
            return Loaded(count, 0.0, 0.0, await _size(held))
        await held.execute("truncate incident, incident_tombstone restart identity")
        began = time.perf_counter()
        async with _bare_table(held):
            await copy_all(held, await ensure_catalogue(held), count, until, progress)
            copied = time.perf_counter()
        await held.execute("vacuum (freeze, analyze) incident")
        done = time.perf_counter()
        await held.execute(f"comment on table incident is '{mark}'")
        return Loaded(count, done - began, done - copied, await _size(held))


async def ensure_catalogue(held: asyncpg.Connection) -> Ids:
    """The data set's sources, themes, agencies and districts in the database."""
    districts = [row["id"] for row in await held.fetch(_DISTRICTS, DISTRICTS_ACROSS * DISTRICTS_UP)]
    west, south, east, north = BOUNDS
    size = ((east - west) / DISTRICTS_ACROSS, (north - south) / DISTRICTS_UP)
    await held.execute(_SHAPES, districts, west, south, *size, DISTRICTS_ACROSS, len(ZOOM_BANDS))
    reference_data = ReferenceData(held)
    sources = {one.code: await reference_data.ensure_source(one) for one in SOURCES}
    return order_ids(sources, await reference_data.ensure_themes(THEMES), await reference_data.ensure_agencies(AGENCIES), districts)


async def copy_all(held: asyncpg.Connection, ids: Ids, count: int, until: int, progress: Callable[[int], None]) -> None:
    """COPY the data set, one transaction a chunk."""
    for rows in generate(count, until):
        async with held.transaction():
            xid = int(await held.fetchval("select pg_current_xact_id()::text"))
            stream = BytesIO(copy_bytes(rows, ids, xid))
            await held.copy_to_table("incident", source=stream, columns=COLUMNS, format="binary")
        progress(min(int(rows.number[0]) + CHUNK, count))


@asynccontextmanager
async def _bare_table(held: asyncpg.Connection) -> AsyncIterator[None]:
    """The table without its keys, indexes and triggers; all of them are back at the end."""
    found = await held.fetch("select indexdef from pg_indexes where indexname = any($1)", list(_SECONDARY))
    indexes = [row["indexdef"] for row in found]
    keys = await held.fetch("""
        select conname, pg_get_constraintdef(oid) as text
        from pg_constraint where conrelid = 'incident'::regclass and contype in ('p', 'u')
    """)
    for name in _SECONDARY:
        await held.execute(f"drop index {name}")
    for key in keys:
        await held.execute(f"alter table incident drop constraint {key['conname']}")
    # Neither triggers nor foreign keys are looked at.
    await held.execute("set session_replication_role = replica; set maintenance_work_mem = '1GB'")
    try:
        yield
    finally:
        await held.execute("reset session_replication_role")
        for key in keys:
            await held.execute(f"alter table incident add constraint {key['conname']} {key['text']}")
        for text in indexes:
            await held.execute(text)


async def _mark(held: asyncpg.Connection) -> str | None:
    text: str | None = await held.fetchval("select obj_description('incident'::regclass)")
    return text if text and re.fullmatch(r"[0-9]+ incidents in districts until [0-9]+", text) else None


async def _size(held: asyncpg.Connection) -> int:
    return int(await held.fetchval("select pg_total_relation_size('incident')"))
