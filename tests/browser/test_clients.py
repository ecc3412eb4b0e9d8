"""The pages of docs/clients.md as they stand there, on another origin than the service's, with the real libraries."""

import csv
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator

import httpx
import mapbox_vector_tile
import pytest
from playwright.sync_api import Browser

from tests.support.browser_visit import Visit, visiting
from tests.support.other_origin import OtherOrigin
from tests.support.paths import CHECKOUT

pytestmark = pytest.mark.browser

Classed = dict[int, int]
"""How many incidents and which class: by the features' id."""

DOCUMENTED = re.findall(r"^```html\n(.*?)^```", (CHECKOUT / "docs/clients.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(ogrinfo .*)$", (CHECKOUT / "docs/clients.md").read_text(encoding="utf-8"), re.MULTILINE)
TABLES = re.findall(r"^\| `(http://[^`]*)`", (CHECKOUT / "docs/clients.md").read_text(encoding="utf-8"), re.MULTILINE)
PAGES = {re.findall(r"<title>(.*)</title>", page)[0]: page for page in DOCUMENTED}
SERVICE = "http://127.0.0.1:8000"
ZOOM = 7
PALETTE = ["#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"]

DRAWN = {
    "MapLibre GL JS": (
        "window.map?.getLayer('incidents') && map.loaded() && map.areTilesLoaded()",
        """map.queryRenderedFeatures({ layers: ["incidents"] }).map(({ id, properties, layer }) =>
             [id, properties.n, properties.class, layer.paint["fill-color"].toString()])""",
    ),
    "Leaflet": (
        "window.incidents && !incidents._loading && Object.keys(incidents._vectorTiles).length",
        """Object.values(incidents._vectorTiles).flatMap((tile) => Object.entries(tile._features)).map(([id, { feature }]) =>
             [Number(id), feature.properties.n, feature.properties.class, feature.options.fillColor])""",
    ),
    "OpenLayers": (
        "window.incidents && (window.asked ||= (map.once('rendercomplete', () => (window.done = true)), map.render(), 1)) && window.done",
        """incidents.getFeaturesInExtent(map.getView().calculateExtent(map.getSize())).map((feature) =>
             [feature.getId(), feature.get("n"), feature.get("class"), incidents.getStyleFunction()(feature).getFill().getColor()])""",
    ),
    "Leaflet with protomaps-leaflet": (
        """window.incidents?.views.get("").tileCache.inflight.size === 0
             && document.querySelectorAll(".leaflet-tile-loaded").length > 5
             && document.querySelectorAll(".leaflet-tile:not(.leaflet-tile-loaded)").length === 0""",
        """[...incidents.views.get("").tileCache.cache.values()].flatMap(({ data }) => data.get("hexes") ?? []).map((feature) => {
             const { h3, n, class: number } = feature.props;
             return [Number((BigInt("0x" + h3) & ((1n << 52n) - 1n)) >> 15n), n, number, fill(7, feature)];
           })""",
    ),
    "OpenLayers with a whole style": (
        "window.map?.once && (window.asked ||= (map.once('rendercomplete', () => (window.done = true)), map.render(), 1)) && window.done",
        """(() => {
             const hexagons = map.getAllLayers().find((layer) => layer.get("mapbox-source") === "hexes");
             const two = (part) => Number(part).toString(16).padStart(2, "0");
             const hex = (color) => "#" + color.match(/[0-9.]+/g).slice(0, 3).map(two).join("");
             return hexagons.getFeaturesInExtent(map.getView().calculateExtent(map.getSize())).map((feature) => {
               const [style] = hexagons.getStyleFunction()(feature, map.getView().getResolution());
               return [feature.getId(), feature.get("n"), feature.get("class"), hex(style.getFill().getColor())];
             });
           })()""",
    ),
    "deck.gl": (
        "window.map?.layerManager?.getLayers().find((layer) => layer.id === 'incidents')?.isLoaded",
        """map.layerManager.getLayers().find((layer) => layer.id === "incidents").getRenderedFeatures().map((feature) =>
             [feature.id, feature.properties.n, feature.properties.class,
              "#" + incidents.props.getFillColor(feature).map((part) => part.toString(16).padStart(2, "0")).join("")])""",
    ),
}
"""For each library: when everything is drawn, and what is: [id, n, class, colour] a feature."""


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    return territory_service


@pytest.fixture
def show(browser: Browser, service_url: str, elsewhere: OtherOrigin) -> Iterator[Callable[[str], Visit]]:
    """Opens a documented page on its own origin; nothing may go wrong on it, and no third host be asked."""
    with visiting(browser, service_url, 900, 700) as visit:

        def open_page(title: str) -> Visit:
            elsewhere.pages["/client"] = PAGES[title].replace(SERVICE, service_url)
            visit.page.goto(f"{elsewhere.address}/client")
            visit.until(DRAWN[title][0])
            return visit

        yield open_page
        assert visit.complaints == []
        assert visit.hosts - {""} == {service_url.removeprefix("http://"), elsewhere.address.removeprefix("http://")}


def tiles_around(service_url: str) -> dict[int, tuple[int, int]]:
    """n and class by the features' id in the tiles that the pages show, decoded by mapbox-vector-tile."""
    found = {}
    for x in range(76, 80):
        for y in range(44, 48):
            answer = httpx.get(f"{service_url}/tiles/hexes/{ZOOM}/{x}/{y}.mvt?window=7d")
            decoded = mapbox_vector_tile.decode(answer.content) if answer.content else {}
            for feature in decoded.get("hexes", {"features": []})["features"]:
                found[feature["id"]] = (feature["properties"]["n"], feature["properties"]["class"])
    return found


def test_every_documented_page_is_tried() -> None:
    assert set(PAGES) == set(DRAWN)


@pytest.mark.parametrize("title", DRAWN)
def test_a_documented_page_draws_what_is_in_the_tiles_in_the_colours_of_their_classes(
    show: Callable[[str], Visit], service_url: str, title: str
) -> None:
    visit = show(title)
    visit.shot(f"client-{title.replace(' ', '-').lower()}")
    expected = tiles_around(service_url)
    drawn = visit.page.evaluate(f"() => {DRAWN[title][1]}")
    by_id = {number: (n, number_of_class) for number, n, number_of_class, _ in drawn}
    assert by_id == expected
    assert len({number_of_class for _, number_of_class in by_id.values()}) == len(PALETTE)
    if title != "MapLibre GL JS":
        assert {(number_of_class, color) for _, _, number_of_class, color in drawn} <= set(enumerate(PALETTE))


LAST_PARAMETERS = [("hexes", 8, "scheme=dark"), ("districts", 8, "lang=en"), ("incidents", 15, "labels=client")]
"""Layer, zoom, and the parameter that ol-mapbox-style copies to the addresses of the style's sources, as it comes last."""
MIDDLE_PIXELS = """() => {
  const colors = {};
  for (const canvas of document.querySelectorAll("#map canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      if (!data[at + 3]) continue;
      const color = data.slice(at, at + 3).join(",");
      colors[color] = (colors[color] ?? 0) + 1;
    }
  }
  return colors;
}"""


@pytest.mark.parametrize(("layer", "zoom", "last"), LAST_PARAMETERS)
def test_openlayers_draws_any_style_whatever_its_last_parameter(
    browser: Browser, service_url: str, elsewhere: OtherOrigin, layer: str, zoom: int, last: str
) -> None:
    address = f"{service_url}/styles/{layer}.json?window=7d&{'labels=client&' if 'labels' not in last else ''}{last}"
    page = PAGES["OpenLayers with a whole style"].replace(f"{SERVICE}/styles/hexes.json?window=7d&labels=client", address)
    elsewhere.pages["/styled"] = page.replace("zoom: 8", f"zoom: {zoom}")
    style = httpx.get(address).json()
    with visiting(browser, service_url, 900, 700) as visit:
        visit.page.goto(f"{elsewhere.address}/styled")
        visit.until(DRAWN["OpenLayers with a whole style"][0])
        pixels = visit.page.evaluate(MIDDLE_PIXELS)
        assert visit.complaints == []
    shown = {tuple(map(int, color.split(","))) for color, number in pixels.items() if number > 50}
    colors = style["metadata"]["geo:palette"]["colors"]
    near = [any(is_near(one, color) for one in shown) for color in colors]
    # All incidents of one place are in one circle, of the newest's age.
    assert sum(near) >= (1 if layer == "incidents" else len(colors) - 1), shown


def is_near(shown: tuple[int, ...], color: str) -> bool:
    """Whether a pixel has a colour, as it is or blended with what is behind it."""
    return all(abs(channel - int(color[at : at + 2], 16)) <= 40 for channel, at in zip(shown, (1, 3, 5), strict=True))


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed; apt-get install gdal-bin")
def test_the_documented_commands_of_gdal_count_what_is_in_a_tile_and_in_a_collection(service_url: str) -> None:
    counts = []
    for command in COMMANDS:
        words = shlex.split(command.replace(SERVICE, service_url))
        told = subprocess.run(words, capture_output=True, check=True, timeout=60, text=True).stdout
        counts.append(int(re.findall(r"^Feature Count: (\d+)$", told, re.MULTILINE)[0]))
    tile = mapbox_vector_tile.decode(httpx.get(f"{service_url}/tiles/hexes/7/77/45.mvt?window=7d").content)
    collection = httpx.get(f"{service_url}/ogc/collections/hexes/items?limit=1").json()["numberMatched"]
    assert counts == [len(tile["hexes"]["features"]), collection]


@pytest.mark.parametrize("documented", TABLES)
def test_the_documented_addresses_of_tables_are_read_by_the_usual_libraries(service_url: str, documented: str) -> None:
    answer = httpx.get(documented.replace(SERVICE, service_url))
    assert answer.status_code == 200
    if "format=csv" in documented:
        assert answer.headers["content-type"].startswith("text/csv")
        assert len({len(row) for row in csv.reader(answer.text.splitlines())}) == 1
        rows = list(csv.DictReader(answer.text.splitlines()))
    else:
        document = json.loads(answer.text)
        rows = document["features"] if "geojson" in documented else document["cells"]
    assert rows


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's ogrinfo is not installed; apt-get install gdal-bin")
def test_gdal_reads_the_documented_areas(service_url: str) -> None:
    (documented,) = [address for address in TABLES if "geojson" in address]
    address = documented.replace(SERVICE, service_url)
    told = subprocess.run(["ogrinfo", "-so", "-al", address], capture_output=True, check=True, timeout=60, text=True).stdout
    assert re.findall(r"^Feature Count: (\d+)$", told, re.MULTILINE) == [str(len(httpx.get(address).json()["features"]))]
    assert "count: Integer" in told
