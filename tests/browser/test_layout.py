"""The page on every screen: everything in its place, within reach, large enough to press, and nothing over the map's data."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import PATIENCE_MS, Visit, visiting

pytestmark = pytest.mark.browser

SCREENS = {
    "small phone": (360, 740),
    "phone": (390, 844),
    "phone sideways": (844, 390),
    "tablet": (768, 1024),
    "tablet sideways": (1024, 768),
    "small laptop": (1280, 720),
    "laptop": (1366, 768),
    "large laptop": (1440, 900),
    "desk": (1920, 1080),
    "large desk": (2560, 1440),
    "largest desk": (3840, 2160),
}
FINGERS = ("small phone", "phone", "phone sideways", "tablet")
TALL = ("small phone", "phone", "tablet")
DRAWN = ("small phone", "phone sideways", "tablet", "tablet sideways", "laptop", "desk")
"""Drawing eight million pixels of map without a graphics card takes its time."""
PANELS = ("filters", "overview", "now", "analysis", "share")
LEAST_MAP = 0.45
"""Of the screen."""
FINGER_PX, POINTER_PX = 44, 24
STICKING_OUT = """
[...document.querySelectorAll("main *")].filter((one) => {
  const card = one.closest("#bar, #notices, #controls, #side, #dock, #foot, #tabs");
  const scrolling = ".unseen, #skip, svg, .table, select, input, #dock .drawn, [role=tab] > span";
  if (!card || !one.checkVisibility() || one.closest(scrolling)) return false;
  const box = one.getBoundingClientRect(), edge = card.getBoundingClientRect();
  return box.width > 0 && (box.right > edge.right + 1 || box.left < edge.left - 1);
}).map((one) => `${one.tagName} ${one.id} ${one.className} ${one.textContent.slice(0, 30)}`)
"""
"""What reaches beyond its card to the left or right; tables scroll in a box of their own, and of tabs signs may stand alone."""
CUT = """[...document.querySelectorAll("#bar *, #tabs *, #foot *, #totals *, #totals-before *, #controls button")].filter((one) =>
  one.checkVisibility() && !one.matches(".unseen, svg, svg *, input, select, [role=tab] > span") && one.clientWidth
  && getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth + 1
).map((one) => `${one.tagName} ${one.id} ${one.className} ${one.textContent.slice(0, 30)}`)"""
"""Whose text does not fit into it."""
TOO_SMALL = """(least) => [...document.querySelectorAll("button, select, summary, input, .options label, #report")].filter((one) => {
  if (!one.checkVisibility() || one.closest("table, .options, .maplibregl-ctrl-bottom-right, #skip")) return false;
  if (one.matches(".link, .handle, [type=checkbox], #legend button")) return false;
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.height < least - 0.5 || box.width < Math.min(least, 40) - 0.5);
}).map((one) => `${one.id} ${one.className} ${one.textContent.slice(0, 20)} ${JSON.stringify(one.getBoundingClientRect())}`)"""
"""Links within text are exempt, as WCAG 2.5.8 has it; so are the rows of the legend, which is read more than pressed: they are 24 px."""
HIDDEN_SORTED = """[...document.querySelectorAll("th[aria-sort$='ending']")].filter((head) => {
  if (!head.checkVisibility()) return false;
  const box = head.closest(".table").getBoundingClientRect(), own = head.getBoundingClientRect();
  const first = head.parentElement.firstElementChild;
  return own.right > box.right + 1 || (head !== first && own.left < first.getBoundingClientRect().right - 1);
}).map((head) => `${head.closest("[id]").id} ${head.textContent}`)"""
SMALL_TEXT = """[...document.querySelectorAll("main *")].filter((one) => {
  if (!one.checkVisibility() || one.closest("svg, .maplibregl-map, .unseen")) return false;
  const written = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return written && parseFloat(getComputedStyle(one).fontSize) < 13;
}).map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 20)} ${getComputedStyle(one).fontSize}`)"""
MAP_SHARE = """(() => { const { width, height } = document.querySelector("#map").getBoundingClientRect();
  return width * height / innerWidth / innerHeight; })()"""
COVERED = """(() => {
  const frame = document.querySelector("#map").getBoundingClientRect();
  return Object.values(Object.fromEntries(geoMap.querySourceFeatures("hexes", {sourceLayer: "hexes"}).map((one) => [one.id, one])))
    .map(({ geometry }) => (geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0]).slice(0, -1))
    .map((ring) => geoMap.project([0, 1].map((at) => ring.reduce((sum, corner) => sum + corner[at], 0) / ring.length)))
    .filter(({ x, y }) => {
      const above = document.elementFromPoint(x + frame.left, y + frame.top);
      return !above || !(above.matches("canvas") || above.closest(".maplibregl-ctrl"));
    }).length;
})()"""
"""How many hexagons of all have their middle under a card or beyond the map."""


def resize(visit: Visit, screen: str, view: str) -> None:
    """Show a view on a screen of another size, on the page that is there already."""
    width, height = SCREENS[screen]
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.page.goto(f"{visit.address}/#{view}")


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    """A service whose districts fill the tables."""
    return territory_service


@pytest.fixture(scope="module")
def cards(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The page without a map, resized from test to test: the cards are what is looked at."""
    with visiting(browser, service_url) as visit:
        visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        visit.page.goto(f"{visit.address}/#lang=ru")
        expect(visit.page.locator("#totals-before dl")).to_be_attached(timeout=PATIENCE_MS)
        yield visit
        assert visit.complaints == []


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_on_every_screen_all_is_in_its_place_and_large_enough(cards: Visit, screen: str, language: str) -> None:
    least = FINGER_PX if screen in FINGERS else POINTER_PX
    wrong: dict[str, Any] = {}
    for panel in PANELS:
        resize(cards, screen, f"tab={panel}&lang={language}")
        shown = "controls" if panel == "filters" else panel
        if panel != "filters" or SCREENS[screen][0] < 1800:
            cards.until(f"document.querySelector('#{shown}').checkVisibility() && !document.querySelector('.old, .busy')")
        if panel == "analysis":
            expect(cards.page.locator("#analysis tbody tr").first).to_be_visible(timeout=PATIENCE_MS)
        found = {name: cards.page.evaluate(script) for name, script in CHECKS.items()} | {"small": cards.page.evaluate(TOO_SMALL, least)}
        width, height, share = cards.page.evaluate(
            f"(({{ scrollWidth: x, scrollHeight: y }}) => [x, y, {MAP_SHARE}])(document.documentElement)"
        )
        found["scrolls"] = [] if width <= SCREENS[screen][0] and height <= SCREENS[screen][1] else [width, height]
        found["map"] = [] if share >= LEAST_MAP else [share]
        wrong |= {f"{panel}: {name}": what for name, what in found.items() if what}
        cards.shot(f"layout-{screen.replace(' ', '-')}-{language}-{panel}")
    assert wrong == {}


CHECKS = {"sticking out": STICKING_OUT, "cut": CUT, "sorted": HIDDEN_SORTED, "small text": SMALL_TEXT}


@pytest.fixture(scope="module")
def drawn(browser: Browser, known_service: str) -> Iterator[Visit]:
    """The page with its map."""
    with visiting(browser, known_service) as visit:
        yield visit
        assert visit.complaints == []


@pytest.mark.parametrize("screen", DRAWN)
def test_no_card_lies_over_a_hexagon(drawn: Visit, screen: str) -> None:
    width, height = SCREENS[screen]
    drawn.page.set_viewport_size({"width": width, "height": height})
    drawn.open("lang=ru&window=all")
    assert drawn.page.evaluate("geoMap.querySourceFeatures('hexes', {sourceLayer: 'hexes'}).length") > 0
    assert drawn.page.evaluate(COVERED) == 0
    # Cards that come later and take room of the map leave all hexagons in sight.
    if screen in (*TALL, "phone sideways"):
        drawn.page.locator("#show-time").click()
        drawn.settle()
        assert drawn.page.evaluate(COVERED) == 0
        drawn.page.locator("#show-time").click()
    drawn.page.locator("#legend .sign-button").click()
    drawn.settle()
    assert drawn.page.evaluate(COVERED) == 0


def test_on_a_phone_it_is_seen_at_once_that_incidents_are_made_up_and_what_is_unusual(drawn: Visit) -> None:
    width, height = SCREENS["small phone"]
    drawn.page.set_viewport_size({"width": width, "height": height})
    drawn.open("lang=ru&tab=overview")
    for place in ("#synthetic", "#totals button", "#alerts h2", "#alerts p"):
        expect(drawn.page.locator(place).first).to_be_in_viewport(timeout=PATIENCE_MS)
    drawn.shot("layout-small-phone-made-up")


def test_on_a_phone_the_totals_are_seen_at_once_and_every_panel_is_one_press_away(cards: Visit) -> None:
    resize(cards, "small phone", "tab=overview&lang=ru")
    for term in ("Поступило", "Открыто", "Просрочено"):
        expect(cards.page.locator("#totals button", has_text=term)).to_be_in_viewport(timeout=PATIENCE_MS)
    expect(cards.page.locator("#totals-before dt", has_text="Закрыто")).to_be_in_viewport()
    # The first list is in sight, and the others are below it.
    expect(cards.page.locator("#alerts h2")).to_be_in_viewport()
    expect(cards.page.locator("#alerts p").first).to_be_in_viewport()
    expect(cards.page.locator("h1")).to_be_in_viewport()
    cards.page.locator("#worst h2").scroll_into_view_if_needed()
    expect(cards.page.locator("#worst h2")).to_be_in_viewport()
    bar = cards.page.locator("#tabs")
    for name, panel in {
        "Фильтры": "#controls",
        "Сейчас": "#now",
        "Анализ": "#analysis",
        "Поделиться": "#share",
        "Обзор": "#overview",
    }.items():
        bar.get_by_role("tab", name=name).click()
        expect(bar.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(cards.page.locator(panel)).to_be_visible()
        assert cards.page.locator("#controls, #tab-panels > *").filter(visible=True).count() == 1
    bar.get_by_role("tab", name="Фильтры").click()
    # What is chosen there is what the other panels show.
    cards.page.locator("[data-sector=roads]").click()
    bar.get_by_role("tab", name="Обзор").click()
    assert "sector=roads" in cards.page.url


def test_a_phone_has_the_period_and_the_report_in_its_bar_and_the_rest_behind_a_button(cards: Visit) -> None:
    resize(cards, "small phone", "lang=en")
    cards.page.get_by_role("combobox", name="Period").select_option("7d")
    cards.until("location.hash.includes('window=7d')")
    expect(cards.page.get_by_role("link", name="Report")).to_have_attribute("href", f"{cards.address}/report?lang=en")
    expect(cards.page.locator("#scheme")).to_be_hidden()
    cards.page.get_by_role("button", name="More").click()
    cards.page.get_by_role("button", name="Dark theme").click()
    expect(cards.page.locator("html")).to_have_attribute("data-scheme", "dark")
    cards.page.get_by_role("button", name="Light theme").click()
    cards.page.get_by_role("button", name="More").click()
    expect(cards.page.locator("#scheme")).to_be_hidden()


@pytest.mark.parametrize("screen", TALL)
def test_the_map_of_a_screen_that_stands_upright_can_be_enlarged(cards: Visit, screen: str) -> None:
    resize(cards, screen, "lang=en&tab=now")
    before = cards.page.evaluate(MAP_SHARE)
    cards.page.get_by_role("button", name="Enlarge the map").click()
    cards.until(f"{MAP_SHARE} > {before} + 0.2")
    expect(cards.page.locator("#tab-list")).to_be_in_viewport()
    cards.page.get_by_role("button", name="Show the panel").click()
    expect(cards.page.locator("#overview")).to_be_visible()


def test_filters_that_have_a_column_of_their_own_are_no_tab(cards: Visit) -> None:
    resize(cards, "laptop", "lang=en&tab=filters")
    expect(cards.page.get_by_role("tab", name="Filters")).to_have_attribute("aria-selected", "true")
    cards.page.set_viewport_size({"width": 1920, "height": 1080})
    expect(cards.page.get_by_role("tab", name="Filters")).to_have_count(0)
    expect(cards.page.get_by_role("region", name="Filters")).to_be_visible()
    expect(cards.page.locator("#overview")).to_be_visible()
    assert "tab=filters" not in cards.page.url


def test_any_column_that_a_table_is_sorted_by_comes_into_sight(cards: Visit) -> None:
    for screen in ("small phone", "phone sideways", "tablet sideways"):
        resize(cards, screen, "lang=ru&tab=overview")
        cards.page.locator("#ranking thead th").first.wait_for(timeout=PATIENCE_MS)
        for head in cards.page.locator("#ranking thead th").all():
            head.get_by_role("button").evaluate("(button) => button.click()")
            assert cards.page.evaluate(HIDDEN_SORTED) == [], (screen, head.inner_text())


def test_the_keyboard_goes_to_the_panel_by_one_press(cards: Visit) -> None:
    resize(cards, "laptop", "lang=en")
    cards.page.goto("about:blank")
    cards.page.goto(f"{cards.address}/#lang=en")
    cards.page.locator("#totals button").first.wait_for(timeout=PATIENCE_MS)
    cards.page.keyboard.press("Tab")
    assert cards.page.evaluate("document.activeElement.textContent") == "Skip to the numbers"
    cards.page.keyboard.press("Enter")
    assert cards.page.evaluate("document.activeElement.id") == "side"
