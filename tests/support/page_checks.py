"""What browser tests read from the page: accessibility problems, overlaps, tables, numbers."""

from typing import Any

import httpx

from tests.support.browser_visit import Visit
from tests.support.paths import CHECKOUT

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"


def find_violations(visit: Visit) -> list[str]:
    """What axe-core finds wrong with the page as it is now: the rule and the places."""
    visit.page.evaluate(f"{AXE.read_text(encoding='utf-8')}; undefined")
    found = visit.page.evaluate("async () => (await axe.run()).violations")
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


def overlap(visit: Visit, first: str, second: str) -> bool:
    """Whether two parts of the page cover each other."""
    a, b = visit.page.locator(first).bounding_box(), visit.page.locator(second).bounding_box()
    assert a
    assert b
    across = a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
    return across and a["y"] < b["y"] + b["height"] and b["y"] < a["y"] + a["height"]


def get_json(visit: Visit, path: str) -> Any:
    """The JSON document of a path of the API."""
    return httpx.get(f"{visit.address}{path}").raise_for_status().json()


def parse_number(text: str) -> int:
    """The number that the page writes in English as `text`."""
    return int(text.replace(",", ""))


def read_table(visit: Visit, table: str) -> dict[str, list[str]]:
    """A table's cells by the name at the beginning of their row."""
    script = f"[...document.querySelectorAll('{table} tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))"
    return {name: cells for name, *cells in visit.page.evaluate(script)}
