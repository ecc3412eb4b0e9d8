"""The map, the phone, the wall and a frame look as they did when somebody last looked at them: see tests/browser/kept."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import MAP_DRAWN, PATIENCE_MS, visiting
from tests.support.kept_pictures import differences

pytestmark = pytest.mark.browser

YEAR = "window=1y&layer=districts&level=district"
PAGES = {
    "map-ru-light": ((1440, 900), f"#map=6.5/46/38.7&{YEAR}&lang=ru&scheme=light"),
    "map-en-dark": ((1440, 900), f"#map=6.5/46/38.7&{YEAR}&lang=en&scheme=dark"),
    "phone-ru-light": ((390, 844), f"#map=5/46/38.7&{YEAR}&lang=ru&scheme=light"),
    "phone-sideways-ru-dark": ((844, 390), f"#map=5/46/38.7&{YEAR}&lang=ru&scheme=dark"),
    "wall-ru-dark": ((1920, 1080), "?view=wall&window=1y&lang=ru&scheme=dark"),
    "frame-ru-light": ((900, 500), f"embed?{YEAR}&lang=ru&scheme=light"),
}
AT_REST = f"{MAP_DRAWN} && !geoMap.isMoving() && document.fonts.status === 'loaded'"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_like_its_kept_picture(browser: Browser, territory_service: str, name: str) -> None:
    size, address = PAGES[name]
    with visiting(browser, territory_service, *size) as visit:
        visit.page.goto(f"{territory_service}/{address}")
        visit.until(AT_REST)
        expect(visit.page.locator("#legend li").first).to_be_attached(timeout=PATIENCE_MS)
        visit.until("!document.querySelector('.busy')")
        visit.shot(f"picture-{name}")
        assert differences(name, Image.open(io.BytesIO(visit.page.screenshot()))) == []
        assert visit.complaints == []
