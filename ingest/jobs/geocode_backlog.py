"""`geo geocode --pending`: works through what waits, a transaction a page.

A place that is found is written at once, and the replicas follow. A server that is down delays: what it was to be asked
waits longer each time, and nothing is given up for that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from boundaries.locate import NEAR_M
from geo_service.core.advisory_locks import GEOCODE_BACKLOG
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.named_queries import query
from ingest.geocoding import Answer, Query
from ingest.geocoding.batch_geocoder import COARSE, as_json, digest
from ingest.geocoding.cache import Cache
from ingest.geocoding.chain import Chain, Outcome
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import make_chain, read_region
from ingest.geocoding.toponyms.addresses import stands_alone
from ingest.validate.coordinates import cells
from ingest.write.district_lookup import DistrictLookup
from ingest.write.duplicates import link_duplicates
from ingest.write.reference_data import ReferenceData

if TYPE_CHECKING:  # At run time only whoever asks a server imports it: its libraries are an extra.
    from ingest.geocoding.server import Server

PAGE = 500

FIRST_WAIT_S = 60.0
LONGEST_WAIT_S = 6 * 3600.0


@dataclass
class BacklogResult:
    """What has been done until now."""

    total: int = 0
    asked: int = 0
    placed: dict[LocationQuality, int] = field(default_factory=dict)
    unknown: int = 0
    """No step knows a place."""
    delayed: int = 0
    """The server could not be asked."""
    stopped: bool = False
    """The server is down: the rest was left for later."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident, its words, and what became of them."""

    id: int
    address: str
    words: str
    attempts: int
    outcome: Outcome


async def geocode_backlog(
    url: str, configuration: GeocodingConfiguration, server: "Server | None", told: Callable[[BacklogResult], None],
    *, again: bool = False, near_m: float = NEAR_M, page: int = PAGE,
) -> BacklogResult:  # fmt: skip
    """Ask for everything that is due; again: also for what was given up. `InputError` when another process is at it."""
    async with open_connection(url) as held:
        with database_errors("work through what waits for a place"):
            if not await held.fetchval("select pg_try_advisory_lock($1)", GEOCODE_BACKLOG):
                raise InputError("cannot work through what waits for a place: another geo geocode is at it")
            await held.execute(query("geocoding.purge_orphans"))
            worked = BacklogResult(total=int(await held.fetchval(query("geocoding.count_pending"), again)))
            chain = await make_chain(held, configuration, await read_region(held, configuration), server)
            await _pages(_Writer(held, configuration, near_m, asked_server=server is not None), chain, worked, told, again, page)
    return worked


async def _pages(
    writer: "_Writer", chain: Chain, worked: BacklogResult, told: Callable[[BacklogResult], None], again: bool, page: int
) -> None:
    after = 0
    while rows := await writer.connection.fetch(query("geocoding.list_pending"), after, page, again):
        outcomes = await chain.locate([Query(row["address"], row["message"]) for row in rows])
        found = [
            _Found(row["id"], row["address"], digest(row["address"], row["message"]), row["attempts"], one)
            for row, one in zip(rows, outcomes, strict=True)
        ]
        await writer.write(found, worked)
        told(worked)
        after = rows[-1]["id"]
        if any(one.delayed for one in outcomes) and all(one.delayed or one.settled for one in outcomes):
            worked.stopped = True
            return


class _Writer:
    """Writes a page's outcomes."""

    def __init__(self, held: asyncpg.Connection, configuration: GeocodingConfiguration, near_m: float, *, asked_server: bool) -> None:
        self.connection = held
        self._cache = Cache(held, configuration.cache.max_age_days)
        self._districts = DistrictLookup(held, near_m)
        self._catalogue = ReferenceData(held)
        self._asked_server = asked_server

    async def write(self, found: Sequence[_Found], worked: BacklogResult) -> None:
        """In one transaction: places, answers for the cache, and what still waits."""
        async with self.connection.transaction():
            placed = await self._place([(one, one.outcome.answer) for one in found if one.outcome.answer])
            await self._cache.keep({one.address: answer for one in found if (answer := _for_cache(one))})
            await self.connection.execute(
                query("geocoding.complete"), [one.id for one in found if one.outcome.settled and one.outcome.answer]
            )
            await self._postpone([one for one in found if not (one.outcome.settled and one.outcome.answer)])
        worked.asked += len(found)
        for one in found:
            if one.outcome.answer and one.id in placed:
                worked.placed[one.outcome.answer.quality] = worked.placed.get(one.outcome.answer.quality, 0) + 1
            elif one.outcome.answer is None and not one.outcome.delayed:
                worked.unknown += 1
            worked.delayed += one.outcome.delayed

    async def _place(self, found: Sequence[tuple[_Found, Answer]]) -> set[int]:
        if not found:
            return set()
        lng, lat = np.array([one.lng for _, one in found]), np.array([one.lat for _, one in found])
        district, near = await self._districts.locate(lng, lat)
        columns = (
            [one.id for one, _ in found], [one.words for one, _ in found], lng.tolist(), lat.tolist(), cells(lng, lat).tolist(),
            [int(one.quality) for _, one in found], [one.confidence for _, one in found], [int(one.geocoded_by) for _, one in found],
            district.tolist(), near.tolist(),
        )  # fmt: skip
        rows = await self.connection.fetch(query("geocoding.apply_results"), *columns)
        await self._catalogue.record_geocoders((row["source_id"], row["geocoded_by"]) for row in rows)
        placed = [row["id"] for row in rows]
        await link_duplicates(self.connection, [], placed)
        return set(placed)

    async def _postpone(self, found: Sequence[_Found]) -> None:
        rows = [(one.id, one.words, self._wait_s(one), one.outcome.reason or COARSE, as_json(one.outcome.candidates)) for one in found]
        if rows:
            await self.connection.execute(query("geocoding.reschedule"), *map(list, zip(*rows, strict=True)))

    def _wait_s(self, one: _Found) -> float | None:
        """None for what every step was asked for: it waits until everything is asked anew."""
        if one.outcome.delayed:
            return float(min(FIRST_WAIT_S * 2**one.attempts, LONGEST_WAIT_S))
        return None if self._asked_server or one.outcome.settled else 0.0


def _for_cache(one: _Found) -> Answer | None:
    """A server's answer to an address that says by itself in which settlement it is."""
    answer = one.outcome.answer
    if answer is None or answer.geocoded_by < GeocodedBy.NOMINATIM:
        return None
    settlement = next((view.name for _, view, _ in one.outcome.views if isinstance(view, Answer) and view is not answer), "")
    return answer if stands_alone(one.address, settlement) else None
