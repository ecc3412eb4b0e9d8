"""What the pages ask the service for when they begin: each answer once; and the words of one language."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import MAP_DRAWN, PATIENCE_MS, Visit, visiting

pytestmark = pytest.mark.browser

VIEW = "lang=en&window=1y&map=8/45.2/39.1"
HEARD = "document.querySelector('#live')?.dataset.state === 'live'"
"""The stream of changes has told its first revision, which is the one that is shown."""


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    """The service over the territory."""
    return territory_service


@pytest.fixture
def region(browser: Browser, territory_service: str) -> Iterator[Visit]:
    """The page over the territory; nothing may have gone wrong on it at the end."""
    with visiting(browser, territory_service) as made:
        yield made
        assert made.complaints == []


@pytest.mark.parametrize("path", [f"/#{VIEW}", f"/?view=wall&{VIEW}", f"/embed?{VIEW}"])
def test_each_answer_is_asked_for_once_at_the_start(region: Visit, path: str) -> None:
    asked: Counter[str] = Counter()
    region.page.on("request", lambda request: asked.update([request.url.removeprefix(region.address)]))
    region.page.goto(f"{region.address}{path}")
    region.until(MAP_DRAWN)
    region.until(HEARD)
    numbers = {address: times for address, times in asked.items() if urlsplit(address).path.startswith(("/api/", "/tiles/"))}
    assert {address: times for address, times in numbers.items() if times > 1} == {}
    totals = [address for address in numbers if urlsplit(address).path == "/api/summary" and "compare=previous" in address]
    assert len(totals) == 1, "the totals are those of one question"
    assert len([address for address in numbers if urlsplit(address).path == "/api/legend"]) == 1


def test_another_language_is_loaded_when_it_is_chosen(region: Visit) -> None:
    files: list[str] = []
    region.page.on("request", lambda request: files.extend(re.findall(r"/(ru|en)-\w{8}\.js$", request.url)))
    region.open(VIEW)
    assert files == ["en"]
    region.page.locator("#language").click()
    expect(region.page.locator("html")).to_have_attribute("lang", "ru", timeout=PATIENCE_MS)
    assert files == ["en", "ru"]
    region.page.evaluate(f"location.hash = '{VIEW}'")
    expect(region.page.locator("html")).to_have_attribute("lang", "en", timeout=PATIENCE_MS)
    assert files == ["en", "ru"], "what is there is not loaded again"
