"""The page against the real service: what a person does, and what the page then says."""

import re
from collections.abc import Iterator

import h3.api.basic_int as h3
import pytest
from playwright.sync_api import expect

from tests.support.browser_incidents import CENTRE, OLD, OLD_CENTRE, ROADS, WASTE, insert_incidents, serving_known_incidents
from tests.support.browser_visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

RECENT = ROADS + WASTE
CLOSED = (ROADS + WASTE) // 3
MIDDLE = h3.cell_to_latlng(h3.latlng_to_cell(*CENTRE, 7))
"""Of the hexagon that is drawn at zoom 8: the incidents themselves lie at its edge."""


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service of this module's own: incidents are added to it."""
    with serving_known_incidents(database_url) as address:
        yield address


def test_the_page_opens_with_the_last_30_days_of_everything(visit: Visit) -> None:
    visit.open()
    visit.expect_total(RECENT)
    expect(visit.total("open")).to_have_text(str(RECENT - CLOSED))
    expect(visit.total("overdue")).to_have_text("0")
    assert visit.drawn() == RECENT
    visit.shot("desktop")


def test_without_a_place_in_the_address_the_page_shows_all_the_data(visit: Visit) -> None:
    visit.open("window=all&lang=en")
    visit.expect_total(RECENT + OLD)
    assert visit.drawn() == RECENT + OLD
    assert "map=" in visit.page.url


def test_made_up_data_are_said_to_be_made_up(visit: Visit) -> None:
    visit.open()
    expect(visit.page.locator("#synthetic")).to_have_text("Demonstration: all incidents are synthetic.")


def test_choosing_sectors_counts_only_those(visit: Visit) -> None:
    visit.open()
    for sectors, count in (({"roads"}, ROADS), ({"roads", "waste"}, RECENT)):
        for sector in sectors:
            button = visit.page.locator(f"[data-sector={sector}]")
            if button.get_attribute("aria-pressed") == "false":
                button.click()
        visit.expect_total(count)
        assert visit.drawn() == count
    visit.page.locator("[data-sector=roads]").click()
    visit.expect_total(WASTE)
    assert "sector=waste" in visit.page.url


def test_the_chips_say_what_choosing_them_would_give(visit: Visit) -> None:
    visit.open("sector=waste&lang=en&map=8/45.04/38.98")
    visit.expect_total(WASTE)
    expect(visit.page.locator("[data-sector=roads] .number")).to_have_text(str(ROADS))


def test_a_wider_window_shows_older_incidents(visit: Visit) -> None:
    visit.open("map=7/45.3/39.4&lang=en")
    visit.expect_total(RECENT)
    visit.page.locator("[data-window='1y']").click()
    visit.expect_total(RECENT + OLD)
    assert visit.drawn() == RECENT + OLD
    assert "window=1y" in visit.page.url


def test_days_from_and_to_are_both_shown(visit: Visit) -> None:
    visit.open("map=7/45.3/39.4&lang=en")
    visit.page.locator("#calendar summary").click()
    visit.page.locator("#from").fill("2020-01-01")
    visit.page.locator("#until").fill("2020-01-31")
    visit.expect_total(0)
    assert "from=2020-01-01&to=2020-02-01" in visit.page.url
    expect(visit.page.locator("#calendar summary")).to_have_text(re.compile("Calendar: January 1 – 31, 2020"))


def test_an_empty_period_offers_the_last_days_of_the_data(visit: Visit) -> None:
    visit.open("map=7/45.3/39.4&lang=en&from=2020-01-01&to=2020-02-01")
    expect(visit.page.locator("#empty-choice")).to_contain_text("No incidents in this period")
    visit.page.locator("#show-last").click()
    visit.expect_total(RECENT)
    expect(visit.page.locator("#empty-choice")).to_be_hidden()


def test_all_data_are_one_click_away_from_an_empty_period(visit: Visit) -> None:
    visit.open("map=7/45.3/39.4&lang=en&from=2020-01-01&to=2020-02-01")
    visit.page.locator("#show-all").click()
    visit.expect_total(RECENT + OLD)


def test_colouring_by_open_incidents_changes_the_legend(visit: Visit) -> None:
    visit.open()
    visit.page.locator("[data-measure=open]").click()
    visit.settle()
    expect(visit.page.locator("#legend li .range")).to_have_text([str(RECENT - CLOSED)])
    assert "measure=open" in visit.page.url


def test_the_language_changes_everything_and_stays_in_the_address(visit: Visit) -> None:
    visit.open()
    visit.page.locator("#language").click()
    expect(visit.page.locator("h1")).to_have_text("Сообщения граждан")
    expect(visit.page.locator("[data-sector=roads] .name")).to_have_text("Дороги")
    assert visit.page.locator("html").get_attribute("lang") == "ru"
    assert "lang=ru" in visit.page.url
    visit.page.reload()
    expect(visit.page.locator("h1")).to_have_text("Сообщения граждан")
    visit.settle()


def test_the_address_brings_back_the_same_view(visit: Visit) -> None:
    visit.open("map=9.5/45.1/38.9&sector=roads&window=7d&measure=open&lang=ru")
    visit.expect_total(ROADS)
    assert visit.page.evaluate("geoMap.getZoom()") == 9.5
    expect(visit.page.locator("[data-sector=roads]")).to_have_attribute("aria-pressed", "true")
    expect(visit.page.locator("[data-window='7d']")).to_have_attribute("aria-pressed", "true")
    expect(visit.page.locator("[data-measure=open]")).to_have_attribute("aria-pressed", "true")


def test_the_pointer_over_a_hexagon_tells_its_numbers(visit: Visit) -> None:
    visit.open()
    visit.expect_total(RECENT)
    visit.page.mouse.move(*visit.pixel(*MIDDLE))
    tooltip = visit.page.locator("#tooltip")
    expect(tooltip).to_be_visible()
    expect(tooltip.locator("dd")).to_have_text([str(RECENT), str(RECENT - CLOSED), "0", "67%"])
    visit.page.mouse.move(20, 20)
    expect(tooltip).to_be_hidden()


def test_a_clicked_hexagon_stays_in_a_panel_and_in_the_address(visit: Visit) -> None:
    visit.open("map=8.2/45.04/38.98&lang=en")
    visit.expect_total(RECENT)
    visit.page.mouse.click(*visit.pixel(*MIDDLE))
    panel = visit.page.locator("#panel")
    expect(panel.locator("dd").first).to_have_text(str(RECENT))
    # What programs call it is folded away.
    expect(panel.locator("code")).to_be_hidden(timeout=PATIENCE_MS)
    panel.locator("summary").click()
    cell = panel.locator("code").inner_text()
    assert h3.latlng_to_cell(*CENTRE, h3.get_resolution(h3.str_to_int(cell))) == h3.str_to_int(cell)
    assert f"cell={cell}" in visit.page.url
    visit.shot("panel")
    panel.get_by_role("button", name="Close", exact=True).click()
    expect(panel).to_be_hidden()
    assert "cell=" not in visit.page.url


def test_a_hexagon_in_the_address_is_selected_at_once(visit: Visit) -> None:
    visit.open()
    zoom = 8.2
    visit.open(f"map={zoom}/45.04/38.98&lang=en&cell={h3.int_to_str(h3.latlng_to_cell(*CENTRE, 6))}")
    expect(visit.page.locator("#panel")).to_be_visible()


def test_the_keyboard_reaches_and_presses_every_choice(visit: Visit) -> None:
    visit.open()
    visit.page.locator("[data-sector=roads]").focus()
    visit.page.keyboard.press("Enter")
    visit.expect_total(ROADS)
    assert visit.page.evaluate("document.activeElement.dataset.sector") == "roads"


def test_a_new_incident_appears_without_reloading(visit: Visit, database_url: str) -> None:
    visit.open("map=8/45.6/39.9&lang=en&sector=waste&window=24h")
    visit.expect_total(WASTE)
    visit.page.evaluate("window.notReloaded = true")
    insert_incidents(database_url, "fresh", 2, 3, OLD_CENTRE, 0)
    visit.expect_total(WASTE + 3)
    visit.until("geoMap.queryRenderedFeatures({layers: ['hexes']}).some((hexagon) => hexagon.properties.n === 3)")
    expect(visit.page.locator("#live-text")).to_have_text(re.compile(r"^live · updated \d+ sec\. ago$"), timeout=PATIENCE_MS)
    assert visit.page.evaluate("window.notReloaded")
