"""Retention: erase message texts and addresses of old incidents; the incidents and every count stay.

The work is done in pages, one transaction each: a run that is killed and started again continues with the rest. The rule
is stored first, so that texts and addresses received before the instant are not stored again by a later load.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from geo_service.core.database import database_errors, open_connection
from geo_service.core.sql.named_queries import query
from ingest.geocoding.toponyms.addresses import address_key

ERASABLE_FIELDS = ("text", "address", "runs")
_INCIDENT_FIELDS = frozenset({"text", "address"})
"""Those that stay erased when an incident is delivered again."""
PAGE_SIZE = 2_000
_MAX_PASSES = 3
"""Passes over the incidents: rows that another transaction has locked are skipped, and tried again in the next pass."""

_ACT = "erase personal text"


@dataclass(slots=True)
class ErasedCounts:
    """Numbers of rows that were erased so far, or that would be erased."""

    incidents: int = 0
    """Incidents with a text or an address to erase."""
    texts: int = 0
    addresses: int = 0
    rejects: int = 0
    """Rejected rows; their lines and reasons stay."""
    cached_addresses: int = 0
    """Addresses in the cache of geocoding servers."""
    responses: int = 0
    """Stored responses to requests with an Idempotency-Key."""
    runs: int = 0
    """Runs, which name files, keys and clients; with their rejected rows."""
    remaining: int = 0
    """Incidents that were locked by another transaction in every pass."""


@dataclass(frozen=True, slots=True)
class EraseRequest:
    """What to erase: some of ERASABLE_FIELDS, from everything that was received or stored before an instant."""

    before: datetime
    fields: frozenset[str]

    @property
    def text(self) -> bool:
        """Whether to erase the texts."""
        return "text" in self.fields

    @property
    def address(self) -> bool:
        """Whether to erase the addresses."""
        return "address" in self.fields

    @property
    def runs(self) -> bool:
        """Whether to delete the runs."""
        return "runs" in self.fields


OnEraseProgress = Callable[[ErasedCounts], None]
"""Gets the counts so far after each page."""


async def count_erasable(url: str, request: EraseRequest, page: int = PAGE_SIZE) -> ErasedCounts:
    """Count what `erase_personal_data` would erase, without a change."""
    async with open_connection(url) as connection:
        with database_errors(_ACT):
            row = await connection.fetchrow(query("retention.count_erasable"), request.before, request.text, request.address)
            counts = ErasedCounts(row["incidents"], row["texts"], row["addresses"], row["rejects"])
            if request.address:
                counts.cached_addresses = await _count_cached(connection, request, page)
            counts.responses = int(await connection.fetchval(query("retention.count_responses"), request.before))
            if request.runs:
                counts.runs = int(await connection.fetchval(query("retention.count_runs"), request.before))
    return counts


async def erase_personal_data(url: str, request: EraseRequest, on_progress: OnEraseProgress, page: int = PAGE_SIZE) -> ErasedCounts:
    """Erase the requested fields and return the counts. `DatabaseUnavailable` when the database fails; finished pages stay."""
    counts = ErasedCounts()
    async with open_connection(url) as connection:
        with database_errors(_ACT):
            await connection.execute(query("retention.record_rule"), sorted(request.fields & _INCIDENT_FIELDS), request.before)
            await _erase_incidents(connection, request, counts, on_progress, page)
            if request.text:
                await connection.execute(query("retention.erase_sent_media"), request.before)
                await connection.execute(query("retention.erase_sent_updates"), request.before)
            if request.address:
                counts.cached_addresses += int(await connection.fetchval(query("retention.erase_cache"), [], request.before))
            while erased := int(await connection.fetchval(query("retention.erase_rejects"), request.before, page)):
                counts.rejects += erased
                on_progress(counts)
            counts.responses = int(await connection.fetchval(query("retention.erase_responses"), request.before))
            if request.runs:
                await connection.execute(query("ingest.mark_interrupted_runs"))
                while deleted := int(await connection.fetchval(query("retention.delete_runs"), request.before, page)):
                    counts.runs += deleted
    return counts


async def _erase_incidents(
    connection: asyncpg.Connection, request: EraseRequest, counts: ErasedCounts, on_progress: OnEraseProgress, page: int
) -> None:
    for _ in range(_MAX_PASSES):
        await _erase_unlocked_incidents(connection, request, counts, on_progress, page)
        row = await connection.fetchrow(query("retention.count_erasable"), request.before, request.text, request.address)
        counts.remaining = int(row["incidents"])
        if not counts.remaining:
            return


async def _erase_unlocked_incidents(
    connection: asyncpg.Connection, request: EraseRequest, counts: ErasedCounts, on_progress: OnEraseProgress, page: int
) -> None:
    after_id = 0
    while True:
        async with connection.transaction():
            rows = await connection.fetch(query("retention.erase_incidents"), request.before, request.text, request.address, after_id, page)
            if not rows:
                return
            await connection.execute(query("retention.erase_queue_entries"), [row["id"] for row in rows])
            counts.cached_addresses += int(await connection.fetchval(query("retention.erase_cache"), _cache_keys(rows), None))
        after_id = rows[-1]["id"]
        counts.incidents += len(rows)
        counts.texts += sum(row["had_text"] for row in rows)
        counts.addresses += sum(row["had_address"] for row in rows)
        on_progress(counts)


async def _count_cached(connection: asyncpg.Connection, request: EraseRequest, page: int) -> int:
    cached_keys: set[str] = set()
    after_id = 0
    while rows := await connection.fetch(query("retention.list_addresses"), request.before, after_id, page):
        cached_keys.update(row["key"] for row in await connection.fetch(query("retention.find_cached_keys"), _cache_keys(rows)))
        after_id = rows[-1]["id"]
    return len(cached_keys) + int(await connection.fetchval(query("retention.count_old_cache"), request.before, list(cached_keys)))


def _cache_keys(rows: Sequence[asyncpg.Record]) -> list[str]:
    """Return the keys of the addresses in the geocoding cache."""
    return list({key for row in rows if (key := address_key(row["address"]))})
