"""Episodes and thresholds in PostGIS: what is read is what was written, whatever becomes of the catalogue meanwhile."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Threshold, Verdict
from geo_service.aggregation.replica.loader import read_catalogue
from geo_service.alerts.listing import changed_at
from geo_service.alerts.store import (
    VerdictEntry,
    find_episode,
    read_episodes,
    read_thresholds,
    write_episodes,
    write_thresholds,
    write_verdict,
)
from geo_service.core.database import open_connection
from tests.support.stored_alerts import CATALOGUE_ROWS, SNOW, WATER, episodes, store

THEMES = "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pit'), ('waste.dump', 5, 'ТКО', 'Dump')"


@pytest.fixture(scope="module")
async def held(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a database with a catalogue."""
    async with open_connection(database_url) as connection:
        await connection.execute(THEMES)
        await connection.execute(CATALOGUE_ROWS)
        yield connection


@pytest.fixture(autouse=True)
async def emptied(held: asyncpg.Connection) -> None:
    await held.execute("truncate alert, alert_delivery restart identity")


async def test_episodes_come_back_as_they_were(held: asyncpg.Connection) -> None:
    now = int(time.time())
    written = [replace(one, agencies=(AgencyShare(2, 5, 5), AgencyShare(1, 5, 0), AgencyShare(0, 1, 1))) for one in episodes(now)]
    written[0] = replace(written[0], recurrence_days=float("inf"), log10_p=-104.27262, expected=0.1 + 0.2)
    stored = await store(held, written)
    assert [one.id for one in stored] == [1, 2, 3, 4, 5]
    assert await read_episodes(held, await read_catalogue(held), 0) == stored == [
        replace(one, id=number) for number, one in enumerate(written, 1)
    ]  # fmt: skip


async def test_an_episode_is_changed_but_for_its_verdict(held: asyncpg.Connection) -> None:
    now, catalogue = int(time.time()), await read_catalogue(held)
    first = (await store(held, episodes(now)[:1]))[0]
    assert await write_verdict(held, first.id, VerdictEntry(Verdict.REAL, "Авария", "0123456789ab", now)) == (True, True)
    grown = replace(first, n=200, updated=now, closed_at=now)
    assert await write_episodes(held, catalogue, [grown]) == [grown]
    found = await find_episode(held, catalogue, first.id)
    assert found == replace(grown, verdict=Verdict.REAL, verdict_note="Авария", verdict_by="0123456789ab", verdict_at=now)


async def test_only_open_ones_and_recent_changes_are_read(held: asyncpg.Connection) -> None:
    now, catalogue = int(time.time()), await read_catalogue(held)
    stored = await store(held, episodes(now))
    closed = stored[-1]
    assert [one.id for one in await read_episodes(held, catalogue, now)] == [1, 2, 3, 4]
    assert [one.id for one in await read_episodes(held, catalogue, changed_at(closed))] == [1, 2, 3, 4, 5]
    assert [one.id for one in await read_episodes(held, catalogue, changed_at(closed) + 1)] == [1, 2, 3, 4]
    await write_verdict(held, closed.id, VerdictEntry(Verdict.NOT_REAL, "", "", now))
    assert [one.id for one in await read_episodes(held, catalogue, now)] == [1, 2, 3, 4, 5]
    assert await write_verdict(held, 99, VerdictEntry(Verdict.REAL, "", "", now)) == (False, False)


async def test_what_is_merged_or_deleted_in_the_catalogue_takes_no_alert_to_something_else(held: asyncpg.Connection) -> None:
    now = int(time.time())
    both = (AgencyShare(1, 5, 2), AgencyShare(2, 4, 4))
    await store(held, [replace(one, agencies=both) for one in episodes(now)])
    undone = held.transaction()
    await undone.start()
    try:
        # As `geo catalogue merge` and `delete` do it.
        await held.execute("insert into agency_alias (code, agency_id) select code, 1 from agency where id = 2")
        await held.execute("delete from agency where id = 2")
        await held.execute("insert into theme_alias (code, theme_id) select code, 1 from theme where id = $1", WATER)
        await held.execute("delete from theme where id in ($1, $2)", WATER, SNOW)
        read = await read_episodes(held, await read_catalogue(held), 0)
        assert {one.theme for one in read if one.id in (1, 5)} == {1}
        assert {one.agencies for one in read} == {(AgencyShare(1, 9, 6),)}
        # The theme of 3 and 4 is gone: they are not about the whole sector now. 2 always was.
        assert [(one.id, one.theme) for one in read] == [(1, 1), (2, 0), (5, 1)]
        assert await find_episode(held, await read_catalogue(held), 3) is None
    finally:
        await undone.rollback()


async def test_an_episode_of_a_theme_that_has_just_gone_is_not_stored_as_one_of_its_sector(held: asyncpg.Connection) -> None:
    catalogue = await read_catalogue(held)
    gone = replace(episodes(int(time.time()))[0], theme=999)
    assert await write_episodes(held, catalogue, [gone]) == []
    assert await held.fetchval("select count(*) from alert") == 0


async def test_thresholds_replace_those_of_their_layer(held: asyncpg.Connection) -> None:
    curve = ((-9.0, 0.003), (-4.0, 0.15))
    local = Threshold(AlertLayer.LOCAL, 1.0, -4.05, 330, 47, curve, 1_796_000_000)
    totals = replace(local, layer=AlertLayer.TOTALS, log10_p=-3.5, curve=())
    await write_thresholds(held, [local, totals])
    assert await read_thresholds(held) == {AlertLayer.LOCAL: local, AlertLayer.TOTALS: totals}
    await write_thresholds(held, [replace(local, per_week=3.0)])
    assert await read_thresholds(held) == {AlertLayer.LOCAL: replace(local, per_week=3.0), AlertLayer.TOTALS: totals}
