"""Retention: personal text and addresses are taken from what is old; the incidents, and every number, stay.

In pages of a transaction each: killed and started again, it goes on with what is left. From its start on, words of
incidents received before the instant are not kept either when they are delivered again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from geo_service.core.database import database_errors, open_connection
from geo_service.core.named_queries import query
from ingest.geocoding.toponyms.addresses import key_of

KINDS = ("text", "address")
PAGE = 2_000
_PASSES = 3
"""Rows that somebody was writing are looked at again so often."""


@dataclass(slots=True)
class ErasedCounts:
    """What was (or, in a dry run, would be) taken away until now."""

    incidents: int = 0
    """That had some of it."""
    texts: int = 0
    addresses: int = 0
    rejects: int = 0
    """Rejected rows: line and reason stay."""
    cached: int = 0
    """Addresses that geocoding servers have answered."""
    answers: int = 0
    """Answers to those who sent incidents with an Idempotency-Key."""
    left: int = 0
    """Incidents that were being written all the time."""


@dataclass(frozen=True, slots=True)
class EraseOrder:
    """What is to be forgotten: some of KINDS, of what was received, met or answered before an instant."""

    before: datetime
    kinds: frozenset[str]

    @property
    def flags(self) -> tuple[bool, bool]:
        """Whether the text, and whether the address."""
        return "text" in self.kinds, "address" in self.kinds


async def count(url: str, order: EraseOrder, page: int = PAGE) -> ErasedCounts:
    """What `forget` would take away; changes nothing."""
    async with open_connection(url) as held:
        with _errors():
            found = await held.fetchrow(query("retention.count_erasable"), order.before, *order.flags)
            told = ErasedCounts(found["incidents"], found["texts"], found["addresses"], found["rejects"])
            if order.flags[1]:
                told.cached = await _count_cached(held, order, page)
            if await held.fetchval(query("retention.has_responses")):
                told.answers = int(await held.fetchval(query("retention.count_responses"), order.before))
    return told


async def erase(url: str, order: EraseOrder, told: Callable[[ErasedCounts], None], page: int = PAGE) -> ErasedCounts:
    """Take it away; `told` gets what was done after each page."""
    done = ErasedCounts()
    async with open_connection(url) as held:
        with _errors():
            await held.execute(query("retention.record_rule"), sorted(order.kinds), order.before)
            for _ in range(_PASSES):
                await _incidents(held, order, done, told, page)
                found = await held.fetchrow(query("retention.count_erasable"), order.before, *order.flags)
                done.left = int(found["incidents"])
                if not done.left:
                    break
            if order.flags[1]:
                done.cached += int(await held.fetchval(query("retention.erase_cache"), [], order.before))
            while cleared := int(await held.fetchval(query("retention.erase_rejects"), order.before, page)):
                done.rejects += cleared
                told(done)
            if await held.fetchval(query("retention.has_responses")):
                done.answers = int(await held.fetchval(query("retention.erase_responses"), order.before))
    return done


async def _incidents(
    held: asyncpg.Connection, order: EraseOrder, done: ErasedCounts, told: Callable[[ErasedCounts], None], page: int
) -> None:
    after = 0
    while True:
        async with held.transaction():
            rows = await held.fetch(query("retention.erase_incidents"), order.before, *order.flags, after, page)
            if not rows:
                return
            await held.execute(query("retention.erase_queue_entries"), [row["id"] for row in rows])
            done.cached += int(await held.fetchval(query("retention.erase_cache"), _keys(rows), None))
        after = rows[-1]["id"]
        done.incidents += len(rows)
        done.texts += sum(row["had_text"] for row in rows)
        done.addresses += sum(row["had_address"] for row in rows)
        told(done)


async def _count_cached(held: asyncpg.Connection, order: EraseOrder, page: int) -> int:
    known: set[str] = set()
    after = 0
    while rows := await held.fetch(query("retention.list_addresses"), order.before, after, page):
        known.update(row["key"] for row in await held.fetch(query("retention.find_cached_keys"), _keys(rows)))
        after = rows[-1]["id"]
    return len(known) + int(await held.fetchval(query("retention.count_old_cache"), order.before, list(known)))


def _keys(rows: Sequence[asyncpg.Record]) -> list[str]:
    """Keys in the cache of addresses."""
    return list({key for row in rows if (key := key_of(row["address"]))})


@contextmanager
def _errors() -> Iterator[None]:
    with database_errors("forget personal text"):
        yield
