"""The map as a picture and the page on paper: the whole region whatever the window's shape, legend beside it, numbers of the API."""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.support.browser_visit import PATIENCE_MS, SCREENSHOTS, Visit, visiting
from tests.support.kept_pictures import differences
from tests.support.page_checks import get_json

pytestmark = pytest.mark.browser

DPI = 110
SHAPES = {"desktop": (1440, 900), "phone": (390, 844), "sideways": (844, 390)}
VIEW = "map={zoom}/45.2/39.1&window=1y&layer=districts&level=district&lang=ru&scheme=light"
NOTE_PRINT = """window.print = () => {
  dispatchEvent(new Event("beforeprint"));
  window.printed = { paper: document.querySelector("#paper").innerText, overview: document.querySelector("#overview").hidden };
  dispatchEvent(new Event("afterprint"));
};"""


def view_of(visit: Visit) -> str:
    """Return the address of all districts near each other: a small window sees them from further away."""
    size = visit.page.viewport_size
    assert size
    return VIEW.format(zoom=7 if min(size["width"], size["height"]) > 600 else 5)


@pytest.fixture
def desktop(browser: Browser, territory_service: str) -> Iterator[Visit]:
    with visiting(browser, territory_service) as made:
        yield made
        assert made.complaints == []


@pytest.mark.parametrize("shape", SHAPES)
def test_the_picture_is_of_one_size_and_holds_the_whole_region(browser: Browser, territory_service: str, shape: str) -> None:
    with visiting(browser, territory_service, *SHAPES[shape]) as visit:
        visit.open(f"{view_of(visit)}&tab=share")
        picture = save_picture(visit)
        SCREENSHOTS.mkdir(exist_ok=True)
        picture.save(SCREENSHOTS / f"picture-{shape}.png")
        assert picture.size == (3200, 2000)
        assert differences(f"saved-{shape}", picture) == []
        # Each district's colour is in the map, and the legend beside it, not over it.
        legend = get_json(visit, "/api/legend?layer=districts&level=district&zoom=7&window=1y&scheme=light")
        beside = picture.crop((2540, 200, 3200, 1900))
        assert {row["color"] for row in legend["classes"] if row["districts"]} <= colours_in(beside)


@pytest.mark.parametrize("landscape", [False, True], ids=["portrait", "landscape"])
def test_on_paper_the_region_is_whole_with_its_legend_and_the_numbers_of_the_api(desktop: Visit, tmp_path: Path, landscape: bool) -> None:
    desktop.open(view_of(desktop))
    expect(desktop.page.locator("#ranking tbody tr").first).to_be_visible(timeout=PATIENCE_MS)
    text, pages = print_page(desktop, tmp_path, landscape=landscape)
    told = get_json(desktop, "/api/summary?window=1y")
    assert text.lstrip().startswith("Сообщения граждан")
    assert "iframe" not in text
    for number in (told["n"], told["open"], told["overdue"]):
        assert str(number) in text.replace("\N{NO-BREAK SPACE}", "")
    name = f"paper-{'landscape' if landscape else 'portrait'}"
    pages[0].save(SCREENSHOTS / f"{name}.png")
    assert differences(name, pages[0]) == []
    # The first page is the sheet: in both directions more than a tenth of it is the map.
    inked = np.count_nonzero(np.asarray(pages[0].convert("L")) < 250) / (pages[0].width * pages[0].height)
    assert inked > 0.1


def test_the_button_prints_the_report_and_not_the_panel_that_it_stands_in(desktop: Visit) -> None:
    desktop.page.add_init_script(NOTE_PRINT)
    desktop.open(f"{view_of(desktop)}&tab=share")
    desktop.page.locator("#share [data-key=print]").click()
    desktop.until("window.printed")
    printed = desktop.page.evaluate("window.printed")
    assert printed["overview"] is False
    assert printed["paper"].startswith("Сообщения граждан")
    assert "Все отрасли" in printed["paper"]
    expect(desktop.page.locator("#share")).to_be_visible()


def save_picture(visit: Visit) -> Image.Image:
    """Return the picture that the page's own button saves."""
    with visit.page.expect_download(timeout=2 * PATIENCE_MS) as download:
        visit.page.locator("#share [data-key=picture]").click(timeout=PATIENCE_MS)
    with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as picture:
        return picture.convert("RGB")


def colours_in(picture: Image.Image) -> set[str]:
    """Return the colours of a picture that fill more than a legend's swatch's edge: `#rrggbb`."""
    pixels = np.asarray(picture.convert("RGB"), np.uint32)
    packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    found, counts = np.unique(packed, return_counts=True)
    return {f"#{colour:06x}" for colour in found[counts > 100].tolist()}


def print_page(visit: Visit, folder: Path, *, landscape: bool) -> tuple[str, list[Image.Image]]:
    """Return what the browser prints on A4: the text, and the pages as pictures."""
    (folder / "x.pdf").write_bytes(visit.page.pdf(format="A4", landscape=landscape, print_background=True, prefer_css_page_size=False))
    subprocess.run(["pdftoppm", "-r", str(DPI), folder / "x.pdf", folder / "page"], check=True)
    text = subprocess.run(["pdftotext", "-layout", folder / "x.pdf", "-"], check=True, capture_output=True, text=True).stdout
    pages = []
    for path in sorted(folder.glob("page-*.ppm")):
        with Image.open(path) as page:
            pages.append(page.copy())
    return text, pages
