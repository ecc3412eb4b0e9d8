"""The pages' modules in Chromium: all asked for at once, each once, under the digest."""

import re

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

ASKED = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
NAMED = "[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => new URL(link.href).pathname)"
SETTLED = "window.geoMap?.loaded() && geoMap.areTilesLoaded()"


@pytest.mark.parametrize("path", ["/#map=8/45.04/38.98", "/?view=wall", "/embed?map=8/45.04/38.98"])
def test_a_page_names_its_modules_and_needs_no_others(visit: Visit, path: str) -> None:
    visit.page.goto(f"{visit.address}{path}")
    visit.until(SETTLED)
    files = [name for name in visit.page.evaluate(ASKED) if name.startswith("/static/")]
    named = visit.page.evaluate(NAMED)
    modules = [name for name in files if re.search(r"\.m?js$", name) and "worker" not in name]
    assert sorted(modules) == sorted(named)
    # With the digest fonts, styles, the worker and the base map are kept as well.
    assert all(re.match(r"/static/[0-9a-f]{16}/", name) for name in files)
    assert any(name.endswith(".woff2") for name in files)
    assert any(name.endswith("/world/50m.json.gz") for name in files)
    # A browser complains of what was preloaded and not used some seconds later.
    visit.page.wait_for_timeout(6000)


def test_a_page_seen_before_loads_no_file_again(visit: Visit) -> None:
    visit.open()
    visit.page.reload()
    visit.settle()
    fetched = "performance.getEntriesByType('resource').filter((one) => one.transferSize > 0).map((one) => one.name)"
    assert [name for name in visit.page.evaluate(fetched) if "/static/" in name] == []
