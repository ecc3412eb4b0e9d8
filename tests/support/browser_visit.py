"""A page open in Chromium."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, Route, expect

from tests.support.paths import CHECKOUT

SCREENSHOTS = CHECKOUT / "tests" / "browser" / "screenshots"
PATIENCE_S = 100
PATIENCE_MS = PATIENCE_S * 1000


MAP_DRAWN = "['hexes', 'districts', 'density'].some((one) => window.geoMap?.getSource(one)) && geoMap.loaded() && geoMap.areTilesLoaded()"
"""Whether the map shows its numbers: an empty one, before they are added to it, has nothing left to load."""


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
        self.until(f"{MAP_DRAWN} && !geoMap.isMoving()")

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
        left, top = self.page.evaluate("(({ left, top }) => [left, top])(geoMap.getContainer().getBoundingClientRect())")
        return left + point["x"], top + point["y"]

    def shot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@contextmanager
def visiting(browser: Browser, address: str, width: int = 1800, height: int = 800) -> Iterator[Visit]:
    """A fresh page that remembers complaints and the hosts it asked; large enough for all choices to stand beside the map."""
    # Stored answers would hide what a test answers in the service's place.
    page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB", service_workers="block")
    visit = Visit(page, address)

    def hear(message: ConsoleMessage) -> None:
        # The browser's own drawing, and Playwright's word for what `service_workers` above forbids.
        expected = any(text in message.text for text in ("GPU stall", "registration blocked by Playwright"))
        if message.type in {"error", "warning"} and not expected:
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


def send_source(route: Route) -> None:
    """Answer with a file of the page's sources: the build has a module only as a part of a page."""
    name = urlsplit(route.request.url).path.removeprefix("/").removeprefix("static/") or "index.html"
    route.fulfill(path=CHECKOUT / "frontend" / name)
