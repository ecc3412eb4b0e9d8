"""The map itself: what lies over what, incidents one by one, the picture of it, paper, and a canvas that is lost."""

import base64
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import h3.api.basic_str as h3
import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_incidents import CENTRE, ROADS, WASTE
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting

pytestmark = pytest.mark.browser

HERE = f"map=15/{CENTRE[0]}/{CENTRE[1]}&lang=en"
LAYERS = "geoMap.getStyle().layers.map((one) => one.id)"
COLOURS = """async (data) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const pen = new OffscreenCanvas(image.width, image.height).getContext("2d");
  pen.drawImage(image, 0, 0);
  const { data: bytes } = pen.getImageData(0, 0, image.width, image.height);
  const found = new Set();
  for (let at = 0; at < bytes.length; at += 4) found.add((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]);
  return [...found];
}"""


def size_of(png: Path) -> tuple[int, int]:
    """Width and height in pixels, as the file's head has them."""
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


def colours_of(visit: Visit, png: Path) -> set[int]:
    """All colours in a picture, as the browser decodes it."""
    found: list[int] = visit.page.evaluate(COLOURS, f"data:image/png;base64,{base64.b64encode(png.read_bytes()).decode()}")
    return set(found)


def test_of_several_incidents_at_one_place_the_pointer_tells_how_many_and_a_click_opens_the_hexagon_around_them(visit: Visit) -> None:
    visit.open(HERE)
    visit.until("geoMap.queryRenderedFeatures({layers: ['incidents']}).length > 0")
    visit.page.mouse.move(*visit.pixel(*CENTRE))
    expect(visit.page.locator("#tooltip h2")).to_have_text(f"{ROADS + WASTE} incidents at this location")
    visit.page.mouse.click(*visit.pixel(*CENTRE))
    expect(visit.page.locator("#panel h2").first).to_have_text("Hexagon", timeout=PATIENCE_MS)
    assert f"cell={h3.latlng_to_cell(*CENTRE, 10)}" in visit.page.url


def test_escape_on_the_map_leaves_what_was_chosen_on_it(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#map canvas").focus()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#panel")).to_be_visible(timeout=PATIENCE_MS)
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator("#panel")).to_be_hidden()
    assert "cell=" not in visit.page.url


def test_areas_stay_below_incidents_and_names_whichever_are_shown(visit: Visit) -> None:
    visit.open()
    for layer, button in (("districts", "Districts"), ("hexes", "Hexagons")):
        visit.page.locator("#colouring").get_by_role("button", name=button).click()
        visit.until(f"geoMap.getLayer('{layer}')")
        drawn = visit.page.evaluate(LAYERS)
        order = [drawn.index(one) for one in ("ground-districts", "ground-regions", layer, "ground-names", "incidents", "places")]
        assert order == sorted(order)


def test_a_canvas_that_was_lost_comes_back_with_everything_on_it(visit: Visit) -> None:
    visit.open()
    before = visit.page.evaluate(LAYERS)
    visit.page.evaluate("window.loss = geoMap.getCanvas().getContext('webgl2').getExtension('WEBGL_lose_context'); loss.loseContext()")
    visit.page.wait_for_timeout(200)
    visit.page.evaluate("loss.restoreContext()")
    visit.until("geoMap.style && geoMap.loaded() && geoMap.areTilesLoaded()")
    assert visit.page.evaluate(LAYERS) == before
    assert visit.drawn() == ROADS + WASTE
    visit.page.locator("[data-sector=roads]").click()
    visit.expect_total(ROADS)
    visit.until(f"geoMap.queryRenderedFeatures({{layers: ['hexes']}}).every((one) => one.properties.n === {ROADS})")
    assert visit.drawn() == ROADS
    visit.complaints[:] = [one for one in visit.complaints if "context" not in one.lower()]


def test_the_picture_has_the_legends_colours(visit: Visit, tmp_path: Path) -> None:
    visit.open("map=8/45.04/38.98&lang=en&tab=share&window=1y")
    legend: dict[str, Any] = visit.page.evaluate("fetch('/api/legend?layer=hexes&zoom=8&window=1y&scheme=light').then((one) => one.json())")
    with visit.page.expect_download(timeout=PATIENCE_MS) as download:
        visit.page.locator("#share [data-key=picture]").click()
    saved = tmp_path / "map.png"
    download.value.save_as(saved)
    assert size_of(saved) == (3200, 2000)
    assert {int(row["color"][1:], 16) for row in legend["classes"]} <= colours_of(visit, saved)
    assert visit.page.evaluate("geoMap.getPixelRatio()") == 1


def test_near_the_ground_a_single_incident_is_opened_by_a_click(browser: Browser, territory_service: str) -> None:
    with visiting(browser, territory_service) as visit:
        recent = httpx.get(f"{territory_service}/api/incidents?window=1y&limit=200").json()["incidents"]
        places = Counter((one["lat"], one["lng"]) for one in recent)
        single = next(one for one in recent if places[one["lat"], one["lng"]] == 1)
        visit.open(f"map=15/{single['lat']}/{single['lng']}&lang=en&window=1y")
        visit.until("geoMap.queryRenderedFeatures({layers: ['incidents']}).length > 0")
        visit.page.mouse.click(*visit.pixel(single["lat"], single["lng"]))
        visit.until(f"location.hash.includes('incident={single['id']}')")
        expect(visit.page.locator("#legend h2").first).to_have_text("Incidents by age of the latest", timeout=PATIENCE_MS)
        assert visit.complaints == []


def test_the_pointer_tells_the_change_where_something_is_compared(browser: Browser, territory_service: str) -> None:
    with visiting(browser, territory_service) as visit:
        visit.open("map=8/45.2/39.1&lang=en&window=1y&layer=districts&compare=year")
        visit.until("geoMap.getSource('districts') && geoMap.areTilesLoaded()")
        where = visit.pixel(45.0, 38.9)
        (drawn,) = visit.page.evaluate(
            "geoMap.queryRenderedFeatures(geoMap.project([38.9, 45.0]), {layers: ['districts']}).map((one) => one.properties)"
        )
        rows = httpx.get(f"{territory_service}/api/districts?window=1y&compare=year&level=district").json()["districts"]
        (told,) = (row for row in rows if row["code"] == drawn["code"])
        visit.page.mouse.move(*where)
        expect(visit.page.locator("#tooltip h2")).to_have_text(told["name"]["en"])
        expect(visit.page.locator("#tooltip dd").nth(0)).to_have_text(str(told["count"]))
        expect(visit.page.locator("#tooltip dt").nth(4)).to_have_text("Previous")
        expect(visit.page.locator("#tooltip dd").nth(4)).to_contain_text(str(told["n_compared"]))
        assert visit.complaints == []
