"""Alerts on the page and the wall: the planted outage comes first, with its reason, and is one click from its messages and its place."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import h3.api.basic_int as h3
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from geo_service.aggregation.alerts.model import Episode, Place
from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.alert_episodes import outage
from tests.support.browser_incidents import insert_incidents, run_in_thread
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations, get_json
from tests.support.serve_process import serving, wait_until_ready
from tests.support.stored_alerts import store

pytestmark = pytest.mark.browser

VILLAGE, MESSAGES = (45.0, 38.9), 24
"""Where there is no water, in the town of the territory, and how many messages say so: one each hour."""
WATER, DISTRICT = 3, "T"
CUT = """(card) => [...document.querySelector(card).querySelectorAll("*")].filter((one) => {
  if (!one.checkVisibility() || one.closest(".unseen, svg, .table, select")) return false;
  const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const box = one.getBoundingClientRect(), around = document.querySelector(card).getBoundingClientRect();
  return own && (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible" || box.right > around.right + 1);
}).map((one) => one.textContent.slice(0, 40))"""
"""Texts that do not fit into their card."""


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service over the territory with an outage and its alert, which does not look for others by itself."""
    run_in_thread(lambda: plant(database_url))
    with serving(database_url, GEO_ALERTS="0") as (_, address):
        wait_until_ready(address)
        yield address


async def plant(url: str) -> None:
    """Put the territory, the messages of the outage and its alert into a database."""
    async with open_connection(url) as connection:
        await territory.fill(connection)
        await connection.execute(
            "insert into theme (code, sector_id, name_ru, name_en) values ('housing.no_water', 4, 'Нет холодной воды', 'No cold water');"
            "insert into agency (code, name) values ('vodokanal', 'Водоканал');"
            "insert into place (id, name_ru, name_en, country, population, location)"
            f" values (1, 'Вознесенская', 'Voznesenskaya', 'RU', 8000, st_setsrid(st_makepoint({VILLAGE[1]}, {VILLAGE[0]}), 4326))"
        )
    insert_incidents(url, "water", WATER, MESSAGES, VILLAGE, 0)
    async with open_connection(url) as connection:
        district = await connection.fetchval("select id from district where code = $1", DISTRICT)
        await connection.execute("update incident set district_id = $1, agency_id = 1 where theme_id = $2", district, WATER)
        await store(connection, [alert(district)])


def alert(district: int, **change: Any) -> Episode:
    """The alert of the outage."""
    now = datetime.now(UTC)
    at = int((now - timedelta(hours=MESSAGES)).timestamp())
    lat, lng = VILLAGE
    place = Place("s:1", "Вознесенская", "Voznesenskaya", lng, lat, 0, district)
    times = {"since": at, "detected": at + 3600, "updated": int(now.timestamp()), "last_signal": int(now.timestamp())}
    numbers = {"n": MESSAGES, "open": MESSAGES - MESSAGES // 3, "theme": WATER, "window_s": 86_400}
    return outage(**({"place": place, "places": (place,)} | times | numbers | change))


@pytest.fixture(scope="module")
def page(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The page, opened once for all that begin with its first list."""
    with visiting(browser, service_url) as visit:
        visit.open("lang=ru&window=7d")
        yield visit
        assert visit.complaints == []


@pytest.fixture
def visit(page: Visit) -> Visit:
    """The page with its first list, as at the beginning."""
    if "alert=" in page.page.url or "tab=" in page.page.url:
        page.open("lang=ru&window=7d")
    return page


def reason(visit: Visit, language: str = "ru") -> str:
    """The reason of the alert as the service words it."""
    text: str = get_json(visit, "/api/alerts")["alerts"][0]["reason"][language]
    return text


def choice(visit: Visit) -> str:
    """What the address says beside the place of the map."""
    return "&".join(pair for pair in visit.page.url.partition("#")[2].split("&") if not pair.startswith("map="))


def rows(page: Page) -> Locator:
    """The alerts of the overview."""
    return page.locator("#overview #alerts button.alert")


def test_the_first_row_of_the_overview_is_the_outage_with_its_reason(visit: Visit) -> None:
    assert reason(visit).startswith(f"Вознесенская: {MESSAGES} сообщения «Нет холодной воды»")
    expect(rows(visit.page).first.locator(".reason")).to_have_text(reason(visit), timeout=PATIENCE_MS)
    expect(rows(visit.page).first.locator(".counts")).to_contain_text(f"{MESSAGES}")
    headings = visit.page.locator("#overview h2").all_inner_texts()
    assert headings[:3] == ["Необычное сейчас", "Что изменилось", "Просрочено больше среднего"]
    # Nothing but the totals stands above it.
    parts = visit.page.evaluate("[...document.querySelector('#overview').children].map(({id}) => id)")
    assert parts[:2] == ["figures", "alerts"]
    assert visit.page.evaluate(CUT, "#side") == []
    visit.shot("alerts")


def test_what_has_changed_names_district_and_theme_with_both_numbers(visit: Visit) -> None:
    changes = get_json(visit, "/api/changes?by=district,theme&window=7d&level=district")["changes"]
    grown = next(one for one in changes if one["theme"]["code"] == "housing.no_water")
    assert grown["log10_p"] < -3
    row = visit.page.locator("#changes li").filter(has_text="Нет холодной воды")
    expect(row).to_have_text(re.compile(rf"Город: Нет холодной воды\s*{grown['n']} сообщ\., было {grown['n_compared']}"))


def test_one_click_shows_the_alerts_messages_map_and_time_and_closing_it_brings_all_back(visit: Visit) -> None:
    before = choice(visit)
    visit.page.evaluate("geoMap.jumpTo({center: [39.5, 46], zoom: 6})")
    rows(visit.page).first.click()
    panel = visit.page.locator("#panel")
    expect(panel.locator("h2")).to_have_text(reason(visit), timeout=PATIENCE_MS)
    expect(visit.page).to_have_url(re.compile("alert=1&"))
    expect(visit.total()).to_have_text(str(MESSAGES), timeout=PATIENCE_MS)
    visit.settle()
    # Of the map nothing is left but its messages, and they are in view.
    assert visit.drawn() == MESSAGES
    assert visit.page.evaluate("geoMap.getZoom()") > 8
    sizes = "(css) => [...document.querySelectorAll(css)].map((one) => parseFloat(getComputedStyle(one).fontSize))"
    assert visit.page.evaluate(sizes, "#panel h2")[0] == max(visit.page.evaluate(sizes, "#panel :not(button)"))
    expect(panel.locator("[data-part=latest] button.incident")).to_have_count(5)
    expect(panel.locator("[data-part=latest] button.incident strong").first).to_have_text("Нет холодной воды")
    assert visit.page.evaluate(CUT, "#side") == []
    assert find_violations(visit) == []
    visit.shot("alert")
    visit.page.locator("#panel [data-key=close]").click()
    expect(rows(visit.page).first).to_be_visible()
    assert choice(visit) == before
    visit.settle()


def test_the_messages_of_an_alert_are_listed_and_one_of_them_leads_back_to_it(visit: Visit) -> None:
    rows(visit.page).first.click()
    panel = visit.page.locator("#panel")
    panel.locator("button.incident").first.click()
    expect(panel.locator(".crumbs button")).to_have_text("Необычное", timeout=PATIENCE_MS)
    panel.locator(".crumbs button").click()
    expect(panel.locator("h2")).to_have_text(reason(visit), timeout=PATIENCE_MS)
    panel.get_by_role("button", name="Показать сообщения").click()
    expect(visit.page.locator("#now button.incident")).to_have_count(MESSAGES, timeout=PATIENCE_MS)
    expect(visit.page.locator("#now button.incident strong").first).to_have_text("Нет холодной воды")
    assert "theme=housing.no_water" in visit.page.url
    visit.settle()


def test_a_mark_on_the_map_names_the_place_says_why_and_opens_the_alert(visit: Visit) -> None:
    visit.page.evaluate("geoMap.jumpTo({center: [38.9, 45], zoom: 8})")
    visit.until("geoMap.queryRenderedFeatures({layers: ['alert-marks']}).length === 1")
    (mark,) = visit.page.evaluate("geoMap.queryRenderedFeatures({layers: ['alert-marks']}).map(({properties}) => properties)")
    assert mark["name"] == "Вознесенская"
    order = visit.page.evaluate("geoMap.getLayersOrder()")
    assert order.index("alert-marks") > max(order.index(one) for one in ("hexes", "places", "incidents"))
    visit.page.mouse.move(*visit.pixel(*VILLAGE))
    tooltip = visit.page.locator("#tooltip")
    expect(tooltip.locator("h2")).to_have_text("Вознесенская: Нет холодной воды")
    expect(tooltip).to_contain_text(f"{MESSAGES} сообщ., обычно 0")
    visit.page.mouse.click(*visit.pixel(*VILLAGE))
    expect(visit.page.locator("#panel h2")).to_have_text(reason(visit), timeout=PATIENCE_MS)
    visit.settle()


def test_an_alerts_address_opens_it(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url, 390, 844) as phone:
        phone.open("alert=1&lang=en&scheme=dark")
        expect(phone.page.locator("#panel h2")).to_have_text(reason(phone, "en"), timeout=PATIENCE_MS)
        expect(phone.page.locator("#panel [data-part=latest]")).to_be_visible()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.page.evaluate(CUT, "#panel") == []
        phone.shot("alert-phone")
        assert phone.complaints == []


def test_a_hexagon_is_called_by_its_settlement_and_says_what_people_write_about(visit: Visit) -> None:
    cell = h3.int_to_str(h3.latlng_to_cell(*VILLAGE, 6))
    answer = get_json(visit, f"/api/cells/{cell}?window=7d&compare=previous")
    visit.open(f"lang=ru&window=7d&cell={cell}&map=8/45/38.9")
    panel = visit.page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Вознесенская", timeout=PATIENCE_MS)
    theme = panel.locator("[data-part=themes] [data-theme='housing.no_water']")
    expect(theme).to_have_text(f"Нет холодной водыбыло: 0 {MESSAGES}")
    expect(panel.locator("[data-part=settlements] li").first).to_contain_text("Вознесенская")
    expect(panel.locator("[data-part=timeline] svg")).to_be_visible()
    # What programs call it is not the reader's name for it.
    assert cell not in panel.inner_text()
    assert visit.page.evaluate(CUT, "#side") == []
    visit.shot("hexagon")
    panel.locator("[data-key='all messages']").click()
    listed, more = visit.page.locator("#now button.incident"), visit.page.locator("#now [data-key=more]")
    for shown in (*range(50, answer["cell"]["count"], 50), answer["cell"]["count"]):
        expect(listed).to_have_count(shown, timeout=PATIENCE_MS)
        if shown < answer["cell"]["count"]:
            more.click()
    expect(more).to_have_count(0)
    # Of another theme there is no alert, whose mark would be on top.
    visit.open("lang=ru&window=7d&theme=roads.pothole&map=8/45/38.9")
    visit.page.mouse.move(*visit.pixel(*VILLAGE))
    expect(visit.page.locator("#tooltip h2")).to_have_text("Вознесенская", timeout=PATIENCE_MS)
    visit.open("lang=ru&window=7d")


def test_filters_narrow_the_alerts_and_nothing_left_is_said_plainly(visit: Visit) -> None:
    visit.open("lang=ru&window=7d&sector=roads")
    expect(visit.page.locator("#alerts")).to_contain_text(re.compile("ничего необычного|ещё изучает"), timeout=PATIENCE_MS)
    assert visit.page.evaluate("geoMap.querySourceFeatures('alert-marks').length") == 0
    visit.open("lang=ru&window=7d&sector=housing&source=portal")
    expect(rows(visit.page)).to_have_count(1, timeout=PATIENCE_MS)
    visit.open("lang=ru&window=7d")


def test_the_walls_first_row_is_the_outage_and_its_number_stands_at_its_place(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url, 1920, 1080) as wall:
        wall.page.goto(f"{wall.address}/?view=wall&lang=ru")
        first = wall.page.locator("#wall-attention li").first
        expect(first.locator("strong")).to_have_text(reason(wall), timeout=PATIENCE_MS)
        expect(wall.page.locator("#wall-attention h2").first).to_have_text("Необычное сейчас")
        wall.until("window.geoMap?.getSource('districts') && geoMap.loaded() && geoMap.areTilesLoaded()")
        wall.until("geoMap.queryRenderedFeatures({layers: ['wall-numbers']}).some(({properties: {rank}}) => rank === '1')")
        marks = wall.page.evaluate(
            "geoMap.queryRenderedFeatures({layers: ['wall-numbers']})"
            ".map(({properties, geometry}) => [properties.rank, ...geometry.coordinates])"
        )
        lat, lng = VILLAGE
        assert next(place for rank, *place in marks if rank == "1") == pytest.approx([lng, lat], abs=0.01)
        assert wall.page.evaluate("document.documentElement.scrollHeight") <= 1080
        assert wall.page.evaluate(CUT, "#wall-attention") == []
        wall.shot("wall-alerts")
        assert wall.complaints == []


def test_a_day_on_the_wall_is_not_painted_for_nothing_that_is_overdue(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url, 1920, 1080) as wall:
        wall.page.goto(f"{wall.address}/?view=wall&lang=ru&window=24h&theme=housing.no_water&measure=overdue")
        expect(wall.page.locator("#legend li")).to_have_count(1, timeout=PATIENCE_MS)
        expect(wall.page.locator("#legend .range")).to_have_text("0")
        grey = wall.page.locator("#legend .swatch").evaluate("(one) => getComputedStyle(one).backgroundColor")
        assert max(map(int, re.findall(r"\d+", grey)[:3])) - min(map(int, re.findall(r"\d+", grey)[:3])) < 24, grey
        expect(wall.page.locator("[data-figure=overdue] dd").first).to_have_text("0")
        plain, other = (
            wall.page.locator(f"[data-figure={name}] dd").first.evaluate("(one) => getComputedStyle(one).color")
            for name in ("overdue", "open")
        )
        assert plain == other
