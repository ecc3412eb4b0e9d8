"""The pages' modules in Chromium: all asked for at once, each once, under the digest."""

import re
from urllib.parse import urlsplit

import pytest

from geo_service.pages.module_preload import needed_modules
from tests.support.browser_visit import Visit
from tests.support.paths import CHECKOUT

pytestmark = pytest.mark.browser

ASKED = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
NAMED = "[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => new URL(link.href).pathname)"
SETTLED = "window.geoMap?.loaded() && geoMap.areTilesLoaded()"
FRONTEND = CHECKOUT / "frontend"
SOURCES = {file.relative_to(FRONTEND).as_posix(): file.read_text(encoding="utf-8") for file in (FRONTEND / "src").rglob("*.js")}
# Panels that nobody has looked at yet come after the map, in any order: these and all that they import.
PANELS = [f"src/{name}" for name in re.findall(r'import\("\./((?:dock|panels)/[^"]+)"\)', SOURCES["src/workplace.js"])]
LATER = sorted({module for panel in PANELS for module in needed_modules(panel, SOURCES, {})})
ALL_HERE = f"{LATER}.every((name) => {ASKED}.some((path) => path.endsWith('/' + name)))"
# When each module was asked for and had come, in milliseconds.
TIMES = """performance.getEntriesByType('resource').filter((one) => /\\.m?js$/.test(one.name) && !one.name.includes('worker'))
  .map((one) => [new URL(one.name).pathname, one.startTime, one.responseEnd])"""


@pytest.mark.parametrize(("path", "later"), [("/#map=8/45.04/38.98", True), ("/?view=wall", False), ("/embed?map=8/45.04/38.98", False)])
def test_a_page_names_the_modules_that_it_begins_with(visit: Visit, path: str, later: bool) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visit.page.goto(f"{visit.address}{path}")
    visit.until(SETTLED)
    if later:
        visit.until(ALL_HERE)
    files = [name for name in visit.page.evaluate(ASKED) if name.startswith("/static/")]
    named = visit.page.evaluate(NAMED)
    times = visit.page.evaluate(TIMES)
    assert len({name for name, *_ in times}) == len(times), "a module came twice"
    assert set(named) <= {name for name, *_ in times}
    rest = {name: begun for name, begun, _ in times if name not in named}
    assert bool(rest) == later, rest
    all_here = max(ended for name, _, ended in times if name in named)
    assert [name for name, begun in rest.items() if begun < all_here] == [], "a module was missing in the page's list"
    # With the digest fonts, styles, the worker and the base map are kept as well.
    assert all(re.match(r"/static/[0-9a-f]{16}/", name) for name in files)
    assert any(name.endswith(".woff2") for name in files)
    assert any(re.match(r"/static/[0-9a-f]{16}/vendor/world/\d/\d+/\d+\.mvt", name) for name in asked)
    # A browser complains of what was preloaded and not used some seconds later.
    visit.page.wait_for_timeout(6000)


def test_a_page_seen_before_loads_no_file_again(visit: Visit) -> None:
    visit.open()
    visit.until(ALL_HERE)
    visit.page.reload()
    visit.settle()
    visit.until(ALL_HERE)
    fetched = "performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).map((one) => one.name)"
    assert [name for name in visit.page.evaluate(fetched) if "/static/" in name] == []
