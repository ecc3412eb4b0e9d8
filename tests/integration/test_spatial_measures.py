"""More than usual, concentration and emerging hot spots over HTTP: tiles, legend, TileJSON, style, tables, OGC features, errors."""

import io
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from math import log10
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import nanoarrow as na
import numpy as np
import pytest

from geo_service.core.database import open_connection
from geo_service.tiles.documents.palette import SCHEMES
from geo_service.tiles.encoding.grid import resolution_at
from tests.support.decoded_tiles import decode_layers
from tests.support.http_client import asking, filled, until
from tests.support.slippy_map import slippy_tile
from tests.support.spatial_incidents import slow_tail
from tests.support.territory import CENTRE, DISTRICTS, insert_area

ZOOM = 8
RESOLUTION = resolution_at(ZOOM)
CELLS = h3.grid_disk(h3.latlng_to_cell(CENTRE[1], CENTRE[0], RESOLUTION), 6)
BURST = 20
"""Place in CELLS of what happens in the last two days."""
INCIDENTS = 4000
DAY = timedelta(days=1)
WEEK = {"window": "7d", "theme": "roads.pothole"}
PAGES = {
    "unusual": ("usual", "slightly_more", "more", "much_more", "very_unusual"),
    "gi": ("cold_99", "cold_95", "cold_90", "not_significant", "hot_90", "hot_95", "hot_99"),
}


async def fill(connection: asyncpg.Connection) -> None:
    """Two themes, two districts, 430 days of incidents, more in the middle; and in one hexagon many potholes in the last two days."""
    await connection.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en)"
        " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
    )
    districts = [await insert_area(connection, area, None) for area in DISTRICTS[:2]]
    await connection.execute("update boundary_state set revision = revision + 1")
    rng, now = np.random.default_rng(11), datetime.now(UTC)
    shares = rng.dirichlet(np.full(len(CELLS), 2.0))
    shares[:7] *= 8
    places = rng.choice(len(CELLS), INCIDENTS, p=shares / shares.sum()).tolist()
    when = [now - timedelta(seconds=float(seconds)) for seconds in rng.uniform(60, 430 * 86_400, INCIDENTS)]
    rows = [(place, moment, 1 + i % 2, 6 * (i % 3 == 0)) for i, (place, moment) in enumerate(zip(places, when, strict=True))]
    rows += [(BURST, now - timedelta(hours=1 + i), 1, 0) for i in range(40)]
    await connection.executemany(
        "insert into incident"
        " (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at, district_id)"
        " values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, $5, $6, $7, $7, $8)",
        [
            (str(i), *h3.cell_to_latlng(cell)[::-1], h3.cell_to_center_child(cell, 10), theme, status, moment, districts[place % 2])
            for i, (place, moment, theme, status) in enumerate(rows)
            for cell in [CELLS[place]]
        ],
    )


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url, public_url="https://map.example.org") as made:
        yield made


async def hexes(client: httpx.AsyncClient, **query: str) -> dict[int, dict[str, Any]]:
    """Properties of all hexagons around, by cell."""
    found: dict[int, dict[str, Any]] = {}
    x, y = slippy_tile(*CENTRE, ZOOM)
    for column, row in ((x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
        answer = await client.get(f"/tiles/hexes/{ZOOM}/{column}/{row}.mvt", params={"fields": "h3", **query})
        assert answer.status_code in (200, 204), answer.text
        for feature in decode_layers(answer.content)["hexes"] if answer.content else []:
            found[int(feature["properties"]["h3"], 16)] = feature["properties"]
    return found


async def legend_of(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get("/api/legend", params={"zoom": str(ZOOM), **query})
    assert answer.status_code == 200, answer.text
    legend: dict[str, Any] = answer.json()
    return legend


async def counts(url: str, legend: dict[str, Any], group: str) -> list[dict[Any, int]]:
    """Potholes of the window, potholes and all incidents of the baseline by group, as SQL counts them."""
    query = f"select {group} as key, count(*) as n from incident where received_at >= $1 and received_at < $2 and theme_id <= $3 group by 1"
    spans = [legend["window"], legend["baseline"], legend["baseline"]]
    async with open_connection(url) as held:
        rows = [
            await held.fetch(query, *(datetime.fromisoformat(span[end]) for end in ("from", "to")), theme)
            for span, theme in zip(spans, (1, 1, 2), strict=True)
        ]
    return [{row["key"]: row["n"] for row in found} for found in rows]


def evidence(numbers: list[dict[Any, int]], keys: list[Any]) -> float:
    """By docs/statistics.md, of the incidents under some keys together."""
    (x, before, share), (total, same, everything) = (
        [sum(part.get(key, 0) for key in chosen) for part in numbers] for chosen in (keys, {**numbers[0], **numbers[2]})
    )
    alpha = before + 30 * max(share, 1) / everything
    return -log10(slow_tail(x, total, alpha, same + 30 - alpha)) if x >= 3 else 0.0


async def test_hexagons_in_tiles_have_the_evidence_that_sql_gives(client: httpx.AsyncClient, filled_url: str) -> None:
    found = await hexes(client, measure="unusual", **WEEK)
    legend = await legend_of(client, measure="unusual", **WEEK)
    by_finest = await counts(filled_url, legend, "cell")
    numbers = [Counter({h3.cell_to_parent(cell, RESOLUTION): n for cell, n in part.items()}) for part in by_finest]
    assert set(found) == set(numbers[0])
    for cell, one in found.items():
        assert one["value"] == pytest.approx(evidence(list(numbers), h3.grid_disk(cell, 1)), abs=0.00501)
        assert one["n"] == numbers[0][cell]
        assert one["class"] == sum(one["value"] >= limit for limit in (3, 4, 6, 10))
    assert found[CELLS[BURST]]["class"] == 4
    assert sum(one["class"] == 0 for one in found.values()) > len(found) / 2, "as usual is drawn as well"
    assert {row["class"]: row["cells"] for row in legend["classes"]} == {
        number: sum(one["class"] == number for one in found.values()) for number in range(5)
    }


async def test_districts_have_the_evidence_that_sql_gives(client: httpx.AsyncClient, filled_url: str) -> None:
    legend = await legend_of(client, measure="unusual", layer="districts", level="district", **WEEK)
    numbers = await counts(filled_url, legend, "district_id")
    async with open_connection(filled_url) as held:
        codes = {row["code"]: row["id"] for row in await held.fetch("select id, code from district")}
    expected = {code: pytest.approx(evidence(numbers, [id_]), abs=0.00501) for code, id_ in codes.items()}
    table = (await client.get("/api/districts", params={"measure": "unusual", **WEEK})).json()
    assert {row["code"]: row["unusual"] for row in table["districts"]} == expected
    assert table["districts"][0]["rank"] == 1
    assert table["units"]["unusual"]["en"].startswith("evidence")
    x, y = slippy_tile(*CENTRE, 6)
    tile = await client.get(f"/tiles/districts/6/{x}/{y}.mvt", params={"measure": "unusual", "level": "district", **WEEK})
    for feature in decode_layers(tile.content)["districts"]:
        assert feature["properties"]["value"] == expected[feature["properties"]["code"]]
    assert sum(row["districts"] for row in legend["classes"]) == len(expected)


@pytest.mark.parametrize(("measure", "codes"), PAGES.items())
async def test_a_legend_names_all_its_classes_also_those_that_are_empty(
    client: httpx.AsyncClient, measure: str, codes: tuple[str, ...]
) -> None:
    for scheme in SCHEMES:
        legend = await legend_of(client, measure=measure, scheme=scheme, **WEEK)
        assert [row["code"] for row in legend["classes"]] == list(codes)
        assert [row["class"] for row in legend["classes"]] == list(range(len(codes)))
        assert [row["color"] for row in legend["classes"]] == legend["palette"]["colors"]
        assert all(set(row["name"]) == {"ru", "en"} for row in legend["classes"])
        assert legend["breaks"] == "fixed"
        assert sum(row["cells"] for row in legend["classes"]) == legend["cells"]
    assert legend["classes"][0]["name"]["ru"] == {"unusual": "как обычно", "gi": "холодная точка, 99 %"}[measure]
    assert ("baseline" in legend) == (measure == "unusual")


async def test_the_legend_of_the_unusual_has_the_limits_of_the_documents(client: httpx.AsyncClient) -> None:
    legend = await legend_of(client, measure="unusual", **WEEK)
    assert [row["from"] for row in legend["classes"]] == [0, 3, 4, 6, 10]
    assert [row["to"] for row in legend["classes"]][:-1] == [3, 4, 6, 10]
    end = datetime.fromisoformat(legend["window"]["to"])
    first, last = (datetime.fromisoformat(legend["baseline"][name]) for name in ("from", "to"))
    assert last - first == 365 * DAY
    assert timedelta(0) <= end - 7 * DAY - last < DAY
    assert (last.hour, last.minute, last.second) == (0, 0, 0)


@pytest.mark.parametrize("measure", ["gi", "emerging"])
async def test_tiles_and_legends_of_hot_spots_agree(client: httpx.AsyncClient, measure: str) -> None:
    query = {"measure": measure, "window": "12w"}
    legend, found = await legend_of(client, **query), await hexes(client, **query)
    assert {row["class"]: row["cells"] for row in legend["classes"]} == {
        row["class"]: sum(one["class"] == row["class"] for one in found.values()) for row in legend["classes"]
    }
    assert len(legend["classes"]) == {"gi": 7, "emerging": 17}[measure]
    for one in found.values():
        row = legend["classes"][one["class"]]
        assert (row["from"] is None or row["from"] <= one["value"]) and (row["to"] is None or one["value"] <= row["to"])
    assert len({one["class"] for one in found.values()}) > 1
    if measure == "emerging":
        assert all(one["value"] == one["class"] for one in found.values())
        assert legend["classes"][4]["name"] == {"ru": "постоянная горячая точка", "en": "persistent hot spot"}


@pytest.mark.parametrize("measure", ["unusual", "gi", "emerging"])
async def test_every_form_of_a_tile_says_the_same(client: httpx.AsyncClient, measure: str) -> None:
    x, y = slippy_tile(*CENTRE, ZOOM)
    address, query = f"/tiles/hexes/{ZOOM}/{x}/{y}", {"measure": measure, "window": "12w", "meta": "1", "compare": "previous"}
    document = (await client.get(f"{address}.json", params=query)).json()
    rows = {row["h3"]: row for row in document["hexes"]}
    table = na.ArrayStream.from_readable(io.BytesIO((await client.get(f"{address}.arrow", params=query)).content)).read_all()
    columns = {
        name: child.to_pylist() for name, child in zip([one.name for one in table.schema.fields], table.iter_children(), strict=True)
    }
    assert {
        f"{cell:x}": (value, number) for cell, value, number in zip(columns["h3"], columns["value"], columns["class"], strict=True)
    } == {cell: (row["value"], row["class"]) for cell, row in rows.items()}
    features = decode_layers((await client.get(f"{address}.mvt", params={**query, "fields": "h3"})).content)
    for one in (feature["properties"] for feature in features["hexes"] if feature["properties"]["h3"] in rows):
        assert {name: one[name] for name in ("n", "n0", "value", "class")} == {
            name: rows[one["h3"]][name] for name in ("n", "n0", "value", "class")
        }
    assert features["meta"][0]["properties"]["breaks"] == document["meta"]["breaks"] == "fixed"


@pytest.mark.parametrize("measure", ["unusual", "gi", "emerging"])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_style_and_a_tilejson_know_the_classes(client: httpx.AsyncClient, measure: str, scheme: str) -> None:
    query = {"measure": measure, "window": "7d"}
    style = (await client.get("/styles/hexes.json", params={**query, "scheme": scheme})).json()
    _, _, *pairs, _ = style["layers"][1]["paint"]["fill-color"]
    colors = {number: color for (number,), color in zip(pairs[::2], pairs[1::2], strict=True)}
    legend = style["metadata"]["geo:legends"][0]
    assert {row["class"]: row["color"] for row in legend["classes"]} == colors
    tilejson = (await client.get("/tiles/hexes.json", params=query)).json()
    assert tilejson["geo:classes"] == [{name: row[name] for name in ("class", "code", "name")} for row in legend["classes"]]
    assert "geo:classes" not in (await client.get("/tiles/hexes.json")).json()


async def test_tables_of_places_have_the_measure_where_it_is_chosen(client: httpx.AsyncClient) -> None:
    for measure in ("unusual", "gi", "emerging"):
        query = {"measure": measure, "window": "12w"}
        drawn = await hexes(client, **query)
        name = h3.int_to_str(CELLS[BURST])
        cells = (await client.get(f"/api/cells/{name}", params=query)).json()
        assert cells["cell"][measure] == drawn[CELLS[BURST]]["value"]
        for row in cells["neighbours"]:
            shown = drawn.get(int(row["h3"], 16))
            assert shown is None or row[measure] == shown["value"]
        assert cells["units"][measure]
        collection = f"/ogc/collections/hexes-{RESOLUTION}/items"
        features = (await client.get(collection, params={**query, "limit": "1000"})).json()["features"]
        assert {one["id"]: one["properties"][measure] for one in features} == {
            h3.int_to_str(cell): one["value"] for cell, one in drawn.items() if one["n"]
        }
        one = (await client.get(f"{collection}/{name}", params=query)).json()
        assert one["properties"][measure] == drawn[CELLS[BURST]]["value"]
        without = (await client.get(collection, params={"window": "12w", "limit": "1"})).json()["features"][0]["properties"]
        assert measure not in without
        assert measure not in (await client.get("/api/summary", params={"window": "7d"})).json()["measures"]
    districts = (await client.get("/ogc/collections/districts/items", params={"measure": "unusual", **WEEK})).json()["features"]
    table = (await client.get("/api/districts", params={"measure": "unusual", **WEEK})).json()["districts"]
    assert {one["id"]: one["properties"]["unusual"] for one in districts} == {row["code"]: row["unusual"] for row in table}
    one = (await client.get(f"/api/districts/{table[0]['code']}", params={"measure": "unusual", **WEEK})).json()
    assert one["district"]["unusual"] == table[0]["unusual"] == one["among"]["unusual"]["value"]


@pytest.mark.parametrize(
    ("path", "parameter", "allowed"),
    [
        (f"/tiles/hexes/{ZOOM}/155/92.mvt?measure=unusual&breaks=log", "breaks", "fixed"),
        (f"/tiles/hexes/{ZOOM}/155/92.mvt?measure=gi&breaks=1,2", "breaks", "fixed"),
        ("/api/legend?zoom=8&breaks=fixed", "breaks", "quantile"),
        (f"/tiles/hexes/{ZOOM}/155/92.mvt?measure=emerging&from=2026-01-01", "measure", "both ends"),
        (f"/tiles/hexes/{ZOOM}/155/92.mvt?measure=unusual&frames=10", "frames", "measure=count"),
        ("/tiles/districts/5/19/11.mvt?measure=gi", "measure", "unusual"),
        ("/tiles/districts/5/19/11.mvt?measure=emerging", "measure", "unusual"),
        ("/api/districts?measure=gi", "measure", "unusual"),
        ("/api/breakdown?by=sector&measure=unusual", "measure", "share_closed"),
        ("/api/timeline?measure=gi", "measure", "share_closed"),
        ("/tiles/incidents/14/9962/5885.mvt?measure=unusual", "measure", "overdue"),
        ("/ogc/collections/districts/items?measure=gi", "measure", "unusual"),
        ("/ogc/collections/hexes/items?measure=open", "measure", "emerging"),
    ],
)  # fmt: skip
async def test_what_a_measure_cannot_do_is_refused_by_name(client: httpx.AsyncClient, path: str, parameter: str, allowed: str) -> None:
    refused = await client.get(path)
    assert (refused.status_code, refused.json()["parameter"]) == (400, parameter)
    assert allowed in refused.text


async def test_fixed_breaks_may_be_named(client: httpx.AsyncClient) -> None:
    assert await hexes(client, measure="unusual", breaks="fixed", **WEEK) == await hexes(client, measure="unusual", **WEEK)


async def test_a_window_without_a_past_draws_nothing_and_counts_what_it_leaves_out(client: httpx.AsyncClient) -> None:
    query = {"measure": "unusual", "from": "2020-01-01"}
    assert await hexes(client, **query) == {}
    legend = await legend_of(client, **query)
    assert (legend["cells"], legend["without_value"]) == (0, len(CELLS))
    assert [row["cells"] for row in legend["classes"]] == [0] * 5
    query = {"measure": "unusual", "to": datetime.now(UTC).date().isoformat()}
    assert (await legend_of(client, **query))["without_value"] == len(CELLS)


async def test_an_old_incident_that_comes_late_changes_the_tiles(client: httpx.AsyncClient, filled_url: str) -> None:
    query = {"measure": "unusual", **WEEK}
    before = (await hexes(client, **query))[CELLS[BURST]]
    async with open_connection(filled_url) as held:
        await held.execute(
            "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
            " select 1, 'late-' || number, location, cell, 0, 1, 6, now() - interval '100 days', now()"
            " from (select location, cell from incident where cell = $1 limit 1) as place, generate_series(1, 300) as number",
            h3.cell_to_center_child(CELLS[BURST], 10),
        )

    async def changed() -> bool:
        return bool((await hexes(client, **query))[CELLS[BURST]]["value"] < before["value"] - 1)

    await until(changed)
