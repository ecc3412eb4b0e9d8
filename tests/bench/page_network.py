"""The map page over slow networks: when its numbers and its hexagons are shown, and what keeps the main thread busy after that."""

import time
from dataclasses import dataclass

import numpy as np
from playwright.async_api import Browser, ViewportSize

from tests.bench.report import Report, Row

_SIZE = ViewportSize(width=1280, height=800)
_BYTES_PER_S = 10e6 / 8
_PATIENCE_S = 120.0
_MOST_TASK_MS = 200.0
MOST_NUMBERS_S = {50: 0.8, 200: 1.6}
"""By round trip in milliseconds."""

_WATCH = """
window.seen = { numbers: 0, hexagons: 0, tasks: [] };
new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((one) => [one.startTime, one.duration])))
  .observe({ type: "longtask", buffered: true });
const look = () => {
  const { seen, geoMap: map } = window;
  if (!seen.numbers && /[0-9]/.test(document.querySelector("#totals strong")?.textContent ?? "")) seen.numbers = performance.now();
  const drawn = () => map?.getLayer("hexes") && map.queryRenderedFeatures({ layers: ["hexes"] }).length > 0;
  if (!seen.hexagons && drawn()) seen.hexagons = performance.now();
  if (!(seen.numbers && seen.hexagons)) setTimeout(look, 10);
};
look();
"""
_SEEN = "() => window.seen.numbers && window.seen.hexagons"
_AFTER_MS = 6000
_REPORT = "() => [seen.numbers, seen.hexagons, Math.max(0, ...seen.tasks.filter(([begun]) => begun > seen.hexagons).map(([, ms]) => ms))]"


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the beginning of the navigation; longest_task_ms: the longest task on the main thread after the first hexagons."""

    numbers_s: float
    hexagons_s: float
    longest_task_ms: float


async def start_over_network(browser: Browser, address: str, round_trip_ms: int) -> Start:
    """Open the page with nothing kept, at 10 Mbit/s and with a delay of each request."""
    context = await browser.new_context(viewport=_SIZE, locale="ru-RU")
    page = await context.new_page()
    network = await context.new_cdp_session(page)
    conditions = {"offline": False, "latency": round_trip_ms, "downloadThroughput": _BYTES_PER_S, "uploadThroughput": _BYTES_PER_S}
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", conditions)
    await page.add_init_script(_WATCH)
    await page.goto(address)
    until = time.monotonic() + _PATIENCE_S
    while not await page.evaluate(_SEEN):
        if time.monotonic() > until:
            raise RuntimeError(f"{address} showed no hexagons over {round_trip_ms} ms")
        await page.wait_for_timeout(100)
    await page.wait_for_timeout(_AFTER_MS)
    numbers, hexagons, longest = await page.evaluate(_REPORT)
    await context.close()
    return Start(numbers / 1000, hexagons / 1000, longest)


async def measure_networks(report: Report, browser: Browser, address: str, times: int) -> None:
    """Report the medians for each round trip."""
    longest: list[float] = []
    for round_trip_ms, most_s in MOST_NUMBERS_S.items():
        starts = [await start_over_network(browser, address, round_trip_ms) for _ in range(times)]
        numbers = float(np.median([start.numbers_s for start in starts]))
        hexagons = float(np.median([start.hexagons_s for start in starts]))
        longest += [start.longest_task_ms for start in starts]
        what = f"numbers shown over {round_trip_ms} ms and 10 Mbit/s"
        row = Row("page", what, f"{numbers:.2f} s", f"hexagons {hexagons:.2f} s", target=f"≤ {most_s} s", met=numbers <= most_s)
        report.add(row, **{f"numbers_{round_trip_ms}": numbers, f"hexagons_{round_trip_ms}": hexagons})
    task = float(np.median(longest))
    met = task <= _MOST_TASK_MS
    report.add(Row("page", "longest task after the first map", f"{task:.0f} ms", target=f"≤ {_MOST_TASK_MS:.0f} ms", met=met), task=task)
