"""Districts replaced while the service runs: a load that fails changes nothing, incidents that come meanwhile get the right district."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from boundaries.load import LoadOptions, replace_districts
from boundaries.locating.locate import NEAR_M
from boundaries.records import DistrictRecord, DistrictRecords
from geo_service.core.database import open_connection
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.model import DistrictLevel
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, file_input, ingest_input
from tests.support.boundary_files import COVERED, EVERYTHING, ask, command, counts, fill, state, written
from tests.support.district_files import write_districts
from tests.support.plain_csv import HEADER, csv_line
from tests.support.serve_process import PATIENCE_S, serving, wait_until_ready
from tests.support.slippy_map import slippy_tile

WEST, EAST = shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)
SOUTH, NORTH = shapely.box(38, 45, 40, 45.5), shapely.box(38, 45.5, 40, 46)
BY_SIDE, BY_HEIGHT = {"a": WEST, "b": EAST}, {"a": SOUTH, "c": NORTH}
INCIDENTS = 4000

AWAY = """
select district_is_nearest, st_distance(outline::geography, location::geography) as metres,
    st_distance(own::geography, location::geography) as own_metres
from incident
cross join lateral (
    select st_segmentize(st_makeenvelope(38, 45, 40, 46, 4326), 0.01) as outline,
        (select st_segmentize(area, 0.01) from district where id = district_id) as own
) as areas
where district_is_nearest or district_id is null
"""
"""Of incidents in no district: how far from all of them together, and from their own. Lines are straight in degrees."""
WITHIN = 0.002
"""How far distances on a plane and on the ellipsoid may differ, as a share."""

BREAK = """
create function break() returns trigger language plpgsql as $$ begin raise exception 'stop'; end $$;
create trigger break before update on incident for each row when (new.external_id::int between 2000 and 2100) execute function break()
"""
END_OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


def units(areas: dict[str, shapely.Geometry]) -> DistrictRecords:
    return DistrictRecords([DistrictRecord(code, code.upper(), code.upper()) for code in areas], np.array(list(areas.values()), object))


def points(count: int) -> tuple[Any, Any]:
    """Over both districts and a little beyond."""
    rng = np.random.default_rng(11)
    return rng.uniform(37.97, 40.03, count), rng.uniform(44.98, 46.02, count)


@pytest.fixture
def filled(database_url: str) -> Iterator[str]:
    """Incidents in two districts side by side."""

    async def prepare() -> None:
        async with open_connection(database_url) as held:
            await fill(held, *points(INCIDENTS))
        await replace_districts(database_url, units(BY_SIDE), LoadOptions(DistrictLevel.DISTRICT))

    asyncio.run(prepare())
    yield database_url


def hold_districts(url: str) -> None:
    """Every incident has the district that covers it, else the nearest within reach, else none."""
    assert ask(url, COVERED)[0][0] == 0
    rows = ask(url, AWAY)
    for row in rows:
        if row["district_is_nearest"]:
            assert row["own_metres"] <= min(row["metres"], NEAR_M) * (1 + WITHIN)
        else:
            assert row["metres"] > NEAR_M * (1 - WITHIN)
    near = sum(row["district_is_nearest"] for row in rows)
    assert min(near, len(rows) - near) > 20


def broken_by_a_trigger(url: str) -> Callable[[int, int], None]:
    asyncio.run(_execute(url, BREAK))
    return lambda done, all_: None


def broken_by_a_lost_connection(url: str) -> Callable[[int, int], None]:
    def told(done: int, _: int) -> None:
        if done:
            apart(lambda: ask(url, END_OTHERS))

    return told


def broken_by_hand(url: str) -> Callable[[int, int], None]:
    def told(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    return told


def apart(act: Callable[[], object]) -> None:
    """Do it in a thread of its own, where no event loop runs."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


async def _execute(url: str, text: str) -> None:
    async with open_connection(url) as held:
        await held.execute(text)


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (broken_by_a_trigger, DatabaseUnavailable),
        (broken_by_a_lost_connection, DatabaseUnavailable),
        (broken_by_hand, KeyboardInterrupt),
    ],
)
def test_a_load_that_fails_half_way_changes_nothing(
    filled: str, broken: Callable[[str], Callable[[int, int], None]], error: type[BaseException]
) -> None:
    told = broken(filled)
    before = asyncio.run(state(filled))
    try:
        with pytest.raises(error):
            asyncio.run(replace_districts(filled, units(BY_HEIGHT), LoadOptions(DistrictLevel.DISTRICT), told))
    finally:
        asyncio.run(_execute(filled, "drop trigger if exists break on incident; drop function if exists break"))
    assert asyncio.run(state(filled)) == before
    asyncio.run(replace_districts(filled, units(BY_HEIGHT), LoadOptions(DistrictLevel.DISTRICT)))
    assert {row[0] for row in ask(filled, "select code from district")} == set(BY_HEIGHT)
    hold_districts(filled)


def rows(count: int) -> str:
    lng, lat = points(count)
    return HEADER + "".join(csv_line(str(n), lng=f"{x:.6f}", lat=f"{y:.6f}") for n, (x, y) in enumerate(zip(lng, lat, strict=True)))


async def test_incidents_that_come_while_districts_are_replaced_get_the_right_one(database_url: str, tmp_path: Path) -> None:
    await _execute(database_url, EVERYTHING)
    path = written(tmp_path / "many.csv", rows(INCIDENTS))
    running = asyncio.create_task(
        ingest_input(database_url, file_input(path, load_mapping("plain"), "plain"), lambda _: None, IngestOptions(batch_size=100))
    )
    replaced: list[int] = []
    try:
        while not running.done():
            areas = (BY_SIDE, BY_HEIGHT)[len(replaced) % 2]
            done = await replace_districts(database_url, units(areas), LoadOptions(DistrictLevel.DISTRICT))
            replaced.append(done.assigned.inside)
    finally:
        _, tally = await running
    assert tally.new == INCIDENTS
    # Some batches were written before a replacement, and some after it.
    assert len(replaced) > 1
    assert any(0 < inside < 0.9 * INCIDENTS for inside in replaced), replaced
    await asyncio.to_thread(hold_districts, database_url)


SIX = [("38.5", "45.5"), ("39.2", "45.9"), ("39.7", "45.1"), ("37.995", "45.5"), ("39.5", "46.005"), ("30.51", "50.52")]
"""Three inside, two some 400 and 550 m outside, one far away."""


def test_the_summary_counts_incidents_near_and_without_a_district(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_execute(database_url, EVERYTHING))
    asyncio.run(replace_districts(database_url, units(BY_SIDE), LoadOptions(DistrictLevel.DISTRICT)))
    path = written(tmp_path / "six.csv", HEADER + "".join(csv_line(str(n), lng=x, lat=y) for n, (x, y) in enumerate(SIX)))
    for reach, near, without in (("1000", 2, 1), ("500", 1, 2), ("0", None, 3)):
        monkeypatch.setenv("GEO_DISTRICT_NEAR_M", reach)
        ended = command(database_url, monkeypatch)("ingest", path)
        assert ended.code == 0, ended.err
        told = counts(ended.out)
        assert (told["read"], told.get("assigned to the nearest district"), told.get("outside of all districts")) == (6, near, without)
        found = ask(
            database_url, "select count(*) filter (where district_is_nearest), count(*) filter (where district_id is null) from incident"
        )
        assert tuple(found[0]) == (near or 0, without)


def test_a_running_server_follows_a_load(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = slippy_tile(39, 45.5, 6)
    tile = f"/tiles/districts/6/{x}/{y}.mvt?level=district&window=7d"
    replaced = write_districts(tmp_path / "d.gpkg", [SOUTH, NORTH], oktmo=["a", "c"], name=["Южный", "Северный"])
    with serving(filled) as (_, address), httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=3)) as client:
        wait_until_ready(address)
        before = client.get(tile)
        assert drawn(before) == numbers(filled) == statistics(client)
        assert set(drawn(before)) == {"a", "b"}
        loaded = command(filled, monkeypatch)("boundaries", "load", replaced, "--level", "district", "--code", "oktmo", "--name", "name")
        assert loaded.code == 0, loaded.err
        wait_until(lambda: statistics(client) == numbers(filled))
        after = client.get(tile)
        assert after.headers["etag"] != before.headers["etag"]
        assert drawn(after) == numbers(filled)
        assert set(drawn(after)) == {"a", "c"}
        assert shapes(after)["a"] != shapes(before)["a"]


def features(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mapbox_vector_tile.decode(answer.content)["districts"]["features"]
    return found


def drawn(answer: httpx.Response) -> dict[str, int]:
    return {one["properties"]["code"]: one["properties"]["n"] for one in features(answer)}


def shapes(answer: httpx.Response) -> dict[str, Any]:
    return {one["properties"]["code"]: one["geometry"] for one in features(answer)}


def statistics(client: httpx.Client) -> dict[str, int]:
    table = client.get("/api/districts", params={"level": "district", "window": "7d"}).json()
    return {row["code"]: row["count"] for row in table["districts"]}


def numbers(url: str) -> dict[str, int]:
    found = ask(url, "select code, count(incident.id) as n from district left join incident on district_id = district.id group by code")
    return {row["code"]: row["n"] for row in found}


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    over = threading.Event()
    for _ in range(PATIENCE_S * 10):
        with suppress(httpx.TransportError):
            if condition():
                return
        over.wait(0.1)
    pytest.fail("it never came to hold")


DUE = "select due_at from incident join source on source.id = source_id where code = 'letters' order by external_id"


def test_ingest_writes_the_deadline_of_a_rule_and_explains_it(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = (Path(__file__).parents[2] / "ingest" / "mapping" / "mappings" / "plain.toml").read_text(encoding="utf-8")
    mapping = written(tmp_path / "letters.toml", shipped.replace('code = "plain"', 'code = "letters"'))
    path = written(tmp_path / "letters.csv", HEADER + csv_line("1").replace(",2026-12-01,", ",,") + csv_line("2"))
    geo = command(database_url, monkeypatch)
    explained = geo("ingest", path, "--mapping", mapping, "--explain")
    assert explained.code == 0, explained.err
    # Thirty calendar days after 1 November, to the last second of the day in Moscow; the other has its own.
    ruled = [row for row in explained.out.splitlines() if "by the rule" in row]
    assert len(ruled) == 1
    assert "2026-12-01T20:59:59Z by the rule 'letters'" in ruled[0]
    assert ask(database_url, DUE) == []
    assert geo("ingest", path, "--mapping", mapping).code == 0
    assert [row[0].isoformat() for row in ask(database_url, DUE)] == ["2026-12-01T20:59:59+00:00", "2026-12-01T23:59:59+00:00"]
