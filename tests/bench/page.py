"""The map page in headless Chromium, drawn by software: the first useful map from cold, a change of filter, playback, and its size."""

import asyncio
import time
import zlib
from collections.abc import Sequence

import numpy as np
from playwright.async_api import Browser, Page, ViewportSize

from tests.bench.bench import Bench
from tests.bench.chromium import chromium
from tests.bench.http_client import connect, get
from tests.bench.page_network import measure_networks
from tests.bench.processes import geo_serve
from tests.bench.report import Row
from tests.support.page_build import own_modules

_SIZE = ViewportSize(width=1280, height=800)
_COLD, _CHANGES, _FRAMES, _STARTS = 5, 10, 6, 5
_MOST_COLD_S, _MOST_CHANGE_S, _MOST_KB, _LEAST_FRAMES = 1.5, 0.4, 75.0, 2.0
_SECTORS = ("roads", "housing")
_PATIENCE_S = 60.0

# Before the page's own scripts: note when the map first rests with its tiles drawn and the totals told.
_WATCH = """
window.useful = new Promise((done) => {
  const look = () => {
    const map = window.geoMap;
    const told = /[0-9]/.test(document.querySelector("#totals strong")?.textContent ?? "");
    const rests = map?.getLayer("hexes") && map.loaded() && map.areTilesLoaded();
    const drawn = rests && map.queryRenderedFeatures({ layers: ["hexes"] }).length > 0;
    if (!(told && drawn)) return;
    map.off("idle", look);
    done(performance.now());
  };
  const wait = () => {
    if (window.geoMap) window.geoMap.on("idle", look);
    else setTimeout(wait, 5);
  };
  wait();
});
"""
_CHOOSE = """async (sector) => {
  const began = performance.now();
  document.querySelector(`[data-sector=${sector}]`).click();
  await new Promise((done) => setTimeout(done, 0));
  while (document.querySelector("#totals").classList.contains("busy")) await new Promise((done) => setTimeout(done, 10));
  if (!(geoMap.loaded() && geoMap.areTilesLoaded())) await geoMap.once("idle");
  return (performance.now() - began) / 1000;
}"""
_PLAY = """async (frames) => {
  document.querySelector("#play").click();
  const label = () => document.querySelector("#dock .frame, #dock .says")?.textContent ?? "";
  const next = async (last) => { while (label() === last) await new Promise((done) => setTimeout(done, 5)); return label(); };
  let shown = await next(await next(label()));
  const began = performance.now();
  for (let frame = 0; frame < frames; frame += 1) shown = await next(shown);
  return frames / ((performance.now() - began) / 1000);
}"""


async def measure(bench: Bench) -> None:
    """Each cold start in a browser context of its own, in which nothing is kept."""
    async with geo_serve(bench.url) as port, chromium() as browser:
        address = f"http://127.0.0.1:{port}/#lang=ru"
        cold = [await _cold(browser, address) for _ in range(1 + bench.times(_COLD))][1:]
        page = await _opened(browser, address)
        brought, whole = await _sizes(port, page)
        changes = [float(await page.evaluate(_CHOOSE, _SECTORS[turn % 2])) for turn in range(bench.times(_CHANGES))]
        frames = await _played(page)
        await page.context.close()
        await measure_networks(bench.report, browser, address, bench.times(_STARTS))
    _report(bench, cold, changes, frames, (brought, whole))


def _report(bench: Bench, cold: Sequence[float], changes: Sequence[float], frames: float, sizes: tuple[float, float]) -> None:
    median, change = float(np.median(cold)), float(np.median(changes))
    figure = f"{median:.2f} s, best {min(cold):.2f} s"
    met = median <= _MOST_COLD_S
    add = bench.report.add
    add(Row("page", "first useful map from cold", figure, target=f"≤ {_MOST_COLD_S} s", met=met), cold=median, cold_best=min(cold))
    figure, met = f"{change:.2f} s", change <= _MOST_CHANGE_S
    add(Row("page", "map at rest after a change of filter", figure, target=f"≤ {_MOST_CHANGE_S} s", met=met), change=change)
    if frames:
        figure, met = f"{frames:.1f} frames/s", frames >= _LEAST_FRAMES
        add(Row("page", "playback", figure, target=f"≥ {_LEAST_FRAMES:.0f}", met=met), frames=frames)
    brought, whole = sizes
    figure, met = f"{brought:.1f} kB", brought <= _MOST_KB
    what = "JavaScript of our own, gzip: what the page brings to show itself"
    add(
        Row("page", what, figure, f"all that there is: {whole:.1f} kB", target=f"≤ {_MOST_KB:.0f} kB", met=met),
        kilobytes=brought,
        all=whole,
    )


async def _cold(browser: Browser, address: str) -> float:
    """Seconds from the beginning of the navigation."""
    page = await _opened(browser, address)
    useful = float(await page.evaluate("() => window.useful")) / 1000
    await page.context.close()
    return useful


async def _opened(browser: Browser, address: str) -> Page:
    page = await (await browser.new_context(viewport=_SIZE, locale="ru-RU")).new_page()
    await page.add_init_script(_WATCH)
    await page.goto(address)
    until = time.monotonic() + _PATIENCE_S
    while not await page.evaluate("() => Promise.race([window.useful.then(() => true), new Promise((done) => setTimeout(done, 200))])"):
        if time.monotonic() > until:
            raise RuntimeError(f"{address} showed no useful map")
    return page


async def _played(page: Page) -> float:
    """Frames a second; 0 where the page plays nothing."""
    if not await page.locator("#play").count():
        return 0.0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return float(await page.evaluate(_PLAY, _FRAMES))
    except TimeoutError:
        return 0.0


async def _sizes(port: int, page: Page) -> tuple[float, float]:
    """Our modules as they are sent, each compressed by itself, kB: those that the page brought to show itself, and all."""
    asked = await page.evaluate("() => performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    brought = {path.split("/", 3)[3] for path in asked if path.startswith("/static/")}
    http = await connect(port)
    sizes: dict[str, int] = {}
    for name in own_modules("index.html"):
        answer = await http.ask(get(f"/static/{name}"))
        sizes[name] = len(zlib.compress(answer.body, 9, wbits=31))
    http.close()
    return sum(size for name, size in sizes.items() if name in brought) / 1000, sum(sizes.values()) / 1000
