"""What hexagons carry on request: comparison, class breaks, playback, totals, other forms, on incidents with known counts."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import mapbox_vector_tile
import nanoarrow
import numpy as np
import pytest

from geo_service.aggregation.measures.class_breaks import ClassificationMethod, class_breaks
from geo_service.core.database import open_connection
from geo_service.tiles.documents.formats import CONTENT_TYPES
from tests.support.decoded_tiles import decode_hexes
from tests.support.http_client import asking, filled
from tests.support.slippy_map import slippy_tile

ZOOM = 8
"""Shows resolution 7."""
START = datetime(2024, 3, 1, tzinfo=UTC)
SPAN = timedelta(days=10)
WINDOW = {"from": START.isoformat(), "to": (START + SPAN).isoformat()}
AGO = {**WINDOW, "compare": "previous"}
PAIRS = [(5, 0), (6, 0), (0, 6), (0, 5), (20, 40), (40, 20), (10, 11), (3, 3), (70, 10), (1, 0), (9, 2), (12, 6), (30, 90), (1, 1)]
"""Incidents in the window, and in the equally long one before."""
DIFFERENT = {(6, 0), (0, 6), (20, 40), (40, 20), (70, 10), (30, 90)}
"""Pairs whose doubled smaller tail of the binomial distribution is at most 0.05; of (9, 2) it is 0.065."""
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(45.04, 38.98, 7), 2))[: len(PAIRS)]
COUNTED = {h3.int_to_str(cell): pair for cell, pair in zip(CELLS, PAIRS, strict=True)}


async def fill(held: asyncpg.Connection) -> None:
    """For each pair its incidents, evenly over the hours of the windows, in the middle of its cell."""
    await held.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole')"
    )
    rows = []
    for cell, pair in zip(CELLS, PAIRS, strict=True):
        lat, lng = h3.cell_to_latlng(cell)
        finest = h3.latlng_to_cell(lat, lng, 10)
        for begin, count in zip((START, START - SPAN), pair, strict=True):
            rows += [(f"{cell}-{begin:%d}-{i}", lng, lat, finest, 6 * (i % 2), begin + SPAN * i / count) for i in range(count)]
    await held.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
        " values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, 1, $5, $6, $6)",
        rows,
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


def tile(form: str = "mvt", zoom: int = ZOOM, column: int = 0, row: int = 0) -> str:
    """The tile that many columns and rows from the one in the middle."""
    x, y = slippy_tile(38.98, 45.04, zoom)
    return f"/tiles/hexes/{zoom}/{x + column}/{y + row}.{form}"


async def hexagons(client: httpx.AsyncClient, **query: str) -> dict[str, dict[str, Any]]:
    """Properties of all hexagons around, by H3 index; the same in every tile."""
    found: dict[str, dict[str, Any]] = {}
    for column, row in ((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
        answer = await client.get(tile(column=column, row=row), params={"fields": "h3", **query})
        for feature in decode_hexes(answer.content) if answer.content else []:
            properties = feature["properties"]
            cell = properties.pop("h3")
            assert found.setdefault(cell, properties) == properties
    return found


async def legend_of(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    made: dict[str, Any] = (await client.get("/api/legend", params={"zoom": str(ZOOM), **query})).json()
    return made


def per_class(hexes: dict[str, dict[str, Any]]) -> dict[int, int]:
    found = [one["class"] for one in hexes.values()]
    return {number: found.count(number) for number in set(found)}


async def test_compared_hexagons_carry_both_counts_and_whether_they_differ(client: httpx.AsyncClient) -> None:
    found = await hexagons(client, **AGO)
    assert set(found) == {cell for cell, (n, _) in COUNTED.items() if n}
    for cell, one in found.items():
        n, n0 = COUNTED[cell]
        assert (one["n"], one["n0"], one["delta"]) == (n, n0, n - n0)
        assert one["significant"] is ((n, n0) in DIFFERENT)
    described = (await client.get("/tiles/hexes.json", params=AGO)).json()["vector_layers"][0]["fields"]
    assert {"n0", "delta", "significant"} <= set(described)
    assert "n0" not in (await client.get("/tiles/hexes.json", params=WINDOW)).json()["vector_layers"][0]["fields"]


async def test_a_change_that_chance_explains_is_classed_as_none(client: httpx.AsyncClient) -> None:
    found = await hexagons(client, measure="change", **AGO)
    # Where there is nothing any more it is drawn, too.
    assert set(found) == {cell for cell, pair in COUNTED.items() if any(pair)}
    for cell, one in found.items():
        n, n0 = COUNTED[cell]
        assert one.get("value") == (round(n / n0 - 1, 4) if n0 else None)
        if (n, n0) not in DIFFERENT:
            assert one["class"] == 2
        else:
            assert (one["class"] > 2) == (n > n0)
            assert one["class"] != 2
    assert found[h3.int_to_str(CELLS[PAIRS.index((6, 0))])]["class"] == 4
    assert found[h3.int_to_str(CELLS[PAIRS.index((0, 6))])]["class"] == 0


async def test_the_legend_of_a_change_counts_what_is_in_the_tiles_and_names_the_test(client: httpx.AsyncClient) -> None:
    for query in ({**AGO, "measure": "change"}, {**AGO, "measure": "change", "breaks": "-0.6,3"}):
        found, legend = await hexagons(client, **query), await legend_of(client, **query)
        assert {row["class"]: row["cells"] for row in legend["classes"] if row["cells"]} == per_class(found)
        assert legend["cells"] == len(found)
        assert legend["without_value"] == sum(n > 0 and n0 == 0 for n, n0 in PAIRS)
        assert (legend["significance"]["class"], legend["significance"]["p"]) == (2, 0.05)
        assert [row["class"] for row in legend["classes"]] == [0, 1, 2, 3, 4]
        assert legend["max"] == 6.0
    assert legend["breaks"] == "-0.6,3"
    assert [row["from"] for row in legend["classes"] if row["class"] != 2] == [-1, -0.6, 0, 3]
    classes = {pair: found[cell]["class"] for cell, pair in COUNTED.items() if cell in found and pair in DIFFERENT}
    assert classes == {(6, 0): 4, (0, 6): 0, (20, 40): 1, (40, 20): 3, (70, 10): 4, (30, 90): 0}


@pytest.mark.parametrize("breaks", ["quantile", "equal", "log", "natural", "10,30", "1,10,30", "2,5,15,60"])
async def test_tiles_and_legend_agree_whatever_the_breaks(client: httpx.AsyncClient, breaks: str) -> None:
    query = {**WINDOW, "breaks": breaks}
    found, legend = await hexagons(client, **query), await legend_of(client, **query)
    ranges = {row["class"]: row for row in legend["classes"]}
    for one in found.values():
        row = ranges[one["class"]]
        assert row["from"] <= one["n"] <= row["to"]
    assert {row["class"]: row["cells"] for row in legend["classes"] if row["cells"]} == per_class(found)
    if breaks[0].isdigit():
        limits = [int(limit) for limit in breaks.split(",")]
        assert [row["from"] for row in legend["classes"]] == sorted({1, *limits})
    document = (await client.get("/tiles/hexes.json", params=query)).json()
    assert f"breaks={breaks.replace(',', '%2C')}" in document["tiles"][0]
    style = (await client.get("/styles/hexes.json", params=query)).json()
    assert style["metadata"]["geo:legends"][0]["breaks"] == breaks


@pytest.mark.parametrize("query", ["breaks=jenks", "breaks=5,1", "breaks=1,2,3,4,5", "breaks="])
async def test_what_cannot_be_drawn_is_refused(client: httpx.AsyncClient, query: str) -> None:
    for path in (tile(), "/tiles/hexes.json", "/tiles/districts/8/1/1.mvt"):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])


async def test_meta_tells_the_totals_of_the_tile_and_how_it_was_asked(client: httpx.AsyncClient) -> None:
    query = {**AGO, "meta": "1", "breaks": "2,10"}
    body = (await client.get(tile(), params=query)).content
    layers = mapbox_vector_tile.decode(body)
    drawn = [feature["properties"] for feature in layers["hexes"]["features"]]
    (meta,) = layers["meta"]["features"]
    assert meta["geometry"] == {"type": "Point", "coordinates": [2048, 2048]}
    revision = (await client.get("/api/summary")).json()["revision"]
    assert meta["properties"] == {
        "features": len(drawn),
        **{name: sum(one[name] for one in drawn) for name in ("n", "open", "overdue", "n0")},
        "min": min(one["n"] for one in drawn),
        "max": max(one["n"] for one in drawn),
        "measure": "count", "breaks": "2,10", "revision": revision,
        "from": "2024-03-01T00:00:00Z", "to": "2024-03-11T00:00:00Z",
        "compare_from": "2024-02-20T00:00:00Z", "compare_to": "2024-03-01T00:00:00Z",
    }  # fmt: skip
    (_, described) = (await client.get("/tiles/hexes.json", params=query)).json()["vector_layers"]
    assert (described["id"], set(described["fields"])) == ("meta", set(meta["properties"]))
    assert (await client.get("/tiles/hexes/8/1/1.mvt", params=query)).status_code == 204
    assert "meta" not in mapbox_vector_tile.decode((await client.get(tile(), params=WINDOW)).content)
    assert (await client.get(tile(), params={"meta": "yes"})).json()["parameter"] == "meta"


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL is not installed; apt-get install gdal-bin")
async def test_gdal_reads_hexagons_with_everything_on_them(client: httpx.AsyncClient, tmp_path: Path) -> None:
    body = (await client.get(tile(), params={**AGO, "meta": "1", "frames": "5", "fields": "h3"})).content
    (tmp_path / "8.mvt").write_bytes(body)
    read = {layer: read_by_gdal(tmp_path / "8.mvt", layer) for layer in ("hexes", "meta")}
    expected = {feature["properties"]["h3"]: feature["properties"] for feature in decode_hexes(body)}
    assert {one["h3"]: {name: one[name] for name in expected[one["h3"]]} for one in read["hexes"]} == expected
    assert read["meta"][0]["features"] == len(expected)


def read_by_gdal(file: Path, layer: str) -> list[dict[str, Any]]:
    """Properties of the layer's features."""
    command = ["ogr2ogr", "-f", "GeoJSON", "-oo", "CLIP=NO", "-oo", "X=0", "-oo", "Y=0", "-oo", "Z=0", "/vsistdout/", str(file), layer]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return [feature["properties"] for feature in json.loads(answer.stdout)["features"]]


async def test_played_hexagons_carry_their_history_as_postgis_counts_it(client: httpx.AsyncClient, filled_url: str) -> None:
    frames = 7
    query = {**WINDOW, "frames": str(frames)}
    found = await hexagons(client, **query)
    document = (await client.get("/tiles/hexes.json", params=query)).json()
    edges = [datetime.fromisoformat(edge) for edge in document["playback"]["edges"]]
    assert (edges[0], edges[-1], len(edges)) == (START, START + SPAN, frames + 1)
    assert max(after - before for before, after in pairwise(edges)) - min(
        after - before for before, after in pairwise(edges)
    ) <= timedelta(seconds=1)  # fmt: skip
    assert "p" in document["vector_layers"][0]["fields"]
    async with open_connection(filled_url) as held:
        rows = await held.fetch(
            "select cell, array_agg((select count(*) from incident b where b.cell = a.cell and received_at >= $1 and received_at < edge)"
            " order by edge) as upto from (select distinct cell from incident) a, unnest($2::timestamptz[]) edge group by cell",
            START, edges,
        )  # fmt: skip
    counted = {h3.int_to_str(h3.cell_to_parent(row["cell"], 7)): row["upto"] for row in rows if row["upto"][-1]}
    assert {cell: [int(part) for part in one["p"].split(",")] for cell, one in found.items()} == counted


async def test_classes_of_a_playback_hold_over_all_its_frames(client: httpx.AsyncClient) -> None:
    for breaks in ("quantile", "3,8"):
        query = {**WINDOW, "frames": "4", "breaks": breaks}
        found = await hexagons(client, **query)
        sums = [[int(part) for part in one["p"].split(",")] for one in found.values()]
        counts = np.array([after - before for one in sums for before, after in pairwise(one) if after > before])
        expected = class_breaks(
            counts, ClassificationMethod(breaks) if breaks == "quantile" else ClassificationMethod("own", (3, 8)), least=1
        )
        played = (await legend_of(client, **query))["playback"]
        assert [row["from"] for row in played["classes"]] == list(expected.lowers)
        assert [row["class"] for row in played["classes"]] == list(expected.classes)


@pytest.mark.parametrize(
    "query",
    ["frames=1", "frames=121", "frames=x", "frames=5&measure=share_closed", "frames=5&from=2024-01-01", "frames=5&to=2024-01-01",
     "frames=5&from=2024-01-01T00:00:00Z&to=2024-01-01T00:00:04Z"],
)  # fmt: skip
async def test_what_cannot_be_played_is_refused(client: httpx.AsyncClient, query: str) -> None:
    for path in (tile(), tile("json"), "/tiles/hexes.json", f"/api/legend?zoom={ZOOM}"):
        answer = await client.get(f"{path}{'&' if '?' in path else '?'}{query}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "frames")


async def rows_of(client: httpx.AsyncClient, form: str, **query: str) -> list[dict[str, Any]]:
    """Rows of all tiles around in a form without outlines."""
    found: list[dict[str, Any]] = []
    for column, row in ((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
        answer = await client.get(tile(form, column=column, row=row), params=query)
        if answer.status_code == 204:
            continue
        assert answer.headers["content-type"] == CONTENT_TYPES[form]
        found += answer.json() if form == "json" else arrow_rows(answer.content)
    return found


def arrow_rows(body: bytes) -> list[dict[str, Any]]:
    columns = nanoarrow.ArrayStream.from_readable(body).read_all()
    rows: list[dict[str, Any]] = [{**row, "h3": h3.int_to_str(row["h3"])} for row in columns.to_pylist()]
    return rows


@pytest.mark.parametrize("form", ["json", "arrow"])
@pytest.mark.parametrize(
    "query", [WINDOW, AGO, {**AGO, "measure": "change"}, {**WINDOW, "measure": "answer_hours"}, {**WINDOW, "frames": "9"}]
)
async def test_forms_without_outlines_hold_each_hexagon_once_with_what_the_tiles_hold(
    client: httpx.AsyncClient, form: str, query: dict[str, str]
) -> None:
    expected = await hexagons(client, **query)
    rows = await rows_of(client, form, **query)
    assert len(rows) == len(expected)
    for row in rows:
        one = expected[row.pop("h3")]
        if query.get("measure") is None:
            assert row["value"] == one["n"]
        assert row == {"value": one.get("value", row["value"]), **one}
        assert ("value" in one) == (row["value"] is not None) or query.get("measure") is None


async def test_forms_without_outlines_keep_the_rules_of_tiles(client: httpx.AsyncClient) -> None:
    for form in ("json", "arrow"):
        path = tile(form)
        answer = await client.get(path, params=WINDOW)
        again = await client.get(path, params=WINDOW, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        packed = await client.get(path, params=WINDOW, headers={"Accept-Encoding": "gzip"})
        assert (packed.headers["content-encoding"], packed.content) == ("gzip", answer.content)
        assert (await client.get(f"/tiles/hexes/8/1/1.{form}")).status_code == 204
        assert (await client.get(f"/tiles/hexes/17/1/1.{form}")).status_code == 404
        assert (await client.get(f"/tiles/districts/8/1/1.{form}")).status_code == 404
        assert (await client.get(f"/tiles/hexes/8/a/1.{form}")).status_code == 400
    document = (await client.get("/tiles/hexes.json", params=WINDOW)).json()
    assert {form: address.partition("?")[0].rpartition(".")[2] for form, address in document["other_forms"].items()} == {
        "json": "json",
        "arrow": "arrow",
    }


async def test_totals_come_with_rows_and_in_the_schema(client: httpx.AsyncClient) -> None:
    query = {**AGO, "meta": "1"}
    written = (await client.get(tile("json"), params=query)).json()
    assert written["meta"]["n"] == sum(row["n"] for row in written["hexes"])
    schema = nanoarrow.ArrayStream.from_readable((await client.get(tile("arrow"), params=query)).content).schema
    told = {name.decode(): value.decode() for name, value in schema.metadata.items()}
    assert told == {"layer": "hexes", **{name: str(value) for name, value in written["meta"].items()}}
    plain = nanoarrow.ArrayStream.from_readable((await client.get(tile("arrow"), params=WINDOW)).content).schema
    assert {name.decode(): value.decode() for name, value in plain.metadata.items()} == {
        "layer": "hexes", "measure": "count", "breaks": "quantile", "from": "2024-03-01T00:00:00Z", "to": "2024-03-11T00:00:00Z",
    }  # fmt: skip
    assert [field.name for field in plain.fields] == ["h3", "n", "open", "overdue", "value", "class"]
    assert [field.type.name for field in plain.fields] == ["UINT64", "INT32", "INT32", "INT32", "INT32", "UINT8"]
