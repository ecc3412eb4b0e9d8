"""The pages' modules in Chromium: few, all asked for at once, each once, under the digest."""

import json
import re
from urllib.parse import urlsplit

import pytest

from tests.support.browser_incidents import ROADS, WASTE
from tests.support.browser_visit import MAP_DRAWN, Visit, send_source
from tests.support.page_build import read_manifest

pytestmark = pytest.mark.browser

ASKED = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
NAMED = "[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => new URL(link.href).pathname)"
MOST_MODULES = 8
"""Of a page, MapLibre and the words of one language with it: every file more costs a phone a part of a round trip."""
WORDS = re.compile(r"/(ru|en)-\w{8}\.js$")
"""The modules of words: which language's is known in the browser only, where it is asked for together with the first numbers."""
# When each module was asked for and had come, in milliseconds.
TIMES = """performance.getEntriesByType('resource').filter((one) => /\\.m?js$/.test(one.name) && !one.name.includes('worker'))
  .map((one) => [new URL(one.name).pathname, one.startTime, one.responseEnd])"""


@pytest.fixture
def all_here() -> str:
    """A condition: what nobody has looked at yet, and comes after the map, has come."""
    later = [name for name in read_manifest()["pages"]["index.html"]["later"] if not WORDS.search(f"/{name}")]
    return f"{json.dumps(later)}.every((name) => {ASKED}.some((path) => path.endsWith('/' + name)))"


@pytest.mark.parametrize(("path", "later"), [("/#map=8/45.04/38.98", True), ("/?view=wall", False), ("/embed?map=8/45.04/38.98", False)])
def test_a_page_names_the_modules_that_it_begins_with(visit: Visit, path: str, later: bool, all_here: str) -> None:
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visit.page.goto(f"{visit.address}{path}")
    visit.until(MAP_DRAWN)
    if later:
        visit.until(all_here)
    files = [name for name in visit.page.evaluate(ASKED) if name.startswith("/static/")]
    named = visit.page.evaluate(NAMED)
    times = visit.page.evaluate(TIMES)
    assert len({name for name, *_ in times}) == len(times), "a module came twice"
    assert len(times) <= MOST_MODULES
    assert set(named) <= {name for name, *_ in times}
    (spoken,) = (name for name, *_ in times if WORDS.search(name))
    rest = {name: begun for name, begun, _ in times if name not in named and name != spoken}
    assert bool(rest) == later, rest
    named_here = max(ended for name, _, ended in times if name in named)
    assert [name for name, begun in rest.items() if begun < named_here] == [], "a module was missing in the page's list"
    assert {name.split("/")[2] for name in files} == {read_manifest()["digest"]}, "the build is what is served"
    # With the digest fonts, styles, the worker and the base map are kept as well.
    assert all(re.match(r"/static/[0-9a-f]{16}/", name) for name in files)
    assert any(name.endswith(".woff2") for name in files)
    assert any(re.match(r"/static/[0-9a-f]{16}/vendor/world/\d/\d+/\d+\.mvt", name) for name in asked)
    # A browser complains of what was preloaded and not used some seconds later.
    visit.page.wait_for_timeout(6000)


def test_a_page_seen_before_loads_no_file_again(visit: Visit, all_here: str) -> None:
    visit.open()
    visit.until(all_here)
    visit.page.reload()
    visit.settle()
    visit.until(all_here)
    fetched = "performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).map((one) => one.name)"
    assert [name for name in visit.page.evaluate(fetched) if "/static/" in name] == []


def test_the_sources_show_the_same_page_unbundled(visit: Visit) -> None:
    """Answer with the sources, as a checkout without a current build does; libraries and tiles come from the service."""
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    visit.page.route(re.compile(r"/(#.*)?$|/static/(src/.*|styles/.*|style\.css)$"), send_source)
    visit.open()
    visit.until("document.querySelector('#dock svg')")
    names = ("src/main.js", "src/later.js", "src/dock/dock.js", "styles/page.css")
    assert {f"/static/{name}" for name in names} <= set(asked)
    assert visit.total().inner_text() == str(ROADS + WASTE)
