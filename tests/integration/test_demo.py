"""The demo region in PostGIS: made once, refreshed by what happened since, kept alive by the feed."""

import asyncio
import time
from datetime import UTC, datetime

import asyncpg
import pytest

from geo_service.database import connection
from ingest.demo import feed, history
from ingest.demo.messages import local_day
from ingest.demo.writing import Refreshed, RegionWriter, forget, refresh
from ingest.places import are_loaded, load_places

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp()
HOUR_S = 3600

OTHERS_OUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
PLACES = "select id, xmin::text, st_x(location) as lng, st_y(location) as lat, name_ru, country from place order by id"
ROWS = """
select external_id, status, updated_at, answered_at, closed_at, due_at, cell, address, location_quality,
    agency.code as agency, theme.code as theme
from incident join agency on agency.id = agency_id join theme on theme.id = theme_id
order by external_id
"""


@pytest.fixture(autouse=True)
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months are as good as two years here."""
    monkeypatch.setattr(history, "DAYS", 60)


@pytest.fixture(autouse=True)
async def empty(database_url: str) -> None:
    async with connection(database_url) as held:
        await held.execute("truncate incident")


async def rows(url: str) -> list[asyncpg.Record]:
    async with connection(url) as held:
        return list(await held.fetch(ROWS))


async def test_a_second_refresh_at_the_same_instant_changes_nothing(database_url: str) -> None:
    first = await refresh(database_url, NOW)
    made = await rows(database_url)
    assert first == Refreshed(new=len(made), changed=0)
    assert len(made) > 10_000
    assert await refresh(database_url, NOW) == Refreshed(new=0, changed=0)
    assert await rows(database_url) == made


async def test_a_region_refreshed_day_by_day_is_the_one_made_at_once(database_url: str) -> None:
    for now in (NOW, NOW + 2 * HOUR_S, NOW + 26 * HOUR_S):
        await refresh(database_url, now)
    grown = {row["external_id"]: row for row in await rows(database_url)}
    async with connection(database_url) as held, RegionWriter(held) as writer:
        anchors = (await writer.look()).anchors
        assert {letter: anchors[letter] for letter in "wfp"} == dict.fromkeys("wfp", local_day(NOW))
        await held.execute("truncate incident")
        at_once = history.history(NOW + 26 * HOUR_S, 0, anchors).changed(0, NOW + 26 * HOUR_S)
        await writer.write(at_once, NOW + 26 * HOUR_S)
    made = {row["external_id"]: row for row in await rows(database_url)}
    forgotten = grown.keys() - made.keys()
    assert made.keys() <= grown.keys()
    assert all(name.startswith(f"d{local_day(NOW) - 60}-") for name in forgotten)
    assert [grown[name] for name in made] == list(made.values())


async def test_a_refresh_that_was_cut_off_is_taken_up_where_it_ended(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.demo.writing.BATCH_SIZE", 2000)

    def stop(done: int, _: int) -> None:
        if done >= 6000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await refresh(database_url, NOW, stop)
    assert len(await rows(database_url)) == 6000
    rest = await refresh(database_url, NOW)
    cut = await rows(database_url)
    assert rest.new == len(cut) - 6000
    await forget(database_url)
    await refresh(database_url, NOW)
    assert await rows(database_url) == cut


async def test_forgetting_leaves_other_sources_alone(database_url: str) -> None:
    await refresh(database_url, NOW)
    async with connection(database_url) as held:
        await held.execute("insert into source (code, name_ru, name_en) values ('own', 'Своё', 'Own') on conflict do nothing")
        await held.execute("update incident set source_id = (select id from source where code = 'own') where external_id like 'w%'")
    kept = [row for row in await rows(database_url) if row["external_id"].startswith("w")]
    await forget(database_url)
    assert await rows(database_url) == kept
    assert kept


async def test_everything_made_up_is_said_to_be(database_url: str) -> None:
    await refresh(database_url, NOW)
    async with connection(database_url) as held:
        sources = await held.fetch("select distinct source.* from source join incident on source.id = source_id")
    assert len(sources) == 5
    for source in sources:
        assert source["synthetic"]
        assert "демо" in source["name_ru"]
        assert "demo" in source["name_en"]
        assert "Вымышленные" in source["attribution"]
        assert "GeoNames" in source["attribution"]


async def live(url: str) -> list[asyncpg.Record]:
    return [row for row in await rows(url) if row["external_id"].startswith("l")]


async def until_more(url: str, than: int, running: "asyncio.Task[None]") -> int:
    """Wait until the feed has more messages in the database; how many. A feed that ends tells why."""
    for _ in range(300):
        found = len(await live(url))
        if found > than:
            return found
        if running.done():
            running.result()
        await asyncio.sleep(0.1)
    running.print_stack()
    pytest.fail(f"the feed added nothing to {than} messages")


async def test_the_feed_goes_on_adding_and_outlives_a_lost_connection(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_TICK_S", 0.2)
    monkeypatch.setattr(feed, "_BACKOFF_S", (0.2, 1.0))
    said: list[str] = []
    task = asyncio.create_task(feed.feed(database_url, 1200, said.append))
    try:
        before = await until_more(database_url, 3, task)
        async with connection(database_url) as held:
            await held.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
        assert await until_more(database_url, before, task) > before
        assert "waits for the database" in said[0]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    names = [row["external_id"] for row in await rows(database_url)]
    assert len(names) == len(set(names))


async def test_the_feeds_messages_are_moved_along_after_a_pause(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_TICK_S", 0.2)
    task = asyncio.create_task(feed.feed(database_url, 1200))
    await until_more(database_url, 5, task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    fresh = await live(database_url)
    # Even the most neglected one is over after 300 days.
    await refresh(database_url, time.time() + 300 * 24 * HOUR_S)
    later = {row["external_id"]: row for row in await live(database_url)}
    assert later.keys() == {row["external_id"] for row in fresh}
    assert all(row["status"] in (6, 7, 8) for row in later.values())
    assert {row["address"] for row in fresh} == {row["address"] for row in later.values()}


async def test_settlements_are_loaded_once(database_url: str) -> None:
    assert not await are_loaded(database_url)
    count = await load_places(database_url)
    assert await are_loaded(database_url)
    async with connection(database_url) as held:
        before = await held.fetch(
            "select id, xmin::text, st_x(location) as lng, st_y(location) as lat, name_ru, country from place order by id"
        )
        assert await load_places(database_url) == count == len(before) > 10_000
        assert await held.fetch(PLACES) == before

    krasnodar = next(row for row in before if row["id"] == 542420)
    assert (krasnodar["lng"], krasnodar["lat"], krasnodar["name_ru"], krasnodar["country"]) == (38.98178, 45.04534, "Краснодар", "RU")
