"""The page on small and large screens: everything in its place, within reach, and large enough to press."""

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import overlap

pytestmark = pytest.mark.browser

PHONE = (360, 740)
WIDE = {"small laptop": (1240, 700), "large screen": (3840, 2160)}
VIEW = "map=8/45.04/38.98&lang=ru"
"""In Russian words are longer."""
FINGER_PX, POINTER_PX = 44, 24
STICKING_OUT = """
[...document.querySelectorAll("#controls, #controls *, #side, #side *, #dock, #legend, #legend *")].filter((one) => {
  if (!one.checkVisibility() || one.closest(".unseen, svg, .table, select, input, #dock .drawn")) return false;
  const box = one.getBoundingClientRect(), card = one.closest("#controls, #side, #dock, #legend").getBoundingClientRect();
  return box.width > 0 && (box.right > card.right + 1 || box.left < card.left - 1);
}).map((one) => `${one.tagName} ${one.id} ${one.className} ${one.textContent.slice(0, 30)}`)
"""
"""What reaches beyond its card to the left or right; tables scroll in a box of their own."""
TOO_SMALL = """(least) => [...document.querySelectorAll("button, select, summary, input, .options label")].filter((one) => {
  if (!one.checkVisibility() || one.closest("table, .maplibregl-map, .options")) return false;
  if (one.matches(".link, .handle, [type=checkbox], #legend .range")) return false;
  const box = one.getBoundingClientRect();
  return box.width > 0 && (box.height < least - 0.5 || box.width < 24);
}).map((one) => `${one.id} ${one.className} ${one.textContent.slice(0, 20)} ${one.getBoundingClientRect().height}`)"""
"""Links within text are exempt, as WCAG 2.5.8 has it; so are the rows of the legend, which is read more than pressed: they are 24 px."""


def check(visit: Visit, width: int, least: int) -> None:
    """Nothing wider than the screen or its card, nothing too small to press."""
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.page.evaluate(STICKING_OUT) == []
    assert visit.page.evaluate(TOO_SMALL, least) == []


@pytest.mark.parametrize("screen", WIDE)
def test_beside_a_map_all_cards_stand_free_of_each_other(browser: Browser, service_url: str, screen: str) -> None:
    with visiting(browser, service_url, *WIDE[screen]) as visit:
        # The cards are what is looked at; drawing eight million pixels of map without a graphics card takes its time.
        visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        visit.page.goto(f"{visit.address}/#{VIEW}")
        expect(visit.page.locator("#overview dl.totals")).to_be_visible(timeout=PATIENCE_MS)
        cards = ["#controls", "#side", "#dock", "#legend"]
        assert [(one, other) for at, one in enumerate(cards) for other in cards[:at] if overlap(visit, one, other)] == []
        check(visit, WIDE[screen][0], POINTER_PX)
        visit.shot(f"layout-{screen.replace(' ', '-')}")


def test_on_a_phone_the_totals_are_seen_at_once_and_every_panel_is_one_press_away(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url, *PHONE) as visit:
        visit.open(VIEW)
        for term in ("Поступило", "Открыто", "Просрочено", "Закрыто"):
            expect(visit.page.locator("#overview dt", has_text=term)).to_be_in_viewport(timeout=PATIENCE_MS)
        expect(visit.page.locator("#synthetic")).to_be_in_viewport()
        # The first list is in sight, and the others are below it.
        expect(visit.page.locator("#alerts h2")).to_be_in_viewport()
        expect(visit.page.locator("#alerts p")).to_be_in_viewport()
        visit.page.locator("#worst h2").scroll_into_view_if_needed()
        expect(visit.page.locator("#worst h2")).to_be_in_viewport()
        bar = visit.page.locator("#tabs")
        for name, panel in {"Сейчас": "#now", "Анализ": "#analysis", "Поделиться": "#share", "Обзор": "#overview"}.items():
            bar.get_by_role("tab", name=name).click()
            expect(bar.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
            assert not visit.page.locator(panel).evaluate("(one) => one.hidden")
            expect(visit.page.locator("#windows")).to_be_hidden()
            check(visit, PHONE[0], POINTER_PX)
        bar.get_by_role("button", name="Фильтры").click()
        expect(visit.page.locator("#windows")).to_be_in_viewport()
        expect(visit.page.locator("#overview")).to_be_hidden()
        check(visit, PHONE[0], FINGER_PX)
        assert not overlap(visit, "#map", "#sheet")
        # What is chosen there is what the other panels show.
        visit.page.locator("[data-sector=roads]").click()
        bar.get_by_role("tab", name="Обзор").click()
        assert "sector=roads" in visit.page.url
        visit.shot("layout-phone")
        assert visit.complaints == []
