"""Every layer of tiles keeps the same rules, and the districts show what is counted in them."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import brotli
import httpx
import pytest
import shapely
import zstandard

from geo_service.aggregation.alerts.model import Place
from geo_service.aggregation.measures.measures import DISTRICT_MEASURES
from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import EXTENT
from tests.support import territory
from tests.support.alert_boards import alert, show_alerts
from tests.support.decoded_tiles import check_value_tables, decode_layers, tile_of_path
from tests.support.http_client import asking, filled, until
from tests.support.slippy_map import slippy_tile
from tests.support.territory import CENTRE, tile_at

LAYERS = {"hexes": 7, "districts": 7, "incidents": 13, "density": 7, "alerts": 7}
"""A zoom of each at which the middle of the territory shows something."""
OF_INCIDENTS = ["hexes", "districts", "incidents", "density"]
SPANS = {layer: {"window": "7d"} for layer in OF_INCIDENTS} | {"alerts": {"since": "7d"}}
"""A time back from now, as a layer knows it."""
CLASSED_BY_MEASURE = ["hexes", "districts"]


@pytest.fixture(scope="module")
def territory_url(database_url: str) -> str:
    """The module's database with the territory in it."""
    return filled(database_url, territory.fill)


@pytest.fixture(scope="module")
async def client(territory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(territory_url, public_url="https://map.example.org") as made:
        show_alerts(made, alert(1, Place("d:T", "Город", "Town", *CENTRE)))
        yield made


@pytest.mark.parametrize("layer", LAYERS)
class TestEveryLayer:
    """The rules that any layer must keep."""

    async def test_the_tilejson_describes_what_is_in_the_tiles(self, client: httpx.AsyncClient, layer: str) -> None:
        (name, length), *_ = SPANS[layer].items()
        document = (await client.get(f"/tiles/{layer}.json?{name}={length}")).json()
        query = {"measure": "share_closed"} if layer in CLASSED_BY_MEASURE else {}
        assert document["minzoom"] <= document["center"][2] <= document["maxzoom"]
        assert document["tiles"] == [f"https://map.example.org/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt?{name}={length}"]
        west, south, east, north = document["bounds"]
        assert west <= CENTRE[0] <= east
        assert south <= CENTRE[1] <= north
        assert "Portal data" in document["attribution"]
        described = {one["id"]: set(one["fields"]) for one in document["vector_layers"]}
        body = (await client.get(tile_at(layer, LAYERS[layer]), params=query)).content
        check_value_tables(body)
        drawn = decode_layers(body)
        assert set(drawn) == set(described)
        for name, features in drawn.items():
            assert {key for feature in features for key in feature["properties"]} == described[name]
            ids = [feature["id"] for feature in features]
            assert len(set(ids)) == len(ids)
            assert max(ids) < 2**53

    @pytest.mark.parametrize(
        ("address", "status"),
        [("12/0/0.mvt", 204), ("17/0/0.mvt", 404), ("3/8/0.mvt", 404), ("a/1/1.mvt", 400), ("1/-1/1.mvt", 400),
         ("12/1/1.mvt?colour=red", 400), ("12/1/1.mvt?window=soon", 400), ("12/1/1.mvt?measure=beauty", 400)],
    )  # fmt: skip
    async def test_what_is_empty_outside_or_malformed_is_told_apart(
        self, client: httpx.AsyncClient, layer: str, address: str, status: int
    ) -> None:
        answer = await client.get(f"/tiles/{layer}/{address}")
        assert answer.status_code == status
        assert status == 204 or answer.headers["content-type"] == "application/problem+json"
        assert status != 204 or answer.content == b""

    async def test_each_encoding_has_its_own_etag_and_the_same_tile_inside(self, client: httpx.AsyncClient, layer: str) -> None:
        path = tile_at(layer, LAYERS[layer])
        plain = await client.get(path)
        tags = {plain.headers["etag"]}
        for encoding, undo in (("gzip", gzip.decompress), ("br", brotli.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)):
            async with client.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
                body = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == encoding
            assert "Accept-Encoding" in answer.headers["vary"]
            assert undo(body) == plain.content
            tags.add(answer.headers["etag"])
            for _ in range(2):
                again = await client.get(path, headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]})
                assert (again.status_code, again.content) == (304, b"")
                assert again.headers["etag"] == answer.headers["etag"]
        assert len(tags) == 4

    async def test_the_same_request_gets_the_same_bytes_however_it_is_asked(self, client: httpx.AsyncClient, layer: str) -> None:
        path = tile_at(layer, LAYERS[layer])
        span, other = SPANS[layer], {"measure": "open"} if layer in OF_INCIDENTS else {"state": "all"}
        first = await client.get(path, params=span | other)
        again = await client.get(path, params=other | span, headers={"Origin": "https://elsewhere.example"})
        assert again.content == first.content
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["access-control-allow-origin"] == "*"
        head = await client.head(path, params=span | other)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])

    async def test_a_tile_that_changes_with_time_is_soon_asked_for_again(self, client: httpx.AsyncClient, layer: str) -> None:
        for query in ({}, SPANS[layer]):
            answer = await client.get(tile_at(layer, LAYERS[layer]), params=query)
            assert answer.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=30"


@pytest.mark.parametrize("layer", OF_INCIDENTS)
async def test_a_past_window_may_be_kept_longer(client: httpx.AsyncClient, layer: str) -> None:
    past = await client.get(tile_at(layer, LAYERS[layer]), params={"from": "2020-01-01", "to": "2020-02-01"})
    assert past.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=3600"


@pytest.mark.parametrize("layer", CLASSED_BY_MEASURE)
@pytest.mark.parametrize("measure", ["count", "open", "overdue"])
async def test_the_classes_in_every_tile_are_those_of_the_legend(client: httpx.AsyncClient, layer: str, measure: str) -> None:
    zoom, query = 8, {"measure": measure, "window": "12w"}
    legend = (await client.get("/api/legend", params={"layer": layer, "zoom": zoom, **query})).json()
    ranges = {row["class"]: range(row["from"], row["to"] + 1) for row in legend["classes"]}
    name = {"count": "n"}.get(measure, measure)
    seen: dict[int, dict[str, Any]] = {}
    x, y = slippy_tile(*CENTRE, zoom)
    for column, row in ((x + i, y + j) for i in range(-2, 3) for j in range(-2, 3)):
        answer = await client.get(f"/tiles/{layer}/{zoom}/{column}/{row}.mvt", params=query)
        for feature in decode_layers(answer.content)[layer] if answer.content else []:
            assert feature["properties"][name] in ranges[feature["properties"]["class"]]
            assert seen.setdefault(feature["id"], feature["properties"]) == feature["properties"]
    assert len(seen) > 8


async def districts_of(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, dict[str, Any]]:
    """Properties of the districts in a tile, by code."""
    answer = await client.get(path, params=query)
    return {feature["properties"]["code"]: feature["properties"] for feature in decode_layers(answer.content)["districts"]}


@pytest.mark.parametrize("measure", ["count", "open", "overdue", "closed"])
async def test_the_points_of_density_are_the_hexagons_each_in_one_tile_with_the_measure_as_weight(
    client: httpx.AsyncClient, measure: str
) -> None:
    zoom, query = 8, {"measure": measure, "window": "12w"}
    hexagons: dict[int, dict[str, Any]] = {}
    points: list[tuple[int, dict[str, Any]]] = []
    x, y = slippy_tile(*CENTRE, zoom)
    for column, row in ((x + i, y + j) for i in range(-2, 3) for j in range(-2, 3)):
        for layer in ("hexes", "density"):
            answer = await client.get(f"/tiles/{layer}/{zoom}/{column}/{row}.mvt", params=query)
            for feature in decode_layers(answer.content)[layer] if answer.content else []:
                if layer == "hexes":
                    hexagons[feature["id"]] = feature["properties"]
                else:
                    points.append((feature["id"], feature["properties"]))
    assert len(points) == len(dict(points)) > 8
    assert all(number in hexagons for number, _ in points)
    key = {"count": "n", "closed": "value"}.get(measure, measure)
    assert all(point["weight"] == hexagons[number][key] for number, point in points)


async def test_the_legend_of_density_names_kernel_and_peak_and_what_has_no_density_is_refused(client: httpx.AsyncClient) -> None:
    legend = (await client.get("/api/legend", params={"layer": "density", "zoom": 8, "window": "12w"})).json()
    limits = [row["from"] for row in legend["classes"]]
    assert limits == sorted(limits)
    assert (limits[0] > 0, legend["classes"][-1]["to"], len(limits)) == (True, legend["peak"], 5)
    assert legend["unit"] == {"ru": "на км²", "en": "per km²"}
    assert legend["kernel_km"] == pytest.approx(2.4397, rel=0.01)
    nothing = (await client.get("/api/legend", params={"layer": "density", "zoom": 8, "from": "2001-01-01", "to": "2001-02-01"})).json()
    assert (nothing["classes"], nothing["peak"]) == ([], 0)
    for measure in ("change", "per_1000", "share_closed", "unusual"):
        refused = await client.get("/tiles/density/8/155/91.mvt", params={"measure": measure})
        assert refused.status_code == 400
        assert "closed" in refused.json()["detail"]


async def test_a_tile_holds_every_district_that_is_seen_with_the_numbers_of_postgis(client: httpx.AsyncClient, territory_url: str) -> None:
    found = await districts_of(client, tile_at("districts", 5))
    assert set(found) == {one.code for one in territory.DISTRICTS} - {"CH"}
    async with open_connection(territory_url) as held:
        rows = await held.fetch(
            "select d.code, d.name_ru, d.name_en, count(i.id) as n, count(*) filter (where i.status < 6) as open,"
            " count(*) filter (where i.status < 6 and i.due_at < now() and (i.answered_at is null or i.status = 5)) as overdue"
            " from district d left join incident i on i.district_id = d.id where d.level = 2 and d.code <> 'CH' group by d.id"
        )
    for row in rows:
        # Without incidents the left join's one row is counted among the open.
        expected = dict(row) | ({"open": 0, "overdue": 0} if row["n"] == 0 else {})
        assert {key: found[row["code"]][key] for key in expected} == expected
        assert found[row["code"]]["value"] == row["n"]


async def test_a_district_without_incidents_is_there_with_its_class(client: httpx.AsyncClient) -> None:
    found = await districts_of(client, tile_at("districts", 5))
    assert (found["00"]["n"], found["00"]["value"], found["00"]["class"]) == (0, 0, 0)
    nothing = await districts_of(client, tile_at("districts", 5), **{"from": "2001-01-01", "to": "2001-02-01"})
    assert set(nothing) == set(found)
    assert {one["n"] for one in nothing.values()} == {0}


async def test_the_zoom_decides_the_level_unless_one_is_asked_for(client: httpx.AsyncClient) -> None:
    assert set(await districts_of(client, tile_at("districts", 4))) == {"R"}
    assert "11" in await districts_of(client, tile_at("districts", 4), level="district")
    assert set(await districts_of(client, tile_at("districts", 9), level="region")) == {"R"}
    # There are no settlements: the zooms meant for them show districts; asked for by name, there is nothing.
    assert set(await districts_of(client, tile_at("districts", 12))) == {"T"}
    assert (await client.get(tile_at("districts", 12), params={"level": "settlement"})).status_code == 204
    region = await districts_of(client, tile_at("districts", 4))
    assert region["R"]["n"] == territory.TOTAL - 1
    refused = await client.get(tile_at("districts", 4), params={"level": "street"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "level")
    assert (await client.get(tile_at("hexes", 4), params={"level": "region"})).json()["parameter"] == "level"
    assert (await client.get(tile_at("districts", 4), params={"fields": "h3"})).json()["parameter"] == "fields"


async def test_each_label_is_in_one_tile_only_and_inside_its_district(client: httpx.AsyncClient) -> None:
    zoom, labels = 9, {}
    x, y = slippy_tile(*CENTRE, zoom)
    for column, row in ((x + i, y + j) for i in range(-4, 5) for j in range(-4, 5)):
        path = f"/tiles/districts/{zoom}/{column}/{row}.mvt"
        drawn = decode_layers((await client.get(path)).content or b"")
        areas = {one["id"]: shapely.make_valid(shapely.geometry.shape(one["geometry"])) for one in drawn.get("districts", [])}
        for label in drawn.get("district_labels", []):
            assert label["id"] not in labels
            labels[label["id"]] = label["properties"]
            assert areas[label["id"]].covers(shapely.geometry.shape(label["geometry"]))
    assert {label["code"] for label in labels.values()} == {one.code for one in territory.DISTRICTS} - {"CH"}


async def test_districts_stand_where_they_are_and_fill_the_tile_without_gaps(client: httpx.AsyncClient) -> None:
    path = tile_at("districts", 9)
    tile = tile_of_path(path)
    x0, y0 = territory.mercator(shapely.Point(tile.bounds[0], tile.bounds[3])).coords[0]
    x1, _ = territory.mercator(shapely.Point(tile.bounds[2], tile.bounds[3])).coords[0]
    unit = (x1 - x0) / EXTENT
    window = shapely.box(0, 0, EXTENT, EXTENT)
    for feature in decode_layers((await client.get(path)).content)["districts"]:
        area = next(one for one in territory.DISTRICTS if one.code == feature["properties"]["code"])
        there = shapely.transform(territory.mercator(area.shape), lambda at: (at - [x0, y0]) / [unit, -unit])
        drawn = shapely.geometry.shape(feature["geometry"])
        assert drawn.is_valid
        assert drawn.intersection(window).symmetric_difference(there.intersection(window)).area < 0.75 * there.length


async def test_a_district_over_the_antimeridian_is_drawn_on_both_sides(client: httpx.AsyncClient) -> None:
    for place in ((179.5, 66.5), (-179.5, 66.5)):
        assert set(await districts_of(client, tile_at("districts", 6, place))) == {"CH"}
    assert (await client.get(tile_at("districts", 6, (0.0, 66.5)))).status_code == 204


async def test_the_legend_of_districts_tells_of_all_districts_and_of_what_lies_in_none(client: httpx.AsyncClient) -> None:
    legend = (await client.get("/api/legend", params={"layer": "districts", "zoom": 8})).json()
    assert (legend["level"], legend["districts"], legend["max"]) == ("district", len(territory.DISTRICTS), 40)
    assert sum(row["districts"] for row in legend["classes"]) == legend["districts"]
    assert legend["total"]["n"] == territory.TOTAL
    assert legend["without_district"]["n"] == territory.OUTSIDE
    region = (await client.get("/api/legend", params={"layer": "districts", "zoom": 8, "level": "region"})).json()
    assert (region["level"], region["districts"], region["without_district"]["n"]) == ("region", 1, territory.OUTSIDE + 1)
    for query in ({"layer": "rivers", "zoom": "8"}, {"layer": "hexes", "zoom": "8", "level": "region"}):
        assert (await client.get("/api/legend", params=query)).status_code == 400


@pytest.mark.parametrize("measure", DISTRICT_MEASURES)
async def test_any_measure_gives_values_with_classes_and_none_where_there_is_nothing(client: httpx.AsyncClient, measure: str) -> None:
    query = {"measure": measure, "compare": "previous", "window": "48h", "level": "district"}
    legend = (await client.get("/api/legend", params={"layer": "districts", "zoom": "5", **query})).json()
    ranges = {row["class"]: row for row in legend["classes"]}
    found = await districts_of(client, tile_at("districts", 5), **query)
    for one in found.values():
        # Growth from nothing has a class, but no number.
        assert ("value" in one) == ("class" in one) or (measure, one["n0"]) == ("change", 0)
        if "value" in one:
            row = ranges[one["class"]]
            assert row["from"] <= one["value"] <= row["to"]
    classed, known = (sum(name in one for one in found.values()) for name in ("class", "value"))
    # Chukotka is not in this tile.
    assert classed <= legend["districts"] <= classed + 1
    assert known <= len(territory.DISTRICTS) - legend["without_value"] <= known + 1
    if measure in {"share_closed", "change"}:
        assert "value" not in found["00"]
    if measure == "per_1000":
        assert found["T"]["value"] == 4.0


async def test_approximate_boundaries_are_said_to_be_so(client: httpx.AsyncClient) -> None:
    attribution = (await client.get("/tiles/districts.json")).json()["attribution"]
    assert attribution.startswith("Boundaries of the test · Portal data · ")
    assert "approximate" in attribution


async def test_new_boundaries_change_the_tiles(client: httpx.AsyncClient, territory_url: str) -> None:
    path = tile_at("districts", 8, (37.1, 44.1))
    before = await client.get(path)
    async with open_connection(territory_url) as held, held.transaction():
        shape = territory.multi(territory.mercator(shapely.box(37.0, 44.0, 37.1, 44.1))).wkb
        await held.execute(
            "update district_shape set shape = st_geomfromwkb($1, 3857) from district d where d.id = district_id and d.code = '00'", shape
        )
        await held.execute("update boundary_state set revision = revision + 1; select pg_notify('catalogue_changed', '')")

    async def changed() -> bool:
        return (await client.get(path)).headers["etag"] != before.headers["etag"]

    await until(changed)
