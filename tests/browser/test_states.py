"""The page when something is wrong, for everybody, and on every screen."""

import json
import re
from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support.browser_incidents import CENTRE, ROADS, WASTE
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations, overlap

pytestmark = pytest.mark.browser

RECENT = ROADS + WASTE
SCREENS = {"desktop": (1440, 900), "phone": (390, 844), "wall": (1920, 1080)}


@pytest.fixture
def troubled(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The page before anything is opened; the browser may complain of failed requests."""
    with visiting(browser, service_url) as made:
        yield made


def test_a_refused_choice_is_told_in_the_readers_words_and_can_be_left(troubled: Visit) -> None:
    troubled.page.goto(f"{troubled.address}/#map=8/45.04/38.98&lang=ru&sector=nope")
    problem = troubled.page.locator("#problem")
    expect(problem).to_contain_text("Отрасль: значения «nope» нет. Допустимо: Здравоохранение, ", timeout=PATIENCE_MS)
    problem.get_by_role("button").click()
    troubled.expect_total(RECENT)
    expect(problem).to_be_hidden()
    assert "sector=" not in troubled.page.url


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "The service is not responding. Retrying automatically."),
        ({"status": 503, "body": json.dumps({"detail": "starting"})}, "The service is loading its data. Please wait."),
    ],
    ids=["away", "loading"],
)
def test_a_service_that_cannot_answer_yet_is_asked_again(troubled: Visit, answer: dict[str, Any] | None, text: str) -> None:
    def fail(route: Route) -> None:
        if answer is None:
            route.abort()
        else:
            route.fulfill(**answer)

    troubled.page.route("**/api/summary*", fail)
    troubled.page.goto(f"{troubled.address}/#map=8/45.04/38.98&lang=en")
    expect(troubled.page.locator("#problem")).to_have_text(text, timeout=PATIENCE_MS)
    troubled.page.unroute("**/api/summary*")
    troubled.expect_total(RECENT)
    expect(troubled.page.locator("#problem")).to_be_hidden()


def test_without_webgl_the_numbers_work_all_the_same(troubled: Visit) -> None:
    troubled.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    troubled.page.goto(f"{troubled.address}/#lang=en")
    expect(troubled.page.locator("#map")).to_contain_text("it needs WebGL 2", timeout=PATIENCE_MS)
    expect(troubled.total()).to_have_text(str(RECENT))
    troubled.page.locator("[data-sector=roads]").click()
    expect(troubled.total()).to_have_text(str(ROADS))


def test_the_page_says_when_the_live_stream_breaks(troubled: Visit) -> None:
    troubled.page.route("**/api/live", lambda route: route.abort())
    troubled.page.goto(f"{troubled.address}/#map=8/45.04/38.98&lang=en")
    expect(troubled.page.locator("#live-text")).to_have_text("The service is not responding; retrying", timeout=PATIENCE_MS)
    troubled.page.unroute("**/api/live")
    expect(troubled.page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)


def test_without_a_network_the_page_says_so_and_goes_on_by_itself(troubled: Visit) -> None:
    troubled.open()
    troubled.page.context.set_offline(offline=True)
    problem = troubled.page.locator("#problem")
    expect(problem).to_have_text("This device is offline. Updates resume automatically when the network is back.", timeout=PATIENCE_MS)
    troubled.shot("offline")
    assert find_violations(troubled) == []
    troubled.page.context.set_offline(offline=False)
    expect(problem).to_be_hidden(timeout=PATIENCE_MS)
    expect(troubled.page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)


def test_a_fault_of_the_service_is_told_with_the_number_of_the_request(troubled: Visit) -> None:
    troubled.page.route("**/api/summary*", lambda route: route.fulfill(status=500, headers={"X-Request-ID": "4f1e9a"}, body="{}"))
    troubled.page.goto(f"{troubled.address}/#map=8/45.04/38.98&lang=ru")
    problem = troubled.page.locator("#problem")
    expect(problem).to_contain_text("В сервисе произошла ошибка", timeout=PATIENCE_MS)
    expect(problem.locator("code")).to_have_text("4f1e9a")
    troubled.shot("failed")
    assert find_violations(troubled) == []
    troubled.page.unroute("**/api/summary*")
    troubled.expect_total(RECENT)


def test_numbers_are_said_to_be_old_while_no_changes_come(troubled: Visit) -> None:
    troubled.page.clock.install()
    troubled.page.route("**/api/live", lambda route: route.abort())
    troubled.open()
    stale = troubled.page.locator("#stale")
    expect(stale).to_be_hidden()
    troubled.page.clock.fast_forward(65_000)
    expect(stale).to_have_text(re.compile(r"^No updates for 1 min\. Numbers as of "), timeout=PATIENCE_MS)
    troubled.shot("stale")
    assert find_violations(troubled) == []
    troubled.page.unroute("**/api/live")
    expect(stale).to_be_hidden(timeout=2 * PATIENCE_MS)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_holds_the_page_and_axe_finds_nothing(browser: Browser, service_url: str, screen: str, language: str) -> None:
    with visiting(browser, service_url, *SCREENS[screen]) as visit:
        visit.open(f"map=8/45.04/38.98&lang={language}&window=24h")
        # The middle of the hexagon that zoom 8 shows, whatever the screen's size.
        visit.page.mouse.click(*visit.pixel(*h3.cell_to_latlng(h3.latlng_to_cell(*CENTRE, 7))))
        expect(visit.page.locator("#panel dd").first).to_be_visible(timeout=PATIENCE_MS)
        visit.page.mouse.move(5, 5)
        visit.shot(f"{screen}-{language}")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= SCREENS[screen][0]
        assert not overlap(visit, "#side", "#legend")
        # Elsewhere the filters are a tab, which the selected place stands in the stead of.
        assert visit.page.locator("#controls").is_visible() == (screen == "wall")
        assert screen != "wall" or not overlap(visit, "#controls", "#legend")
        assert find_violations(visit) == []


def test_axe_finds_nothing_in_an_empty_period_or_a_refused_choice(troubled: Visit) -> None:
    troubled.open("map=8/45.04/38.98&lang=en&from=2020-01-01&to=2020-02-01")
    expect(troubled.page.locator("#empty-choice")).to_be_visible()
    troubled.shot("empty")
    assert find_violations(troubled) == []
    troubled.page.goto(f"{troubled.address}/#map=8/45.04/38.98&lang=ru&window=nonsense")
    expect(troubled.page.locator("#problem")).to_be_visible(timeout=PATIENCE_MS)
    troubled.shot("refused")
    assert find_violations(troubled) == []
