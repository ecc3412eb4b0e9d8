"""The styles in MapLibre, on a page that knows nothing but a style's address."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import territory
from tests.support.browser_visit import Visit, visiting

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Elsewhere</title>
<link rel="stylesheet" href="/static/vendor/maplibre-gl/maplibre-gl.css">
<body style="margin:0"><div id="map" style="width:900px;height:700px"></div>
<script type="module">
  import { Map } from "/static/vendor/maplibre-gl/maplibre-gl.mjs";
  const asked = new URLSearchParams(location.search);
  const style = asked.get("style"), zoom = Number(asked.get("zoom"));
  window.map = new Map({ container: "map", style, center: [38.9, 45], zoom, fadeDuration: 0 });
  map.on("idle", () => { window.idle = true; });
</script>"""


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    return territory_service


@pytest.fixture
def show(browser: Browser, service_url: str) -> Iterator[Callable[..., Visit]]:
    """Opens a style on a page that holds nothing but a map; nothing may go wrong on it."""
    with visiting(browser, service_url, 900, 700) as visit:
        visit.page.route(f"{service_url}/elsewhere**", lambda route: route.fulfill(body=PAGE, content_type="text/html"))

        def open_style(path: str, zoom: float = 7.4) -> Visit:
            address = f"{service_url}/styles/{path}".replace("&", "%26")
            visit.page.goto(f"{service_url}/elsewhere?zoom={zoom}&style={address}")
            visit.until("window.idle")
            return visit

        yield open_style
        assert visit.complaints == []


def rendered(visit: Visit, layer: str) -> list[dict[str, Any]]:
    """Properties of what is drawn by a layer of the style."""
    found: list[dict[str, Any]] = visit.page.evaluate(f"map.queryRenderedFeatures({{layers: ['{layer}']}}).map((one) => one.properties)")
    return found


def test_districts_are_drawn_coloured_outlined_and_named(show: Callable[[str], Visit]) -> None:
    visit = show("districts.json?lang=en&window=7d")
    visit.shot("style-districts")
    areas = {one["code"]: one for one in rendered(visit, "districts")}
    assert set(areas) == {one.code for one in territory.DISTRICTS} - {"CH"}
    assert {code: one["n"] for code, one in areas.items()} == {one.code: one.incidents for one in territory.DISTRICTS if one.code != "CH"}
    assert {one["code"] for one in rendered(visit, "district-outlines")} == set(areas)
    # A crowded name may give way to another.
    assert len({one["name_en"] for one in rendered(visit, "district-labels")}) >= 8
    assert "approximate" in visit.page.locator(".maplibregl-ctrl-attrib").inner_text()


def test_a_measure_without_a_value_leaves_a_district_grey_and_says_nothing(show: Callable[[str], Visit]) -> None:
    visit = show("districts.json?measure=share_closed&window=7d&level=district")
    areas = {one["code"]: one for one in rendered(visit, "districts")}
    assert "class" not in areas["00"]
    assert "class" in areas["T"]


def test_hexagons_are_drawn(show: Callable[[str], Visit]) -> None:
    visit = show("hexes.json?window=7d")
    visit.shot("style-hexes")
    assert sum({one["n"] for one in rendered(visit, "hexes")}) > 0


def test_incidents_are_drawn_with_their_number(show: Callable[..., Visit]) -> None:
    visit = show("incidents.json?window=7d", 15.4)
    visit.shot("style-incidents")
    (town,) = [one for one in territory.DISTRICTS if one.code == "T"]
    by_age = [f"incidents-{number}" for number in range(5)]
    for layers in (by_age, ["incidents-overdue"], ["incident-numbers"]):
        (place,) = [one for layer in layers for one in rendered(visit, layer)]
        assert (place["n"], place["theme"], place["overdue"] > 0) == (town.incidents, "roads.pothole", True)
