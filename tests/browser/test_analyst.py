"""What analysts do on the page: select hexagons on the map, keep views, rank agencies, take files. Numbers are those of the API."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.support.browser_incidents import CENTRE, OLD, OLD_CENTRE, ROADS, WASTE
from tests.support.browser_visit import PATIENCE_MS, PATIENCE_S, Visit, visiting
from tests.support.page_checks import find_violations, get_json, parse_number, read_table

pytestmark = pytest.mark.browser

BOTH = "map=8/45.3/39.4&window=1y&lang=en"
"""The hexagons of now and of 200 days ago are in view."""
EVERYTHING = ROADS + WASTE + OLD
WITHOUT_MAP = "HTMLCanvasElement.prototype.getContext = () => null"


@pytest.fixture
def region(browser: Browser, territory_service: str) -> Iterator[Visit]:
    """The page over the territory, without a map; nothing may have gone wrong on it at the end."""
    with visiting(browser, territory_service) as made:
        made.page.add_init_script(WITHOUT_MAP)
        yield made
        assert made.complaints == []


def show_both(visit: Visit) -> None:
    visit.open(BOTH)
    visit.expect_total(EVERYTHING)
    visit.page.locator("#lasso").wait_for(timeout=PATIENCE_MS)


def drag(visit: Visit, corners: list[tuple[float, float]]) -> None:
    """Press at the first corner, move over the others, and let go at the last."""
    mouse = visit.page.mouse
    mouse.move(*corners[0])
    mouse.down()
    for corner in corners[1:]:
        mouse.move(*corner, steps=4)
    mouse.up()


def around(visit: Visit, centre: tuple[float, float], by: float = 40) -> list[tuple[float, float]]:
    """Corners around a place, px."""
    x, y = visit.pixel(*centre)
    return [(x - by, y - by), (x + by, y - by), (x + by, y + by), (x - by, y + by)]


def selected(visit: Visit) -> str:
    """The set in the address."""
    found = re.search(r"[#&]cells=([^&]+)", visit.page.url)
    assert found, visit.page.url
    return found[1]


def test_a_box_selects_its_hexagons_for_numbers_panels_files_and_the_address(visit: Visit) -> None:
    show_both(visit)
    corners = around(visit, OLD_CENTRE)
    visit.page.keyboard.down("Shift")
    drag(visit, [corners[0], corners[2]])
    visit.page.keyboard.up("Shift")
    visit.expect_total(OLD)
    cells = selected(visit)
    assert get_json(visit, f"/api/summary?window=1y&cells={cells}")["n"] == OLD
    assert visit.drawn() == OLD
    chip = visit.page.locator("#chips .chip")
    expect(chip).to_have_text("Selected on the map ×")
    visit.until("geoMap.querySourceFeatures('selected-cells').length > 0")
    assert find_violations(visit) == []

    visit.page.reload()
    visit.expect_total(OLD)
    visit.page.goto(f"{visit.page.url}&tab=share")
    visit.page.reload()
    link = visit.page.locator("#share [data-key='hexes csv']")
    link.wait_for(timeout=PATIENCE_MS)
    rows = list(csv.DictReader(io.StringIO(fetch(link).text)))
    assert sum(int(row["count [incidents]"]) for row in rows) == OLD
    chip.click()
    visit.expect_total(EVERYTHING)
    assert "cells=" not in visit.page.url


def test_a_lasso_selects_what_is_drawn_around_and_adds_with_ctrl(visit: Visit) -> None:
    show_both(visit)
    tool = visit.page.get_by_role("button", name="Select an area on the map: draw around it")
    tool.click()
    expect(tool).to_have_attribute("aria-pressed", "true")
    drag(visit, [*around(visit, CENTRE), around(visit, CENTRE)[0]])
    visit.expect_total(ROADS + WASTE)
    expect(tool).to_have_attribute("aria-pressed", "false")
    tool.click()
    visit.page.keyboard.down("Control")
    drag(visit, [*around(visit, OLD_CENTRE), around(visit, OLD_CENTRE)[0]])
    visit.page.keyboard.up("Control")
    visit.expect_total(EVERYTHING)
    assert get_json(visit, f"/api/summary?window=1y&cells={selected(visit)}")["n"] == EVERYTHING
    tool.click()
    visit.page.keyboard.press("Escape")
    expect(tool).to_have_attribute("aria-pressed", "false")


def test_shift_and_click_adds_a_hexagon_and_takes_it_away(visit: Visit) -> None:
    show_both(visit)
    place = visit.pixel(*OLD_CENTRE)
    visit.page.keyboard.down("Shift")
    visit.page.mouse.click(*place)
    visit.expect_total(OLD)
    visit.page.mouse.click(*place)
    visit.expect_total(EVERYTHING)
    visit.page.keyboard.up("Shift")
    assert "cell=" not in visit.page.url, "the hexagon was not opened"


def test_the_keyboard_adds_the_opened_hexagon(visit: Visit) -> None:
    resolution = get_json(visit, "/api/legend?zoom=8&window=1y")["resolution"]
    cell = h3.int_to_str(h3.latlng_to_cell(*OLD_CENTRE, resolution))
    visit.open(f"{BOTH}&cell={cell}")
    button = visit.page.locator("#panel [data-key='select hexagon']")
    expect(button).to_have_text("Add this hexagon to the selection", timeout=PATIENCE_MS)
    button.press("Enter")
    visit.expect_total(OLD)
    expect(button).to_have_text("Remove this hexagon from the selection", timeout=PATIENCE_MS)
    button.press("Enter")
    visit.expect_total(EVERYTHING)


def test_views_are_saved_renamed_deleted_and_there_the_next_time(visit: Visit) -> None:
    visit.page.add_init_script(WITHOUT_MAP)
    visit.page.goto(f"{visit.address}/#sector=roads&window=7d&tab=share&lang=en")
    saved = visit.page.locator("#saved")
    saved.get_by_label("Name of the view").fill("Roads of the week")
    saved.get_by_role("button", name="Save this view").click()
    link = saved.get_by_role("link", name="Roads of the week")
    expect(link).to_have_attribute("href", re.compile("#sector=roads&window=7d"))
    assert find_violations(visit) == []
    visit.page.goto("about:blank")
    visit.page.goto(f"{visit.address}/#window=1y&tab=share&lang=en")
    link.click()
    visit.page.locator("#totals:not(.busy) strong", has_not_text="…").first.wait_for(timeout=PATIENCE_MS)
    expect(visit.total()).to_have_text(str(get_json(visit, "/api/summary?window=7d&sector=roads")["n"]), timeout=PATIENCE_MS)

    visit.page.goto(f"{visit.address}/#tab=share&lang=en")
    saved.get_by_role("button", name="Rename: Roads of the week").click()
    saved.get_by_label("New name of “Roads of the week”").fill("Roads")
    visit.page.keyboard.press("Enter")
    expect(saved.get_by_role("link")).to_have_text("Roads")
    saved.get_by_role("button", name="Delete: Roads").click()
    expect(saved.get_by_role("link")).to_have_count(0)
    saved.get_by_role("button", name="Undo").click()
    expect(saved.get_by_role("link")).to_have_text("Roads")


def test_without_storage_views_are_saved_until_the_page_is_closed(visit: Visit) -> None:
    visit.page.add_init_script(
        f"{WITHOUT_MAP}; Object.defineProperty(window, 'localStorage', {{ get() {{ throw new DOMException('', 'SecurityError'); }} }})"
    )
    visit.page.goto(f"{visit.address}/#tab=share&lang=en")
    saved = visit.page.locator("#saved")
    expect(saved).to_contain_text("This browser keeps nothing", timeout=PATIENCE_MS)
    saved.get_by_label("Name of the view").fill("A")
    visit.page.keyboard.press("Enter")
    expect(saved.get_by_role("link")).to_have_text("A")


def fetch(link: Locator) -> httpx.Response:
    """Fetch what a link leads to."""
    return httpx.get(str(link.get_attribute("href")), timeout=PATIENCE_S).raise_for_status()


def rating(visit: Visit, more: str = "") -> dict[str, Any]:
    found: dict[str, Any] = get_json(visit, f"/api/agencies?window=24h&min_incidents=20{more}")
    return found


def test_every_agency_has_hours_of_a_source_and_deadline_and_the_worst_come_first_when_asked(region: Visit) -> None:
    region.page.goto(f"{region.address}/#window=24h&tab=analysis&lang=en")
    table = rating(region)
    answered = {row["name"]["en"]: row["main_channel"] for row in table["agencies"]}
    region.page.locator("#agencies tbody tr").first.wait_for(timeout=PATIENCE_MS)
    heads = region.page.locator("#agencies th[scope=col]").evaluate_all("(all) => all.map((head) => head.dataset.key)")
    for name, cells in read_table(region, "#agencies").items():
        hours = cells[heads.index("answer_hours") - 1]
        expected = answered[name]["answer_hours"]
        assert hours.split("*")[0] == ("—" if expected is None else f"{round(expected, 1):g}"), name
        assert parse_number(cells[heads.index("n_answered") - 1]) == answered[name]["n_answered"]
    region.page.locator("#worst-first").click()
    ranked = [row["name"]["en"] for row in rating(region, "&order=worst")["agencies"] if row["rank"]]
    names = region.page.locator("#agencies tbody th")
    expect(names.nth(0)).to_have_text(ranked[0], timeout=PATIENCE_MS)
    assert names.all_inner_texts()[: len(ranked)] == ranked
    region.page.goto("about:blank")
    region.page.goto(f"{region.address}/#window=24h&tab=analysis&lang=en")
    expect(names.nth(0)).to_have_text(ranked[0], timeout=PATIENCE_MS)
    assert region.page.locator("#worst-first").get_attribute("aria-pressed") == "true"


def test_hours_of_one_source_and_deadline_are_sorted_among_themselves(region: Visit) -> None:
    region.page.goto(f"{region.address}/#window=24h&tab=analysis&lang=en")
    channel = rating(region)["channels"][0]
    region.page.locator("#agencies-channel option").nth(1).wait_for(state="attached", timeout=PATIENCE_MS)
    region.page.locator("#agencies-channel").select_option(index=1)
    head = region.page.locator("#agencies th[data-key=answer_hours]")
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    own = {
        row["name"]["en"]: part["answer_hours"]
        for row in rating(region)["agencies"]
        for part in row["by_source"]
        if (part["source"], part["deadline"]) == (channel["source"], channel["deadline"]) and part["answer_hours"] is not None
    }
    names = region.page.locator("#agencies tbody th").all_inner_texts()[: len(own)]
    assert [own[name] for name in names] == sorted(own.values(), reverse=True)
    assert "channel=" in region.page.url


def test_each_table_is_given_as_excel_opens_it(region: Visit) -> None:
    region.page.goto(f"{region.address}/#window=1y&layer=districts&tab=share&lang=en")
    counts = {}
    for kind in ("districts", "incidents", "timeline"):
        link = region.page.locator(f"#share [data-key='{kind} xlsx']")
        link.wait_for(timeout=PATIENCE_MS)
        book = openpyxl.load_workbook(io.BytesIO(fetch(link).content))
        counts[kind] = book["table"].max_row - 1
        excel = fetch(region.page.locator(f"#share [data-key='{kind} csv-excel']"))
        assert len(list(csv.reader(io.StringIO(excel.content.decode("utf-8-sig"), newline=""), delimiter=";"))) - 1 == counts[kind]
    assert counts["incidents"] == get_json(region, "/api/summary?window=1y")["n"]
    assert counts["timeline"] == len(get_json(region, "/api/timeline?window=1y")["buckets"])
