"""From words to the map: while a file is loaded, and afterwards with a server that comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from geo_service.cli.application import make_application
from geo_service.cli.geocode import explain_table
from geo_service.core.database import connect
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.settings import Settings
from geo_service.core.sql import advisory_locks
from ingest.demo.district_loader import load_demo_districts
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.server import GeocodingServer
from ingest.jobs.geocode_backlog import BacklogResult, geocode_backlog
from ingest.mapping.mapping import Mapping
from ingest.runs.run import RunCounts, file_input, ingest_input
from tests.support.geocoders import Told, asking, house, serving
from tests.support.http_client import until

MAPPING = Mapping.model_validate(
    {
        "source": {"code": "words", "name_ru": "Слова", "name_en": "Words"},
        "columns": {"external_id": "id", "received_at": "at", "lng": "lng", "lat": "lat", "address": "address", "text": "text"},
        "dates": {"time_zone": "Europe/Moscow"},
        "default_status": "new",
    }
)
ROWS = {
    "given": ("38.97", "45.03", "г. Краснодар, ул. Красная, 5", ""),
    "house": ("", "", "г. Краснодар, ул. Красная, 5", "нет света"),
    "town": ("", "", "", "в станице Каневской второй день нет воды"),
    "district": ("0", "0", "", "в Абинском районе нет газа"),
    "namesakes": ("", "", "", "в посёлке Южном нет воды"),
    "village": ("", "", "х. Незнакомый, ул. Мира, 1", ""),
    "elsewhere": ("", "", "", "в Нальчике темно"),
    "nothing": ("", "", "", "помогите"),
    "swapped": ("45.03", "38.97", "", ""),
}
HOUSE, VILLAGE = "улица Красная, 5, Краснодар", "Незнакомый, улица Мира, 1"
ANSWERS = {HOUSE: [house(38.98, 45.05)], VILLAGE: [house(38.2, 44.9, "road", None)]}


@pytest.fixture(scope="module")
def region(database_url: str) -> str:
    """The database with the demo's districts."""
    asyncio.run(load_demo_districts(database_url))
    return database_url


@pytest.fixture
async def held(region: str) -> AsyncIterator[asyncpg.Connection]:
    made = await connect(region)
    await made.execute("truncate incident, incident_tombstone, reject, ingest_run, geocode_queue, geocode_cache")
    await made.execute("update source set geocoded_by = '{}'")
    yield made
    await made.close()


async def load(url: str, folder: Path, **rows: tuple[str, str, str, str]) -> RunCounts:
    path = folder / "words.csv"
    lines = [f'{name},2026-11-01,{lng},{lat},"{address}","{text}"' for name, (lng, lat, address, text) in (rows or ROWS).items()]
    path.write_text("\n".join(["id,at,lng,lat,address,text", *lines]), encoding="utf-8")
    _, tally = await ingest_input(url, file_input(path, MAPPING, "words"), lambda _: None)
    return tally


async def places(held: asyncpg.Connection) -> dict[str, tuple[str, str | None, str | None]]:
    """Of each incident its precision, what placed it, and its district."""
    rows = await held.fetch("""
        select external_id, location_quality, geocoded_by, district.name_ru from incident left join district on district.id = district_id
    """)
    return {
        row["external_id"]: (
            LocationQuality(row["location_quality"]).code, row["geocoded_by"] and GeocodedBy(row["geocoded_by"]).code, row["name_ru"]
        )
        for row in rows
    }  # fmt: skip


async def work(url: str, server: GeocodingServer | None = None, *, again: bool = False, page: int = 500) -> BacklogResult:
    """The result of the command's work, whose counts add up."""
    done = await geocode_backlog(url, GeocodingConfiguration(), server, lambda _: None, again=again, page=page)
    assert done.processed == sum(done.placed.values()) + done.kept + done.unknown + done.deferred
    assert done.total == done.processed + done.left
    assert done.left == 0 or done.stopped
    return done


async def waiting(held: asyncpg.Connection) -> dict[str, tuple[int, bool | None]]:
    """Of each incident that waits how often it was tried, and whether it is due (None: given up)."""
    rows = await held.fetch("""
        select external_id, attempts, next_attempt_at <= now() as due from geocode_queue inner join incident on incident.id = incident_id
    """)
    return {row["external_id"]: (row["attempts"], row["due"]) for row in rows}


LOADED = {
    "given": ("exact", "input", "Краснодар"),
    "house": ("settlement", "gazetteer", "Краснодар"),
    "town": ("settlement", "gazetteer", "Каневской район"),
    "district": ("district", "gazetteer", "Абинский район"),
    "namesakes": ("none", None, None),
    "village": ("none", None, None),
    "elsewhere": ("none", None, None),
    "nothing": ("none", None, None),
    "swapped": ("exact", "swapped", "Краснодар"),
}


async def test_a_file_of_words_is_placed_as_it_is_loaded_and_loading_it_again_changes_nothing(
    region: str, held: asyncpg.Connection, tmp_path: Path
) -> None:
    first = await load(region, tmp_path)
    assert (first.new, dict(first.rejected)) == (len(ROWS), {})
    assert dict(first.warned) == {"coordinates_left_out": 1, "swapped_coordinates": 1}
    assert dict(first.located) == {"settlement": 2, "district": 1, "none": 4}
    assert await places(held) == LOADED
    assert set(await waiting(held)) == {"house", "namesakes", "village", "elsewhere", "nothing"}
    candidates = await held.fetchval("select candidates::text from geocode_queue where reason = 'several places have the name'")
    assert candidates.count("Южный") == 2
    second = await load(region, tmp_path)
    assert (second.unchanged, dict(second.located)) == (len(ROWS), dict(first.located))
    worked = await work(region, again=True)
    assert (worked.total, worked.kept, worked.unknown) == (5, 1, 4)


COARSE = {
    "whole": ("39", "45", "г. Сочи, ул. Донская, 15", ""),
    "whole without a place": ("39", "45", "", "помогите"),
    "contradicted": ("38.9", "45.1", "", "в Туапсе нет воды"),
    "confirmed": ("38.9", "45.1", "", "в Краснодаре нет воды"),
    "nothing said": ("38.9", "45.1", "", "помогите"),
}
COARSE_PLACED = {
    "whole": ("settlement", "gazetteer", "Сочи"),
    "whole without a place": ("none", None, None),
    "contradicted": ("settlement", "gazetteer", "Туапсинский район"),
    "confirmed": ("settlement", "input", "Краснодар"),
    "nothing said": ("settlement", "input", "Краснодар"),
}


async def test_words_win_over_whole_degrees_and_over_coordinates_with_one_decimal_that_contradict_them(
    region: str, held: asyncpg.Connection, tmp_path: Path
) -> None:
    loaded = await load(region, tmp_path, **COARSE)
    assert await places(held) == COARSE_PLACED
    assert dict(loaded.warned) == {"coordinates_left_out": 2, "coarse_coordinates": 3}
    details = await held.fetch("select line, detail from reject where reason = 'coarse_coordinates' order by line")
    assert ["the words name Туапсе" in row["detail"] for row in details] == [True, False, False]
    assert (await load(region, tmp_path, **COARSE)).unchanged == len(COARSE)


async def test_coarse_coordinates_that_were_loaded_before_are_compared_with_the_words_by_pending(
    region: str, held: asyncpg.Connection, tmp_path: Path
) -> None:
    await load(region, tmp_path, **COARSE)
    for name, (lng, lat, _, _) in COARSE.items():
        await held.execute(
            "update incident set location = st_setsrid(st_makepoint($2, $3), 4326), cell = (select cell from incident"
            " where external_id = 'confirmed'), location_quality = 3, geocoded_by = 1, confidence = null where external_id = $1",
            name, float(lng), float(lat),
        )  # fmt: skip
    await held.execute("truncate geocode_queue")
    worked = await work(region, page=2)
    assert await places(held) == COARSE_PLACED
    assert worked.placed == {LocationQuality.SETTLEMENT: 2}
    # The second run finds only what waits for a server.
    assert (await work(region)).placed == {}


async def test_what_waits_is_placed_by_the_server_moves_to_its_district_and_stays_when_the_file_is_loaded_again(
    region: str, held: asyncpg.Connection, tmp_path: Path
) -> None:
    await load(region, tmp_path)
    before = await held.fetchval("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    told = Told(ANSWERS)
    async with serving(told) as url, asking(url) as server:
        worked = await work(region, server, page=2)
        assert (worked.total, worked.processed, worked.deferred, worked.stopped) == (5, 5, 0, False)
        assert worked.placed == {LocationQuality.HOUSE: 1, LocationQuality.STREET: 1}
        assert sorted(told.asked) == sorted(ANSWERS)
        assert await places(held) == LOADED | {
            "house": ("house", "nominatim", "Краснодар"),
            "village": ("street", "nominatim", "Абинский район"),
        }
        # Replicas follow by the transaction that wrote a row.
        moved = await held.fetch("select external_id from incident where xid::text::bigint >= $1", before)
        assert {row["external_id"] for row in moved} == {"house", "village"}
        assert await waiting(held) == dict.fromkeys(("namesakes", "elsewhere", "nothing"), (1, None))
        assert (await work(region, server)).total == 0
        assert (await load(region, tmp_path)).unchanged == len(ROWS)
        assert (await work(region, server, again=True)).total == 3
        await load(region, tmp_path, later=("", "", "г Краснодар, ул. Красная, 5", ""), other=("", "", "ул. Красная, 5", ""))
        assert (await places(held))["later"] == ("house", "nominatim", "Краснодар")
        assert (await places(held))["other"] == ("none", None, None)
        assert len(told.asked) == 2


async def test_a_server_that_is_down_delays_and_loses_nothing(region: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    await load(region, tmp_path)
    told = Told(ANSWERS, status=503)
    async with serving(told) as url:
        async with asking(url) as server:
            worked = await work(region, server)
        assert (worked.deferred, sum(worked.placed.values())) == (2, 0)
        assert await places(held) == LOADED
        assert {name: one for name, one in (await waiting(held)).items() if name in ("house", "village")} == {
            "house": (1, False), "village": (1, False),
        }  # fmt: skip
        await held.execute("update geocode_queue set next_attempt_at = now() where next_attempt_at is not null")
        told.status = 200
        async with asking(url) as server:
            assert sum((await work(region, server)).placed.values()) == 2


async def test_work_stops_when_the_server_is_down_for_a_whole_page(region: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    rows = {f"r{number}": ("", "", f"г. Краснодар, ул. Красная, {number}", "") for number in range(9)}
    await load(region, tmp_path, **rows)
    async with serving(Told(status=503)) as url, asking(url) as server:
        worked = await work(region, server, page=3)
    assert (worked.stopped, worked.processed, worked.deferred, worked.left) == (True, 3, 3, 6)
    assert {one: due for one, (_, due) in (await waiting(held)).items()} == dict.fromkeys(rows, True) | dict.fromkeys(
        ("r0", "r1", "r2"), False
    )


async def told(client: httpx.AsyncClient) -> set[str]:
    """Whose places the layers and the summary say that they show."""
    paths = ("/tiles/hexes.json", "/tiles/incidents.json", "/styles/hexes.json", "/api/summary?from=2026-10-01&to=2026-12-01")
    answers = [(await client.get(path)).json() for path in paths]
    return {one["attribution"] if "attribution" in one else one["metadata"]["geo:attribution"] for one in answers}


async def test_the_summary_counts_what_has_no_place_until_it_has_one(region: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    await load(region, tmp_path)
    app = make_application(Settings(database_url=region))
    window = {"from": "2026-10-01", "to": "2026-12-01"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
        serving(Told(ANSWERS)) as url,
        asking(url) as server,
    ):

        async def counts(placed: int, without: int) -> bool:
            answer = await client.get("/api/summary", params=window)
            return answer.status_code == 200 and (answer.json()["n"], answer.json()["without_place"]) == (placed, without)

        await until(lambda: counts(5, 4))
        assert await told(client) == {"GeoNames, CC BY 4.0"}
        assert "OpenStreetMap" not in (await client.get("/tiles/districts.json")).json()["attribution"]
        assert (await client.get("/api/summary", params=window | {"sector": "roads"})).json()["without_place"] == 0
        await work(region, server)
        await until(lambda: counts(6, 3))
        assert await told(client) == {"GeoNames, CC BY 4.0 · © OpenStreetMap contributors"}
        assert "© OpenStreetMap contributors" in (await client.get("/tiles/districts.json")).json()["attribution"]


async def test_words_that_change_are_looked_for_anew(region: str, held: asyncpg.Connection, tmp_path: Path) -> None:
    await load(region, tmp_path)
    async with serving(Told(ANSWERS)) as url, asking(url) as server:
        await work(region, server)
    tally = await load(region, tmp_path, house=("", "", "г. Абинск, ул. Мира, 7", ""), namesakes=("", "", "", "в посёлке Южном темно"))
    assert tally.changed == 2
    found = await places(held)
    assert found["house"] == ("settlement", "gazetteer", "Абинский район")
    assert (await waiting(held))["namesakes"] == (0, True)


async def test_two_at_once_are_one_too_many(region: str, held: asyncpg.Connection) -> None:
    await held.execute("select pg_advisory_lock($1)", advisory_locks.GEOCODE_BACKLOG)
    with pytest.raises(Exception, match="another `geo geocode --pending` is already running"):
        await work(region)


async def test_each_steps_view_is_shown(region: str, held: asyncpg.Connection) -> None:
    async with serving(Told(ANSWERS)) as url, asking(url) as server:
        table = await explain_table(held, GeocodingConfiguration(), server, "г. Краснодар, ул. Красная, 5")
        steps = list(table.columns[0].cells)
        assert steps == ["cache", "gazetteer", "nominatim", "[bold]result[/bold]"]
        said = list(table.columns[1].cells)
        assert said[0] == "not asked before"
        assert str(said[1]).startswith("Краснодар: 38.98178, 45.04534; settlement, confidence 0.90, by gazetteer")
        assert "house, confidence 0.95, by nominatim" in str(said[3])
    table = await explain_table(held, GeocodingConfiguration(), None, "в посёлке Южном")
    assert [str(one).strip() for one in table.columns[1].cells][2:4] == [
        "perhaps Южный (Курганинский район): 40.47472, 45.00250", "perhaps Южный (Белореченский район): 39.87918, 44.72111",
    ]  # fmt: skip
