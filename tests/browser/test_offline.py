"""The page without a connection: the last numbers with their age, never those of another choice, and nothing of them once it is back."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser_visit import PATIENCE_MS, Visit

pytestmark = pytest.mark.browser

START = "map=8/45.04/38.98&lang=ru"
KEPT = (
    "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys())))).then((all) => all.flat()"
)
"""Of all that is kept."""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 720}, locale="ru-RU", service_workers="allow")
    yield made
    made.set_offline(False)
    made.close()


def visit(context: BrowserContext, address: str) -> Visit:
    """The page with its worker in charge, and the answers of its first choice kept."""
    page: Page = context.new_page()
    made = Visit(page, address)
    page.goto(f"{address}/#{START}")
    if not page.locator('meta[name="geo-build"]').count():
        pytest.skip("a source is newer than the build")
    made.settle()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    made.until("navigator.serviceWorker.controller")
    page.reload()
    made.settle()
    return made


def test_without_a_connection_the_last_numbers_stand_with_their_age_and_no_choice_shows_those_of_another(
    context: BrowserContext, service_url: str
) -> None:
    shown = visit(context, service_url)
    total = httpx.get(f"{service_url}/api/summary?window=30d").json()["n"]
    shown.expect_total(total)
    context.set_offline(True)
    shown.page.reload()
    shown.expect_total(total)
    expect(shown.page.locator("#stale")).to_have_text(
        re.compile(r"Нет связи\. Показаны сохранённые данные на .+, возраст"), timeout=PATIENCE_MS
    )
    shown.shot("offline")
    # This window has not been seen: there is nobody to ask, and the numbers of thirty days are not those of twelve weeks.
    shown.page.evaluate("location.hash = location.hash + '&window=12w'")
    expect(shown.total()).to_have_text("…", timeout=PATIENCE_MS)
    expect(shown.page.locator("#problem")).to_be_visible()
    context.set_offline(False)
    longer = httpx.get(f"{service_url}/api/summary?window=12w").json()["n"]
    expect(shown.total()).to_have_text(f"{longer:,}".replace(",", "\u00a0"), timeout=PATIENCE_MS)
    expect(shown.page.locator("#stale")).to_be_hidden(timeout=PATIENCE_MS)


def test_what_is_asked_with_a_key_and_what_streams_is_not_kept(context: BrowserContext, service_url: str) -> None:
    shown = visit(context, service_url)
    shown.page.evaluate("fetch('/api/incidents?limit=1', {headers: {Authorization: 'Bearer secret'}}).then((answer) => answer.text())")
    shown.page.evaluate("fetch('/api/incidents?limit=2').then((answer) => answer.text())")
    for _ in range(100):
        if shown.page.evaluate(f"{KEPT}.some(({{url}}) => url.endsWith('limit=2')))"):
            break
        shown.page.wait_for_timeout(100)
    kept = shown.page.evaluate(f"{KEPT}.map(({{url}}) => url))")
    assert not [url for url in kept if url.endswith("limit=1") or "/api/live" in url]
    assert any(url.endswith(".mvt") or ".mvt?" in url for url in kept)


def test_a_wall_says_that_its_numbers_are_old(context: BrowserContext, service_url: str) -> None:
    shown = visit(context, service_url)
    count = "[data-figure=count] dd"
    shown.page.goto(f"{service_url}/?view=wall&lang=ru")
    expect(shown.page.locator(count).first).to_have_text(re.compile(r"\d"), timeout=PATIENCE_MS)
    before = shown.page.locator(count).first.inner_text()
    context.set_offline(True)
    shown.page.reload()
    expect(shown.page.locator(count).first).to_have_text(before, timeout=PATIENCE_MS)
    expect(shown.page.locator("#wall-clock.stale")).to_have_text(re.compile("Данные устарели: на"), timeout=PATIENCE_MS)
