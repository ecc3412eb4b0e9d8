"""The styles: complete, valid by the specification's own library, coloured as the legend says."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from geo_service.aggregation.measures.measures import CELL_MEASURES, DISTRICT_MEASURES
from geo_service.queries.selection import SELECTION_PARAMETERS
from geo_service.tiles.documents.tilejson import INCIDENTS
from tests.support import territory
from tests.support.http_client import asking, filled
from tests.support.paths import CHECKOUT

NODE = shutil.which("node")
CHECK = CHECKOUT / "tests/contract/check_style.js"
MEASURES_OF = {"districts": DISTRICT_MEASURES, "hexes": CELL_MEASURES, "incidents": INCIDENTS.measures}


@pytest.fixture(scope="module")
def territory_url(database_url: str) -> str:
    """The module's database with the territory in it."""
    return filled(database_url, territory.fill)


@pytest.fixture(scope="module")
async def client(territory_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(territory_url, public_url="https://map.example.org") as made:
        yield made


async def style_of(client: httpx.AsyncClient, layer: str, **query: str) -> dict[str, Any]:
    answer = await client.get(f"/styles/{layer}.json", params=query)
    assert answer.status_code == 200
    style: dict[str, Any] = answer.json()
    return style


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
@pytest.mark.skipif(
    not (CHECKOUT / "node_modules/@maplibre/maplibre-gl-style-spec").is_dir(), reason="the style specification is not installed; npm ci"
)
@pytest.mark.parametrize("look", [{}, {"scheme": "dark", "lang": "en", "labels": "client"}], ids=["light", "dark"])
@pytest.mark.parametrize(("layer", "measure"), [(layer, measure) for layer, measures in MEASURES_OF.items() for measure in measures])
async def test_the_specifications_own_library_finds_nothing_wrong(
    client: httpx.AsyncClient, layer: str, measure: str, look: dict[str, str]
) -> None:
    style = await style_of(client, layer, measure=measure, compare="previous", window="7d", **look)
    answer = await asyncio.to_thread(
        subprocess.run, [str(NODE), str(CHECK)], input=json.dumps(style).encode(), capture_output=True, check=True, timeout=60
    )
    assert json.loads(answer.stdout) == []


@pytest.mark.parametrize("layer", MEASURES_OF)
async def test_the_source_is_the_layers_tilejson_with_the_selection(client: httpx.AsyncClient, layer: str) -> None:
    answer = await client.get(f"/styles/{layer}.json?sector=roads&lang=en&window=7d&scheme=dark&labels=client")
    source = answer.json()["sources"][layer]
    assert source["url"] == f"https://map.example.org/tiles/{layer}.json?sector=roads&window=7d"
    tilejson = (await client.get(source["url"].removeprefix("https://map.example.org"))).json()
    assert source["attribution"] == tilejson["attribution"]
    described = {one["id"] for one in tilejson["vector_layers"]} - {"meta"}
    assert {one["source-layer"] for one in answer.json()["layers"] if one.get("source") == layer} == described
    again = await client.get(str(answer.request.url), headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("measure", "compare"), [("count", None), ("change", "previous")])
async def test_each_class_has_the_colour_that_the_legend_gives_it(
    client: httpx.AsyncClient, measure: str, compare: str | None, scheme: str
) -> None:
    query = {"measure": measure, "window": "48h", "scheme": scheme} | ({"compare": compare} if compare else {})
    style = await style_of(client, "districts", **query)
    operator, read, *pairs, _ = style["layers"][1]["paint"]["fill-color"]
    assert (operator, read) == ("match", ["get", "class"])
    # QGIS takes labels for lists only.
    colors = {number: color for (number,), color in zip(pairs[::2], pairs[1::2], strict=True)}
    legends = style["metadata"]["geo:legends"]
    assert [legend["level"] for legend in legends] == ["region", "district"]
    for legend in legends:
        told = (await client.get("/api/legend", params={"layer": "districts", "zoom": legend["zoom"], **query})).json()
        assert {**told, **legend} == told
        for row in legend["classes"]:
            assert colors[row["class"]] == row["color"]


async def test_labels_are_in_the_language_that_is_asked_for_and_letters_come_from_the_service(client: httpx.AsyncClient) -> None:
    for language in ("ru", "en"):
        style = await style_of(client, "districts", lang=language)
        assert style["layers"][-1]["layout"]["text-field"] == ["get", f"name_{language}"]
        for face in style["font-faces"]["Noto Sans"]:
            assert face["url"].startswith("https://map.example.org/static/vendor/noto-sans/")
    assert (await client.get("/styles/districts.json?lang=de")).json()["parameter"] == "lang"
    assert "approximate" in style["metadata"]["geo:attribution"]


async def test_names_of_settlements_are_in_the_style_of_hexagons(client: httpx.AsyncClient) -> None:
    style = await style_of(client, "hexes")
    address = style["sources"]["places"]["data"].removeprefix("https://map.example.org")
    assert (await client.get(address)).json()["type"] == "FeatureCollection"
    # QGIS takes the first source of vector tiles.
    assert list(style["sources"]) == ["hexes", "places"]
    labels = [layer for layer in style["layers"] if layer.get("source") == "places"]
    for layer, following in pairwise(labels):
        assert layer["maxzoom"] == following["minzoom"]
        # Sections of towns are named where every settlement is: not before the last layer.
        assert layer["filter"] == ["all", [">=", ["get", "population"], layer["filter"][1][2]], ["!", ["has", "section_of"]]]
        least = following["filter"][1][2] if following["filter"][0] == "all" else following["filter"][2]
        assert layer["filter"][1][2] > least
    assert labels[-1]["filter"] == [">=", ["get", "population"], 0]
    assert (labels[0]["minzoom"], "maxzoom" in labels[-1]) == (0, False)


async def test_incidents_have_a_layer_of_circles_for_each_class_of_age_the_newest_on_top(client: httpx.AsyncClient) -> None:
    style = await style_of(client, "incidents")
    legend = (await client.get("/api/legend?layer=incidents&zoom=14")).json()
    circles = [layer for layer in style["layers"] if layer.get("filter", ["", ""])[1] == ["get", "age"]]
    assert [(layer["filter"], layer["paint"]["circle-color"]) for layer in circles] == [
        (["==", ["get", "age"], row["class"]], row["color"]) for row in reversed(legend["classes"])
    ]


COPIED = ["labels=client", "lang=en", "scheme=dark"]
"""Parameters of a style that clients copy to its sources: ol-mapbox-style does so with the last one of the style's address."""


@pytest.mark.parametrize("copied", [*COPIED, "&".join(COPIED)])
@pytest.mark.parametrize(
    "path",
    [
        *(f"/tiles/{layer}.json" for layer in MEASURES_OF),
        *(territory.tile_at(layer, 12) for layer in MEASURES_OF),
        *(territory.tile_at("hexes", 7).replace(".mvt", extension) for extension in (".pbf", ".json", ".arrow")),
    ],
)
async def test_sources_of_a_style_pass_over_what_is_the_styles_alone(client: httpx.AsyncClient, path: str, copied: str) -> None:
    plain, with_copied = await client.get(f"{path}?window=7d"), await client.get(f"{path}?window=7d&{copied}")
    assert plain.status_code == with_copied.status_code == 200
    assert with_copied.content == plain.content


async def test_the_names_of_settlements_come_whatever_parameter_of_a_style_is_copied(client: httpx.AsyncClient) -> None:
    plain = await client.get("/api/places")
    for name in (*SELECTION_PARAMETERS, "level", "breaks", "frames", "meta", "fields", "labels", "lang", "scheme"):
        answer = await client.get("/api/places", params={name: "anything"})
        assert (answer.status_code, answer.content) == (200, plain.content)
    assert (await client.get("/api/places?colour=red")).status_code == 400
    assert (await client.get("/tiles/hexes.json?colour=red")).status_code == 400


@pytest.mark.parametrize("layer", MEASURES_OF)
async def test_clients_that_do_not_know_font_faces_get_a_style_without_them(client: httpx.AsyncClient, layer: str) -> None:
    bare = await style_of(client, layer, labels="none")
    assert {one["type"] for one in bare["layers"]} <= {"background", "fill", "line", "circle"}
    assert list(bare["sources"]) == [layer]
    named = await style_of(client, layer, labels="client")
    assert "font-faces" not in bare | named
    assert named["layers"] == (await style_of(client, layer))["layers"]


@pytest.mark.parametrize(
    ("address", "status"),
    [("districts.json?level=street", 400), ("hexes.json?level=region", 400), ("rivers.json", 404), ("districts.json?measure=change", 400),
     ("hexes.json?measure=per_1000", 400), ("hexes.json?scheme=pink", 400), ("hexes.json?labels=mine", 400),
     ("incidents.json?measure=share_closed", 400)],
)  # fmt: skip
async def test_what_cannot_be_shown_is_refused(client: httpx.AsyncClient, address: str, status: int) -> None:
    assert (await client.get(f"/styles/{address}")).status_code == status
