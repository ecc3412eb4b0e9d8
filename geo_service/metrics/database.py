"""What only the database knows: loads of all processes, the queue of the geocoding, sizes.

Files are loaded and addresses looked up by other processes, so their counts are read from the accounting of runs when
Prometheus asks. Runs that have ended are summed once; later only those that came since then and those still open.
"""

import asyncio
import time
from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg
import structlog
from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge
from prometheus_client.metrics_core import InfoMetricFamily as Info
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from geo_service.core.database import database_errors
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.integers import MAX_BIGINT
from geo_service.core.model import GeocodedBy
from geo_service.core.sql.named_queries import query

_INTERVAL_S = 5.0
"""However often Prometheus asks, the database is asked at most once in this time."""
_SLOW_INTERVAL_S = 60.0
"""The same for what takes longer: counting a queue, adding up the sizes of files."""
_TIMEOUT_S = 2.0
"""Longer than this the metrics do not wait for the database; they then have the numbers of before."""
_SUMMED_RUNS = 2000
"""So many of the latest runs are summed each time: ids of runs become visible out of order, and their sums cost 10 ms."""
_FOLDED_AT_ONCE = 100_000
"""Runs whose sums take half a second."""

Sums = Tally[tuple[str, str, str]]
"""Way, subject and value, as `metrics.sum_runs` has them, → number."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class RunSums:
    """Sums over all runs, in bounded time."""

    sums: Sums = field(default_factory=Tally)
    latest_new: dict[str, float] = field(default_factory=dict)
    """Way → when it last brought a new incident, seconds since 1970."""
    _folded: Sums = field(default_factory=Tally)
    """Of the runs up to `_last` that have ended, without `_open`."""
    _last: int = 0
    _open: list[int] = field(default_factory=list)
    """Runs up to `_last` that had not ended."""

    async def update(self, connection: asyncpg.Connection) -> None:
        """Bring the sums up to date, in the caller's transaction, which must be one snapshot."""
        last = int(await connection.fetchval(query("metrics.find_last_run")))
        while last - self._last > 2 * _SUMMED_RUNS:
            # Each step is kept, also when there is no time for the next one.
            await self._fold(connection, min(last - _SUMMED_RUNS, self._last + _FOLDED_AT_ONCE))
        before, self.sums = self.sums, Tally(self._folded)
        self.sums.update(await self._read_sums(connection, MAX_BIGINT, ended=False))
        for (way, subject, value), number in self.sums.items() if before else ():
            # A run that goes on for days says only when it began.
            if (subject, value) == ("rows", "new") and number > before[way, subject, value]:
                self.latest_new[way] = time.time()

    async def _fold(self, connection: asyncpg.Connection, last: int) -> None:
        sums = await self._read_sums(connection, last, ended=True)
        self._open = [row["id"] for row in await connection.fetch(query("metrics.list_running"), last)]
        self._folded.update(sums)
        self._last = last

    async def _read_sums(self, connection: asyncpg.Connection, last: int, *, ended: bool) -> Sums:
        sums: Sums = Tally()
        for way, subject, value, number in await connection.fetch(query("metrics.sum_runs"), self._last, last, self._open, ended):
            if subject == "latest_new":
                self.latest_new[way] = max(float(number), self.latest_new.get(way, 0.0))
            else:
                sums[way, subject, value] = number
        return sums


@dataclass(slots=True)
class _Details:
    """What is asked for less often."""

    queue: dict[str, int] = field(default_factory=dict)
    cached: dict[str, int] = field(default_factory=dict)
    deliveries: list[tuple[str, str, int]] = field(default_factory=list)
    """Target, state and number of the messages about alerts."""
    size: int = 0
    versions: dict[str, str] = field(default_factory=dict)

    async def update(self, connection: asyncpg.Connection) -> None:
        """Read all of it anew."""
        self.queue = dict(await connection.fetchrow(query("metrics.count_geocode_queue")))
        rows = await connection.fetch(query("metrics.count_geocode_cache"))
        self.cached = {GeocodedBy(row["geocoded_by"]).code: row["n"] for row in rows}
        rows = await connection.fetch(query("alerts.count_deliveries"))
        self.deliveries = [(row["target"], state, row[state]) for row in rows for state in ("waiting", "delivered", "failed")]
        described = await connection.fetchrow(query("metrics.describe_database"))
        self.size = described["size"]
        self.versions = {"postgresql": described["postgresql"].partition(" ")[0], "postgis": described["postgis"]}


class DatabaseMetrics(Collector):
    """Reads from the database and yields what was read last."""

    def __init__(self) -> None:
        self._runs, self._details = RunSums(), _Details()
        self._turn = asyncio.Lock()
        self._is_up = False
        self._refreshed_at = self._detailed_at = self._reloads = -1.0

    async def refresh(self, pool: asyncpg.Pool | None, reloads: int) -> None:
        """Read again what is older than a few seconds; when the database does not answer in time, all stays as it was.

        reloads: how often the replica has met another database: the sums are then those of another one, too.
        """
        async with self._turn:
            if reloads != self._reloads:
                self._runs, self._reloads = RunSums(), reloads
            elif time.monotonic() - self._refreshed_at < _INTERVAL_S and self._is_up:
                return
            self._is_up = pool is not None and await self._read(pool)
            self._refreshed_at = time.monotonic()

    async def _read(self, pool: asyncpg.Pool) -> bool:
        try:
            with database_errors("read the metrics"):
                async with (
                    asyncio.timeout(_TIMEOUT_S),
                    pool.acquire() as connection,
                    connection.transaction(isolation="repeatable_read", readonly=True),
                ):
                    await self._runs.update(connection)
                    if not self._details.versions or time.monotonic() - self._detailed_at > _SLOW_INTERVAL_S:
                        await self._details.update(connection)
                        self._detailed_at = time.monotonic()
        except DatabaseUnavailable as error:
            log.debug("metrics without the database", reason=str(error))
            return False
        return True

    def collect(self) -> Iterator[Metric]:
        """Yield the samples; before the first answer of the database only that there is none."""
        yield Gauge("geo_database_up", "1: the database answered the last questions for metrics; 0: not in time.", self._is_up)
        if self._details.versions:
            yield from self._run_families()
            yield from self._detail_families()

    def _run_families(self) -> Iterator[Metric]:
        rows = Counter("geo_ingest_rows", "Rows of all loads by outcome.", labels=("input", "outcome"))
        runs = Counter("geo_ingest_runs", "Loads that have ended, by state.", labels=("input", "state"))
        running = Gauge("geo_ingest_open_runs", "Loads that have not ended.", labels=("input",))
        rejected = Counter("geo_ingest_rejected_rows", "Rejected rows by reason.", labels=("input", "reason"))
        warned = Counter("geo_ingest_warned_rows", "Rows stored with a warning, by reason.", labels=("input", "reason"))
        text = "Rows without coordinates by the precision of the place they were given as they were loaded."
        located = Counter("geo_geocoding_rows", text, labels=("input", "precision"))
        families = {"rows": rows, "runs": runs, "rejected": rejected, "warned": warned, "located": located}
        total_rejected: Tally[str] = Tally()
        for (way, subject, value), number in sorted(self._runs.sums.items()):
            if (subject, value) == ("runs", "running"):
                running.add_metric((way,), number)
                continue
            families[subject].add_metric((way, value), number)
            total_rejected[way] += number if subject == "rejected" else 0
        for way, number in total_rejected.items():
            rows.add_metric((way, "rejected"), number)
        yield from (*families.values(), running)
        latest = Gauge("geo_ingest_latest_new_timestamp_seconds", "When a load last brought a new incident.", labels=("input",))
        for way, at in self._runs.latest_new.items():
            latest.add_metric((way,), at)
        yield latest

    def _detail_families(self) -> Iterator[Metric]:
        details = self._details
        text = "Incidents that wait for a place: due, later, or exhausted (every step has been tried)."
        queue = Gauge("geo_geocoding_queue_incidents", text, labels=("state",))
        for state, number in details.queue.items():
            queue.add_metric((state,), number)
        cached = Gauge("geo_geocoding_cached_addresses", "Addresses that geocoding servers have found.", labels=("geocoder",))
        for geocoder, number in details.cached.items():
            cached.add_metric((geocoder,), number)
        text = "Messages about alerts of the last month: waiting, delivered, or failed (given up)."
        deliveries = Gauge("geo_alerts_deliveries", text, labels=("target", "state"))
        for target, state, number in details.deliveries:
            deliveries.add_metric((target, state), number)
        yield from (queue, cached, deliveries)
        yield Gauge("geo_database_size_bytes", "Size of the database on its server's disk.", details.size)
        yield Info("geo_database", "Versions of the database server.", details.versions)
