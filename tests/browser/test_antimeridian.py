"""Pages over a region that lies on both sides of the antimeridian begin where its data are."""

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser

from geo_service.core.database import open_connection
from tests.support import far_places
from tests.support.browser_incidents import run_in_thread
from tests.support.browser_visit import MAP_DRAWN, visiting
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

TOTAL = far_places.EACH * len(far_places.SETTLEMENTS)
ADDRESSES = {"page": "/#lang=en", "frame": "/embed?lang=en&window=7d", "wall": "/?view=wall#lang=en"}
AT_REST = f"{MAP_DRAWN} && !geoMap.isMoving() && geoMap.getZoom() > 1.5"


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service over Chukotka."""

    async def fill(url: str) -> None:
        async with open_connection(url) as connection:
            await far_places.fill_chukotka(connection)

    run_in_thread(partial(fill, database_url))
    with serving(database_url) as (_, address):
        wait_until_ready(address)
        yield address


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_begins_over_the_region_and_not_on_the_other_side_of_the_world(browser: Browser, service_url: str, name: str) -> None:
    with visiting(browser, service_url, 1280, 800) as visit:
        visit.page.goto(f"{service_url}{ADDRESSES[name]}")
        visit.until(AT_REST)
        visit.shot(f"chukotka-{name}")
        bounds = visit.page.evaluate("geoMap.getBounds().toArray().flat()")
        west, _, east, _ = bounds
        # By whole turns: a map may number the world that it shows as it likes.
        turn = 360 * round((far_places.MIDDLE[0] - (west + east) / 2) / 360)
        assert 100 < west + turn < far_places.WEST
        assert far_places.EAST + 360 < east + turn < 260
        if name != "wall":
            visit.until(f"geoMap.queryRenderedFeatures({{layers: ['hexes']}}).length >= {len(far_places.SETTLEMENTS)}")
            assert visit.drawn() == TOTAL
        assert visit.complaints == []
