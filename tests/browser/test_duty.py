"""What a duty operator does: from a district to a single incident and back, with the keyboard, the numbers those of the API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import PATIENCE_MS, Visit, visiting
from tests.browser.test_states import violations

pytestmark = pytest.mark.browser

PLACE = "map=8/45/38.9"


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    return territory_service


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

    visit.page.locator("#ranking tr[data-row=T] button").focus()
    keys.press("Enter")
    expect(title).to_have_text("Area T", timeout=PATIENCE_MS)
    expect(title).to_be_focused()
    answer = ask(visit, "districts/T?window=30d&compare=previous")
    expect_numbers(panel, answer["district"])
    among = answer["among"]["overdue"]
    expect(panel.locator("[data-number=overdue] .note")).to_have_text(f"{among['rank']} of {among['of']}")
    shares = {one["code"]: one["count"] for one in answer["sectors"] if one["count"]}
    for sector, count in shares.items():
        expect(panel.locator(f"[data-sector-bar={sector}] .number")).to_contain_text(f"{count} ·")
    expect(panel.locator(".crumbs button")).to_have_text(["Area R"])
    visit.shot("district")

    panel.locator("[data-key^=hexagon]").first.focus()
    keys.press("Enter")
    expect(title).to_have_text("Hexagon", timeout=PATIENCE_MS)
    cell = panel.locator("code").inner_text(timeout=PATIENCE_MS)
    assert f"cell={cell}" in visit.page.url
    expect_numbers(panel, ask(visit, f"cells/{cell}?window=30d")["cell"])
    expect(panel.locator(".crumbs button")).to_have_text(["Area R", "Area T"])

    newest = ask(visit, f"incidents?window=30d&cell={cell}&limit=5")["incidents"]
    rows = panel.locator("[data-part=latest] button")
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
    expect(visit.page.locator("#ranking tr[data-row=T] button")).to_be_focused()


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
    assert violations(visit) == []


def test_an_incident_that_is_not_there_is_said_not_to_be_there(browser: Browser, service_url: str) -> None:
    with visiting(browser, service_url) as visit:
        visit.page.goto(f"{visit.address}/#lang=en&{PLACE}&incident=999999999")
        expect(visit.page.locator("#panel .trouble")).to_have_text("there is no incident 999999999", timeout=PATIENCE_MS)
        visit.page.get_by_role("button", name="Close").click()
        expect(visit.page.locator("#overview")).to_be_visible()
