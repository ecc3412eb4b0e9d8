"""The weekly report in a browser and on paper: accessible, within the screen, with names that are seen over the map."""

import re
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from geo_service.core.database import open_connection
from geo_service.reports.formats.pdf import PdfPrinter
from tests.support.browser_incidents import run_in_thread
from tests.support.browser_visit import SCREENSHOTS, Visit, visiting
from tests.support.kept_pictures import KEPT, differences
from tests.support.page_checks import find_violations
from tests.support.report_incidents import RED_PLACE, WEEK, fill
from tests.support.serve_process import serving, wait_until_ready

pytestmark = pytest.mark.browser

SIZES = {"desktop": (1440, 900), "tablet": (768, 1024), "phone": (390, 844)}
ADDRESSES = {"region": f"/report?week={WEEK}&district=R", "district": f"/report?week={WEEK}&district=T", "nothing": "/report?week=1999-W01"}
NAME_INK = (0x8A, 0x00, 0x19)
"""Colour of the name of a red place."""
DPI = 110


@pytest.fixture(scope="module")
def service_url(database_url: str) -> Iterator[str]:
    """A service with the incidents of a report."""
    run_in_thread(lambda: fill_database(database_url))
    with serving(database_url, GEO_ALERTS="0") as (_, address):
        wait_until_ready(address)
        yield address


async def fill_database(url: str) -> None:
    async with open_connection(url) as connection:
        await fill(connection)


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(browser: Browser, service_url: str, address: str) -> None:
    found = {}
    for (size, (width, height)), language in product(SIZES.items(), ("ru", "en")):
        with visiting(browser, service_url, width, height) as visit:
            visit.page.goto(f"{service_url}{ADDRESSES[address]}&lang={language}")
            SCREENSHOTS.mkdir(exist_ok=True)
            visit.page.screenshot(path=SCREENSHOTS / f"report-{address}-{size}-{language}.png", full_page=True)
            too_wide = visit.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            # The page allows no scripts: axe itself is put in from outside of it.
            found[size, language] = [*find_violations(visit), *(["too wide"] if too_wide else []), *visit.complaints]
            if address == "region" and size != "tablet":
                with Image.open(SCREENSHOTS / f"report-{address}-{size}-{language}.png") as picture:
                    found[size, language] += differences(f"report-{size}-{language}", picture)
    assert {look: wrong for look, wrong in found.items() if wrong} == {}


def test_a_name_is_seen_over_the_map_at_every_size(browser: Browser, service_url: str) -> None:
    for width, height in SIZES.values():
        with visiting(browser, service_url, width, height) as visit:
            visit.page.goto(f"{service_url}{ADDRESSES['region']}&lang=ru")
            label = visit.page.locator("svg text", has_text=RED_PLACE).locator("visible=true").last
            assert label.bounding_box()
            assert rendered_height(visit) >= 9


def rendered_height(visit: Visit) -> float:
    """Height of the red place's letters on the screen, in pixels."""
    script = (
        "[...document.querySelectorAll('svg text')].filter((one) => one.getBoundingClientRect().height && !one.ariaHidden)"
        " .map((one) => Number(one.getAttribute('font-size')) * one.getScreenCTM().a)"
    )
    return float(min(visit.page.evaluate(script)))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_names_are_seen_over_the_map_on_paper(service_url: str, language: str, tmp_path: Path) -> None:
    html = httpx.get(f"{service_url}{ADDRESSES['region']}&lang={language}").raise_for_status().content
    # Without the names for small screens, as `geo report` prints it.
    printed = re.sub(rb'<g class="narrow".*?</g>', b"", html, flags=re.DOTALL)
    with_name, without = (ink_in_map(page, tmp_path) for page in (printed, re.sub(rb"<text.*?</text>", b"", printed)))
    assert without == 0
    # A letter is 2 mm high: more than a few pixels that show beside a halo which covers it.
    letters = len(RED_PLACE if language == "ru" else "Krasnaya")
    assert with_name > 6 * letters


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_pages_on_paper_look_like_the_kept_ones(service_url: str, language: str, tmp_path: Path) -> None:
    html = httpx.get(f"{service_url}{ADDRESSES['region']}&lang={language}").raise_for_status().content
    pages = print_pages(html, tmp_path)
    found = {number: differences(f"report-paper-{language}-{number}", page) for number, page in enumerate(pages, 1)}
    assert len(pages) == len([*KEPT.glob(f"report-paper-{language}-*.png")])
    assert {number: wrong for number, wrong in found.items() if wrong} == {}


def print_pages(html: bytes, folder: Path) -> list[Image.Image]:
    """Return the pages of the report on paper as pictures."""
    printer = PdfPrinter()
    try:
        (folder / "x.pdf").write_bytes(printer.print_pdf(html))
    finally:
        printer.close()
    subprocess.run(["pdftoppm", "-r", str(DPI), folder / "x.pdf", folder / "page"], check=True)
    return [read_picture(path) for path in sorted(folder.glob("page-*.ppm"))]


def read_picture(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.copy()


def ink_in_map(html: bytes, folder: Path) -> int:
    """Pixels in the colour of a red place's name on the first page."""
    pixels = np.asarray(print_pages(html, folder)[0])
    return int(np.count_nonzero(np.abs(pixels.astype(np.int16) - np.array(NAME_INK)).max(axis=2) < 24))
