"""Districts in PostGIS: replaced in one transaction, incidents assigned as ST_Covers says."""

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from boundaries.load import BoundariesRejected, LoadOptions, LoadResult, replace_districts
from boundaries.names import DistrictNames, NameMatch
from boundaries.records import DistrictRecord, DistrictRecords
from boundaries.stored import read_stored
from geo_service.core.database import open_connection
from geo_service.core.errors import InputError
from geo_service.core.model import DistrictLevel

WEST, EAST = shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)
EVERYTHING = "truncate district, district_shape, district_alias, incident, theme, source cascade"
INCIDENTS = """
with s as (insert into source (code, name_ru, name_en) values ('s', 's', 's') returning id),
t as (insert into theme (code, sector_id, name_ru, name_en) values ('t', 1, 't', 't') returning id)
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)
select s.id, n::text, st_setsrid(st_point(37.99 + 2.02 * random(), 44.99 + 1.02 * random()), 4326),
    x'08a2d1072a0affff'::bit(64)::bigint, 0, t.id, 0, now(), now()
from s, t, generate_series(1, 3000) as n
"""
BY_POSTGIS = """
select count(*) from incident where not district_is_nearest and district_id is distinct from (
    select id from district where st_covers(area, location) order by level desc, code collate "C" limit 1
)
"""


def units(*rows: tuple[str, str, shapely.Geometry]) -> DistrictRecords:
    return DistrictRecords([DistrictRecord(code, name, name) for code, name, _ in rows], np.array([one for *_, one in rows], object))


async def run(url: str, *rows: tuple[str, str, shapely.Geometry], level: DistrictLevel = DistrictLevel.DISTRICT) -> LoadResult:
    return await replace_districts(url, units(*rows), LoadOptions(level))


@pytest.fixture(autouse=True)
def nothing_there(database_url: str) -> Iterator[None]:
    async def empty() -> None:
        async with open_connection(database_url) as held:
            await held.execute(EVERYTHING)
            await held.execute(INCIDENTS)

    asyncio.run(empty())
    yield


async def test_incidents_get_the_districts_that_postgis_finds_and_ids_stay(database_url: str) -> None:
    first = await run(database_url, ("a", "Абинский район", WEST), ("b", "Б", EAST))
    assert (first.new, first.removed, first.assigned.inside > 2000, first.assigned.near > 0) == (2, 0, True, True)
    async with open_connection(database_url) as held:
        assert await held.fetchval(BY_POSTGIS) == 0
        ids = dict(await held.fetch("select code, id from district"))
        stored = await read_stored(held)
        names = DistrictNames(NameMatch(district.code, district.names, district.parent) for district in stored.all)
        assert names.find("Абинский муниципальный округ") == "a"
    second = await run(database_url, ("a", "Абинский район", WEST), ("c", "В", EAST))
    assert (second.new, second.changed, second.unchanged, second.removed) == (1, 0, 1, 1)
    async with open_connection(database_url) as held:
        assert await held.fetchval(BY_POSTGIS) == 0
        assert await held.fetchval("select id from district where code = 'a'") == ids["a"]
        assert await held.fetchval("select count(*) from district_shape") == 12
    again = await run(database_url, ("a", "Абинский район", WEST), ("c", "В", EAST))
    assert (again.unchanged, again.assigned.changed) == (2, 0)


async def test_a_refused_load_changes_nothing(database_url: str) -> None:
    await run(database_url, ("a", "А", WEST))
    async with open_connection(database_url) as held:
        before = await held.fetch("select *, xmin::text from district"), await held.fetchval("select revision from boundary_state")
    with pytest.raises(BoundariesRejected, match="overlap"):
        await run(database_url, ("a", "А", WEST), ("b", "Б", shapely.box(38.5, 45, 40, 46)))
    with pytest.raises(BoundariesRejected, match="duplicate code"):
        await replace_districts(database_url, units(("a", "А", WEST), ("a", "Б", EAST)), LoadOptions(DistrictLevel.DISTRICT, force=True))
    with pytest.raises(InputError, match="there is a district with this code"):
        await run(database_url, ("a", "А", WEST), level=DistrictLevel.REGION)
    async with open_connection(database_url) as held:
        assert before == (
            await held.fetch("select *, xmin::text from district"),
            await held.fetchval("select revision from boundary_state"),
        )


async def test_regions_that_come_later_take_in_their_districts(database_url: str) -> None:
    await run(database_url, ("a", "А", WEST), ("b", "Б", EAST))
    await run(database_url, ("r", "Край", shapely.box(38, 45, 40, 46)), level=DistrictLevel.REGION)
    async with open_connection(database_url) as held:
        region = await held.fetchval("select id from district where code = 'r'")
        assert [row["parent_id"] for row in await held.fetch("select parent_id from district where level = 2")] == [region, region]
        assert await held.fetchval(BY_POSTGIS) == 0
