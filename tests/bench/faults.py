"""A service whose database is killed, restored, locked, emptied behind its back and left without disk, while others write and read.

Nothing may be answered wrongly: each response is what was asked for or a 503, what was acknowledged stays, and at the end
every breakdown equals SQL. The service is a `geo serve` process over a PostgreSQL server of this run's own.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from geo_service.cluster.private_cluster import Cluster
from geo_service.core.database import migrate, open_connection
from geo_service.core.errors import ClusterError, DatabaseUnavailable
from tests.bench.bench import Bench
from tests.bench.fault_kinds import FAULTS, Target, fault_names
from tests.bench.processes import geo_serve
from tests.bench.report import Row
from tests.bench.store import fill
from tests.support.backups import server_folder
from tests.support.small_disk import small_disk

SECONDS = 600.0
DIMENSIONS = {
    "sector": "join theme on theme.id = theme_id join sector as named on named.id = sector_id",
    "theme": "join theme as named on named.id = theme_id",
    "source": "join source as named on named.id = source_id",
    "agency": "left join agency as named on named.id = agency_id",
    "district": "left join district as named on named.id = district_id",
}
"""What `by` groups, and the tables that say the same in SQL."""

_KEY = "a-key-for-the-faults"
_MOST_INCIDENTS = 50_000
"""With their backups and logs they fit on the small disk."""
_WRITERS, _READERS = 2, 3
_ROWS = 20
_REST_S = 4.0
"""Between two faults: long enough to recover from the last one now and then, not always."""
_SETTLE_S = 180.0
_PATHS = (
    "/api/summary?window=30d", "/api/timeline", "/tiles/hexes/8/153/91.mvt", "/api/breakdown?by=sector", "/api/incidents?limit=20",
    "/readyz", "/api/districts", "/open311/v2/requests.json?page_size=20", "/api/ingest/runs", "/ogc/collections/hexes-5/items?limit=20",
)  # fmt: skip


@dataclass(slots=True)
class Soaked:
    """What came of a soak."""

    faults: Counter[str] = field(default_factory=Counter)
    """How often each was thrown in."""
    reads: Counter[int] = field(default_factory=Counter)
    """Responses to readers by status; 0 for a connection that failed."""
    writes: Counter[int] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    """External ids that a 200 said to be stored and no fault has taken away since."""
    missing: int = 0
    """How many of them are not in the database at the end."""
    differences: list[str] = field(default_factory=list)
    """Where the service and SQL differ at the end."""
    incidents: int = 0
    settled_s: float = 0.0
    """From the last fault until both were equal."""


async def measure(bench: Bench) -> None:
    """Ten minutes; in a quick run each fault once."""
    soaked = await soak(0.0 if bench.quick else SECONDS, min(bench.incidents, _MOST_INCIDENTS), bench.until)
    wrong = (
        len(soaked.differences) + soaked.missing + sum(n for status, n in (soaked.reads + soaked.writes).items() if not _is_right(status))
    )
    figure = f"{soaked.incidents:,} incidents, {len(soaked.differences)} differences from SQL, {soaked.missing} acknowledged rows missing"
    thrown = ", ".join(f"{name} {count}" for name, count in sorted(soaked.faults.items()))
    answers = f"reads {_by_status(soaked.reads)}; writes {_by_status(soaked.writes)}"
    bench.report.add(Row("faults", thrown, figure, answers, target="no wrong answer", met=wrong == 0))
    bench.report.add(
        Row("faults", "from the last fault until equal to SQL", f"{soaked.settled_s:.1f} s"),
        thrown=soaked.faults.total(), answered=soaked.reads.total(), acknowledged=len(soaked.acknowledged), settled_s=soaked.settled_s,
    )  # fmt: skip


def _is_right(status: int) -> bool:
    return status in (200, 204, 503)


def _by_status(counted: Counter[int]) -> str:
    return ", ".join(f"{count:,} × {status or 'no connection'}" for status, count in sorted(counted.items()))


async def soak(seconds: float, count: int, until: int, seed: int = 1) -> Soaked:
    """Throw faults in for so long, each at least once, while clients write and read; compare with SQL at the end."""
    soaked = Soaked()
    with server_folder() as folder, small_disk(folder) as disk:
        cluster = Cluster(folder / "geo", durable=True)
        try:
            url = cluster.start()
            await migrate(url)
            await fill(url, count, until, lambda _: None)
            async with geo_serve(url, GEO_WRITE_KEYS=_KEY, GEO_RECONCILE_INTERVAL_S="5", GEO_STALE_LIMIT_S="86400") as port:
                target = Target(cluster, url, disk, soaked.acknowledged)
                async with _clients(port, soaked):
                    await _throw(target, seconds, soaked, Random(seed))
                ended = time.monotonic()
                await _settle(url, port, soaked)
                soaked.settled_s = time.monotonic() - ended
        finally:
            cluster.stop(now=True)
    return soaked


async def _throw(target: Target, seconds: float, soaked: Soaked, rng: Random) -> None:
    ends = time.monotonic() + seconds
    while True:
        for name in rng.sample(names := fault_names(target), len(names)):
            await FAULTS[name](target, rng)
            soaked.faults[name] += 1
            await _until_up(target)
            await asyncio.sleep(rng.uniform(0, _REST_S if seconds else 0.5))
        if time.monotonic() >= ends:
            return


async def _until_up(target: Target) -> None:
    """Start the server again if it has ended, as whoever watches over it would, and wait until it answers."""
    while True:
        try:
            await asyncio.to_thread(target.cluster.restart_if_ended)
            async with open_connection(target.url) as held:
                await held.fetchval("select count(*) from source")
                return
        except (ClusterError, DatabaseUnavailable):
            # The children of a killed server need a moment to end.
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _clients(port: int, soaked: Soaked) -> AsyncIterator[None]:
    limits, key = httpx.Limits(max_keepalive_connections=10), {"Authorization": f"Bearer {_KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits, headers=key) as client:
        works = [_write(client, number, soaked) for number in range(_WRITERS)] + [_read(client, soaked) for _ in range(_READERS)]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended


async def _write(client: httpx.AsyncClient, writer: int, soaked: Soaked) -> None:
    """Send incidents of now, and take note of those that are said to be stored; a batch that is refused is sent again."""
    number = 0
    while True:
        names = [f"fault-{writer}-{number + row}" for row in range(_ROWS)]
        at = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [{"id": name, "received_at": at, "lng": 38.9747, "lat": 45.0355, "sector": "roads", "theme": "Ямы"} for name in names]
        status = await _ask(client.post("/api/incidents", json=rows), soaked.writes)
        if status == httpx.codes.OK:
            soaked.acknowledged.update(names)
            number += _ROWS
        await asyncio.sleep(0.05)


async def _read(client: httpx.AsyncClient, soaked: Soaked) -> None:
    turn = 0
    while True:
        await _ask(client.get(_PATHS[turn % len(_PATHS)]), soaked.reads)
        turn += 1
        await asyncio.sleep(0.02)


async def _ask(request: Awaitable[httpx.Response], answers: Counter[int]) -> int:
    try:
        status = (await request).status_code
    except httpx.TransportError:
        status = 0
    answers[status] += 1
    return status


async def _settle(url: str, port: int, soaked: Soaked) -> None:
    """Wait until the service and SQL are equal, as long as reconciliation takes; leave what still differs."""
    deadline = time.monotonic() + _SETTLE_S
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client, open_connection(url) as held:
        while True:
            soaked.differences = await compare(client, held.fetch)
            if not soaked.differences or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.5)
        soaked.incidents = int(await held.fetchval("select count(*) from incident"))
        found = {row["external_id"] for row in await held.fetch("select external_id from incident where external_id like 'fault-%'")}
    soaked.missing = len(soaked.acknowledged - found)


async def compare(client: httpx.AsyncClient, fetch: Callable[..., Awaitable[list[Any]]]) -> list[str]:
    """Compare the number of all incidents and every breakdown with SQL; return what differs."""
    differences = []
    state = (await client.get("/readyz")).json()
    stored = (await fetch("select count(*) as n from incident"))[0]["n"]
    if (state["incidents"], state["stale"]) != (stored, False):
        differences.append(f"/readyz: {state['incidents']} incidents, stale: {state['stale']}, in SQL {stored}")
    span = {"from": "2000-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    for by, tables in DIMENSIONS.items():
        rows = await fetch(f"select named.code, count(*) as n from incident {tables} where incident.cell is not null group by 1")
        expected = {row["code"]: row["n"] for row in rows}
        answer = (await client.get("/api/breakdown", params={"by": by, **span})).json()
        shown = {cell[by]: cell["count"] for cell in answer["cells"] if cell["count"]}
        if shown != expected:
            differences.append(f"by {by}: {sum(shown.values())} incidents, in SQL {sum(expected.values())}")
    return differences
