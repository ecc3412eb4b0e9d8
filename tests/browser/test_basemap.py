"""The service's own base map: streets, waters and their names below the data, on the page, in a frame and in the picture."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from math import pi, sqrt
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from geo_service.basemap.registry import Basemaps
from geo_service.basemap.style import INKS
from tests.support.basemap_archives import write_protomaps_town
from tests.support.basemap_recipe import follow_recipe
from tests.support.browser_incidents import CENTRE, ROADS, WASTE, database_of_session, insert_known_incidents
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.osm_town import POND, RIVER
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

STREETS = {"ru": "Заречная улица", "en": "Zarechnaya Street"}
WATERS = {"ru": {RIVER[0], POND[0]}, "en": {RIVER[1], POND[1]}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the service."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def service_url(cluster_url: str, template: str, home: Path) -> Iterator[str]:
    """A `geo serve` process over the known incidents, with a data folder of its own."""
    with database_of_session(cluster_url, template, "basemap") as url:
        insert_known_incidents(url)
        with serving(url, GEO_ALERTS="0", GEO_HOME=str(home)) as (_, address):
            wait_until_ready(address)
            yield address


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The town in each schema: by tilemaker, and by the tests."""
    return {
        "openmaptiles": follow_recipe(tmp_path_factory.mktemp("recipe")),
        "protomaps": write_protomaps_town(tmp_path_factory.mktemp("town") / "town.pmtiles"),
    }


@contextmanager
def drawn_town(browser: Browser, address: str, home: Path, archive: Path, width: int = 1280) -> Iterator[Visit]:
    """A page of a service whose base map is the archive; it asks no other host, and nothing goes wrong on it."""
    Basemaps(home).add(archive, "town", replace=True)
    with visiting(browser, address, width, 800) as visit:
        yield visit
        assert visit.complaints == []
        assert visit.hosts - {""} == {urlsplit(address).netloc}


def names_drawn(visit: Visit, part: str) -> set[str]:
    """The names that the map draws of a part of the base map."""
    layer = f"basemap-town-{part}"
    found = visit.page.evaluate(f"""geoMap.queryRenderedFeatures({{layers: ['{layer}']}}).map(({{properties}}) => {{
      const keys = geoMap.getLayoutProperty('{layer}', 'text-field').slice(1).map((one) => one[1]);
      return keys.map((key) => properties[key]).find((name) => name !== undefined);
    }})""")
    return set(found)


def count_drawn(visit: Visit, part: str) -> int:
    """How many features of a part of the base map are drawn."""
    count: int = visit.page.evaluate(f"geoMap.queryRenderedFeatures({{layers: ['basemap-town-{part}']}}).length")
    return count


@pytest.mark.parametrize(
    ("schema", "scheme", "language"), [("openmaptiles", "light", "ru"), ("openmaptiles", "dark", "en"), ("protomaps", "light", "en")]
)
def test_streets_and_waters_are_drawn_and_named_below_the_incidents(
    browser: Browser, service_url: str, home: Path, archives: dict[str, Path], schema: str, scheme: str, language: str
) -> None:
    with drawn_town(browser, service_url, home, archives[schema]) as visit:
        visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        visit.open(f"map=14/{CENTRE[0] + 0.004}/{CENTRE[1]}&lang={language}&scheme={scheme}")
        visit.until("geoMap.getLayer('basemap-town-street-names') && geoMap.areTilesLoaded()")
        visit.until("geoMap.queryRenderedFeatures({layers: ['basemap-town-street-names']}).length > 0")
        visit.shot(f"basemap-{schema}-{scheme}")
        assert STREETS[language] in names_drawn(visit, "street-names")
        assert (names_drawn(visit, "waterway-names") | names_drawn(visit, "water-names")) & WATERS[language]
        assert all(count_drawn(visit, part) for part in ("water", "waterways", "rails", "main-roads", "minor-roads", "buildings"))
        order = visit.page.evaluate("geoMap.getStyle().layers.map((one) => one.id)")
        below = ["land", "basemap-town-water", "basemap-town-main-roads", "hexes", "basemap-town-street-names", "incidents", "places"]
        assert [each for each in order if each in below] == below
        # A place of incidents, and no hexagon over it.
        assert visit.page.evaluate("geoMap.queryRenderedFeatures({layers: ['hexes']}).length") == 0
        places = visit.page.evaluate("geoMap.queryRenderedFeatures({layers: ['incidents']}).map((one) => [one.id, one.properties.n])")
        assert sum(dict(places).values()) == ROADS + WASTE
        assert visit.page.evaluate("geoMap.getPaintProperty('basemap-town-water', 'fill-color')") == INKS[scheme].water
        expect(visit.page.locator("#map")).to_contain_text("OpenStreetMap", timeout=PATIENCE_MS)


def test_a_change_of_scheme_and_language_draws_the_base_map_anew(
    browser: Browser, service_url: str, home: Path, archives: dict[str, Path]
) -> None:
    with drawn_town(browser, service_url, home, archives["protomaps"]) as visit:
        visit.open(f"map=14/{CENTRE[0]}/{CENTRE[1]}&lang=ru&scheme=light")
        visit.until("geoMap.queryRenderedFeatures({layers: ['basemap-town-street-names']}).length > 0")
        visit.page.evaluate("location.hash = location.hash.replace('lang=ru', 'lang=en').replace('scheme=light', 'scheme=dark')")
        visit.until(f"geoMap.getPaintProperty('basemap-town-water', 'fill-color') === '{INKS['dark'].water}'")
        visit.until("geoMap.queryRenderedFeatures({layers: ['basemap-town-street-names']}).length > 0")
        assert STREETS["en"] in names_drawn(visit, "street-names")


def test_from_zoom_13_incidents_stand_one_by_one_in_place_of_hexagons_and_the_legend_is_theirs_alone(
    browser: Browser, service_url: str, home: Path, archives: dict[str, Path]
) -> None:
    with drawn_town(browser, service_url, home, archives["protomaps"]) as visit:
        visit.open(f"map=12.9/{CENTRE[0]}/{CENTRE[1]}&lang=en")
        assert visit.drawn() == ROADS + WASTE
        assert visit.page.evaluate("geoMap.queryRenderedFeatures({layers: ['incidents']}).length") == 0
        expect(visit.page.locator("#legend h2")).to_have_text(["Number of incidents"])
        visit.page.evaluate(f"geoMap.jumpTo({{zoom: 13, center: [{CENTRE[1]}, {CENTRE[0]}]}})")
        visit.until("geoMap.queryRenderedFeatures({layers: ['incidents']}).length > 0")
        assert visit.drawn() == 0
        expect(visit.page.locator("#legend h2")).to_have_text(["Incidents by age of the latest"], timeout=PATIENCE_MS)


def test_a_frame_has_streets_and_incidents_too(browser: Browser, service_url: str, home: Path, archives: dict[str, Path]) -> None:
    with drawn_town(browser, service_url, home, archives["openmaptiles"], 700) as visit:
        visit.page.goto(f"{service_url}/embed?map=14/{CENTRE[0] + 0.004}/{CENTRE[1]}&lang=ru&scheme=dark")
        visit.until("window.geoMap?.getLayer('basemap-town-street-names') && geoMap.areTilesLoaded()")
        visit.until("geoMap.queryRenderedFeatures({layers: ['basemap-town-street-names']}).length > 0")
        visit.until("geoMap.queryRenderedFeatures({layers: ['incidents']}).length > 0")
        visit.shot("basemap-frame")
        assert STREETS["ru"] in names_drawn(visit, "street-names")
        assert count_drawn(visit, "water")
        expect(visit.page.locator("#map")).to_contain_text("OpenStreetMap", timeout=PATIENCE_MS)


def test_the_picture_shows_water_and_names_whose_map_it_is(
    browser: Browser, service_url: str, home: Path, archives: dict[str, Path], tmp_path: Path
) -> None:
    with drawn_town(browser, service_url, home, archives["openmaptiles"]) as visit:
        visit.open(f"map=14/{CENTRE[0] + 0.004}/{CENTRE[1]}&lang=en&tab=share&scheme=light")
        visit.until("geoMap.queryRenderedFeatures({layers: ['basemap-town-street-names']}).length > 0")
        with visit.page.expect_download(timeout=PATIENCE_MS) as download:
            visit.page.locator("#share [data-key=picture]").click()
        download.value.save_as(tmp_path / "map.png")
        found = colour_count(visit, tmp_path / "map.png", INKS["light"].water)
        assert found > 1000


def test_density_is_drawn_as_a_heat_map_whose_top_is_the_legends(browser: Browser, service_url: str, tmp_path: Path) -> None:
    with visiting(browser, service_url, 1280, 800) as visit:
        visit.page.goto(f"{service_url}/#map=9/{CENTRE[0]}/{CENTRE[1]}&lang=en&layer=density&measure=open&scheme=light")
        visit.until("window.geoMap?.getLayer('density') && geoMap.getPaintProperty('density', 'heatmap-intensity') !== undefined")
        visit.until("geoMap.loaded() && geoMap.areTilesLoaded()")
        legend = httpx.get(f"{service_url}/api/legend?layer=density&zoom=9&measure=open&scheme=light").json()
        shown = visit.page.evaluate("geoMap.getPaintProperty('density', 'heatmap-color')")
        assert shown[5::2] == pytest.approx([row["from"] / legend["peak"] for row in legend["classes"]])
        assert shown[6::2] == [row["color"] for row in legend["classes"]]
        intensity = visit.page.evaluate("geoMap.getPaintProperty('density', 'heatmap-intensity')")
        assert intensity * sqrt(2 * pi) * legend["kernel_km"] ** 2 * legend["peak"] == pytest.approx(1)
        expect(visit.page.locator("#legend")).to_contain_text("km²")
        expect(visit.page.locator("#legend")).to_contain_text("smoothed over 2.4 km")
        visit.shot("density")
        # The incidents are all in one hexagon: the densest place has the last colour, far from it nothing is drawn.
        visit.page.screenshot(path=tmp_path / "map.png")
        last = legend["classes"][-1]["color"]
        assert colours_near(visit, tmp_path / "map.png", last, 60) > 20
        assert visit.complaints == []


COUNT = """async ([data, colour]) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data: bytes } = pen.getImageData(0, 0, image.width, image.height);
  let found = 0;
  for (let at = 0; at < bytes.length; at += 4) if (((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]) === colour) found += 1;
  return found;
}"""


def colour_count(visit: Visit, png: Path, colour: str) -> int:
    """How many pixels of a picture have exactly this colour, as the browser decodes it."""
    data = f"data:image/png;base64,{base64.b64encode(png.read_bytes()).decode()}"
    count: int = visit.page.evaluate(COUNT, [data, int(colour[1:], 16)])
    return count


NEAR = """async ([data, colour, far]) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data: bytes } = pen.getImageData(0, 0, image.width, image.height);
  const parts = [colour >> 16, (colour >> 8) & 255, colour & 255];
  let found = 0;
  for (let at = 0; at < bytes.length; at += 4) if (parts.every((part, one) => Math.abs(bytes[at + one] - part) < far)) found += 1;
  return found;
}"""


def colours_near(visit: Visit, png: Path, colour: str, far: int) -> int:
    """How many pixels of a picture are less than `far` of 255 from a colour in red, green and blue."""
    data = f"data:image/png;base64,{base64.b64encode(png.read_bytes()).decode()}"
    count: int = visit.page.evaluate(NEAR, [data, int(colour[1:], 16), far])
    return count
