"""What a duty operator does in two clicks or one search, by accessible names, the numbers those of the API."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Locator, expect

from geo_service.aggregation.alerts.model import Place
from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.alert_episodes import outage
from tests.support.browser_incidents import insert_incidents, run_in_thread
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations, get_json
from tests.support.serve_process import serving, wait_until_ready
from tests.support.stored_alerts import store

pytestmark = pytest.mark.browser

KEY, OTHER_KEY = "operator-key-0123456789", "another-key-0123456789"
VILLAGE, MESSAGES, WATER, DISTRICT = (45.0, 38.9), 24, 3, "T"
WORDS, ADDRESS = "Нет воды третий день", "ул. Мира, 7"
START = "lang=ru&window=7d&map=8/45/38.9"


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service over the territory with an outage and its alert, and an operator's key."""
    run_in_thread(lambda: plant(database_url))
    links = json.dumps({"portal": "https://portal.example.org/case?n={external_id}"})
    settings = {"GEO_TEXT_KEYS": KEY, "GEO_WRITE_KEYS": KEY, "GEO_SOURCE_LINKS": links, "GEO_ALERTS": "0"}
    with serving(database_url, **settings) as (_, address):
        wait_until_ready(address)
        yield address


async def plant(url: str) -> None:
    """Put the territory, the messages of the outage and its alert into a database."""
    lat, lng = VILLAGE
    async with open_connection(url) as connection:
        await territory.fill(connection)
        await connection.execute(
            "insert into theme (code, sector_id, name_ru, name_en) values ('housing.no_water', 4, 'Нет холодной воды', 'No cold water');"
            "insert into agency (code, name) values ('vodokanal', 'Водоканал');"
            "insert into place (id, name_ru, name_en, country, population, location)"
            f" values (1, 'Вознесенская', 'Voznesenskaya', 'RU', 8000, st_setsrid(st_makepoint({lng}, {lat}), 4326))"
        )
    insert_incidents(url, "ЕПГУ/", WATER, MESSAGES, VILLAGE, 0)
    now = int(datetime.now(UTC).timestamp())
    async with open_connection(url) as connection:
        district = await connection.fetchval("select id from district where code = $1", DISTRICT)
        await connection.execute(
            "update incident set district_id = $1, agency_id = 1, message = $3, address = $4 where theme_id = $2",
            district, WATER, WORDS, ADDRESS,
        )  # fmt: skip
        place = Place("s:1", "Вознесенская", "Voznesenskaya", lng, lat, 0, district)
        begun = now - int(timedelta(hours=MESSAGES).total_seconds())
        times = {"since": begun, "detected": begun + 3600, "updated": now, "last_signal": now, "window_s": 86_400}
        await store(connection, [outage(place=place, places=(place,), n=MESSAGES, open=16, theme=WATER, **times)])


@pytest.fixture(scope="module")
def page(browser: Browser, service_url: str) -> Iterator[Visit]:
    """One page for all; nothing may have gone wrong on it at the end."""
    with visiting(browser, service_url) as visit:
        yield visit
        # Keys that are not valid are refused, which the browser's console says as well.
        assert [one for one in visit.complaints if "401" not in one] == []


@pytest.fixture
def visit(page: Visit) -> Visit:
    """The page as it begins, without a key."""
    page.open(START)
    page.page.evaluate("sessionStorage.clear()")
    return page


def box(visit: Visit) -> Locator:
    return visit.page.get_by_role("combobox", name="Поиск")


def search(visit: Visit, text: str) -> Locator:
    """The options of the list for a text that is typed after the key /."""
    visit.page.keyboard.press("/")
    expect(box(visit)).to_be_focused()
    visit.page.keyboard.type(text)
    options = visit.page.get_by_role("listbox", name="Результаты").get_by_role("option")
    expect(options.first).to_be_visible(timeout=PATIENCE_MS)
    return options


def title(visit: Visit) -> Locator:
    return visit.page.locator("#panel h2").first


def incident_id(visit: Visit, external_id: str) -> int:
    return int(get_json(visit, f"/api/search?q={external_id}&types=incident")["results"][0]["code"])


def test_a_settlement_is_found_by_name_and_opens_where_it_is(visit: Visit) -> None:
    visit.page.evaluate("geoMap.jumpTo({center: [60, 60], zoom: 8})")
    options = search(visit, "ст. Вознисен")
    expect(options.first).to_contain_text("Вознесенская")
    expect(options.first).to_contain_text("Город")
    expect(box(visit)).to_have_attribute("aria-expanded", "true")
    visit.page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box(visit)).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "")
    assert find_violations(visit) == []
    visit.page.keyboard.press("Enter")
    expect(title(visit)).to_have_text("Вознесенская", timeout=PATIENCE_MS)
    expect(title(visit)).to_be_focused()
    visit.settle()
    lng, lat = visit.page.evaluate("geoMap.getCenter().toArray()")
    assert abs(lng - VILLAGE[1]) < 0.5
    assert abs(lat - VILLAGE[0]) < 0.5
    cell = visit.page.url.partition("cell=")[2].partition("&")[0]
    count = get_json(visit, f"/api/cells/{cell}?window=7d")["cell"]["count"]
    expect(visit.page.locator("#panel [data-number=count] dd")).to_have_text(str(count), timeout=PATIENCE_MS)


def test_an_incident_is_found_by_the_number_in_its_source_with_one_enter(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("епгу/7")
    # Enter need not wait for the list.
    visit.page.keyboard.press("Enter")
    expect(title(visit)).to_have_text("Нет холодной воды", timeout=PATIENCE_MS)
    number = incident_id(visit, "ЕПГУ/7")
    assert f"incident={number}" in visit.page.url
    panel = visit.page.locator("#panel")
    expect(panel).to_contain_text("ЕПГУ/7")
    link = panel.get_by_role("link", name="Открыть в источнике")
    expect(link).to_have_attribute("href", "https://portal.example.org/case?n=%D0%95%D0%9F%D0%93%D0%A3%2F7")
    assert "noopener" in (link.get_attribute("rel") or "")
    # The path says the place, not the kind of area.
    expect(panel.get_by_role("navigation")).to_contain_text("Вознесенская", timeout=PATIENCE_MS)


def test_words_are_shown_for_a_key_alone_and_no_longer_than_the_key_is_kept(visit: Visit) -> None:
    visit.open(f"{START}&incident={incident_id(visit, 'ЕПГУ/7')}")
    panel = visit.page.locator("#panel")
    expect(title(visit)).to_have_text("Нет холодной воды", timeout=PATIENCE_MS)
    panel.get_by_text("Ключ оператора").click(timeout=PATIENCE_MS)
    panel.get_by_label("Ключ", exact=True).fill(OTHER_KEY)
    panel.get_by_role("button", name="Применить ключ").click()
    expect(panel.get_by_role("alert")).to_have_text("Сервису этот ключ неизвестен.", timeout=PATIENCE_MS)
    expect(panel).not_to_contain_text(WORDS)
    panel.get_by_label("Ключ", exact=True).fill(KEY)
    panel.get_by_role("button", name="Применить ключ").click()
    expect(panel).to_contain_text(WORDS, timeout=PATIENCE_MS)
    expect(panel).to_contain_text(ADDRESS)
    assert find_violations(visit) == []
    assert KEY not in visit.page.url
    assert visit.page.evaluate("localStorage.length") == 0
    panel.get_by_role("button", name="Удалить ключ").click()
    expect(panel).not_to_contain_text(WORDS, timeout=PATIENCE_MS)


def test_an_agency_that_is_found_becomes_a_filter(visit: Visit) -> None:
    search(visit, "водоканал").first.click()
    visit.expect_total(MESSAGES)
    assert "agency=vodokanal" in visit.page.url
    expect(visit.page.locator("#chips")).to_contain_text("Водоканал", timeout=PATIENCE_MS)


def test_escape_closes_the_list_then_empties_the_box_then_leaves_it(visit: Visit) -> None:
    options = search(visit, "вознес")
    visit.page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(box(visit)).to_have_value("вознес")
    visit.page.keyboard.press("Escape")
    expect(box(visit)).to_have_value("")
    visit.page.keyboard.press("Escape")
    expect(box(visit)).not_to_be_focused()


def test_what_is_called_so_by_nobody_is_said(visit: Visit) -> None:
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("абракадабра")
    expect(visit.page.locator("#search-results")).to_contain_text("ничего не найдено", timeout=PATIENCE_MS)
    visit.page.keyboard.press("Enter")
    expect(box(visit)).to_be_focused()


def test_a_district_chosen_among_the_filters_is_shown_on_the_map(visit: Visit) -> None:
    visit.page.evaluate("document.querySelector('[data-filter=district]').open = true")
    visit.page.locator("[data-filter=district] input[value=CH]").check(timeout=PATIENCE_MS)
    visit.until("geoMap.getCenter().lat > 60")
    visit.settle()
    # Over the antimeridian.
    assert abs(abs(visit.page.evaluate("geoMap.getCenter().wrap().lng")) - 180) < 2
    visit.page.go_back()
    visit.until("!location.hash.includes('district')")


def test_back_and_escape_return_to_the_row(visit: Visit) -> None:
    visit.open(f"{START}&tab=now")
    rows = visit.page.locator("#now button.incident")
    expect(rows.nth(2)).to_be_visible(timeout=PATIENCE_MS)
    key = rows.nth(2).get_attribute("data-key") or ""
    row = visit.page.locator(f"[data-key='{key}']")
    row.click()
    expect(title(visit)).to_be_focused(timeout=PATIENCE_MS)
    visit.page.go_back()
    expect(row).to_be_focused(timeout=PATIENCE_MS)
    visit.page.keyboard.press("Enter")
    expect(title(visit)).to_be_focused(timeout=PATIENCE_MS)
    visit.page.keyboard.press("Escape")
    expect(row).to_be_focused(timeout=PATIENCE_MS)


def test_the_list_has_alerts_on_top_and_is_a_file(visit: Visit) -> None:
    visit.open(f"{START}&tab=now")
    expect(visit.page.locator("#alerts-now button.alert")).to_contain_text("Вознесенская", timeout=PATIENCE_MS)
    link = visit.page.get_by_role("link", name="Список в CSV")
    address = link.get_attribute("href") or ""
    text = visit.page.request.get(address).text()
    total = get_json(visit, "/api/summary?window=7d")["n"]
    assert len(text.splitlines()) == total + 1


def test_a_hexagon_leads_to_the_list_of_its_messages(visit: Visit) -> None:
    search(visit, "Вознесенская").first.click()
    panel = visit.page.locator("#panel")
    expect(title(visit)).to_have_text("Вознесенская", timeout=PATIENCE_MS)
    cell = visit.page.url.partition("cell=")[2].partition("&")[0]
    count = get_json(visit, f"/api/cells/{cell}?window=7d")["cell"]["count"]
    panel.get_by_role("button", name="Все сообщения этого участка").click(timeout=PATIENCE_MS)
    expect(visit.page.locator("#now button.incident")).to_have_count(min(count, 50), timeout=PATIENCE_MS)
    assert f"cells={cell}" in visit.page.url


def test_a_verdict_is_given_with_a_key_and_withdrawn(visit: Visit) -> None:
    (alert,) = get_json(visit, "/api/alerts")["alerts"]
    visit.open(f"{START}&alert={alert['id']}")
    panel = visit.page.locator("#panel")
    panel.get_by_text("Ключ оператора").click(timeout=PATIENCE_MS)
    panel.get_by_label("Ключ", exact=True).fill(KEY)
    panel.get_by_role("button", name="Применить ключ").click()
    panel.get_by_label("Примечание для коллег").fill("Прорыв водовода", timeout=PATIENCE_MS)
    panel.get_by_role("button", name="Подтвердилось", exact=False).first.click()
    expect(panel.locator(".desk")).to_contain_text("Прорыв водовода", timeout=PATIENCE_MS)
    assert find_violations(visit) == []
    assert get_json(visit, f"/api/alerts/{alert['id']}")["verdict"]["value"] == "real"
    panel.get_by_role("button", name="Отозвать заключение").click()
    expect(panel.locator(".desk")).to_have_count(0, timeout=PATIENCE_MS)
    assert get_json(visit, f"/api/alerts/{alert['id']}")["verdict"] is None


def test_the_title_counts_what_came_while_nobody_looked(visit: Visit, database_url: str) -> None:
    plain = visit.page.title()
    hide = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange'))"
    visit.until("document.querySelector('#live')?.dataset.state === 'live'")
    visit.page.evaluate(hide % "true")
    insert_incidents(database_url, "fresh", 1, 2, VILLAGE, 0)
    visit.until(r"/^\(2\) /.test(document.title)")
    visit.page.evaluate(hide % "false")
    assert visit.page.title() == plain
