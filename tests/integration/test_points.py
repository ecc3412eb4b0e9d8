"""Incidents one by one, against PostGIS's own tiles: what is in each tile, where it stands, what is left out, what must never be there."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import h3.api.basic_int as h3
import httpx
import numpy as np
import pytest

from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import EXTENT
from geo_service.tiles.layers.points import MOST_PLACES
from tests.support.decoded_tiles import decode_layers, tile_of_path
from tests.support.http_client import asking, filled, until
from tests.support.slippy_map import slippy_tile
from tests.support.territory import tile_at

ZONE = "Asia/Yekaterinburg"
TOWN, CROWD, CHUKOTKA = (39.0, 45.0), (60.6, 56.84), (179.9999, 66.5)
CROWDED = MOST_PLACES + 37
SECRET = "улица Тайная, 17"
PROPERTIES = {"id", "sector", "theme", "status", "received", "age", "n", "open", "overdue"}

# `tile` and the box around it by the database's own grid; the buffer is 64 of 4096 units.
EXPECTED = """
with seen as (
    select i.*, t.code as theme, s.code as sector, floor(extract(epoch from received_at)) as moment,
        st_asmvtgeom(st_transform(location, 3857), st_tileenvelope($1, $2, $3), 4096, 64, true) as at
    from incident i join theme t on t.id = i.theme_id join sector s on s.id = t.sector_id
    where st_intersects(
            st_transform(location, 3857), st_expand(st_tileenvelope($1, $2, $3), 2 * 20037508.342789244 / 2 ^ $1::int * 64 / 4096))
        and received_at >= now() - $4::interval and (cardinality($5::text[]) = 0 or s.code = any($5))
)

select (array_agg(id order by moment desc, id desc))[1] as id, (array_agg(sector order by moment desc, id desc))[1] as sector,
    (array_agg(theme order by moment desc, id desc))[1] as theme, (array_agg(status order by moment desc, id desc))[1] as status,
    to_char(max(received_at) at time zone $6, 'YYYY-MM-DD') as received, count(*) as n, count(*) filter (where status < 6) as open,
    count(*) filter (where status < 6 and due_at < now() and (answered_at is null or status = 5)) as overdue, st_x(at) as x, st_y(at) as y
from seen group by round(st_x(location) * 1e7), round(st_y(location) * 1e7), at
"""
STATUSES = ("new", "assigned", "in_work", "interim", "answered", "returned", "closed", "rejected", "duplicate")


async def insert(held: asyncpg.Connection, prefix: str, places: np.ndarray, ages_h: np.ndarray) -> None:
    """Incidents at places (lng, lat) that came so many hours ago; some are late."""
    now = datetime.now(UTC).replace(microsecond=0)
    received = [now - timedelta(hours=float(age)) for age in ages_h]
    rows = [
        (
            f"{prefix}{i} {SECRET}",
            lng,
            lat,
            h3.latlng_to_cell(lat, lng, 10),
            1 + i % 2,
            i % 9,
            came,
            now + timedelta(days=i % 3 - 1, hours=1),
            came if i % 4 == 1 else None,
        )
        for i, ((lng, lat), came) in enumerate(zip(places.tolist(), received, strict=True))
    ]
    await held.execute(
        "insert into incident (source_id, external_id, address, location, cell, location_quality, theme_id, status, received_at, due_at,"
        " answered_at, updated_at)"
        " select 1, x, x, st_setsrid(st_makepoint(lng, lat), 4326), cell, 0, theme, status, came, due, answered, came"
        " from unnest($1::text[], $2::float8[], $3::float8[], $4::bigint[], $5::int[], $6::int[], $7::timestamptz[], $8::timestamptz[],"
        " $9::timestamptz[]) as row (x, lng, lat, cell, theme, status, came, due, answered)",
        *(list(column) for column in zip(*rows, strict=True)),
    )  # fmt: skip


async def fill(held: asyncpg.Connection) -> None:
    """A town with houses that several wrote from, a crowd of more places than a tile may have, and the antimeridian."""
    await held.execute(
        "insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal');"
        "insert into theme (code, sector_id, name_ru, name_en)"
        " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
    )
    rng = np.random.default_rng(12)
    houses = np.array(TOWN) + rng.normal(0, 0.05, (500, 2))
    await insert(held, "town", houses[rng.integers(500, size=1500)], rng.integers(1, 24 * 60, 1500) / 2)
    column, row = slippy_tile(*CROWD, 12)
    west, south, east, north = tile_of_path(f"/12/{column}/{row}.mvt").bounds
    across = np.linspace(0.05, 0.95, 101)
    grid = np.stack(np.meshgrid(west + across * (east - west), south + across * (north - south)), -1).reshape(-1, 2)
    await insert(
        held, "crowd", np.concatenate([grid[:CROWDED], grid[:5]]), np.concatenate([np.linspace(100, 200, CROWDED), np.full(5, 150.0)])
    )
    edge = np.array([(179.9999, 66.5), (-179.9999, 66.501), (180.0, 66.502), (179.9, 66.5)])
    await insert(held, "edge", edge, np.array([1.0, 2.0, 3.0, 4.0]))


@pytest.fixture(scope="module")
def points_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(points_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(points_url, time_zone=ZONE) as made:
        yield made


@pytest.fixture
async def held(points_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with open_connection(points_url) as made:
        yield made


def tiles_around(place: tuple[float, float], zoom: int, rings: int = 1) -> list[str]:
    x, y = slippy_tile(*place, zoom)
    return [f"/tiles/incidents/{zoom}/{x + i}/{y + j}.mvt" for i in range(-rings, rings + 1) for j in range(-rings, rings + 1)]


async def drawn(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, list[dict[str, Any]]]:
    """Features by layer."""
    return decode_layers((await client.get(path, params=query)).content or b"")


async def compare(client: httpx.AsyncClient, held: asyncpg.Connection, path: str, days: int = 30, *sectors: str) -> int:
    """Check a tile against PostGIS; how many places it has."""
    query = {"window": f"{days}d"} | ({"sector": ",".join(sectors)} if sectors else {})
    features = (await drawn(client, path, **query)).get("incidents", [])
    tile = tile_of_path(path)
    expected = {row["id"]: row for row in await held.fetch(EXPECTED, tile.z, tile.x, tile.y, timedelta(days=days), list(sectors), ZONE)}
    assert {one["id"] for one in features} == set(expected)
    today = datetime.now(ZoneInfo(ZONE)).date()
    for one in features:
        row, told = expected[one["id"]], one["properties"]
        ago = (today - datetime.fromisoformat(told["received"]).date()).days
        assert told.pop("age") == next((place for place, limit in enumerate((0, 3, 7, 30)) if ago <= limit), 4)
        assert told == {name: row[name] for name in PROPERTIES - {"age", "status"}} | {"status": STATUSES[row["status"]]}
        assert one["geometry"]["type"] == "Point"
        x, y = one["geometry"]["coordinates"]
        # PostGIS cuts off where we round.
        assert abs(x - row["x"]) <= 1
        assert abs(y - row["y"]) <= 1
    return len(features)


@pytest.mark.parametrize("zoom", [12, 14, 16])
async def test_every_tile_holds_the_places_that_postgis_finds(client: httpx.AsyncClient, held: asyncpg.Connection, zoom: int) -> None:
    found = [await compare(client, held, path) for path in tiles_around(TOWN, zoom)]
    assert sum(found) > (300, 30, 1)[(zoom - 12) // 2]
    path = tile_at("incidents", 12, TOWN)
    assert 0 < await compare(client, held, path, 3) < await compare(client, held, path, 30, "roads") < await compare(client, held, path)


async def test_incidents_at_one_place_are_one_feature_and_the_newest_is_drawn_last(client: httpx.AsyncClient) -> None:
    features = [one["properties"] for one in (await drawn(client, tile_at("incidents", 12, TOWN)))["incidents"]]
    assert max(one["n"] for one in features) > 3
    days = [one["received"] for one in features]
    assert days == sorted(days)
    assert {one["age"] for one in features} >= {1, 2, 3}
    for name in ("open", "overdue", "closed"):
        chosen = (await drawn(client, tile_at("incidents", 12, TOWN), measure=name))["incidents"]
        assert {one["id"] for one in chosen} < {one["id"] for one in features}
        if name != "closed":
            assert {one["id"] for one in chosen} == {one["id"] for one in features if one[name]}
    with_late = (await drawn(client, tile_at("incidents", 12, TOWN), status="overdue"))["incidents"]
    assert all(one["properties"]["overdue"] == one["properties"]["n"] for one in with_late)


async def test_a_point_near_an_edge_is_in_both_tiles(client: httpx.AsyncClient) -> None:
    seen: dict[int, set[tuple[int, int]]] = {}
    doubled = 0
    for path in tiles_around(TOWN, 13, 2):
        tile = tile_of_path(path)
        for one in (await drawn(client, path)).get("incidents", []):
            x, y = one["geometry"]["coordinates"]
            assert min(x, y) >= -64
            assert max(x, y) <= EXTENT + 64
            places = seen.setdefault(one["id"], set())
            doubled += bool(places)
            places.add((x + tile.x * EXTENT, y + tile.y * EXTENT))
    assert doubled > 3
    assert all(len(places) == 1 for places in seen.values())


async def test_more_places_than_a_tile_may_have_are_cut_openly_the_oldest_first(
    client: httpx.AsyncClient, held: asyncpg.Connection
) -> None:
    path = tile_at("incidents", 12, CROWD)
    first = await client.get(path)
    tile = decode_layers(first.content)
    (meta,) = tile["meta"]
    assert meta["properties"] == {
        "truncated": 1, "places": MOST_PLACES, "incidents": MOST_PLACES + 5, "places_left_out": 37, "incidents_left_out": 37,
    }  # fmt: skip
    rows = await held.fetch(
        "select (array_agg(id order by received_at desc, id desc))[1] as id from incident where external_id like 'crowd%' group by location"
        " order by floor(extract(epoch from max(received_at))) desc, id desc limit $1", MOST_PLACES
    )  # fmt: skip
    assert [one["id"] for one in tile["incidents"]] == [row["id"] for row in rows][::-1]
    again = await client.get(path, params={"measure": "count"})
    assert again.content == first.content
    (whole,) = (await drawn(client, tile_at("incidents", 14, CROWD)))["meta"]
    assert (whole["properties"]["truncated"], whole["properties"]["places_left_out"]) == (0, 0)


async def test_places_by_the_antimeridian_are_seen_from_both_sides(client: httpx.AsyncClient) -> None:
    row = slippy_tile(*CHUKOTKA, 13)[1]
    west = (await drawn(client, f"/tiles/incidents/13/{2**13 - 1}/{row}.mvt"))["incidents"]
    east = (await drawn(client, f"/tiles/incidents/13/0/{row}.mvt"))["incidents"]
    assert len(west) == len(east) == 3
    at = {one["id"]: one["geometry"]["coordinates"] for one in east}
    for one in west:
        x, y = one["geometry"]["coordinates"]
        assert at[one["id"]] == [x - EXTENT, y]
        assert abs(x - EXTENT) < 64


async def test_no_text_of_a_message_gets_into_a_tile(client: httpx.AsyncClient) -> None:
    allowed = {"roads", "waste", "roads.pothole", "waste.dump", *STATUSES}
    for path in [*tiles_around(TOWN, 12), tile_at("incidents", 12, CROWD)]:
        body = (await client.get(path)).content
        assert SECRET.encode() not in body
        for one in decode_layers(body).get("incidents", []) if body else []:
            assert set(one["properties"]) == PROPERTIES
            texts = {value for name, value in one["properties"].items() if isinstance(value, str) and name != "received"}
            assert texts <= allowed
            assert datetime.strptime(one["properties"]["received"], "%Y-%m-%d")  # noqa: DTZ007  # a day has no zone
            assert one["id"] == one["properties"]["id"] < 2**53


async def test_below_the_first_zoom_there_are_no_tiles_and_the_tilejson_says_so(client: httpx.AsyncClient) -> None:
    document = (await client.get("/tiles/incidents.json?window=7d")).json()
    assert (document["minzoom"], document["maxzoom"]) == (12, 16)
    assert [one["id"] for one in document["vector_layers"]] == ["incidents", "meta"]
    below = await client.get("/tiles/incidents/11/1/1.mvt")
    assert below.status_code == 404
    assert "12 to 16" in below.json()["detail"]
    assert (await client.get("/tiles/incidents.json?measure=share_closed")).json()["parameter"] == "measure"
    assert (await client.get("/tiles/incidents.json?fields=h3")).json()["parameter"] == "fields"


@pytest.mark.parametrize("measure", ["count", "open"])
async def test_the_legend_tells_the_ages_and_how_many_incidents_have_each(
    client: httpx.AsyncClient, held: asyncpg.Connection, measure: str
) -> None:
    legend = (await client.get("/api/legend", params={"layer": "incidents", "zoom": 14, "window": "12w", "measure": measure})).json()
    assert [(row["class"], row["from"], row["to"]) for row in legend["classes"]] == [
        (0, 0, 0),
        (1, 1, 3),
        (2, 4, 7),
        (3, 8, 30),
        (4, 31, None),
    ]
    rows = await held.fetch(
        "select least(4, case when ago <= 0 then 0 when ago <= 3 then 1 when ago <= 7 then 2 when ago <= 30 then 3 else 4 end) as age,"
        " count(*) filter (where status < $2) as n from (select status, (now() at time zone $1)::date - (received_at at time zone $1)::date"
        " as ago from incident) as dated group by 1",
        ZONE, 9 if measure == "count" else 6,
    )  # fmt: skip
    counts = {row["age"]: row["n"] for row in rows}
    assert [row["incidents"] for row in legend["classes"]] == [counts.get(age, 0) for age in range(5)]
    assert legend["incidents"] == sum(counts.values())
    style = (await client.get("/styles/incidents.json?window=12w")).json()
    circles = [layer for layer in style["layers"] if layer["type"] == "circle" and layer["filter"][1] == ["get", "age"]]
    colors = {layer["filter"][2]: layer["paint"]["circle-color"] for layer in circles}
    assert colors == {row["class"]: row["color"] for row in legend["classes"]}
    assert style["zoom"] >= 12


@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="GDAL's ogr2ogr is not installed; apt-get install gdal-bin")
async def test_gdal_reads_points_where_they_are(client: httpx.AsyncClient, held: asyncpg.Connection, tmp_path: Path) -> None:
    path = tile_at("incidents", 14, TOWN)
    tile = tile_of_path(path)
    source, target = tmp_path / "tile.mvt", tmp_path / "tile.geojson"
    source.write_bytes((await client.get(path)).content)
    where = [word for axis in "xyz" for word in ("-oo", f"{axis.upper()}={getattr(tile, axis)}")]
    command = ["ogr2ogr", "-f", "GeoJSON", "-t_srs", "EPSG:4326", *where, "-oo", "CLIP=NO", str(target), str(source), "incidents"]
    answer = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, timeout=60, text=True)
    assert answer.stderr == ""
    features = json.loads(target.read_text(encoding="utf-8"))["features"]
    rows = await held.fetch("select id, st_x(location) as lng, st_y(location) as lat from incident where id = any($1)",
                            [one["properties"]["id"] for one in features])  # fmt: skip
    there = {row["id"]: (row["lng"], row["lat"]) for row in rows}
    assert len(there) == len(features) >= 5
    unit = 360 / 2**14 / EXTENT
    for one in features:
        assert one["geometry"]["coordinates"] == pytest.approx(there[one["properties"]["id"]], abs=unit)


async def test_moved_and_deleted_incidents_are_followed(client: httpx.AsyncClient, held: asyncpg.Connection) -> None:
    path = tile_at("incidents", 12, TOWN)
    before = {one["id"] for one in (await drawn(client, path))["incidents"]}
    moved, gone, lost = sorted(before)[:3]
    elsewhere = tile_at("incidents", 12, (30.0, 50.0))
    # Within its cell, out of the tile, away, and without a place: the H3 cell tells of the second one alone.
    async with held.transaction():
        await held.execute("update incident set location = st_translate(location, 0.00002, 0) where id = any($1)", sorted(before)[3:10])
        await held.execute(
            "update incident set location = st_setsrid(st_makepoint(30, 50), 4326), cell = $2 where id = $1",
            moved,
            h3.latlng_to_cell(50, 30, 10),
        )
        await held.execute("delete from incident where id = $1", gone)
        await held.execute("update incident set location = null, cell = null where id = $1", lost)

    async def followed() -> bool:
        return [one["id"] for one in (await drawn(client, elsewhere)).get("incidents", [])] == [moved]

    await until(followed)
    assert await compare(client, held, path) > 0
    assert not {moved, gone, lost} & {one["id"] for one in (await drawn(client, path))["incidents"]}
