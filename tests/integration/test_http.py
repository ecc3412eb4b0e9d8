"""The HTTP surface on real incidents in a real PostGIS: numbers, tile rules, problems."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import brotli
import h3.api.basic_int as h3
import httpx
import pytest
import structlog
import zstandard

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.tiles.encoding.grid import Tile, feature_id, resolution_at
from geo_service.tiles.layers.hex_outlines import HexOutlines
from tests.support.decoded_tiles import decode_hexes
from tests.support.hourly_incidents import CENTRE, fill
from tests.support.http_client import asking, filled, ready, until
from tests.support.slippy_map import slippy_tile


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url, public_url="https://map.example.org") as made:
        yield made


async def sql(url: str, text: str, *values: Any) -> Any:
    async with open_connection(url) as held:
        return await held.fetchval(text, *values)


def tile_of(zoom: int) -> str:
    x, y = slippy_tile(CENTRE[1], CENTRE[0], zoom)
    return f"/tiles/hexes/{zoom}/{x}/{y}.mvt"


@pytest.mark.parametrize("zoom", [0, 5, 9, 13, 16])
async def test_a_tile_holds_the_hexagons_that_postgis_counts(client: httpx.AsyncClient, filled_url: str, zoom: int) -> None:
    answer = await client.get(tile_of(zoom), params={"window": "30d", "fields": "h3", "sector": "roads"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    found = {feature["properties"]["h3"]: feature["properties"]["n"] for feature in decode_hexes(answer.content)}
    async with open_connection(filled_url) as held:
        rows = await held.fetch(
            "select cell, count(*) as n from incident join theme on theme.id = theme_id"
            " where sector_id = 7 and received_at >= now() - interval '30 days' group by cell"
        )
    expected: dict[str, int] = {}
    for row in rows:
        parent = h3.cell_to_parent(row["cell"], resolution_at(zoom))
        expected[h3.int_to_str(parent)] = expected.get(h3.int_to_str(parent), 0) + row["n"]
    assert found.items() <= expected.items()
    # Every hexagon whose centre lies in the tile must be there.
    tile = Tile(*(int(part) for part in tile_of(zoom).removesuffix(".mvt").split("/")[-3:]))
    west, south, east, north = tile.bounds
    for cell in expected:
        lat, lng = h3.cell_to_latlng(h3.str_to_int(cell))
        if west < lng < east and south < lat < north:
            assert cell in found


@pytest.mark.parametrize("zoom", [0, 5, 12])
async def test_with_detail_hexagons_and_classes_are_those_of_the_next_zoom(client: httpx.AsyncClient, zoom: int) -> None:
    x, y = slippy_tile(CENTRE[1], CENTRE[0], zoom)
    asked = {"window": "12w", "measure": "open"}
    fine = {
        feature["id"]: feature["properties"]
        for feature in decode_hexes((await client.get(tile_of(zoom), params={**asked, "detail": 1})).content)
    }
    usual: dict[int, dict[str, Any]] = {}
    for column, row in ((2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)):
        tile = await client.get(f"/tiles/hexes/{zoom + 1}/{column}/{row}.mvt", params=asked)
        usual |= {feature["id"]: feature["properties"] for feature in (decode_hexes(tile.content) if tile.content else [])}
    assert len(usual) > 0
    assert fine == usual
    plain, detailed = [
        (await client.get("/api/legend", params={**asked, **look})).json() for look in ({"zoom": zoom + 1}, {"zoom": zoom, "detail": 1})
    ]
    assert (detailed["resolution"], detailed["classes"]) == (plain["resolution"], plain["classes"])


async def test_a_hexagon_on_an_edge_has_the_same_numbers_in_both_tiles(client: httpx.AsyncClient) -> None:
    zoom = 15
    x, y = slippy_tile(CENTRE[1], CENTRE[0], zoom)
    seen: dict[int, dict[str, Any]] = {}
    shared = 0
    for column in (x - 1, x, x + 1):
        answer = await client.get(f"/tiles/hexes/{zoom}/{column}/{y}.mvt", params={"window": "12w"})
        for feature in decode_hexes(answer.content):
            if feature["id"] in seen:
                shared += 1
                assert feature["properties"] == seen[feature["id"]]
            seen[feature["id"]] = feature["properties"]
    assert shared > 3


async def test_feature_ids_are_those_of_their_cells_and_come_in_order(client: httpx.AsyncClient) -> None:
    import numpy as np

    found = decode_hexes((await client.get(tile_of(13), params={"fields": "h3"})).content)
    cells = np.array([h3.str_to_int(feature["properties"]["h3"]) for feature in found], np.uint64)
    assert [feature["id"] for feature in found] == feature_id(cells).tolist()
    assert (np.diff(cells.astype(np.int64)) > 0).all()
    assert len(HexOutlines(cells)) == len(found)


async def test_the_classes_in_the_tiles_are_those_of_the_legend(client: httpx.AsyncClient) -> None:
    query = {"window": "12w", "measure": "open"}
    legend = (await client.get("/api/legend", params={**query, "zoom": 11})).json()
    ranges = {row["class"]: range(row["from"], row["to"] + 1) for row in legend["classes"]}
    zoom = 11
    x, y = slippy_tile(CENTRE[1], CENTRE[0], zoom)
    seen = {}
    for tile in [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]:
        answer = await client.get(f"/tiles/hexes/{zoom}/{tile[0]}/{tile[1]}.mvt", params=query)
        for feature in decode_hexes(answer.content) if answer.content else []:
            assert feature["properties"]["open"] in ranges[feature["properties"]["class"]]
            seen[feature["id"]] = feature["properties"]
    assert len(seen) == legend["cells"] == sum(row["cells"] for row in legend["classes"])
    assert legend["max"] == max(properties["open"] for properties in seen.values())
    assert legend["total"]["open"] == sum(properties["open"] for properties in seen.values())


async def test_the_summary_is_what_postgis_counts(client: httpx.AsyncClient, filled_url: str) -> None:
    summary = (await client.get("/api/summary", params={"window": "7d", "source": "portal", "status": "open"})).json()
    where = "source_id = 1 and status < 6 and received_at >= now() - interval '7 days'"
    assert summary["n"] == await sql(filled_url, f"select count(*) from incident where {where}")
    overdue = f"{where} and due_at < now() and (answered_at is null or status = 5)"
    assert summary["overdue"] == await sql(filled_url, f"select count(*) from incident where {overdue}")
    assert summary["closed"] == 0
    assert summary["synthetic"] == 0
    assert summary["without_place"] == 0
    by_sector = {row["code"]: row["n"] for row in summary["sectors"]}
    assert len(by_sector) == 9
    for code, theme in (("roads", 1), ("waste", 2)):
        assert by_sector[code] == await sql(filled_url, f"select count(*) from incident where {where} and theme_id = {theme}")
    by_source = {row["code"]: row["n"] for row in summary["sources"]}
    assert by_source["demo"] == await sql(
        filled_url, f"select count(*) from incident where {where.replace('source_id = 1', 'source_id = 2')}"
    )
    assert (await client.get("/api/summary", params={"source": "demo"})).json()["synthetic"] > 0


async def test_tilejson_passes_the_selection_on_to_absolute_tile_addresses(client: httpx.AsyncClient) -> None:
    document = (await client.get("/tiles/hexes.json?sector=roads&window=7d&fields=h3")).json()
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["https://map.example.org/tiles/hexes/{z}/{x}/{y}.mvt?sector=roads&window=7d&fields=h3"]
    assert (document["minzoom"], document["maxzoom"]) == (0, 16)
    west, south, east, north = document["bounds"]
    assert west < CENTRE[1] < east
    assert south < CENTRE[0] < north
    assert [layer["id"] for layer in document["vector_layers"]] == ["hexes"]
    assert set(document["vector_layers"][0]["fields"]) >= {"n", "open", "overdue", "class"}
    assert document["attribution"] == "Portal data · Synthetic"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/hexes/10/0/0.mvt", 204),
        ("/tiles/hexes/17/0/0.mvt", 404),
        ("/tiles/hexes/3/8/0.mvt", 404),
        ("/tiles/nothing/3/1/1.mvt", 404),
        ("/tiles/nothing.json", 404),
        ("/tiles/hexes/a/1/1.mvt", 400),
        ("/tiles/hexes/1/-1/1.mvt", 400),
        ("/tiles/hexes/1/1/1.mvt?fields=text", 400),
        ("/tiles/hexes/1/1/1.mvt?colour=red", 400),
        ("/tiles/hexes.json?window=soon", 400),
        ("/api/legend", 400),
        ("/api/legend?zoom=17", 400),
        ("/api/legend?zoom=", 400),
        ("/api/legend?zoom=5&zoom=6", 400),
        ("/api/summary?zoom=5", 400),
        ("/api/summary?sector=roads%00", 400),
        ("/api/summary?from=2026-01-01&window=7d", 400),
        ("/nowhere", 404),
    ],
)
async def test_what_is_empty_outside_or_malformed_is_told_apart(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert problem["detail"]
        if status == 400:
            assert problem["parameter"]
            assert problem["allowed"]
    else:
        assert answer.content == b""


async def test_each_encoding_has_its_own_strong_etag_and_the_same_tile_inside(client: httpx.AsyncClient) -> None:
    plain = (await client.get(tile_of(9))).content
    tags = set()
    for encoding, undo in (("gzip", gzip.decompress), ("br", brotli.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)):
        # Streamed raw, because the client would decode what it knows.
        async with client.stream("GET", tile_of(9), headers={"Accept-Encoding": encoding}) as answer:
            body = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
        assert int(answer.headers["content-length"]) == len(body)
        assert undo(body) == plain
        tags.add(answer.headers["etag"])
        again = await client.get(tile_of(9), headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == answer.headers["etag"]
        assert "content-encoding" not in again.headers
    assert len(tags) == 3


async def test_a_past_window_may_be_kept_for_minutes_and_a_relative_one_for_seconds(client: httpx.AsyncClient) -> None:
    past = await client.get(tile_of(9), params={"from": "2020-01-01", "to": "2020-02-01"})
    relative = await client.get(tile_of(9), params={"window": "7d"})
    coming = await client.get(tile_of(9), params={"from": "2020-01-01"})
    assert past.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=3600"
    assert relative.headers["cache-control"] == coming.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=30"


async def test_anyone_may_read_from_another_origin(client: httpx.AsyncClient) -> None:
    for path in (tile_of(9), "/tiles/hexes.json", "/api/summary"):
        for _ in range(2):
            answer = await client.get(path, headers={"Origin": "https://elsewhere.example"})
            assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", [tile_of(9), "/tiles/hexes.json", "/api/summary", "/healthz", "/", "/static/icon.svg", "/nowhere"])
async def test_head_answers_like_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    """The second time the tile comes from the cache."""
    got = await client.get(path)
    for _ in range(2):
        answer = await client.head(path)
        assert (answer.status_code, answer.content) == (got.status_code, b"")
        assert answer.headers["content-type"] == got.headers["content-type"]
        assert int(answer.headers["content-length"]) > 0


async def test_a_new_incident_changes_the_cached_tile_and_rings_the_live_stream(client: httpx.AsyncClient, filled_url: str) -> None:
    path = tile_of(12)
    before = await client.get(path)
    assert (await client.get(path)).headers["etag"] == before.headers["etag"]
    total = sum(feature["properties"]["n"] for feature in decode_hexes(before.content))
    cell = h3.latlng_to_cell(*CENTRE, 10)
    await sql(
        filled_url,
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
        " values (1, 'fresh', st_setsrid(st_makepoint($1, $2), 4326), $3, 0, 1, 0, now(), now()) returning id",
        CENTRE[1], CENTRE[0], cell,
    )  # fmt: skip

    async def changed() -> bool:
        return (await client.get(path)).headers["etag"] != before.headers["etag"]

    await until(changed)
    after = await client.get(path)
    assert sum(feature["properties"]["n"] for feature in decode_hexes(after.content)) == total + 1
    await sql(filled_url, "delete from incident where external_id = 'fresh'")


async def test_before_the_first_load_the_service_is_alive_and_says_that_it_is_not_ready() -> None:
    app = make_application(Settings(database_url="postgresql://nobody@127.0.0.1:1/none"))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert "loaded" in ready.json()["reason"]
        for path in (tile_of(5), "/tiles/hexes.json", "/api/summary", "/api/legend?zoom=3", "/api/places"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            assert "postgres" not in answer.text.lower()


async def test_every_answer_has_a_request_id_and_a_plain_one_of_the_client_is_kept(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/api/summary")).headers["x-request-id"]) == 16
    assert (await client.get("/api/summary", headers={"X-Request-ID": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert (await client.get("/api/summary", headers={"X-Request-ID": "a b\tc"})).headers["x-request-id"] != "a b\tc"


async def test_a_tile_from_the_cache_has_a_request_id_and_a_line_in_the_access_log_like_one_that_was_computed(
    client: httpx.AsyncClient,
) -> None:
    path = f"{tile_of(5)}?from=2020-01-01&to=2020-02-01&sector=roads"
    first = await client.get(path, headers={"X-Request-ID": "first"})
    asked = [("GET", {}), ("HEAD", {}), ("GET", {"If-None-Match": first.headers["etag"]}), ("GET", {"Origin": "https://elsewhere.example"})]
    with structlog.testing.capture_logs() as lines:
        answers = [
            await client.request(method, path, headers={"X-Request-ID": f"again-{number}", **headers})
            for number, (method, headers) in enumerate(asked)
        ]
        unnamed = await client.get(path)
    statuses = [first.status_code, first.status_code, 304, first.status_code]
    assert [answer.status_code for answer in answers] == statuses
    assert [answer.headers["x-request-id"] for answer in answers] == [f"again-{number}" for number in range(4)]
    assert {answer.headers["etag"] for answer in answers} == {first.headers["etag"]}
    assert {answer.headers["vary"] for answer in answers} == {first.headers["vary"]} == {"Accept-Encoding, Origin"}
    assert re.fullmatch("[0-9a-f]{16}", unnamed.headers["x-request-id"])
    logged = [(line["event"], line["log_level"], line["method"], line["path"], line["status"], line["request_id"]) for line in lines]
    assert logged[:4] == [
        ("request", "info", method, tile_of(5), status, f"again-{number}")
        for number, ((method, _), status) in enumerate(zip(asked, statuses, strict=True))
    ]
    assert logged[4][-1] == unnamed.headers["x-request-id"]
    assert all(0 <= line["ms"] < 1000 for line in lines)


async def test_a_problem_names_its_request_and_other_origins_may_read_the_name(client: httpx.AsyncClient) -> None:
    for path, status in (("/api/summary?nonsense=1", 400), ("/tiles/hexes/99/0/0.mvt", 404), ("/nowhere", 404)):
        answer = await client.get(path, headers={"Origin": "https://elsewhere.example"})
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"].split(", ")
    own = await client.get("/nowhere", headers={"X-Request-ID": "abc-2"})
    assert own.json()["request_id"] == "abc-2"


async def test_a_failure_that_nobody_foresaw_names_its_request_as_well(filled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("geo_service.routes.statistics.summarise_selection", fail)
    app = make_application(Settings(database_url=filled_url))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await until(lambda: ready(client))
        answer = await client.get("/api/summary", headers={"X-Request-ID": "abc-3"})
        assert (answer.status_code, answer.headers["x-request-id"], answer.json()["request_id"]) == (500, "abc-3", "abc-3")
        assert "secret" not in answer.text
        elsewhere = await client.get("/api/summary", headers={"Origin": "https://elsewhere.example"})
        assert (elsewhere.status_code, elsewhere.headers["access-control-allow-origin"]) == (500, "*")


async def test_the_page_comes_under_a_policy_that_allows_its_own_origin_only(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


async def test_the_openapi_document_names_every_route_and_parameter(client: httpx.AsyncClient) -> None:
    document = json.loads((await client.get("/openapi.json")).content)
    assert {
        "/tiles/{layer}/{z}/{x}/{y}.mvt",
        "/tiles/{layer}.json",
        "/api/legend",
        "/api/summary",
        "/api/live",
        "/healthz",
        "/readyz",
    } <= set(document["paths"])
    named = {parameter["name"] for parameter in document["paths"]["/api/legend"]["get"]["parameters"]}
    assert {"sector", "window", "from", "to", "measure", "zoom"} <= named
