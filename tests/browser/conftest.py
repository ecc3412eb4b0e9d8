"""Fixtures of the browser tests: a service with a small known set of incidents, and Chromium with the page open."""

from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from geo_service.core.database import open_connection
from tests.bench.chromium import EXECUTABLE, SWITCHES
from tests.support import territory
from tests.support.browser_incidents import database_of_session, run_in_thread, serving_known_incidents
from tests.support.browser_visit import Visit, visiting
from tests.support.other_origin import OtherOrigin
from tests.support.serve_process import serving, wait_until_ready


@pytest.fixture(scope="session")
def known_service(cluster_url: str, template: str) -> Iterator[str]:
    """A `geo serve` process over the known incidents, one for all modules that add none."""
    with database_of_session(cluster_url, template, "known") as url, serving_known_incidents(url) as address:
        yield address


@pytest.fixture(scope="module")
def service_url(known_service: str) -> str:
    """The address of the service whose page is tested; a module that adds incidents has one of its own by this name."""
    return known_service


@pytest.fixture(scope="module")
def browser(service_url: str) -> Iterator[Browser]:
    """Chromium with WebGL drawn by software; it ends before the service and its database do."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=EXECUTABLE, args=SWITCHES)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The page before anything is opened; nothing may have gone wrong on it at the end."""
    with visiting(browser, service_url) as page:
        yield page
        assert page.complaints == []
        assert page.hosts - {""} == {urlsplit(service_url).netloc}


_AGENCIES = (
    "insert into agency (code, name) values ('roads', 'Road service'), ('town', 'Town hall');"
    "insert into agency (code, name) select 'ministry.' || n, 'Ministry ' || n from generate_series(1, 70) n;"
    "update incident set answered_at = case when status = 6 then received_at + interval '1 minute' * (id % 7) end,"
    " agency_id = (select id from agency where code ="
    " case incident.id % 5 when 0 then 'ministry.1' when 1 then 'town' when 2 then 'town' else 'roads' end)"
    " where theme_id = 1 or id % 5 > 0"
)
"""Two agencies with many incidents and answers, one with few, many without any."""


@pytest.fixture(scope="session")
def territory_service(cluster_url: str, template: str) -> Iterator[str]:
    """A `geo serve` process over the territory, one for all modules that embed its maps elsewhere."""

    async def make(url: str) -> None:
        async with open_connection(url) as connection:
            await territory.fill(connection)
            await connection.execute(_AGENCIES)

    with database_of_session(cluster_url, template, "territory") as url:
        run_in_thread(partial(make, url))
        with serving(url, GEO_ALERTS="0") as (_, address):
            wait_until_ready(address)
            yield address


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[OtherOrigin]:
    """A page's own web server, which is not the service."""
    server = OtherOrigin()
    yield server
    server.close()
