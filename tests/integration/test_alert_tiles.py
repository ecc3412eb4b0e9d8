"""Tiles of alerts: areas and points as an independent decoder reads them, filters, and that a new board makes new tiles."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import h3.api.basic_int as h3
import httpx
import numpy as np
import pytest
import shapely

from geo_service.aggregation.alerts.model import AlertLayer, Place
from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import EXTENT
from tests.support import territory
from tests.support.alert_boards import DAY_S, alert, service_behind, show_alerts
from tests.support.decoded_tiles import decode_layers, tile_of_path
from tests.support.http_client import asking, filled
from tests.support.paths import CHECKOUT
from tests.support.territory import CENTRE, tile_at

NODE = shutil.which("node")
CHECK = CHECKOUT / "tests/contract/check_style.js"
SPECIFICATION = CHECKOUT / "node_modules/@maplibre/maplibre-gl-style-spec"
VILLAGE = (38.6, 44.7)
HEXAGON = h3.latlng_to_cell(45.35, 38.3, 6)
AREA_UNITS = 0.02
"""Of an area: rounding of corners to tile units and metres."""


@pytest.fixture(scope="module")
def territory_url(database_url: str) -> str:
    """The module's database with the territory in it."""
    return filled(database_url, territory.fill)


@pytest.fixture(scope="module")
async def client(territory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(territory_url, public_url="https://map.example.org") as made:
        yield made


def village(district: int = 0, at: tuple[float, float] = VILLAGE) -> Place:
    return Place("s:495112", "Вознесенская", "Voznesenskaya", *at, h3.latlng_to_cell(at[1], at[0], 6), district)


def town(client: httpx.AsyncClient) -> Place:
    """The district in the middle of the territory."""
    district = service_behind(client).catalogue.districts.by_code["T"]
    return Place("d:T", "Город", "Town", *CENTRE, 0, district.id)


def hexagon() -> Place:
    lat, lng = h3.cell_to_latlng(HEXAGON)
    return Place(f"h:{h3.int_to_str(HEXAGON)}", "12 км к северу от н. п. Вознесенская", "12 km north of Voznesenskaya", lng, lat, HEXAGON)


async def drawn(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, dict[int, dict[str, Any]]]:
    """Features of a tile by layer and id."""
    answer = await client.get(path, params=query)
    assert answer.status_code in (200, 204)
    return {name: {one["id"]: one for one in features} for name, features in decode_layers(answer.content or b"").items()}


def in_tile(shape: Any, path: str) -> Any:
    """A shape of degrees in units of a tile, within the tile."""
    tile = tile_of_path(path)
    x0, y0 = territory.mercator(shapely.Point(tile.bounds[0], tile.bounds[3])).coords[0]
    x1, _ = territory.mercator(shapely.Point(tile.bounds[2], tile.bounds[3])).coords[0]
    unit = (x1 - x0) / EXTENT
    moved = shapely.transform(territory.mercator(shape), lambda at: (at - [x0, y0]) / [unit, -unit])
    return moved.intersection(shapely.box(0, 0, EXTENT, EXTENT))


def cells_shape(cells: list[int]) -> Any:
    return shapely.union_all([shapely.Polygon([(lng, lat) for lat, lng in h3.cell_to_boundary(cell)]) for cell in cells])


def differs(feature: dict[str, Any], shape: Any, path: str) -> float:
    """How much of the area that should be seen in the tile is drawn otherwise, as a part of it."""
    seen = shapely.geometry.shape(feature["geometry"]).intersection(shapely.box(0, 0, EXTENT, EXTENT))
    expected = in_tile(shape, path)
    assert seen.is_valid
    return float(seen.symmetric_difference(expected).area / expected.area)


async def test_a_feature_says_what_the_alert_is(client: httpx.AsyncClient) -> None:
    begun = int(datetime(2026, 11, 27, 3, 6, tzinfo=UTC).timestamp())
    show_alerts(client, alert(17, village(), since=begun))
    found = await drawn(client, tile_at("alerts", 10, VILLAGE))
    theme = service_behind(client).catalogue.themes.by_id[1]
    sector = service_behind(client).catalogue.sectors.by_id[7]
    assert found["alerts"][17]["properties"] == {
        "id": 17, "n": 110, "expected": 0.123, "open": 96, "since": "2026-11-27T03:06:00Z", "theme": theme.code, "sector": sector.code,
        "theme_ru": theme.name_ru, "theme_en": theme.name_en, "name_ru": "Вознесенская", "name_en": "Voznesenskaya",
        "kind": "settlement", "state": "open", "recurrence_days": 3650.0, "class": 4,
    }  # fmt: skip
    assert found["alert_points"][17]["properties"] == found["alerts"][17]["properties"]
    point = shapely.geometry.shape(found["alert_points"][17]["geometry"])
    assert point.distance(in_tile(shapely.Point(VILLAGE), tile_at("alerts", 10, VILLAGE))) < 1


async def test_an_alert_of_a_whole_sector_has_no_theme_but_the_sectors_name(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(3, village(), theme=0), alert(4, village()))
    found = (await drawn(client, tile_at("alerts", 10, VILLAGE)))["alerts"]
    sector = service_behind(client).catalogue.sectors.by_id[7]
    assert "theme" not in found[3]["properties"]
    assert (found[3]["properties"]["theme_ru"], found[3]["properties"]["sector"]) == (sector.name_ru, sector.code)
    assert found[4]["properties"]["theme"] == "roads.pothole"


@pytest.mark.parametrize(
    ("days", "number", "told"), [(7.0, 0, 7.0), (30.0, 1, 30.0), (99.96, 1, 100.0), (364.0, 2, 364.0), (400.0, 3, 400.0), (9e9, 4, 3650.0)]
)
async def test_the_class_is_how_rare_the_alert_is(client: httpx.AsyncClient, days: float, number: int, told: float) -> None:
    show_alerts(client, alert(5, village(), recurrence_days=days))
    properties = (await drawn(client, tile_at("alerts", 10, VILLAGE)))["alerts"][5]["properties"]
    legend = (await client.get("/api/legend?layer=alerts&zoom=10")).json()
    assert properties["recurrence_days"] == told
    row = next(row for row in legend["classes"] if row["class"] == properties["class"])
    assert row["from"] <= told and (row["to"] is None or told <= row["to"])
    assert properties["class"] in (number, number + 1)
    assert [row["alerts"] for row in legend["classes"]] == [int(one == properties["class"]) for one in range(5)]


@pytest.mark.parametrize("zoom", [8, 11])
async def test_areas_are_those_of_the_places(client: httpx.AsyncClient, zoom: int) -> None:
    around = h3.grid_disk(h3.latlng_to_cell(VILLAGE[1], VILLAGE[0], 7), 1)
    shapes = {
        1: (village(), cells_shape(list(around)), VILLAGE),
        2: (town(client), territory.TOWN, CENTRE),
        3: (hexagon(), cells_shape([HEXAGON]), (hexagon().lng, hexagon().lat)),
    }
    show_alerts(client, *(alert(number, place) for number, (place, _, _) in shapes.items()))
    for number, (place, shape, at) in shapes.items():
        path = tile_at("alerts", zoom, at)
        feature = (await drawn(client, path))["alerts"][number]
        assert differs(feature, shape, path) < AREA_UNITS
        assert feature["properties"]["kind"] == ("settlement", "district", "hexagon")[number - 1]
        assert feature["properties"]["name_ru"] == place.name_ru


@pytest.mark.parametrize("whole", ["s:495112", "d:T"])
async def test_a_part_of_a_divided_town_is_its_hexagon(client: httpx.AsyncClient, whole: str) -> None:
    cell = h3.latlng_to_cell(CENTRE[1], CENTRE[0], 7)
    lat, lng = h3.cell_to_latlng(cell)
    show_alerts(client, alert(1, Place(f"{whole}-{cell:x}", "Город, север", "Town, north", lng, lat, cell)))
    path = tile_at("alerts", 11)
    feature = (await drawn(client, path))["alerts"][1]
    assert feature["properties"]["kind"] == "hexagon"
    assert differs(feature, cells_shape([cell]), path) < AREA_UNITS


async def test_an_alert_of_several_places_is_one_feature_with_all_of_them(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(6, village(), places=(village(), hexagon())))
    path = tile_at("alerts", 6, VILLAGE)
    both = cells_shape([HEXAGON, *h3.cell_to_children(HEXAGON, 6)]).union(
        cells_shape(list(h3.grid_disk(h3.latlng_to_cell(VILLAGE[1], VILLAGE[0], 7), 1)))
    )
    found = await drawn(client, path)
    assert differs(found["alerts"][6], both, path) < 3 * AREA_UNITS
    assert list(found["alert_points"]) == [6]


async def test_the_whole_region_is_drawn_with_its_outline(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(7, Place("r:", "Край", "Krai", *CENTRE), layer=AlertLayer.TOTALS))
    path = tile_at("alerts", 6)
    feature = (await drawn(client, path))["alerts"][7]
    assert differs(feature, territory.REGION.shape, path) < AREA_UNITS
    assert feature["properties"]["kind"] == "region"


async def test_what_has_no_outline_is_a_point(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(8, Place("d:gone", "Нет такого", "Gone", *CENTRE)))
    found = await drawn(client, tile_at("alerts", 9))
    assert list(found) == ["alert_points"]
    assert list(found["alert_points"]) == [8]


async def test_a_small_area_lies_above_a_greater_one_and_a_rarer_alert_above_another(client: httpx.AsyncClient) -> None:
    region, inside = Place("r:", "Край", "Krai", *CENTRE), village(at=CENTRE)
    show_alerts(
        client, alert(1, inside, recurrence_days=900.0), alert(2, inside, recurrence_days=90.0), alert(3, town(client)), alert(4, region)
    )
    found = await drawn(client, tile_at("alerts", 9))
    assert list(found["alerts"]) == [4, 3, 2, 1]


FILTERS = [
    ({}, {1, 2, 3}),
    ({"state": "open"}, {1, 2, 3}),
    ({"state": "closed"}, {4}),
    ({"state": "all"}, {1, 2, 3, 4}),
    ({"sector": "roads"}, {1, 3}),
    ({"sector": "waste,energy"}, {2}),
    ({"theme": "waste.dump"}, {2}),
    ({"theme": "roads.pothole", "state": "all"}, {1, 4}),
    ({"district": "T"}, {2}),
    ({"district": "R"}, {1, 2, 3}),
    ({"district": "11"}, set()),
    ({"since": "24h"}, {1, 3}),
    ({"since": "9d", "state": "all"}, {1, 2, 3, 4}),
    ({"since": "2100-01-01"}, set()),
    ({"sector": "roads", "district": "00", "since": "1d"}, {1}),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS)
async def test_filters_choose_the_alerts(client: httpx.AsyncClient, query: dict[str, str], expected: set[int]) -> None:
    now, districts = int(time.time()), service_behind(client).catalogue.districts.by_code
    old = {"updated": now - 5 * DAY_S, "last_signal": now - 5 * DAY_S}
    show_alerts(
        client,
        alert(1, village(districts["00"].id)),
        alert(2, town(client), theme=2, sector=5, **old),
        alert(3, Place("r:", "Край", "Krai", *CENTRE), theme=0),
        alert(4, village(at=CENTRE), closed_at=now - 2 * DAY_S, **old),
    )
    found = await drawn(client, tile_at("alerts", 5), **query)
    assert set(found.get("alert_points", {})) == expected
    assert set(found.get("alerts", {})) == expected
    legend = (await client.get("/api/legend", params={"layer": "alerts", "zoom": "5", **query})).json()
    assert legend["alerts"] == len(expected)
    assert legend["closed"] == len(expected & {4})
    assert legend["total"]["n"] == 110 * len(expected)


async def test_a_closed_alert_says_so_and_has_no_class(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(9, village(), closed_at=int(time.time())), alert(10, village()))
    found = (await drawn(client, tile_at("alerts", 10, VILLAGE), state="all"))["alerts"]
    assert found[9]["properties"]["state"] == "closed"
    assert "class" not in found[9]["properties"]
    assert (found[10]["properties"]["state"], found[10]["properties"]["class"]) == ("open", 4)


@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ("window=7d", "window", "since"),
        ("measure=open", "measure", "state"),
        ("agency=1", "agency", "sector"),
        ("breaks=natural", "breaks", "theme"),
        ("meta=1", "meta", "since"),
        ("state=asleep", "state", "closed"),
        ("since=soon", "since", "RFC 3339"),
        ("since=1900-01-01", "since", "1970"),
        ("theme=no.such", "theme", "waste.dump"),
        ("district=no", "district", "T"),
        ("sector=roads&sector=waste", "sector", "joined by commas"),
    ],
)
@pytest.mark.parametrize("path", ["/tiles/alerts/5/19/11.mvt", "/tiles/alerts.json", "/styles/alerts.json"])
async def test_other_parameters_are_refused_with_what_is_allowed(
    client: httpx.AsyncClient, path: str, query: str, parameter: str, allowed: str
) -> None:
    answer = await client.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)
    assert allowed in answer.text


async def test_alerts_on_the_antimeridian_are_whole_on_both_sides(client: httpx.AsyncClient) -> None:
    here = (179.999, 66.3)
    show_alerts(client, alert(11, village(at=here)), alert(12, Place("d:CH", "Чукотка", "Chukotka", -179.5, 66.5)))
    east, west = tile_at("alerts", 6, here), tile_at("alerts", 6, (-179.99, 66.3))
    one, other = await drawn(client, east), await drawn(client, west)
    for found in (one, other):
        assert set(found["alerts"]) == {11, 12}
        assert 11 in found["alert_points"]
    area = sum(
        shapely.geometry.shape(found["alerts"][11]["geometry"]).intersection(shapely.box(0, 0, EXTENT, EXTENT)).area
        for found in (one, other)
    )
    show_alerts(client, alert(11, village(at=(here[0] - 1, here[1]))))
    inland = tile_at("alerts", 6, (here[0] - 1, here[1]))
    whole = shapely.geometry.shape((await drawn(client, inland))["alerts"][11]["geometry"]).area
    assert area == pytest.approx(whole, rel=0.1)
    assert (await client.get(tile_at("alerts", 9, (0.0, 66.5)))).status_code == 204


async def test_a_point_beside_an_edge_is_in_both_tiles(client: httpx.AsyncClient) -> None:
    tile = tile_of_path(tile_at("alerts", 12, VILLAGE))
    edge = (tile.bounds[2] - 1e-5, (tile.bounds[1] + tile.bounds[3]) / 2)
    show_alerts(client, alert(13, village(at=edge)))
    for x in (tile.x, tile.x + 1):
        assert 13 in (await drawn(client, f"/tiles/alerts/12/{x}/{tile.y}.mvt"))["alert_points"]
    far = await drawn(client, f"/tiles/alerts/12/{tile.x - 1}/{tile.y}.mvt")
    assert 13 not in far.get("alert_points", {})


async def test_a_new_board_makes_a_new_tile_and_a_new_incident_does_not(client: httpx.AsyncClient, territory_url: str) -> None:
    path = tile_at("alerts", 10, VILLAGE)
    show_alerts(client, alert(14, village()))
    first = await client.get(path)
    assert (await client.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 304
    revision = service_behind(client).replica.revision
    async with open_connection(territory_url) as connection:
        await territory.insert_incidents(connection, "fresh", shapely.Point(VILLAGE), 1, None)
    while service_behind(client).replica.revision == revision:  # noqa: ASYNC110  # the follower reads what was written
        await asyncio.sleep(0.01)
    layer = service_behind(client).tiles["alerts"].layer
    encoded: list[object] = []
    draw = layer.encode
    layer.encode = lambda *given: encoded.append(given) or draw(*given)  # type: ignore[method-assign, func-returns-value]
    try:
        assert (await client.get(path)).headers["etag"] == first.headers["etag"]
        assert encoded == []
        show_alerts(client, alert(14, village(), n=111))
        second = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (second.status_code, len(encoded)) == (200, 1)
        assert decode_layers(second.content)["alerts"][0]["properties"]["n"] == 111
        show_alerts(client)
        gone = await client.get(path, headers={"If-None-Match": second.headers["etag"]})
        assert (gone.status_code, gone.content) == (204, b"")
    finally:
        del layer.encode
    assert first.headers["cache-control"] == "public, max-age=5, stale-while-revalidate=30"


async def test_the_bounds_of_the_tilejson_hold_the_alerts(client: httpx.AsyncClient) -> None:
    show_alerts(client, alert(1, village()), alert(2, hexagon()))
    west, south, east, north = (await client.get("/tiles/alerts.json")).json()["bounds"]
    assert west < hexagon().lng < VILLAGE[0] < east
    assert south < VILLAGE[1] < hexagon().lat < north
    assert np.array([east - west, north - south]) == pytest.approx(np.array([0.45, 0.75]), abs=0.15)
    show_alerts(client)
    assert (await client.get("/tiles/alerts.json")).json()["bounds"] == [-180, -85, 180, 85]


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
@pytest.mark.skipif(not SPECIFICATION.is_dir(), reason="the style specification is not installed; npm ci")
@pytest.mark.parametrize("look", [{}, {"scheme": "dark", "lang": "en", "labels": "client"}, {"labels": "none", "state": "all"}])
async def test_the_style_is_valid_and_coloured_as_the_legend(client: httpx.AsyncClient, look: dict[str, str]) -> None:
    show_alerts(client, alert(1, village()))
    answer = await client.get("/styles/alerts.json", params=look)
    checked = await asyncio.to_thread(
        subprocess.run, [str(NODE), str(CHECK)], input=answer.content, capture_output=True, check=True, timeout=60
    )
    assert json.loads(checked.stdout) == []
    style = answer.json()
    assert {layer["source-layer"] for layer in style["layers"][1:]} == {"alerts", "alert_points"}
    legend = (await client.get("/api/legend", params={"layer": "alerts", "zoom": "8", "scheme": look.get("scheme", "light")})).json()
    match = style["layers"][1]["paint"]["fill-color"]
    assert match[3:-1:2] == [row["color"] for row in legend["classes"]]
    assert style["sources"]["alerts"]["url"] == "https://map.example.org/tiles/alerts.json" + ("?state=all" if "state" in look else "")
