"""The pictures of the documents, taken anew from a running demo: `python -m tests.bench.document_pictures http://127.0.0.1:8000`.

They are looked at before they are committed.
"""

import asyncio
import io
import sys
from dataclasses import dataclass

import h3
import httpx
from PIL import Image
from playwright.async_api import Browser

from tests.bench.chromium import chromium
from tests.support.browser_visit import MAP_DRAWN
from tests.support.paths import CHECKOUT

IMAGES = CHECKOUT / "docs" / "images"
COLOURS = 128
"""Of a picture: maps and text need no more, and it is a third as large."""
_RESOLUTION = 6
"""Of the hexagon that is shown: some kilometres wide."""
_REST_MS = 4000
"""Time for a page to draw the last of what has come."""


@dataclass(frozen=True, slots=True)
class Picture:
    """name: of the file, without .png. path: of the page, with its address's words. size: of the window, px."""

    name: str
    path: str
    size: tuple[int, int] = (1440, 900)
    has_map: bool = True


def list_pictures(address: str) -> list[Picture]:
    """Return what is taken of a demo region: of its first alert, its latest incident and the place of both."""
    alert = httpx.get(f"{address}/api/alerts").raise_for_status().json()["alerts"][0]
    incidents = (
        httpx.get(f"{address}/api/incidents?window=7d&theme={alert['theme']['code']}&limit=1").raise_for_status().json()["incidents"]
    )
    incident = incidents[0]
    cell, place = h3.cell_to_parent(incident["h3"], _RESOLUTION), f"{incident['lat']}/{incident['lng']}"
    return [
        Picture("map", "/#window=7d&lang=ru&scheme=light"),
        Picture("map-dark", "/#window=30d&layer=districts&measure=unusual&lang=en&scheme=dark"),
        Picture("alert", f"/#window=7d&alert={alert['id']}&lang=ru&scheme=light"),
        Picture("incident", f"/#window=7d&incident={incident['id']}&tab=now&lang=ru&scheme=light"),
        Picture(
            "hexagon",
            f"/#window=30d&cell={cell}&map=8.2/{place}&lang=en&scheme=light",
        ),
        Picture("analysis", "/#window=12w&tab=analysis&wide=1&lang=ru&scheme=light"),
        Picture("wall", "/?view=wall&window=7d&lang=ru", (1920, 1080)),
        Picture("phone", "/#window=7d&lang=ru&scheme=light", (390, 844)),
        Picture("phone-sideways", "/#window=7d&lang=en&scheme=dark", (844, 390)),
        Picture("frame", "/embed?window=7d&alerts=list&lang=en&scheme=light", (900, 500)),
        Picture("density", "/#window=30d&layer=density&lang=ru&scheme=light"),
        Picture("report", "/report?lang=ru", (1100, 1400), has_map=False),
    ]


async def take(browser: Browser, address: str, picture: Picture) -> None:
    """Write a picture into the documents' folder."""
    width, height = picture.size
    page = await browser.new_page(viewport={"width": width, "height": height})
    await page.goto(f"{address}{picture.path}")
    if picture.has_map:
        while not await page.evaluate(f"() => Boolean({MAP_DRAWN} && !document.querySelector('.busy'))"):
            await page.wait_for_timeout(100)
    await page.wait_for_timeout(_REST_MS)
    image = Image.open(io.BytesIO(await page.screenshot()))
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{picture.name}.png", optimize=True)
    await page.close()


async def main(address: str) -> None:
    """Take all pictures."""
    async with chromium() as browser:
        for picture in list_pictures(address):
            await take(browser, address, picture)
            print(picture.name)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1].rstrip("/")))
