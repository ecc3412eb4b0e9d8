"""What a head of region and an analyst do on the page, its numbers beside those of the API."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import get_json, parse_number

pytestmark = pytest.mark.browser

VIEW = "map=8/45.2/39.1&lang=en&window=1y"
LEFT, MIDDLE, RIGHT = 0.02, 0.5, 0.98


@pytest.fixture
def region(browser: Browser, territory_service: str) -> Iterator[Visit]:
    """The page over the territory; nothing may have gone wrong on it at the end."""
    with visiting(browser, territory_service) as made:
        yield made
        assert made.complaints == []


def test_the_overview_has_the_numbers_of_the_api_and_of_the_period_before(region: Visit) -> None:
    region.open(VIEW)
    told = get_json(region, "/api/summary?window=1y&compare=previous")
    totals = region.page.locator("#totals strong, #totals-before dd:not(.note)")
    expect(totals.first).to_have_text(f"{told['measures']['count']:,}", timeout=PATIENCE_MS)
    assert [parse_number(text) for text in totals.all_inner_texts()[:4]] == [
        told["measures"][name] for name in ("count", "open", "overdue", "closed")
    ]
    before = told["measures"]["n_compared"]
    expect(region.page.locator("#totals .note").first).to_contain_text(f"previous period: {before:,}")


def test_a_span_of_the_timeline_is_chosen_by_dragging_and_left_again(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("#dock svg rect").first.wait_for(timeout=PATIENCE_MS)
    box = region.page.locator("#dock .plot").bounding_box()
    assert box
    region.page.mouse.move(box["x"] + MIDDLE * box["width"], box["y"] + 20)
    region.page.mouse.down()
    region.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 20, steps=4)
    region.page.mouse.up()
    region.settle()
    chosen = dict(pair.split("=") for pair in region.page.url.partition("#")[2].split("&"))
    total = get_json(region, f"/api/summary?from={chosen['from']}&to={chosen['to']}")["n"]
    region.expect_total(total)
    assert total < get_json(region, "/api/summary?window=1y")["n"]
    # The year around it is still there, for whoever opens the address as well.
    assert chosen["around"] == "1y"
    buckets = get_json(region, "/api/timeline?window=1y")["buckets"]
    end = region.page.get_by_role("slider", name="End of the period")
    assert end.get_attribute("aria-valuemax") == str(len(buckets))
    assert int(end.get_attribute("aria-valuenow") or 0) < len(buckets)
    region.page.locator("#whole-period").click()
    region.expect_total(get_json(region, "/api/summary?window=1y")["n"])
    region.page.go_back()
    region.expect_total(total)
    assert int(end.get_attribute("aria-valuenow") or 0) < len(buckets)


def test_a_month_of_the_calendar_is_chosen_by_name(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("#calendar summary").click()
    region.page.locator("[data-preset=lastMonth]").click()
    region.until("location.hash.includes('from=')")
    chosen = dict(pair.split("=") for pair in region.page.url.partition("#")[2].split("&"))
    assert chosen["from"].endswith("-01")
    assert chosen["to"].endswith("-01")
    region.expect_total(get_json(region, f"/api/summary?from={chosen['from']}&to={chosen['to']}")["n"])
    expect(region.page.locator("[data-preset=lastMonth]")).to_have_attribute("aria-pressed", "true")
    region.page.go_back()
    region.expect_total(get_json(region, "/api/summary?window=1y")["n"])


def test_the_handles_of_the_timeline_are_moved_by_the_keyboard(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("#dock svg rect").first.wait_for(timeout=PATIENCE_MS)
    handle = region.page.get_by_role("slider", name="Start of the period")
    last = int(handle.get_attribute("aria-valuemax") or 0)
    handle.focus()
    for _ in range(last - 1):
        region.page.keyboard.press("ArrowRight")
    expect(region.page.locator("#whole-period")).to_be_visible(timeout=PATIENCE_MS)
    assert handle.get_attribute("aria-valuenow") == str(last - 1)
    assert "from=" in region.page.url
    assert region.page.evaluate("document.activeElement.getAttribute('role')") == "slider"


def test_playback_goes_through_the_frames_in_fixed_colours_and_gives_the_map_back(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("#play").click()
    region.until("document.querySelector('#dock .frame').textContent.includes('–')")
    first = region.page.locator("#dock .frame").inner_text()
    colours = region.page.locator("#legend .swatch").evaluate_all("(all) => all.map((one) => one.style.backgroundColor)")
    region.until(f"document.querySelector('#dock .frame').textContent !== {first!r}")
    assert region.page.locator("#legend .swatch").evaluate_all("(all) => all.map((one) => one.style.backgroundColor)") == colours
    assert "frames=" in region.page.evaluate("geoMap.getSource('hexes').tiles[0]")
    region.page.locator("#play").click()
    region.page.keyboard.press("Escape")
    region.until("!geoMap.getSource('hexes').tiles[0].includes('frames=')")
    expect(region.page.locator("#dock .frame")).to_have_text("")


def test_what_cannot_be_played_is_set_aside_for_a_playback_and_comes_back(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("[data-layer=districts]").click()
    region.page.locator("#measure").select_option("share_closed")
    region.page.locator("#play").click()
    region.until("geoMap.getSource('hexes')?.tiles?.[0].includes('frames=')")
    expect(region.page.locator("#dock .note")).to_contain_text("number of incidents in hexagons")
    region.page.locator("#play-way").select_option("growing")
    query = region.page.evaluate("new URL(geoMap.getSource('hexes').tiles[0]).search")
    whole = get_json(region, f"/api/legend{query}&layer=hexes&zoom=8")["classes"]
    expect(region.page.locator("#legend li")).to_have_count(len(whole))
    # The last frame of what grows is the whole window.
    region.page.locator("#play").click()
    while region.page.evaluate("geoMap.getGlobalState()['frame-end']") != 1:
        region.page.locator("#frame-back").click()
    region.page.locator("#frame-back").click()
    frames = int(dict(pair.split("=") for pair in query[1:].split("&"))["frames"])
    assert region.page.evaluate("geoMap.getGlobalState()") == {"frame-begin": 0, "frame-end": frames}
    region.page.keyboard.press("Escape")
    region.until("geoMap.getSource('districts')?.tiles?.[0].includes('measure=share_closed')")
    assert "layer=districts" in region.page.url


def test_filters_are_searched_chosen_and_taken_away(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("[data-filter=theme] summary").click()
    option = region.page.locator("[data-filter=theme] label").first
    option.wait_for(timeout=PATIENCE_MS)
    code = option.locator("input").get_attribute("value")
    option.click()
    told = get_json(region, f"/api/summary?window=1y&theme={code}")
    region.expect_total(told["n"])
    assert f"theme={code}" in region.page.url
    region.page.locator("#chips .chip").click()
    region.expect_total(get_json(region, "/api/summary?window=1y")["n"])
    assert "theme=" not in region.page.url


def test_what_is_coloured_is_chosen_and_what_does_not_go_together_is_put_right(region: Visit) -> None:
    region.open(VIEW)
    region.page.locator("[data-layer=districts]").click()
    region.page.locator("#measure").select_option("per_1000")
    region.until("geoMap.getSource('districts')?.tiles?.[0].includes('measure=per_1000')")
    region.page.locator("#measure").select_option("change")
    region.page.locator("#finer summary").click()
    expect(region.page.locator("#compare")).to_have_value("previous")
    expect(region.page.locator("#legend li", has_text="random variation")).to_have_count(1, timeout=PATIENCE_MS)
    region.page.locator("#compare").select_option("none")
    expect(region.page.locator("#measure")).to_have_value("count")
    for barred in ("hexes", "districts"):
        region.page.locator(f"[data-layer={barred}]").click()
        expect(region.page.locator("#measure option[value=per_km2]")).to_be_enabled(enabled=barred == "districts")
    region.page.locator("#breaks").select_option("own")
    region.page.locator("#limits").fill("9; 2")
    region.page.locator("#limits").press("Enter")
    expect(region.page.locator("#limits-wrong")).to_contain_text("ascending numbers")
    region.page.locator("#limits").fill("2; 9")
    region.page.locator("#limits").press("Enter")
    region.until("location.hash.includes('breaks=2,9')")
    legend = get_json(region, "/api/legend?layer=districts&zoom=8&window=1y&breaks=2,9")
    expect(region.page.locator("#legend li .many")).to_have_text([str(row["districts"]) for row in legend["classes"]], timeout=PATIENCE_MS)
    region.page.locator("#legend button").first.click()
    region.until("JSON.stringify(geoMap.getPaintProperty('districts', 'fill-opacity')).includes('class')")


def test_near_the_ground_incidents_are_shown_one_by_one(region: Visit) -> None:
    (first,) = get_json(region, "/api/incidents?window=1y&limit=1")["incidents"]
    region.open(f"map=15/{first['lat']}/{first['lng']}&lang=en&window=1y")
    region.until("geoMap.queryRenderedFeatures({layers: ['incidents']}).length > 0")
    expect(region.page.locator("#legend h2").first).to_have_text("Incidents by age of the latest", timeout=PATIENCE_MS)


def test_the_pointer_tells_the_change_where_something_is_compared(region: Visit) -> None:
    region.open(f"{VIEW}&layer=districts&compare=year")
    region.until(
        "geoMap.getSource('districts') && geoMap.queryRenderedFeatures({layers: ['districts']}).some((one) => one.properties.code === 'T')"
    )
    region.page.mouse.move(*region.pixel(45.0, 38.9))
    (told,) = (row for row in get_json(region, "/api/districts?window=1y&compare=year&level=district")["districts"] if row["code"] == "T")
    expect(region.page.locator("#tooltip dt").nth(4)).to_have_text("Previous")
    expect(region.page.locator("#tooltip dd").nth(0)).to_have_text(str(told["count"]))
    expect(region.page.locator("#tooltip dd").nth(4)).to_contain_text(str(told["n_compared"]))


def test_on_paper_there_is_the_map_and_nothing_to_press(region: Visit) -> None:
    region.open(VIEW)
    region.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    region.page.emulate_media(media="print")
    picture = region.page.locator("#paper img")
    expect(picture).to_be_visible()
    assert region.page.evaluate("document.querySelector('#paper img').naturalWidth") > 0
    for part in ("#windows", "#dock", "#tabs", "#map"):
        expect(region.page.locator(part)).to_be_hidden()
    expect(region.page.locator("#ranking tbody tr").first).to_be_visible(timeout=PATIENCE_MS)
    region.shot("paper")


BASEMAP = {
    "version": 8,
    "sources": {},
    "layers": [{"id": "theirs", "type": "background", "paint": {"background-color": "#123456"}}],
}


def _answer(with_: dict[str, Any], route: Route) -> None:
    route.fulfill(**with_)


def test_a_ground_from_elsewhere_is_drawn_below_the_data_and_done_without_where_it_is_away(
    browser: Browser, territory_service: str
) -> None:
    meta = "document.head.append(Object.assign(document.createElement('meta'), {name: 'geo-basemap', content: '/basemap.json'}))"
    for answer, ground, note in (({"json": BASEMAP}, "theirs", False), ({"status": 404, "body": ""}, "sea", True)):
        with visiting(browser, territory_service) as visit:
            visit.page.route("**/basemap.json", partial(_answer, answer))
            visit.page.add_init_script(f"addEventListener('readystatechange', () => document.readyState === 'interactive' && {meta}, true)")
            visit.open(VIEW)
            shown = visit.page.evaluate("geoMap.getStyle().layers.filter((one) => one.layout?.visibility !== 'none').map((one) => one.id)")
            assert shown[0] == ground
            assert shown.index(ground) < shown.index("hexes")
            expect(visit.page.locator("#ground-note")).to_be_visible(visible=note)
