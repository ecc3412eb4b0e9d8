"""An archive on a static host, shown by the page of docs/export.md: MapLibre, the pmtiles protocol, ranges of bytes and no service."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfileobj, copytree
from threading import Thread
from typing import BinaryIO

import pytest
from playwright.sync_api import sync_playwright

from geo_service.aggregation.measures.measures import MEASURES
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.export.job import read_job, read_query, run_export
from geo_service.export.target import read_target
from tests.bench.chromium import EXECUTABLE, SWITCHES
from tests.support import territory
from tests.support.browser_incidents import run_in_thread
from tests.support.browser_visit import Visit, visiting
from tests.support.paths import CHECKOUT

MODULES = CHECKOUT / "node_modules"
VENDORED = CHECKOUT / "frontend/vendor/maplibre-gl"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (MODULES / "pmtiles").is_dir(), reason="the pmtiles package is not installed; npm ci"),
]


class StaticHost(SimpleHTTPRequestHandler):
    """Files of a folder, and parts of them: what nginx or a bucket does."""

    ranges: list[str]
    _part: int | None = None

    def send_head(self) -> BinaryIO | None:
        """A file from the first byte that is asked for."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        self._part = None
        if not asked or not path.is_file():
            return super().send_head()
        self.ranges.append(asked[0])
        size = path.stat().st_size
        first, last = int(asked[1]), min(int(asked[2]), size - 1)
        self._part = last - first + 1
        self.send_response(206)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(self._part))
        self.end_headers()
        file = path.open("rb")
        file.seek(first)
        return file

    def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:  # type: ignore[override]
        """As much as is asked for."""
        if self._part is None:
            copyfileobj(source, outputfile)
        else:
            outputfile.write(source.read(self._part))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Say nothing."""


@contextmanager
def hosting(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a host of the folder, and the ranges that it is asked for."""
    ranges: list[str] = []
    handler = type("Host", (StaticHost,), {"ranges": ranges})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", ranges
        server.shutdown()


@pytest.fixture(scope="module")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of the documentation, the libraries and an archive."""
    folder = tmp_path_factory.mktemp("site")

    async def fill() -> None:
        async with open_connection(database_url) as held:
            await territory.fill(held)

    run_in_thread(fill)
    settings = Settings(database_url=database_url)
    place = read_target(str(folder / "january.pmtiles"))
    order = read_job(place, "hexes", "0-10", "37.9,44.3,40.0,45.7", None, read_query("window=7d", {}), settings.zone)
    run_in_thread(partial(asyncio.to_thread, run_export, database_url, order, settings, lambda step, done, count: None))  # type: ignore[arg-type]
    copytree(VENDORED, folder / "maplibre-gl")
    copytree(MODULES / "pmtiles/dist/esm", folder / "pmtiles/dist/esm")
    copytree(MODULES / "fflate/esm", folder / "fflate/esm")
    snippet, imports = re.findall(r"```html\n(.*?)```", (CHECKOUT / "docs/export.md").read_text(encoding="utf-8"), re.DOTALL)
    style = '<link rel="stylesheet" href="maplibre-gl/maplibre-gl.css"><link rel="icon" href="data:,">'
    watched = snippet.replace("</script>", "  window.map = map; map.on('idle', () => { window.idle = true; });\n</script>")
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>January</title>{style}{imports}'
    (folder / "index.html").write_text(f"{page}{watched}", encoding="utf-8")
    return folder


def test_the_page_of_the_documentation_shows_an_archive_from_a_static_host(site: Path) -> None:
    with hosting(site) as (address, ranges), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=SWITCHES)
        with visiting(browser, address, 900, 700) as visit:
            visit.page.goto(f"{address}/index.html")
            visit.until("window.idle")
            visit.shot("export-pmtiles")
            check(visit)
            assert visit.complaints == []
            assert visit.hosts - {""} == {address.removeprefix("http://")}
        browser.close()
    # The head with the directory, the metadata and tiles: never the whole file.
    assert ranges[0] == "bytes=0-16383"
    assert len(ranges) > 2


def check(visit: Visit) -> None:
    """The hexagons in view hold the incidents of the territory; colours and attribution are the archive's."""
    found = visit.page.evaluate("map.queryRenderedFeatures({layers: ['hexes']}).map((one) => [one.id, one.properties.n])")
    assert sum(dict(found).values()) == sum(one.incidents for one in territory.DISTRICTS if one.code != "CH")
    assert "Portal data" in visit.page.locator(".maplibregl-ctrl-attrib").inner_text()
    colors = visit.page.evaluate("map.getPaintProperty('hexes', 'fill-color')")
    assert colors[:4] == ["match", ["get", "class"], [0], "#ffffb2"]
    about = visit.page.evaluate(
        "import('pmtiles').then(({ PMTiles }) => new PMTiles(new URL('january.pmtiles', location.href).href).getMetadata())"
    )
    assert about["geo:measure"] in MEASURES
    assert about["geo:legends"][0]["classes"]
