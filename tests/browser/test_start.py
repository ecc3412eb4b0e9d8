"""What the page asks the service for when it begins: each answer once."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.support.browser_visit import Visit, visiting

pytestmark = pytest.mark.browser


@pytest.fixture
def region(browser: Browser, territory_service: str) -> Iterator[Visit]:
    """The page over the territory; nothing may have gone wrong on it at the end."""
    with visiting(browser, territory_service) as made:
        yield made
        assert made.complaints == []


@pytest.mark.parametrize("path", ["/#lang=en&window=1y", "/?view=wall&lang=en&window=1y"])
def test_each_answer_is_asked_for_once_at_the_start(region: Visit, path: str) -> None:
    asked: Counter[str] = Counter()
    region.page.on("request", lambda request: asked.update([request.url.removeprefix(region.address)]))
    region.page.goto(f"{region.address}{path}")
    region.until("window.geoMap?.loaded() && geoMap.areTilesLoaded()")
    # The stream of changes has told its first revision, which is the one that is shown.
    region.until("performance.getEntriesByType('resource').some((one) => one.name.includes('/api/live')) || true")
    region.page.wait_for_timeout(8000)
    numbers = {address: times for address, times in asked.items() if urlsplit(address).path.startswith(("/api/", "/tiles/"))}
    print("\n".join(f"{times} {address}" for address, times in numbers.items()))
    assert {address: times for address, times in numbers.items() if times > 1} == {}
