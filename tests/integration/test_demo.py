"""The demo region in PostGIS: made once, refreshed by what happened since, kept alive by the feed."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
import shapely

from boundaries.load import LoadOptions, replace_districts
from boundaries.read import ReadOptions, read_districts
from boundaries.records import AttributeFields
from geo_service.cli.demo import prepare_demo
from geo_service.core.database import open_connection
from geo_service.core.model import DistrictLevel
from ingest.demo import feed
from ingest.demo.db_writer import DemoWriter, RefreshCounts, delete_demo, refresh_demo
from ingest.demo.district_loader import load_demo_districts
from ingest.demo.messages import history
from ingest.demo.messages.draws import local_day
from ingest.jobs.place_names import are_loaded, load_places
from tests.support.real_data import BOUNDARIES, needs

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp()
HOUR_S = 3600
PATIENCE = 1_200
"""Tenths of a second that a test waits for the feed at most."""

REAL_DISTRICTS = BOUNDARIES / "five_regions_districts.geojson"

DISTRICTS = """
select district.code, district.approximate, district.attribution, parent.code as parent,
    st_coveredby(district.area, parent.area) as within
from district left join district as parent on parent.id = district.parent_id
where district.level = $1
"""
LOCATED = """
select count(*) as all, count(district_id) as located,
    count(*) filter (where agency.code like 'demo.%.%') as of_offices,
    count(*) filter (where agency.code like 'demo.%.%' and district.code = 'demo-' || split_part(agency.code, '.', 2)) as own,
    count(*) filter (where district_is_nearest is false and not st_covers(district.area, location)) as wrong
from incident left join district on district.id = district_id left join agency on agency.id = agency_id
"""
"""Messages with a municipal office show the municipality that they were made up in."""

OTHERS_OUT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
PLACES = """
select id, xmin::text, st_x(location) as lng, st_y(location) as lat, name_ru, country, type, section_of, transliterated
from place order by id
"""
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
    async with open_connection(database_url) as held:
        await held.execute("truncate incident")


async def rows(url: str) -> list[asyncpg.Record]:
    async with open_connection(url) as held:
        return list(await held.fetch(ROWS))


async def test_a_second_refresh_at_the_same_instant_changes_nothing(database_url: str) -> None:
    first = await refresh_demo(database_url, NOW)
    made = await rows(database_url)
    assert first == RefreshCounts(new=len(made), changed=0)
    assert len(made) > 10_000
    assert await refresh_demo(database_url, NOW) == RefreshCounts(new=0, changed=0)
    assert await rows(database_url) == made


async def test_a_region_refreshed_day_by_day_is_the_one_made_at_once(database_url: str) -> None:
    for now in (NOW, NOW + 2 * HOUR_S, NOW + 26 * HOUR_S):
        await refresh_demo(database_url, now)
    grown = {row["external_id"]: row for row in await rows(database_url)}
    async with open_connection(database_url) as held, DemoWriter(held) as writer:
        anchors = (await writer.read_state()).anchors
        assert {letter: anchors[letter] for letter in "wfp"} == dict.fromkeys("wfp", local_day(NOW))
        await held.execute("truncate incident")
        at_once = history.draw_history(NOW + 26 * HOUR_S, 0, anchors).changed_between(0, NOW + 26 * HOUR_S)
        await writer.write_history(at_once, NOW + 26 * HOUR_S)
    made = {row["external_id"]: row for row in await rows(database_url)}
    forgotten = grown.keys() - made.keys()
    assert made.keys() <= grown.keys()
    assert all(name.startswith(f"d{local_day(NOW) - 60}-") for name in forgotten)
    assert [grown[name] for name in made] == list(made.values())


async def test_a_refresh_that_was_cut_off_is_taken_up_where_it_ended(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.demo.db_writer.BATCH_SIZE", 2000)

    def stop(done: int, _: int) -> None:
        if done >= 6000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await refresh_demo(database_url, NOW, stop)
    assert len(await rows(database_url)) == 6000
    rest = await refresh_demo(database_url, NOW)
    cut = await rows(database_url)
    assert rest.new == len(cut) - 6000
    await delete_demo(database_url)
    await refresh_demo(database_url, NOW)
    assert await rows(database_url) == cut


async def test_forgetting_leaves_other_sources_alone(database_url: str) -> None:
    await refresh_demo(database_url, NOW)
    async with open_connection(database_url) as held:
        await held.execute("insert into source (code, name_ru, name_en) values ('own', 'Своё', 'Own') on conflict do nothing")
        await held.execute("update incident set source_id = (select id from source where code = 'own') where external_id like 'w%'")
    kept = [row for row in await rows(database_url) if row["external_id"].startswith("w")]
    await delete_demo(database_url)
    assert await rows(database_url) == kept
    assert kept


async def test_everything_made_up_is_said_to_be(database_url: str) -> None:
    await refresh_demo(database_url, NOW)
    async with open_connection(database_url) as held:
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
    for _ in range(PATIENCE):
        found = len(await live(url))
        if found > than:
            return found
        if running.done():
            running.result()
        await asyncio.sleep(0.1)
    running.print_stack()
    pytest.fail(f"the feed added nothing to {than} messages")


async def test_the_feed_goes_on_adding_and_outlives_a_lost_connection(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_INTERVAL_S", 0.2)
    monkeypatch.setattr(feed, "_RETRY_PAUSE_S", (0.2, 1.0))
    said: list[str] = []
    task = asyncio.create_task(feed.run_feed(database_url, 1200, said.append))
    try:
        await until_more(database_url, 3, task)
        async with open_connection(database_url) as held:
            await held.execute(OTHERS_OUT)
        # What the feed wrote just before it was cut off must not count as going on.
        for _ in range(PATIENCE):
            if said:
                break
            await asyncio.sleep(0.1)
        assert "waits for the database" in said[0]
        before = len(await live(database_url))
        assert await until_more(database_url, before, task) > before
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    names = [row["external_id"] for row in await rows(database_url)]
    assert len(names) == len(set(names))


async def test_the_feeds_messages_are_moved_along_after_a_pause(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_INTERVAL_S", 0.2)
    task = asyncio.create_task(feed.run_feed(database_url, 1200))
    await until_more(database_url, 5, task)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    fresh = await live(database_url)
    # Even the most neglected one is over after 300 days.
    await refresh_demo(database_url, time.time() + 300 * 24 * HOUR_S)
    later = {row["external_id"]: row for row in await live(database_url)}
    assert later.keys() == {row["external_id"] for row in fresh}
    assert all(row["status"] in (6, 7, 8) for row in later.values())
    assert {row["address"] for row in fresh} == {row["address"] for row in later.values()}


class SimulatedClock:
    """Stands for the module `time`: each look at it is some time later, until the end, at which it stops the feed."""

    def __init__(self, start: float, end: float, step: float) -> None:
        self.now, self.end, self.step = start - step, end, step

    def time(self) -> float:
        self.now += self.step
        if self.now > self.end:
            raise EndOfSimulation
        return self.now


class EndOfSimulation(Exception):
    pass


async def run_simulated_feed(url: str, clock: SimulatedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_INTERVAL_S", 0)
    monkeypatch.setattr(feed, "time", clock)
    with pytest.raises(EndOfSimulation):
        await feed.run_feed(url)


async def test_what_the_feed_adds_is_what_the_history_has(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A day and a quarter across midnight, of which nine hours are a pause without the feed.
    paused, resumed, end = NOW + 8 * HOUR_S, NOW + 17 * HOUR_S, NOW + 30 * HOUR_S
    await refresh_demo(database_url, NOW)
    await run_simulated_feed(database_url, SimulatedClock(NOW, paused, HOUR_S / 2), monkeypatch)
    await run_simulated_feed(database_url, SimulatedClock(resumed, end, HOUR_S / 2), monkeypatch)
    fed = {row["external_id"]: row for row in await rows(database_url)}
    async with open_connection(database_url) as held, DemoWriter(held) as writer:
        anchors = (await writer.read_state()).anchors
        await held.execute("truncate incident")
        await writer.write_history(history.draw_history(end, 0, anchors).changed_between(0, end), end)
    at_once = {row["external_id"]: row for row in await rows(database_url)}
    # With its statuses, answers and closings. Of the first day the shorter history has none.
    assert [fed[name] for name in at_once] == list(at_once.values())
    assert {name.split("-")[0] for name in fed.keys() - at_once.keys()} <= {f"d{local_day(NOW) - 60}"}
    began = [row for row in at_once.values() if row["updated_at"].timestamp() > NOW]
    assert len([row for row in began if row["closed_at"]]) > 100


async def test_watching_for_hours_changes_no_trend(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await refresh_demo(database_url, NOW)
    await run_simulated_feed(database_url, SimulatedClock(NOW, NOW + 24 * HOUR_S, HOUR_S / 2), monkeypatch)
    async with open_connection(database_url) as held:
        counted = await held.fetch(
            "select floor((extract(epoch from received_at) - $1) / 3600)::int as hour, count(*) as n from incident"
            " where external_id like 'd%' or external_id like 'l%' group by 1",
            NOW,
        )
    by_hour = {row["hour"]: row["n"] for row in counted}
    weeks = [
        [sum(by_hour.get(hour - 168 * week, 0) for hour in hours) for week in range(5)] for hours in (range(24), range(6), range(12, 17))
    ]
    for watched, *before in weeks:
        usual = sum(before) / len(before)
        # Poisson: four standard deviations of the watched number and of the mean of the others.
        assert abs(watched - usual) < 4 * (usual * (1 + 1 / len(before))) ** 0.5
    day, morning, night = (each[0] for each in weeks)
    assert 120 < day < 350
    assert morning > 4 * night


async def test_settlements_are_loaded_once(database_url: str) -> None:
    assert not await are_loaded(database_url)
    count = await load_places(database_url)
    assert await are_loaded(database_url)
    async with open_connection(database_url) as held:
        before = await held.fetch(PLACES)
        assert await load_places(database_url) == count == len(before) > 10_000
        assert await held.fetch(PLACES) == before

    krasnodar = next(row for row in before if row["id"] == 542420)
    assert (krasnodar["lng"], krasnodar["lat"], krasnodar["name_ru"], krasnodar["country"]) == (38.98178, 45.04534, "Краснодар", "RU")
    kinds = {row["id"]: (row["name_ru"], row["type"], row["section_of"], row["transliterated"]) for row in before}
    assert kinds[542420] == ("Краснодар", "г.", None, False)
    assert kinds[512382] == ("Пашковский", None, 542420, False)
    assert kinds[802473] == ("Южный", "пос.", None, True)
    assert ("Вознесенская", "ст-ца", None, False) in kinds.values()


async def test_a_settlement_that_is_no_more_is_deleted_when_the_names_are_loaded_again(database_url: str) -> None:
    async with open_connection(database_url) as held:
        await held.execute(
            "insert into place (id, name_ru, name_en, country, population, location)"
            " values (1, 'Нет', 'None', 'RU', 9, st_setsrid(st_makepoint(38, 45), 4326))"
        )
        await held.execute("update place set name_ru = 'Правий Берег', section_of = null where id = 13580034")
        await load_places(database_url)
        assert await held.fetchval("select count(*) from place where id = 1") == 0
        named = await held.fetchrow("select name_ru, section_of from place where id = 13580034")
    assert tuple(named) == ("Правый Берег", 701822)


def surveyed(folder: Path) -> tuple[Path, Path]:
    """Files of the krai and of its districts as surveyed, simplified together so that the check is quick."""
    features = [
        one for one in json.loads(REAL_DISTRICTS.read_text(encoding="utf-8"))["features"] if one["properties"]["region_code"] == "23"
    ]
    shapes = shapely.coverage_simplify(shapely.from_geojson([json.dumps(one["geometry"]) for one in features]), 0.005)
    krai = {"oktmo": "03000000", "region": "Краснодарский край"}
    below = [one["properties"] for one in features]
    files = folder / "regions.geojson", folder / "districts.geojson"
    write(files[0], [krai], [shapely.union_all(shapes)])
    write(files[1], below, list(shapes))
    return files


def write(path: Path, properties: list[dict[str, str]], shapes: list[shapely.Geometry]) -> None:
    features = [
        {"type": "Feature", "properties": fields, "geometry": json.loads(shapely.to_geojson(shape))}
        for fields, shape in zip(properties, shapes, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


async def districts(url: str, level: int) -> dict[str, asyncpg.Record]:
    async with open_connection(url) as held:
        return {row["code"]: row for row in await held.fetch(DISTRICTS, level)}


async def test_districts_are_there_before_the_first_message_and_are_loaded_once(database_url: str) -> None:
    assert await load_demo_districts(database_url)
    assert not await load_demo_districts(database_url)
    region, below = [await districts(database_url, level) for level in (1, 2)]
    assert list(region) == ["demo-krai"]
    assert len(below) == 45
    assert all(row["approximate"] and "GeoNames" in row["attribution"] for row in (*region.values(), *below.values()))
    assert {row["parent"] for row in below.values()} == {"demo-krai"}
    assert all(row["within"] for row in below.values())
    await refresh_demo(database_url, NOW)
    async with open_connection(database_url) as held:
        counted = await held.fetchrow(LOCATED)
    assert counted["located"] / counted["all"] >= 0.995
    assert counted["own"] / counted["of_offices"] >= 0.95
    assert counted["wrong"] == 0


@pytest.mark.parametrize(("near_m", "some"), [("0", False), ("1000", True)])
async def test_how_near_counts_as_inside_is_what_the_setting_says(
    database_url: str, monkeypatch: pytest.MonkeyPatch, near_m: str, some: bool
) -> None:
    async def loaded(_: str) -> bool:
        return True

    monkeypatch.setattr("ingest.jobs.place_names.are_loaded", loaded)
    monkeypatch.setenv("GEO_DISTRICT_NEAR_M", near_m)
    await prepare_demo(database_url)
    async with open_connection(database_url) as held:
        near = await held.fetchval("select count(*) from incident where district_is_nearest")
        inside = await held.fetchval("select count(*) from incident where district_id is not null and not district_is_nearest")
    assert (near > 50) is some
    assert inside > 5000


@needs(REAL_DISTRICTS)
@pytest.mark.parametrize("with_regions", [True, False], ids=["regions-first", "districts-alone"])
async def test_surveyed_districts_take_the_place_of_the_approximate_ones(database_url: str, with_regions: bool, tmp_path: Path) -> None:
    async with open_connection(database_url) as held:
        await held.execute("truncate district cascade")
    await load_demo_districts(database_url)
    await refresh_demo(database_url, NOW)
    regions, below = surveyed(tmp_path)
    if with_regions:
        records = read_districts(regions, ReadOptions(AttributeFields("oktmo", "region")))
        await replace_districts(database_url, records, LoadOptions(DistrictLevel.REGION))
    units = read_districts(below, ReadOptions(AttributeFields("oktmo", "name_ru", alias="official_name")))
    done = await replace_districts(database_url, units, LoadOptions(DistrictLevel.DISTRICT))
    assert (done.new, done.removed) == (44, 45)
    region, held = [await districts(database_url, level) for level in (1, 2)]
    assert not [code for code, row in held.items() if row["approximate"] or code.startswith("demo-")]
    assert held["03601000"]["parent"] == ("03000000" if with_regions else "demo-krai")
    assert ("demo-krai" in region) is not with_regions
    assert not await load_demo_districts(database_url)
    assert done.assigned.inside + done.assigned.near > 0.99 * len(await rows(database_url))
