"""Tables, reasons and filters of the page, beside the numbers of the API."""

from collections.abc import Iterator
from math import floor, sqrt
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_incidents import CENTRE, ROADS, insert_incidents, serving_known_incidents
from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations, get_json, parse_number, read_table

pytestmark = pytest.mark.browser

VIEW = "map=8/45.2/39.1&lang=en"
DAY = f"{VIEW}&window=24h&tab=analysis"
"""There were messages in the day before as well."""


LEAST_MESSAGES, LEAST_OVERDUE = 10, 3
"""Of fewer a district is not said to have more overdue than the region."""
WITHOUT_MAP = "HTMLCanvasElement.prototype.getContext = () => null"
"""Tables need none, and drawing it by software takes long."""


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service of this module's own: incidents are added to it."""
    with serving_known_incidents(database_url) as address:
        yield address


@pytest.fixture
def region(browser: Browser, territory_service: str) -> Iterator[Visit]:
    """The page over the territory, without a map; nothing may have gone wrong on it at the end."""
    with visiting(browser, territory_service) as made:
        made.page.add_init_script(WITHOUT_MAP)
        yield made
        assert made.complaints == []


def show(visit: Visit, view: str) -> None:
    """Load the page anew and wait until it has the numbers."""
    visit.page.goto(f"{visit.address}/#{view}")
    visit.page.locator("#totals:not(.busy) strong", has_not_text="…").first.wait_for(state="attached", timeout=PATIENCE_MS)


def expect_total(visit: Visit, number: int) -> None:
    expect(visit.total()).to_have_text(str(number), timeout=PATIENCE_MS)


def totals(visit: Visit, table: str) -> list[str]:
    """The cells of a table's last line, without its name."""
    return visit.page.locator(f"{table} tfoot td").all_inner_texts()


def by_chance(now: int, before: int) -> bool:
    return abs(now - before) <= 1.96 * sqrt(now + before)


def test_the_worst_districts_are_those_with_most_overdue_beyond_the_regions_share(region: Visit) -> None:
    show(region, f"{VIEW}&window=24h")
    told = get_json(region, "/api/districts?window=24h&level=district&compare=previous")
    share = told["total"]["overdue"] / told["total"]["count"]
    scored = [(row["overdue"] - share * row["count"], row) for row in told["districts"]]
    enough = [(score, row) for score, row in scored if score > 0 and row["count"] >= LEAST_MESSAGES and row["overdue"] >= LEAST_OVERDUE]
    worst = [row for _, row in sorted(enough, key=lambda pair: (-pair[0], -pair[1]["overdue"]))][:5]
    assert worst
    buttons = region.page.locator("#worst li button")
    expect(buttons).to_have_text([row["name"]["en"] for row in worst], timeout=PATIENCE_MS)
    reasons = region.page.locator("#worst li p").all_inner_texts()
    for reason, row in zip(reasons, worst, strict=True):
        more = max(1, floor(row["overdue"] - share * row["count"] + 0.5))
        assert reason.startswith(f"{row['overdue']} of {row['count']} overdue — {more} more than the regional average; ")
        assert f"most often: {row['leading_theme']['name']['en']} ({row['leading_theme']['n']})" in reason
        grown = row["n_compared"] and row["count"] > row["n_compared"] and not by_chance(row["count"], row["n_compared"])
        assert ("vs previous period" in reason) == bool(grown)
    buttons.first.click()
    region.until(f"location.hash.includes('layer=districts&cell={worst[0]['code']}')")


def test_all_districts_are_sorted_by_any_column_and_given_as_csv(region: Visit) -> None:
    show(region, VIEW)
    told = {row["name"]["en"]: row for row in get_json(region, "/api/districts?window=1y&level=district")["districts"]}
    lines = region.page.locator("#ranking tbody tr")
    expect(lines).to_have_count(len(told), timeout=PATIENCE_MS)
    names = lines.locator("th").all_inner_texts()
    for at, key in enumerate(("count", "open", "overdue")):
        assert {
            name: parse_number(text) for name, text in zip(names, lines.locator(f"td:nth-of-type({at + 1})").all_inner_texts(), strict=True)
        } == {name: row[key] for name, row in told.items()}
    counts = sorted(row["count"] for row in told.values())
    head = region.page.locator("#ranking th[data-key=count]")
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(lines.locator("td:nth-of-type(1)")).to_have_text([f"{count:,}" for count in reversed(counts)])
    region.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(lines.locator("td:nth-of-type(1)")).to_have_text([f"{count:,}" for count in counts])
    with region.page.expect_download() as download:
        region.page.locator("#overview a[download='districts.csv']").click()
    lines_of_file = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    # A header, and what lies in no district.
    assert len(lines_of_file) == len(told) + 2


def test_two_periods_stand_side_by_side_with_what_chance_explains(region: Visit) -> None:
    show(region, DAY)
    for by, level in (("sector", ""), ("district", "&level=district")):
        region.page.locator("#compared-by").select_option(by)
        told = get_json(region, f"/api/breakdown?window=24h&by={by}{level}&compare=previous")
        counts = {str(cell[by] or ""): (cell["count"], cell["n_compared"]) for cell in told["cells"]}
        region.until(f"document.querySelectorAll('#comparison tbody tr').length === {len(counts)}")
        keys = region.page.locator("#comparison tbody tr").evaluate_all("(all) => all.map((row) => row.dataset.row)")
        shown = dict(zip(keys, read_table(region, "#comparison").values(), strict=True))
        assert {key: (parse_number(cells[0]), parse_number(cells[1])) for key, cells in shown.items()} == counts
        assert [now - before for now, before in (counts[key] for key in keys)] == sorted(
            (now - before for now, before in counts.values()), reverse=True
        )
        for key, cells in shown.items():
            assert ("≈" in cells[3]) == (by_chance(*counts[key]) and counts[key][0] != counts[key][1]), key
        assert [parse_number(text) for text in totals(region, "#comparison")[:2]] == [told["total"]["count"], told["total"]["n_compared"]]
    assert "by=district" in region.page.url
    region.page.go_back()
    expect(region.page.locator("#compared-by")).to_have_value("sector")
    expect(region.page.locator("#comparison tbody tr[data-row=roads]")).to_have_count(1, timeout=PATIENCE_MS)


def test_agencies_have_their_rank_then_and_before_and_few_messages_are_marked(region: Visit) -> None:
    show(region, f"{DAY}&compare=previous")
    told = get_json(region, "/api/agencies?window=24h&min_incidents=20&compare=previous")["agencies"]
    expect(region.page.locator("#agencies tbody tr")).to_have_count(len(told), timeout=PATIENCE_MS)
    shown = read_table(region, "#agencies")
    assert {row["rank"] for row in told} >= {1, 2, None}
    for row in told:
        rank, _, rank_before, _, count, *_ = shown[row["name"]["en"]]
        small = f"—* (of {row['count']})"
        assert rank == (str(row["rank"]) if row["rank"] else small if row["count"] < 20 else "—")
        assert rank_before.startswith(str(row["compared"]["rank"] or "—") if row["compared"] else "—")
        assert parse_number(count) == row["count"]
    first = next(row for row in told if row["rank"] == 1)
    region.page.locator("#agencies tbody button").first.click()
    expect_total(region, get_json(region, f"/api/summary?window=24h&agency={first['code']}")["n"])
    expect(region.page.locator("#chips .chip")).to_have_text(f"Agency: {first['name']['en']} ×", timeout=PATIENCE_MS)


def test_a_cross_table_is_of_any_two_dimensions_with_totals_and_in_the_address(region: Visit) -> None:
    show(region, DAY)
    region.page.locator("#cross-rows").select_option("district")
    region.page.locator("#cross-columns").select_option("sector")
    told = get_json(region, "/api/breakdown?window=24h&by=district,sector&level=district")
    region.until("document.querySelector('#cross caption')?.textContent === 'District × Sector'")
    sums: dict[str, int] = {}
    for cell in told["cells"]:
        sums[cell["sector"]] = sums.get(cell["sector"], 0) + cell["count"]
    order = [entry["code"] for entry in told["dimensions"][1]["entries"] if sums.get(entry["code"])]
    assert [parse_number(text) for text in totals(region, "#cross")] == [told["total"]["count"], *(sums[code] for code in order)]
    assert "cross=district,sector" in region.page.url
    assert "by=district%2Csector" in (region.page.locator("a[download='cross-table.csv']").get_attribute("href") or "")
    region.page.locator("#cross-rows").select_option("sector")
    region.until("document.querySelector('#cross caption')?.textContent === 'Sector × District'")
    assert "cross=sector,district" in region.page.url
    for name in ("status", "agency"):
        region.page.locator(f"[data-filter={name}] summary").click()
        region.page.locator(f"[data-filter={name}] label").first.wait_for(timeout=PATIENCE_MS)
    region.page.locator("#analysis .wider").click()
    region.until("document.documentElement.dataset.wide !== undefined")
    region.shot("analysis-wide")
    assert find_violations(region) == []


def test_the_shade_of_a_cell_follows_its_number_when_the_period_changes(region: Visit) -> None:
    for period in ("24h", "1y"):
        show(region, f"{VIEW}&window={period}&tab=analysis&cross=sector,status")
        told = get_json(region, f"/api/breakdown?window={period}&by=sector,status")
        expect(region.page.locator("#cross tfoot td").first).to_have_text(f"{told['total']['count']:,}", timeout=PATIENCE_MS)
        shades = region.page.locator("#cross td.heat").evaluate_all(
            "(all) => all.map((cell) => [cell.textContent, Number(cell.style.getPropertyValue('--number-heat'))])"
        )
        most = max(cell["count"] for cell in told["cells"])
        assert most in {0 if text == "·" else parse_number(text) for text, _ in shades}
        for text, shade in shades:
            assert shade == pytest.approx(sqrt((0 if text == "·" else parse_number(text)) / most), abs=0.0051), text


def test_a_filter_with_many_entries_is_searched_and_chosen_by_the_keyboard(region: Visit) -> None:
    show(region, f"{VIEW}&window=24h")
    press = region.page.keyboard.press
    region.page.locator("[data-filter=agency] summary").focus()
    press("Enter")
    box = region.page.locator("[data-filter=agency]")
    expect(box.locator("label")).to_have_count(60, timeout=PATIENCE_MS)
    expect(box.locator("[role=status]")).to_have_text("60 most frequent of 72: search for others")
    press("Tab")
    region.page.keyboard.type("ministry 67")
    expect(box.locator("label")).to_have_count(1)
    expect(box.locator("[role=status]")).to_have_text("1 of 72")
    press("ArrowDown")
    press("Space")
    region.until("location.hash.includes('agency=ministry.67')")
    expect(region.total()).to_have_text("0", timeout=PATIENCE_MS)
    assert region.page.evaluate("document.activeElement.value") == "ministry.67"
    press("Escape")
    assert region.page.evaluate("document.activeElement.tagName") == "SUMMARY"
    expect(box.locator("summary")).to_have_text("Agency: 1 selected")
    region.page.locator("#chips .chip").press("Enter")
    expect_total(region, get_json(region, "/api/summary?window=24h")["n"])


def test_groups_of_states_have_the_counts_of_the_choice_without_the_filter(region: Visit) -> None:
    show(region, f"{VIEW}&window=24h&status=closed")
    box = region.page.locator("[data-filter=status]")
    box.locator("summary").click()
    total: dict[str, Any] = get_json(region, "/api/summary?window=24h")
    expect(box.locator("label .number").nth(1)).to_have_text(str(total["overdue"]), timeout=PATIENCE_MS)
    expect(box.locator("label .number").nth(0)).to_have_text(str(total["open"]))
    box.locator("label").nth(1).click()
    expect_total(region, get_json(region, "/api/summary?window=24h&status=closed,overdue")["n"])
    assert "status=closed,overdue" in region.page.url


def test_sectors_have_the_trends_of_the_timeline(region: Visit) -> None:
    show(region, f"{VIEW}&window=7d")
    told = {one["code"]: one["n"] for one in get_json(region, "/api/timeline?window=7d&by=sector")["series"]}
    for code, counts in told.items():
        line = region.page.locator(f"#sectors [data-sector={code}] polyline")
        expect(line).to_have_count(1, timeout=PATIENCE_MS)
        heights = [float(point.split(",")[1]) for point in (line.get_attribute("points") or "").split()]
        assert heights == pytest.approx([15 - 14 * count / max(counts) for count in counts], abs=0.06)


def test_a_live_change_alters_the_cell_and_leaves_row_order_and_focus_alone(visit: Visit, database_url: str) -> None:
    visit.page.add_init_script(WITHOUT_MAP)
    show(visit, "map=8/45.04/38.98&lang=en&tab=analysis")
    cell = visit.page.locator("#comparison tr[data-row=roads] td").first
    expect(cell).to_have_text(str(ROADS), timeout=PATIENCE_MS)
    visit.page.locator("#comparison th[data-key=now] button").click()
    visit.page.evaluate("document.querySelector('#comparison tr[data-row=roads]').known = true")
    insert_incidents(database_url, "live", 1, 2, CENTRE, 0)
    expect(cell).to_have_text(str(ROADS + 2), timeout=PATIENCE_MS)
    assert visit.page.evaluate("document.querySelector('#comparison tr[data-row=roads]').known") is True
    assert visit.page.evaluate("document.activeElement.closest('th').dataset.key") == "now"
    expect(visit.page.locator("#comparison th[data-key=now]")).to_have_attribute("aria-sort", "descending")
