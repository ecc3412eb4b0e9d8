"""Pages that stay open while incidents come in and change: what they hold on to, by the number of changes that they were told of.

The page to work with and the wall with its rotation are open under a feed of many changes a second, of which a page is told once
a second. After a warm-up, and at the end, garbage is collected and Chromium says how large the heap is and how many nodes and
listeners there are.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from playwright.async_api import Browser, CDPSession, Page, ViewportSize

from geo_service.core.database import open_connection
from tests.bench.bench import Bench
from tests.bench.chromium import chromium
from tests.bench.processes import geo_serve
from tests.bench.report import Row

VIEWS: Mapping[str, str] = {"page": "/#lang=ru", "wall": "/?view=wall&rotate=5&lang=ru"}
"""What is opened: the whole page, and the wall going round its sectors."""
_HOUR = 3600
"""Changes that a page is told of in an hour at most."""
_SECONDS, _WARM_S = 660.0, 60.0
_MOST_MB = 30.0
_SIZE = ViewportSize(width=640, height=400)
"""Small, for software draws each pixel; what is held does not depend on it."""
_FEED_S = 0.1
_STATES = 7
_PATIENCE_MS = 60_000

_CHANGE = """
with came as (
    insert into incident
        (source_id, external_id, location, cell, location_quality, theme_id, district_id, status, received_at, due_at, updated_at)
    select
        source_id, 'soak-' || $1::text, location, cell, location_quality, theme_id, district_id,
        0, now(), now() + interval '9 days', now()
    from incident order by id limit 1 offset $2
)

update incident set status = (status + 1) % $3, updated_at = now() where id in (select id from incident order by id offset $2 limit 2)
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds after its garbage is collected. heap: bytes."""

    heap: float
    nodes: float
    listeners: float


@dataclass(frozen=True, slots=True)
class Growth:
    """What a page held after the warm-up and at the end, and of how many changes it was told between."""

    before: Held
    after: Held
    changes: int

    @property
    def heap_an_hour(self) -> float:
        """Bytes by which the heap would grow in an hour with a change each second."""
        return (self.after.heap - self.before.heap) / max(1, self.changes) * _HOUR


async def measure(bench: Bench) -> None:
    """Ten minutes and more; in a quick run long enough to see that it works."""
    warm, seconds = (3.0, 6.0) if bench.quick else (_WARM_S, _SECONDS)
    async with geo_serve(bench.url) as port:
        grown = await soak(f"http://127.0.0.1:{port}", bench.url, warm, seconds)
    for name, growth in grown.items():
        before, after = growth.before, growth.after
        hour = growth.heap_an_hour / 1e6
        figure = f"{before.heap / 1e6:.1f} → {after.heap / 1e6:.1f} MB, {before.nodes:.0f} → {after.nodes:.0f} nodes, "
        figure += f"{before.listeners:.0f} → {after.listeners:.0f} listeners"
        what = f"{name} open while told of {growth.changes} changes"
        bench.report.add(Row("soak", what, figure, target=f"heap of an hour < +{_MOST_MB:.0f} MB", met=hour < _MOST_MB))
        bench.report.add(
            Row("soak", f"{name}, heap in an hour of changes", f"{hour:+.1f} MB"),
            **{f"{name}_mb": after.heap / 1e6, f"{name}_changes": growth.changes},
        )


async def soak(address: str, database_url: str, warm: float, seconds: float, least: int = 0) -> dict[str, Growth]:
    """Each view open for that long under the feed, and until it was told of the least number of changes."""
    async with chromium() as browser, open_connection(database_url) as held:
        pages = {name: await _open(browser, address + view) for name, view in VIEWS.items()}
        feeding = asyncio.create_task(_feed(held))
        try:
            await asyncio.sleep(warm)
            before = {name: await _look(page) for name, page in pages.items()}
            await asyncio.sleep(seconds)
            await _told(pages, {name: told + least for name, (_, told) in before.items()})
            after = {name: await _look(page) for name, page in pages.items()}
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    return {name: Growth(before[name][0], after[name][0], after[name][1] - before[name][1]) for name in pages}


async def _told(pages: Mapping[str, Page], changes: Mapping[str, int]) -> None:
    until = time.monotonic() + _PATIENCE_MS / 1000
    for name, page in pages.items():
        while await page.evaluate("() => window.told") < changes[name]:
            if time.monotonic() > until:
                raise RuntimeError(f"{name} was not told of {changes[name]} changes")
            await asyncio.sleep(0.2)


async def _open(browser: Browser, address: str) -> Page:
    """A page that counts the changes which it is told of, once it has drawn its map."""
    page = await (await browser.new_context(viewport=_SIZE, locale="ru-RU")).new_page()
    await page.add_init_script(
        "const Real = EventSource; window.told = 0; window.EventSource = class extends Real { constructor(address) { super(address);"
        " this.addEventListener('revision', () => (window.told += 1)); } };"
    )
    await page.goto(address)
    until = time.monotonic() + _PATIENCE_MS / 1000
    while not await page.evaluate("() => Boolean(window.geoMap?.loaded() && geoMap.areTilesLoaded())"):
        if time.monotonic() > until:
            raise RuntimeError(f"{address} never drew its map")
        await asyncio.sleep(0.2)
    return page


async def _look(page: Page) -> tuple[Held, int]:
    session: CDPSession = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    # What the first collection frees may free more.
    for _ in range(3):
        await session.send("HeapProfiler.collectGarbage")
    told = await page.evaluate("() => window.told")
    found = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
    await session.detach()
    return Held(found["JSHeapUsedSize"], found["Nodes"], found["JSEventListeners"]), told


async def _feed(held: asyncpg.Connection) -> None:
    """Insert one and change two, ten times a second, until told to stop."""
    rows: int = await held.fetchval("select count(*) from incident")
    turn = 0
    while True:
        await held.execute(_CHANGE, str(turn), turn * 37 % max(1, rows - 2), _STATES)
        turn += 1
        await asyncio.sleep(_FEED_S)
