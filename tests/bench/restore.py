"""From sending an incident until the map has it: before a backup is restored into a new cluster and after, and beside a long transaction.

The restored rows have transaction ids that the new cluster has not reached, as those of a cluster that has run for years; while
the long transaction is open, every row is rewritten. Neither may make a look at the changes read rows again. Then how long
replica and database take to be compared.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx

from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.admission import AdmissionQueue
from geo_service.core.database import open_connection
from tests.bench.bench import Bench
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread
from tests.support.backups import dump, other_cluster, restore

_KEY = "a-key-for-the-restore"
_SENT = 100
_WOKEN = 3
"""Before that: the first ones open the writer's connection and read what is then kept."""
_REST_S = 0.1
"""Between two incidents: each is followed by itself."""
_ASK_AGAIN_S = 0.002
_PATIENCE_S = 120.0
_MOST_TIMES = 1.5
_FAR_XID = 900_000_000
_SOURCE = "bench-restore"


async def measure(bench: Bench) -> None:
    """Compare with the untouched data set in turns; the database is left without what was sent, but rewritten."""
    with TemporaryDirectory(prefix="geo-bench-") as folder:
        began = time.perf_counter()
        file = await dump(bench.url, Path(folder) / "backup")
        dumped = time.perf_counter()
        async with other_cluster() as restored:
            await restore(file, restored)
            took = f"dump {dumped - began:.0f} s, restore {time.perf_counter() - dumped:.0f} s"
            await _age(restored)
            healthy, after = await _compare(bench, bench.url, restored)
            _report(bench, "restored", healthy, after, took)
            _report_rounds(bench, await _reconcile(restored))
            async with _long_transaction(bench):
                await _rewrite(bench)
                healthy, beside = await _compare(bench, restored, bench.url)
            _report(bench, "beside an open transaction", healthy, beside, "all rows rewritten meanwhile")
    await _delete_sent(bench)


def _report(bench: Bench, state: str, before: list[float], after: list[float], beside: str) -> None:
    (p50, p95, _), (state_p50, state_p95, _) = percentiles(before), percentiles(after)
    times = max(state_p50 / p50, state_p95 / p95)
    name = state.split()[0]
    bench.report.add(
        Row(
            "restore", f"incident sent until shown, {bench.incidents:,} incidents, {state} ({beside})", spread(after), spread(before),
            target=f"p50 and p95 ≤ {_MOST_TIMES} times: {state_p50 / p50:.2f}, {state_p95 / p95:.2f}", met=times <= _MOST_TIMES,
        ),
        **{f"{name}_p50": state_p50, f"{name}_p95": state_p95, f"{name}_before_p50": p50, f"{name}_before_p95": p95},
    )  # fmt: skip


def _report_rounds(bench: Bench, steps: list[float]) -> None:
    figure = f"{sum(steps):.2f} s in {len(steps)} steps, the longest {max(steps):.2f} s"
    bench.report.add(Row("restore", "comparing replica and database, one round", figure), round_s=sum(steps), step_s=max(steps))


async def _compare(bench: Bench, first: str, second: str) -> tuple[list[float], list[float]]:
    """Seconds of each of the incidents that are sent to both by turns, so that what else the machine does befalls both."""
    async with _served(first) as one, _served(second) as other:
        for _ in range(_WOKEN):
            await _send(one), await _send(other)
        pairs = [(await _send(one), await _send(other)) for _ in range(bench.times(_SENT))]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of its own, which is not disturbed by comparing replica and database."""
    async with (
        geo_serve(url, GEO_WRITE_KEYS=_KEY, GEO_RECONCILE_INTERVAL_S="86400") as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client,
    ):
        yield client


async def _send(client: httpx.AsyncClient) -> float:
    row = {
        "id": f"{time.time_ns()}",
        "received_at": datetime.now(UTC).isoformat(),
        "lng": 38.9747,
        "lat": 45.0355,
        "sector": "roads",
        "theme": "Ямы",
    }
    await asyncio.sleep(_REST_S)
    began = time.perf_counter()
    answer = await client.post("/api/incidents", params={"source": _SOURCE}, json=row, headers={"Authorization": f"Bearer {_KEY}"})
    number = answer.raise_for_status().json()["rows"][0]["incident"]
    while (await client.get(f"/api/incidents/{number}")).status_code != httpx.codes.OK:
        if time.perf_counter() - began > _PATIENCE_S:
            raise RuntimeError(f"incident {number} was never shown")
        await asyncio.sleep(_ASK_AGAIN_S)
    return time.perf_counter() - began


@asynccontextmanager
async def _long_transaction(bench: Bench) -> AsyncIterator[None]:
    """A transaction with an id of its own that stays open for the time of the block."""
    async with open_connection(bench.url) as held, held.transaction():
        await held.execute("select pg_current_xact_id()")
        yield


async def _rewrite(bench: Bench) -> None:
    async with open_connection(bench.url) as held:
        await held.execute("update incident set updated_at = updated_at + interval '1 second'")


async def _age(url: str) -> None:
    """Give all rows a transaction id that the cluster has not reached, as if restored from one that has run for years."""
    async with open_connection(url) as held:
        # Without triggers, which would give them the present one.
        await held.execute(f"set session_replication_role = replica; update incident set xid = '{_FAR_XID}'")
        await held.execute("vacuum (analyze) incident")


async def _delete_sent(bench: Bench) -> None:
    async with open_connection(bench.url) as held:
        await held.execute("delete from incident where source_id = (select id from source where code = $1)", _SOURCE)
        await held.execute("delete from incident_tombstone; comment on table incident is null")


async def _reconcile(url: str) -> list[float]:
    """Seconds of each step of a round of reconciliation, with the poll that it follows."""
    replica = Replica(256_000_000, AdmissionQueue(10, 600))
    follower = Follower(url, replica, reconcile_interval_s=1e-9)
    try:
        async with open_connection(url) as held:
            # The load is in the first one.
            await _round(follower, replica, held)
            return await _round(follower, replica, held)
    finally:
        replica.close()


async def _round(follower: Follower, replica: Replica, held: asyncpg.Connection) -> list[float]:
    """Poll to the end of a round; seconds of each poll."""
    last_ended, taken = replica.following.reconciled_at, list[float]()
    while replica.following.reconciled_at == last_ended:
        began = time.perf_counter()
        await follower.poll(held)
        taken.append(time.perf_counter() - began)
    return taken
