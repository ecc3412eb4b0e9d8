"""The page for frames and the element, each in a page of another origin."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.support import territory
from tests.support.browser_visit import MAP_DRAWN, PATIENCE_MS, PATIENCE_S, Visit, send_source, visiting
from tests.support.other_origin import OtherOrigin
from tests.support.page_checks import find_violations

pytestmark = pytest.mark.browser

READY = f"{MAP_DRAWN} && !document.querySelector('#legend').hidden"
ROADS = sum(sum(1 + i % 3 % 2 == 1 for i in range(one.incidents)) for one in territory.DISTRICTS if one.code != "CH")
"""Incidents of the territory in the sector of roads, but for the district far away."""

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A portal</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline' {service}; frame-src {service}; style-src 'unsafe-inline'">
<style>body {{ margin: 0 }} heat-map {{ height: 420px }} iframe {{ color-scheme: light }}</style>
<script>
  window.heard = [];
  addEventListener("DOMContentLoaded", () => {{
    for (const map of document.querySelectorAll("heat-map")) {{
      for (const what of ["ready", "select", "error"]) map.addEventListener(what, ({{ detail }}) => heard.push([what, detail]));
    }}
  }});
</script>
<script type="module" src="{service}/heat-map.js"></script>
{body}"""


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    return territory_service


@pytest.fixture
def visit(browser: Browser, service_url: str) -> Iterator[Visit]:
    """A page before anything is opened."""
    with visiting(browser, service_url, 900, 700) as made:
        yield made
        assert [text for text in made.complaints if "400 (Bad Request)" not in text] == []


def embedded(visit: Visit, query: str, width: int = 900, height: int = 600) -> None:
    """Open the page for frames by itself, and wait until it is drawn."""
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.goto(f"{visit.address}/embed?{query}")
    visit.until(READY)


def drawn(frame: Frame | Any, layer: str) -> dict[str, dict[str, Any]]:
    """Properties of what a map draws of a layer, by the features' id."""
    found = frame.evaluate(f"geoMap.queryRenderedFeatures({{layers: ['{layer}']}}).map((one) => [one.id, one.properties])")
    return {str(number): properties for number, properties in found}


@pytest.mark.parametrize(
    ("size", "language", "scheme"),
    [((900, 600), "en", "light"), ((200, 200), "ru", "light"), ((360, 420), "ru", "dark")],
)
def test_a_frame_of_any_size_shows_the_map_its_legend_and_whose_data_they_are(
    visit: Visit, size: tuple[int, int], language: str, scheme: str
) -> None:
    embedded(visit, f"map=6.2/45/38.7&window=7d&level=district&layer=districts&measure=share_closed&lang={language}&scheme={scheme}", *size)
    visit.shot(f"embed-{size[0]}-{language}-{scheme}")
    told = httpx.get(
        f"{visit.address}/api/legend?layer=districts&zoom=7&level=district&measure=share_closed&window=7d&scheme={scheme}"
    ).json()
    shown = visit.page.evaluate("geoMap.getPaintProperty('districts', 'fill-color')")
    assert [shown[3 + 2 * row["class"]] for row in told["classes"]] == [row["color"] for row in told["classes"]]
    expect(visit.page.locator("#legend h2")).to_have_text({"en": "Share closed", "ru": "Доля закрытых"}[language])
    expect(visit.page.locator("#legend li")).to_have_count(len(told["classes"]))
    assert visit.page.locator("#legend li").first.inner_text().endswith("%")
    assert "Boundaries of the test" in (visit.page.locator(".maplibregl-ctrl-attrib").text_content() or "")
    assert visit.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == list(size)
    link = f"/#map=6.20/45.0000/38.7000&window=7d&level=district&measure=share_closed&layer=districts&scheme={scheme}&lang={language}"
    assert visit.page.locator("#full-map").evaluate("link => link.href") == visit.address + link
    assert find_violations(visit) == []
    assert visit.page.context.cookies() == []
    assert visit.hosts - {""} == {visit.address.removeprefix("http://")}


@pytest.mark.parametrize("size", [(900, 500), (700, 420), (360, 480), (320, 240), (200, 200)])
def test_a_frame_says_what_it_shows_and_nothing_lies_over_the_region(visit: Visit, size: tuple[int, int]) -> None:
    embedded(visit, "map=4.3/45.2/39.1&layer=districts&measure=open&sector=roads&window=7d&lang=ru&alerts=list", *size)
    expect(visit.page.locator("h1")).to_have_text(re.compile(r"^Дороги · Открытые сообщения · 7 дней"), timeout=PATIENCE_MS)
    assert visit.page.title() == visit.page.locator("h1").text_content()
    expect(visit.page.locator("#alerts h2")).to_have_text("Необычное сейчас")
    canvas = visit.page.locator("#map").bounding_box()
    assert canvas
    for part in ("#about", "#key", "#alerts"):
        box = visit.page.locator(part).bounding_box()
        assert box
        assert (
            box["y"] >= canvas["y"] + canvas["height"]
            or box["y"] + box["height"] <= canvas["y"]
            or box["x"] >= canvas["x"] + canvas["width"]
        )
    # A region is more than one polygon.
    assert len(drawn(visit.page, "districts")) > 1
    visit.page.locator("#legend-fold summary").press("Enter")
    expect(visit.page.locator("#legend")).to_be_hidden()
    visit.shot(f"embed-about-{size[0]}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("lang=en&sectr=roads", "There is no parameter “sectr”."),
        ("lang=en&sector=rods", "sector: there is no “rods”. Allowed: health"),
        ("lang=en&layer=rivers", "layer: there is no “rivers”. Allowed: hexes, districts, density."),
        ("lang=ru&scheme=pink", "scheme: значения «pink» нет. Допустимо: auto, light, dark."),
        ("lang=en&map=here", "map: “here” is not valid."),
        ("lang=en&window=7d&window=9d", "window is given more than once"),
        ("lang=en&layer=districts&level=street", "level: there is no “street”. Allowed: region"),
        ("lang=en&window=7d&from=2026-01-01", "window cannot be combined with the other parameters"),
    ],
)
def test_what_is_wrong_with_the_address_is_said_in_the_frame(visit: Visit, query: str, words: str) -> None:
    visit.page.set_viewport_size({"width": 200, "height": 200})
    answer = visit.page.goto(f"{visit.address}/embed?{query}")
    assert answer
    assert answer.status == 400
    expect(visit.page.locator("#problem")).to_contain_text(words, timeout=PATIENCE_MS)
    expect(visit.page.locator("#problem")).to_be_in_viewport()


def expect_drawn(frame: Frame, layer: str) -> None:
    """Wait until the frame draws the incidents of roads and no others."""
    deadline = time.monotonic() + PATIENCE_S
    while not frame.evaluate(f"Boolean(geoMap.getLayer('{layer}'))") or sum(one["n"] for one in drawn(frame, layer).values()) != ROADS:
        assert time.monotonic() < deadline, f"{layer} of roads were never drawn"


def test_the_element_shows_changed_attributes_without_loading_again_and_tells_what_is_chosen(visit: Visit, elsewhere: OtherOrigin) -> None:
    body = f'<heat-map src="{visit.address}" layer="districts" level="district" window="7d" map="7/45/38.9" loading="eager"></heat-map>'
    elsewhere.pages["/portal"] = PAGE.format(service=visit.address, body=body)
    visit.page.goto(f"{elsewhere.address}/portal")
    visit.until("heard.some(([what]) => what === 'ready')")
    frame = visit.page.frames[1]
    assert frame.evaluate("document.documentElement.lang") == "en"
    assert frame.evaluate("origin") == visit.address
    title = visit.page.evaluate("document.querySelector('heat-map').shadowRoot.querySelector('iframe').title")
    assert title.startswith("All sectors · Number of incidents · 7 days")
    assert frame.locator("h1").inner_text() == title
    assert visit.page.locator("heat-map").bounding_box() == {"x": 0, "y": 0, "width": 900, "height": 420}
    areas = {one["code"]: one["n"] for one in drawn(frame, "districts").values()}
    assert areas == {one.code: one.incidents for one in territory.DISTRICTS if one.code != "CH"}

    frame.evaluate("window.notReloaded = true; geoMap.getCanvas().dataset.kept = 'yes'")
    visit.page.evaluate("heard.length = 0; document.querySelector('heat-map').setAttribute('sector', 'roads')")
    expect_drawn(frame, "districts")
    # The old ones stay until the new have come: the canvas is the same one.
    assert frame.evaluate("window.notReloaded && geoMap.getCanvas().dataset.kept") == "yes"

    town = frame.evaluate(f"geoMap.project([{territory.TOWN.centroid.x}, {territory.TOWN.centroid.y}])")
    visit.page.mouse.click(town["x"], town["y"] + frame.evaluate("geoMap.getContainer().getBoundingClientRect().top"))
    visit.until("heard.some(([what]) => what === 'select')")
    chosen = visit.page.evaluate("heard.find(([what]) => what === 'select')[1]")
    assert (chosen["layer"], chosen["code"], chosen["name"]["ru"]) == ("districts", "T", "Город")
    expect(frame.locator("#panel h2")).to_have_text("Area T")
    visit.shot("element")

    visit.page.evaluate(
        "heard.length = 0; const map = document.querySelector('heat-map'); map.removeAttribute('level'); map.setAttribute('layer', 'hexes')"
    )
    expect_drawn(frame, "hexes")
    visit.page.evaluate("heard.length = 0; document.querySelector('heat-map').setAttribute('scheme', 'dark')")
    expect(frame.locator("#key")).to_have_css("background-color", "rgb(28, 35, 41)", timeout=PATIENCE_MS)
    visit.page.evaluate("document.querySelector('heat-map').setAttribute('sector', 'rods')")
    visit.until("heard.some(([what]) => what === 'error')")
    error = visit.page.evaluate("heard.find(([what]) => what === 'error')[1]")
    assert error["kind"] == "refused"
    assert (error["code"], error["parameter"]) == ("unknown-value", "sector")
    assert "sector: there is no “rods”." in error["message"]
    visit.page.evaluate("document.querySelector('heat-map').setAttribute('sector', 'waste')")
    expect(frame.locator("#problem")).to_be_hidden(timeout=PATIENCE_MS)
    assert frame.evaluate("window.notReloaded")


LISTENING = """async () => {
  const { openShared } = await import("/static/src/page/shared_live.js");
  window.heard = 0;
  openShared("/api/live").addEventListener("revision", () => (heard += 1));
}"""


def test_maps_share_one_stream_of_changes_and_another_takes_over_when_its_holder_is_gone(browser: Browser, service_url: str) -> None:
    streams: list[str] = []
    context = browser.new_context()
    context.route("**/static/src/**", send_source)
    context.on("request", lambda request: streams.append(request.url) if request.url.endswith("/api/live") else None)
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(f"{service_url}/healthz")
        tab.evaluate(LISTENING)
        for _ in range(200):
            if tab.evaluate("heard"):
                break
            tab.wait_for_timeout(50)
        assert tab.evaluate("heard") >= 1
    assert len(streams) == 1
    tabs[1].evaluate("window.heard = 0")
    tabs[0].close()
    for _ in range(200):
        if tabs[1].evaluate("heard"):
            break
        tabs[1].wait_for_timeout(50)
    assert tabs[1].evaluate("heard") == 1
    assert len(streams) == 2
    context.close()


def test_an_element_whose_service_is_not_there_says_so(visit: Visit, elsewhere: OtherOrigin) -> None:
    body = f'<heat-map src="{elsewhere.address}/nowhere" loading="eager"></heat-map>'
    elsewhere.pages["/lost"] = PAGE.format(service=visit.address, body=body).replace("frame-src", f"frame-src {elsewhere.address}")
    visit.page.goto(f"{elsewhere.address}/lost")
    visit.until("heard.length")
    assert json.loads(json.dumps(visit.page.evaluate("heard[0]")))[1]["kind"] == "unreachable"
    visit.complaints.clear()
