"""What a duty operator does: from a district to a single incident and back, with the keyboard, the numbers those of the API."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from geo_service.core.database import open_connection
from tests.support import territory
from tests.support.browser_incidents import insert_incidents, run_in_thread
from tests.support.browser_visit import MAP_DRAWN, PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

PLACE = "map=8/45/38.9"


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service over a territory of this module's own: incidents are added to it."""

    async def make() -> None:
        async with open_connection(database_url) as held:
            await territory.fill(held)

    run_in_thread(make)
    with serving(database_url, GEO_ALERTS="0") as (_, address):
        wait_until_ready(address)
        yield address


@pytest.fixture
def visit(browser: Browser, service_url: str) -> Iterator[Visit]:
    """A page before anything is opened; nothing may have gone wrong on it at the end."""
    with visiting(browser, service_url) as made:
        yield made
        assert made.complaints == []


def ask(visit: Visit, path: str) -> Any:
    """What the API answers."""
    answer = httpx.get(f"{visit.address}/api/{path}")
    answer.raise_for_status()
    return answer.json()


def number(panel: Locator, name: str) -> Locator:
    """Where the panel says a number."""
    return panel.locator(f"[data-number={name}] dd")


def expect_numbers(panel: Locator, numbers: dict[str, Any]) -> None:
    """The panel's counts are those of an answer."""
    expect(number(panel, "count")).to_have_text(str(numbers["count"]), timeout=PATIENCE_MS)
    for name in ("open", "overdue", "closed"):
        expect(number(panel, name)).to_have_text(str(numbers[name]))
    expect(number(panel, "share_open")).to_have_text(f"{round(100 * numbers['open'] / numbers['count'])}%")


def test_keys_lead_from_the_ranking_to_an_incident_and_back(visit: Visit) -> None:
    visit.page.goto(f"{visit.address}/#lang=en&{PLACE}")
    keys, panel, title = visit.page.keyboard, visit.page.locator("#panel"), visit.page.locator("#panel h2")

    # The panels are there once the map is.
    visit.until(MAP_DRAWN)
    visit.page.locator("#ranking tr[data-row=T] th button").focus()
    keys.press("Enter")
    expect(title).to_have_text("Area T", timeout=PATIENCE_MS)
    expect(title).to_be_focused()
    answer = ask(visit, "districts/T?window=30d&compare=previous")
    expect_numbers(panel, answer["district"])
    among = answer["among"]["overdue"]
    expect(panel.locator("[data-number=overdue] .note")).to_have_text(f"rank {among['rank']} of {among['of']}")
    shares = {one["code"]: one["count"] for one in answer["sectors"] if one["count"]}
    for sector, count in shares.items():
        expect(panel.locator(f"[data-sector-bar={sector}] .number")).to_contain_text(f"{count} ·")
    expect(panel.locator(".crumbs button")).to_have_text(["Area R"])
    visit.shot("district")

    panel.locator("[data-key^=hexagon]").first.focus()
    keys.press("Enter")
    expect(title).to_have_text("Hexagon", timeout=PATIENCE_MS)
    cell = str(panel.locator("code").text_content(timeout=PATIENCE_MS))
    assert f"cell={cell}" in visit.page.url
    expect_numbers(panel, ask(visit, f"cells/{cell}?window=30d")["cell"])
    expect(panel.locator(".crumbs button")).to_have_text(["Area R", "Area T"])

    newest = ask(visit, f"incidents?window=30d&cell={cell}&limit=5")["incidents"]
    rows = panel.locator("[data-part=latest] button.incident")
    assert [int(str(row.get_attribute("data-key")).split()[1]) for row in rows.all()] == [one["id"] for one in newest]
    rows.first.focus()
    keys.press("Enter")
    expect_incident(panel, newest[0])
    visit.shot("incident")

    panel.locator(".crumbs button", has_text="Hexagon").focus()
    keys.press("Enter")
    expect(panel.locator("code")).to_have_text(cell, timeout=PATIENCE_MS)
    panel.locator(".crumbs button", has_text="Area T").focus()
    keys.press("Enter")
    expect(title).to_have_text("Area T", timeout=PATIENCE_MS)
    keys.press("Escape")
    expect(panel).to_be_hidden()
    expect(visit.page.locator("#ranking tr[data-row=T] th button")).to_be_focused()


def expect_incident(panel: Locator, incident: dict[str, Any]) -> None:
    """The panel tells of this incident."""
    expect(panel.locator("h2 + button, .ladder").last).to_be_visible(timeout=PATIENCE_MS)
    expect(panel.locator("header + p")).to_contain_text(f"№ {incident['id']}")
    expect(panel.locator(".ladder [aria-current=step]")).to_have_text(f"{incident['status'].replace('_', ' ')} (now)")
    late = "overdue by" if incident["overdue"] else "not closed" if incident["status"] != "closed" else "closed"
    expect(panel).to_contain_text(late)
    expect(panel).to_contain_text(f"{incident['lat']:.5f}, {incident['lng']:.5f}")


def test_back_and_forward_go_through_the_places(visit: Visit) -> None:
    visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&layer=districts&cell=T")
    panel, title = visit.page.locator("#panel"), visit.page.locator("#panel h2")
    expect(title).to_have_text("Area T", timeout=PATIENCE_MS)
    panel.locator(".crumbs button", has_text="Area R").click()
    expect(title).to_have_text("Area R", timeout=PATIENCE_MS)
    children = ask(visit, "districts/R?window=30d")["children"]
    steps = panel.locator("[data-key^=district]")
    expect(steps).to_have_text([f"{one['name']['en']} {one['count']}" for one in children[:8]])
    panel.get_by_role("button", name="Show all 10").click()
    expect(steps).to_have_count(len(children))
    visit.page.go_back()
    expect(title).to_have_text("Area T", timeout=PATIENCE_MS)
    visit.page.go_forward()
    expect(title).to_have_text("Area R", timeout=PATIENCE_MS)


def test_the_map_goes_to_an_incident_and_marks_it(visit: Visit) -> None:
    newest = ask(visit, "incidents?district=02&limit=1")["incidents"][0]
    visit.page.goto(f"{visit.address}/#lang=ru&incident={newest['id']}")
    visit.until(f"window.geoMap?.getZoom() > 12 && geoMap.getBounds().contains([{newest['lng']}, {newest['lat']}]) && !geoMap.isMoving()")
    pin = visit.page.locator(".pin").bounding_box()
    assert pin
    x, y = visit.pixel(newest["lat"], newest["lng"])
    assert abs(pin["x"] + pin["width"] / 2 - x) < 2
    assert abs(pin["y"] + pin["height"] / 2 - y) < 2
    assert find_violations(visit) == []


def test_an_incident_that_is_not_there_is_said_not_to_be_there(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url) as visit:
        visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&incident=999999999")
        expect(visit.page.locator("#panel .trouble")).to_have_text("Not found: it may have been deleted.", timeout=PATIENCE_MS)
        visit.page.get_by_role("button", name="Close").click()
        expect(visit.page.locator("#overview")).to_be_visible()


def row_ids(visit: Visit) -> list[int]:
    """The incidents of the live list in their order."""
    return [int(str(row.get_attribute("data-key")).split()[1]) for row in visit.page.locator("#now button.incident").all()]


def listed(visit: Visit, query: str) -> list[int]:
    """The incidents that the API lists."""
    return [one["id"] for one in ask(visit, f"incidents?window=30d&{query}")["incidents"]]


def test_the_list_of_what_is_overdue_is_the_apis_and_opens_by_keyboard(visit: Visit) -> None:
    visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&tab=now")
    rows = visit.page.locator("#now button.incident")
    expect(rows).to_have_count(50, timeout=PATIENCE_MS)
    assert row_ids(visit) == listed(visit, "order=received&limit=50")
    visit.page.get_by_role("button", name="Show 50 more").click()
    expect(rows).to_have_count(100)
    visit.page.locator("[data-list=due]").click()
    expect(rows.first).to_contain_text("overdue by", timeout=PATIENCE_MS)
    assert "list=due" in visit.page.url
    by_deadline = listed(visit, "order=due&limit=50")
    assert row_ids(visit) == by_deadline
    overdue = ask(visit, "summary?window=30d")["overdue"]
    expect(visit.page.get_by_role("tab", name=f"Now {overdue} overdue")).to_be_visible()

    rows.first.focus()
    for _ in range(2):
        visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    chosen = ask(visit, f"incidents/{by_deadline[2]}")["incident"]
    expect_incident(visit.page.locator("#panel"), chosen)
    visit.page.keyboard.press("Escape")
    expect(rows.nth(2)).to_be_focused()
    visit.shot("now")
    assert find_violations(visit) == []


def test_overdue_messages_of_a_sector_in_a_district_are_two_clicks_away(visit: Visit) -> None:
    visit.page.goto(f"{visit.address}/#lang=en&{PLACE}")
    visit.page.locator("[data-sector=roads]").click()
    worst = max(ask(visit, "districts?window=30d&sector=roads&level=district")["districts"], key=lambda row: row["overdue"])
    name = f"{worst['overdue']} overdue in {worst['name']['en']}, open the list"
    link = visit.page.get_by_role("button", name=name)
    expect(link).to_be_visible(timeout=PATIENCE_MS)
    link.click()
    rows = visit.page.locator("#now button.incident")
    expect(rows).to_have_count(min(worst["overdue"], 50), timeout=PATIENCE_MS)
    assert row_ids(visit) == listed(visit, f"order=due&limit=50&sector=roads&district={worst['code']}")
    visit.page.go_back()
    expect(link).to_be_visible(timeout=PATIENCE_MS)


def test_a_district_leads_to_the_lists_of_its_sectors_themes_and_overdue_messages(visit: Visit) -> None:
    panel = visit.page.locator("#panel")
    for part, query in (
        ("[data-sector-bar=roads] button", "order=received&sector=roads"),
        ("[data-theme='roads.pothole'] button", "order=received&theme=roads.pothole"),
        ("[data-number=overdue] button", "order=due"),
    ):
        visit.page.goto("about:blank")
        visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&layer=districts&cell=22")
        panel.locator(part).click(timeout=PATIENCE_MS)
        shown = listed(visit, f"{query}&district=22&limit=50")
        expect(visit.page.locator("#now button.incident")).to_have_count(len(shown), timeout=PATIENCE_MS)
        assert row_ids(visit) == shown


def test_what_comes_is_marked_and_does_not_move_a_row_under_the_pointer(browser: Browser, service_url: str, database_url: str) -> None:
    with visiting(browser, service_url) as visit:
        visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&tab=now")
        rows, fresh = visit.page.locator("#now button.incident"), visit.page.locator("#now .arrived")
        expect(rows).to_have_count(50, timeout=PATIENCE_MS)
        expect(fresh).to_have_count(0)
        insert_incidents(database_url, "live", 2, 2, (45.0, 38.9), 0)
        expect(fresh).to_have_count(2, timeout=PATIENCE_MS)
        expect(fresh.first).to_contain_text("just now")
        expect(visit.page.locator("#now [role=status]")).to_have_text("2 new incidents")
        first = row_ids(visit)[0]

        rows.first.hover()
        insert_incidents(database_url, "later", 2, 3, (45.0, 38.9), 0)
        waiting = visit.page.get_by_role("button", name="3 new incidents: show")
        expect(waiting).to_be_visible(timeout=PATIENCE_MS)
        assert row_ids(visit)[0] == first
        waiting.click()
        expect(rows.first).to_be_focused()
        assert row_ids(visit) == listed(visit, "order=received&limit=50")


def test_what_is_shared_shows_what_is_on_the_screen(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&sector=roads&layer=districts&measure=open&breaks=natural&tab=share&scheme=dark")
    share = visit.page.locator("#share")
    expect(share.get_by_role("button", name="Save PNG")).to_be_visible(timeout=PATIENCE_MS)
    visit.until("document.querySelector('#share code').textContent.includes('map=8.00/45.0000/38.9000')")
    expect(visit.total()).to_have_text(re.compile(r"^\d+$"), timeout=PATIENCE_MS)
    roads = ask(visit, "summary?window=30d&sector=roads")["n"]

    share.get_by_role("button", name="Copy: Link to this view").click()
    expect(share.locator("[data-share=link] .copy")).to_contain_text("Copied")
    expect(visit.page.locator("#announcement")).to_have_text("Copied: Link to this view")
    link = visit.page.evaluate("navigator.clipboard.readText()")
    assert link == share.locator("[data-share=link] code").inner_text()

    tilejson = httpx.get(share.locator("[data-share=tilejson] code").inner_text()).json()
    assert "measure=open" in tilejson["tiles"][0]
    style = httpx.get(share.locator("[data-share=style] code").inner_text()).json()
    assert (style["metadata"]["geo:scheme"], style["version"]) == ("dark", 8)
    counted = {}
    for name in ("csv", "geojson"):
        counted[name] = httpx.get(str(share.locator(f"[data-key='districts {name}']").get_attribute("href")))
        assert counted[name].status_code == httpx.codes.OK
    assert (
        sum(one["properties"]["count"] for one in counted["geojson"].json()["features"])
        == ask(visit, "districts?window=30d&sector=roads")["total"]["count"]
        - ask(visit, "districts?window=30d&sector=roads")["without_district"]["count"]
    )

    with visit.page.expect_download(timeout=PATIENCE_MS) as saved:
        share.get_by_role("button", name="Save PNG").click()
    assert saved.value.suggested_filename.endswith(".png")
    visit.shot("share")
    assert find_violations(visit) == []

    visit.page.goto("about:blank")
    visit.page.goto(link)
    visit.page.locator("#totals:not(.busy) strong", has_not_text="…").first.wait_for(state="attached", timeout=PATIENCE_MS)
    expect(visit.total()).to_have_text(str(roads))
    expect(visit.page.locator("#overview")).to_be_visible()
