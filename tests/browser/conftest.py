"""What browser tests share: a service with a small known set of incidents, and Chromium with the page open."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import h3.api.basic_int as h3
import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, Route, expect, sync_playwright

from geo_service.core.database import open_connection
from tests.bench.chromium import EXECUTABLE, SWITCHES
from tests.conftest import named, recreate
from tests.integration.test_serving import serving, wait_until_ready
from tests.support import territory
from tests.support.paths import CHECKOUT

SCREENSHOTS = Path(__file__).parent / "screenshots"
PATIENCE_S = 20
PATIENCE_MS = PATIENCE_S * 1000

CENTRE = (45.04, 38.98)
CELL = h3.latlng_to_cell(*CENTRE, 6)
"""The hexagon that holds every incident of the last 30 days."""
ROADS, WASTE = 30, 12
"""Incidents of the last 30 days in two sectors: every third of them closed."""
OLD = 50
"""Incidents of roads about 200 days ago, in another hexagon."""
OLD_CENTRE = (45.6, 39.9)


@dataclass
class Visit:
    """A page and what went wrong on it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, view: str = "map=8/45.04/38.98&lang=en") -> None:
        """Load the page anew and wait until the map has drawn everything."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/#{view}")
        self.settle()

    def settle(self) -> None:
        """Wait until numbers and map show the last choice."""
        self.page.locator("#totals:not(.busy) strong", has_not_text="…").first.wait_for(state="attached", timeout=PATIENCE_MS)
        layer = "['hexes', 'districts'].some((one) => window.geoMap?.getSource(one))"
        self.until(f"{layer} && geoMap.loaded() && geoMap.areTilesLoaded() && !geoMap.isMoving()")

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression holds; the page's policy forbids Playwright's own way of waiting."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.page.evaluate(f"() => Boolean({condition})"):
            assert time.monotonic() < deadline, f"never came true: {condition}"
            self.page.wait_for_timeout(50)

    def total(self, measure: str = "count") -> Locator:
        """The place where the page says how many incidents it shows."""
        return self.page.locator(f"#totals [data-measure={measure}] strong")

    def expect_total(self, number: int) -> None:
        """Wait until the page says that it shows `number` incidents."""
        expect(self.total()).to_have_text(str(number), timeout=PATIENCE_MS)
        self.settle()

    def drawn(self) -> int:
        """How many incidents the hexagons in view hold, each hexagon counted once."""
        found = self.page.evaluate("geoMap.queryRenderedFeatures({layers: ['hexes']}).map((hexagon) => [hexagon.id, hexagon.properties.n])")
        return sum(dict(found).values())

    def pixel(self, lat: float, lng: float) -> tuple[float, float]:
        """Where a place is on the screen."""
        point = self.page.evaluate(f"geoMap.project([{lng}, {lat}])")
        return point["x"], point["y"]

    def shot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


def insert_incidents(url: str, prefix: str, theme: int, count: int, centre: tuple[float, float], days_ago: float) -> None:
    """`count` incidents at one place, an hour apart; every third is closed, the others have a deadline to come."""
    lat, lng = centre
    now = datetime.now(UTC)
    cell = h3.latlng_to_cell(lat, lng, 10)
    rows = []
    for i in range(count):
        received = now - timedelta(days=days_ago, hours=i, minutes=5)
        rows.append((f"{prefix}{i}", lng, lat, cell, theme, 6 if i % 3 == 0 else 0, received, now + timedelta(days=9)))

    async def insert() -> None:
        async with open_connection(url) as held:
            await held.executemany(_INSERT, rows)

    apart(insert)


_INSERT = (
    "insert into incident"
    " (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, due_at, updated_at)"
    " values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, $5, $6, $7, $8, $7)"
)


def apart(act: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run `act` in a thread of its own: in this one Playwright's event loop may be running."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(act())).result()


def fill(url: str) -> None:
    """One synthetic source, two themes, and incidents now and long ago."""

    async def name() -> None:
        async with open_connection(url) as held:
            await held.execute(
                "insert into source (code, name_ru, name_en, synthetic, attribution) values ('demo', 'Демо', 'Demo', true, 'Synthetic');"
                "insert into theme (code, sector_id, name_ru, name_en)"
                " values ('roads.pothole', 7, 'Яма', 'Pothole'), ('waste.dump', 5, 'Свалка', 'Dump')"
            )

    apart(name)
    insert_incidents(url, "r", 1, ROADS, CENTRE, 0)
    insert_incidents(url, "w", 2, WASTE, CENTRE, 0)
    insert_incidents(url, "o", 1, OLD, OLD_CENTRE, 200)


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A `geo serve` process over the module's database with the known incidents, once it is ready."""
    fill(database_url)
    with serving(database_url) as (_, address):
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module")
def browser(service_url: str) -> Iterator[Browser]:
    """Chromium with WebGL drawn by software; it ends before the service and its database do."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=EXECUTABLE, args=SWITCHES)
        yield started
        started.close()


@contextmanager
def visiting(browser: Browser, address: str, width: int = 1440, height: int = 900) -> Iterator[Visit]:
    """A fresh page that remembers complaints and the hosts it asked."""
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB")
    visit = Visit(page, address)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "GPU stall" not in message.text:
            visit.complaints.append(message.text)

    def note(request: Request) -> None:
        visit.hosts.add(urlsplit(request.url).netloc)

    def hear_answer(answer: Response) -> None:
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            visit.complaints.append(f"{answer.status}: {answer.url}")

    page.on("console", hear)
    page.on("response", hear_answer)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", note)
    yield visit
    page.close()


@pytest.fixture
def visit(browser: Browser, service_url: str) -> Iterator[Visit]:
    """The page before anything is opened; nothing may have gone wrong on it at the end."""
    with visiting(browser, service_url) as made:
        yield made
        assert made.complaints == []
        assert made.hosts - {""} == {urlsplit(service_url).netloc}


def send_source(route: Route) -> None:
    """Answer with a file of the page's sources: the build has a module only as a part of a page."""
    name = urlsplit(route.request.url).path.removeprefix("/").removeprefix("static/") or "index.html"
    route.fulfill(path=CHECKOUT / "frontend" / name)


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
    name = f"geo_{os.getpid()}_territory"

    async def make() -> None:
        await recreate(cluster_url, name, template)
        async with open_connection(named(cluster_url, name)) as held:
            await territory.fill(held)
            await held.execute(_AGENCIES)

    apart(make)
    with serving(named(cluster_url, name)) as (_, address):
        wait_until_ready(address)
        yield address


class Elsewhere:
    """A web server of another origin: pages put into it by a test, and what npm has installed."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {"/favicon.ico": ""}
        pages = self.pages

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                page = pages.get(urlsplit(self.path).path)
                if page is None:
                    return super().do_GET()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())
                return None

            def log_message(self, *_: object) -> None:
                """Nothing: the browser says what it misses."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(CHECKOUT)))
        # Not the service's host name: another site, not merely another port.
        self.address = f"http://localhost:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """A page's own web server, which is not the service."""
    made = Elsewhere()
    yield made
    made.close()
