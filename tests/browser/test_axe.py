"""Every view in both languages, on both grounds and on small screens: axe-core finds nothing against WCAG 2.2 AA."""

from itertools import product

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import PATIENCE_MS, Visit, visiting
from tests.support.page_checks import find_violations

pytestmark = pytest.mark.browser

VIEWS = {
    "filters": ("/#tab=filters", "#sectors button"),
    "overview": ("/#", "#overview dd"),
    "now": ("/#tab=now", "#now:not(:empty)"),
    "analysis": ("/#tab=analysis", "#analysis table"),
    "share": ("/#tab=share", "#share"),
    "place": ("/#layer=districts&cell=T&", "#panel dd"),
    "wall": ("/?view=wall#", "#wall-attention li"),
    "embed": ("/embed?", "#legend li"),
}
"""Where each is, and what is there once it has its answers."""
DESK = (1800, 800)
SMALL = ((360, 740), (844, 390), (768, 1024), (1024, 768))
LOOKS = (
    *product(("ru", "en"), ("light", "dark"), [DESK]),
    *((language, scheme, size) for size in SMALL for language, scheme in (("ru", "light"), ("en", "dark"))),
)


@pytest.fixture(scope="module")
def service_url(territory_service: str) -> str:
    """A service whose districts have something to tell in every view."""
    return territory_service


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_in_any_language_on_any_ground_or_screen(browser: Browser, service_url: str, view: str) -> None:
    path, there = VIEWS[view]
    found = {}
    with visiting(browser, service_url) as visit:
        for language, scheme, (width, height) in LOOKS if path.startswith("/#") else LOOKS[:4]:
            visit.page.set_viewport_size({"width": width, "height": height})
            # Another hash alone loads nothing anew.
            visit.page.goto(f"{service_url}{path}&lang={language}&scheme={scheme}")
            expect(visit.page.locator("html")).to_have_attribute("data-scheme", scheme, timeout=PATIENCE_MS)
            expect(visit.page.locator("html")).to_have_attribute("lang", language)
            expect(visit.page.locator(there).first).to_be_attached(timeout=PATIENCE_MS)
            settle(visit)
            found[language, scheme, width] = find_violations(visit)
        visit.shot(f"axe-{view}")
    assert {look: wrong for look, wrong in found.items() if wrong} == {}


def settle(visit: Visit) -> None:
    """Colours fade and old answers are pale for a moment; contrast is judged when all stand."""
    visit.until("!document.querySelector('.old, .busy') && document.getAnimations().every((one) => one.playState !== 'running')")
