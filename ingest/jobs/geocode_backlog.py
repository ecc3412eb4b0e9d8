"""`geo geocode --pending`: geocode the incidents in the queue, one transaction a page.

A place is written at once, and the replicas follow. While a server is down, its incidents stay in the queue and wait longer
after each attempt; none of them is given up for that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import asyncpg
import numpy as np

from boundaries.locating.locate import NEAR_M
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.sql.advisory_locks import GEOCODE_BACKLOG
from geo_service.core.sql.named_queries import query
from ingest.geocoding import GeocodedPlace, GeocodeQuery
from ingest.geocoding.batch_geocoder import TOO_COARSE, candidates_to_json, digest_texts
from ingest.geocoding.chain import Chain, GeocodingOutcome
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import make_chain
from ingest.geocoding.local_steps import AddressCache
from ingest.geocoding.toponyms.addresses import is_self_contained
from ingest.jobs.coarse_coordinates import release_coarse_coordinates
from ingest.validate.coordinates import cells
from ingest.write.incident_writer import link_duplicates
from ingest.write.reference_data import DistrictLookup, ReferenceData, read_region

if TYPE_CHECKING:  # Imported by callers that use a server: its libraries are an extra.
    from ingest.geocoding.server import GeocodingServer

PAGE_SIZE = 500


FIRST_WAIT_S = 60.0
"""Wait after the first attempt; it doubles with each attempt."""
MAX_WAIT_S = 6 * 3600.0


@dataclass
class BacklogResult:
    """Counts until now: processed = placed + kept + unknown + deferred, and at the end total = processed + left."""

    total: int = 0
    processed: int = 0
    placed: dict[LocationQuality, int] = field(default_factory=dict)
    kept: int = 0
    """Incidents that have a place, for which no more precise one was found, or whose text has changed meanwhile."""
    unknown: int = 0
    """Incidents for which no step has found a place."""
    deferred: int = 0
    """Incidents without a new place for which the server was not available."""
    stopped: bool = False
    """The server is down; the rest stays in the queue."""

    @property
    def left(self) -> int:
        """Incidents that were not tried, because the server is down."""
        return self.total - self.processed


@dataclass(frozen=True, slots=True)
class _GeocodedIncident:
    id: int
    address: str
    digest: str
    """Digest of the texts that the outcome is for."""
    attempts: int
    outcome: GeocodingOutcome

    @property
    def is_done(self) -> bool:
        """Whether it leaves the queue: it has a place, and nothing more precise can be found."""
        return self.outcome.is_final and self.outcome.place is not None


OnBacklogProgress = Callable[[BacklogResult], None]
"""Gets the counts after each page."""


async def geocode_backlog(
    url: str, configuration: GeocodingConfiguration, server: "GeocodingServer | None", on_progress: OnBacklogProgress,
    *, again: bool = False, near_m: float = NEAR_M, page: int = PAGE_SIZE,
) -> BacklogResult:  # fmt: skip
    """Geocode all incidents that are due and return the counts.

    again: include the incidents for which no step has found a place before. near_m: distance in metres up to which a place
    outside of all districts gets the nearest one. `InputError` if another process is already running.
    """
    async with open_connection(url) as connection:
        with database_errors("geocode the incidents in the queue"):
            if not await connection.fetchval("select pg_try_advisory_lock($1)", GEOCODE_BACKLOG):
                raise InputError("cannot geocode the incidents in the queue: another `geo geocode --pending` is already running")
            await connection.execute(query("geocoding.purge_orphans"))
            region = await read_region(connection, configuration.bounds)
            await release_coarse_coordinates(connection, await make_chain(connection, configuration, region), page)
            result = BacklogResult(total=int(await connection.fetchval(query("geocoding.count_pending"), again)))
            chain = await make_chain(connection, configuration, region, server)
            writer = _OutcomeWriter(connection, configuration, near_m, has_server=server is not None)
            await _process_pages(writer, chain, result, on_progress, again, page)
    return result


async def _process_pages(
    writer: "_OutcomeWriter", chain: Chain, result: BacklogResult, on_progress: OnBacklogProgress, again: bool, page: int
) -> None:
    after_id = 0
    while rows := await writer.connection.fetch(query("geocoding.list_pending"), after_id, page, again):
        outcomes = await chain.locate([GeocodeQuery(row["address"], row["message"]) for row in rows])
        incidents = [
            _GeocodedIncident(row["id"], row["address"], digest_texts(row["address"], row["message"]), row["attempts"], outcome)
            for row, outcome in zip(rows, outcomes, strict=True)
        ]
        await writer.write_page(incidents, result)
        # Others may have come into the queue since they were counted.
        result.total = max(result.total, result.processed)
        on_progress(result)
        after_id = rows[-1]["id"]
        if any(outcome.deferred for outcome in outcomes) and all(outcome.deferred or outcome.is_final for outcome in outcomes):
            result.stopped = True
            return
    # Others may have left it.
    result.total = result.processed


class _OutcomeWriter:
    """Write the outcomes of a page."""

    def __init__(self, connection: asyncpg.Connection, configuration: GeocodingConfiguration, near_m: float, *, has_server: bool) -> None:
        self.connection = connection
        self._cache = AddressCache(connection, configuration.cache.max_age_days)
        self._districts = DistrictLookup(connection, near_m)
        self._reference_data = ReferenceData(connection)
        self._has_server = has_server

    async def write_page(self, incidents: Sequence[_GeocodedIncident], result: BacklogResult) -> None:
        """Write places, cache entries and the new state of the queue in one transaction; add to `result`."""
        done_ids = [incident.id for incident in incidents if incident.is_done]
        async with self.connection.transaction():
            placed_ids = await self._apply_places([(item, item.outcome.place) for item in incidents if item.outcome.place])
            await self._cache.store({item.address: place for item in incidents if (place := _cacheable_place(item))})
            await self.connection.execute(query("geocoding.complete"), done_ids)
            await self._reschedule([incident for incident in incidents if not incident.is_done])
        _add_counts(result, incidents, placed_ids)

    async def _apply_places(self, placed: Sequence[tuple[_GeocodedIncident, GeocodedPlace]]) -> set[int]:
        """Write the places; return the ids of the incidents whose place has changed."""
        if not placed:
            return set()
        incidents, places = [incident for incident, _ in placed], [place for _, place in placed]
        lng, lat = np.array([place.lng for place in places]), np.array([place.lat for place in places])
        district, near = await self._districts.locate(lng, lat)
        columns = (
            [incident.id for incident in incidents], [incident.digest for incident in incidents], lng.tolist(), lat.tolist(),
            cells(lng, lat).tolist(), [int(place.quality) for place in places], [place.confidence for place in places],
            [int(place.geocoded_by) for place in places], district.tolist(), near.tolist(),
        )  # fmt: skip
        rows = await self.connection.fetch(query("geocoding.apply_results"), *columns)
        await self._reference_data.record_geocoders((row["source_id"], row["geocoded_by"]) for row in rows)
        ids = [row["id"] for row in rows]
        await link_duplicates(self.connection, [], ids)
        return set(ids)

    async def _reschedule(self, incidents: Sequence[_GeocodedIncident]) -> None:
        rows = [
            (incident.id, incident.digest, self._wait_s(incident), incident.outcome.reason or TOO_COARSE,
             candidates_to_json(incident.outcome.candidates))
            for incident in incidents
        ]  # fmt: skip
        if rows:
            await self.connection.execute(query("geocoding.reschedule"), *map(list, zip(*rows, strict=True)))

    def _wait_s(self, incident: _GeocodedIncident) -> float | None:
        """Return the seconds until the next attempt; None to wait for `--again`, because every step has been asked."""
        if incident.outcome.deferred:
            return float(min(FIRST_WAIT_S * 2**incident.attempts, MAX_WAIT_S))
        return None if self._has_server or incident.outcome.is_final else 0.0


def _add_counts(result: BacklogResult, incidents: Sequence[_GeocodedIncident], placed_ids: set[int]) -> None:
    result.processed += len(incidents)
    for incident in incidents:
        place = incident.outcome.place
        if place and incident.id in placed_ids:
            result.placed[place.quality] = result.placed.get(place.quality, 0) + 1
        elif incident.outcome.deferred:
            result.deferred += 1
        elif place is None:
            result.unknown += 1
        else:
            result.kept += 1


def _cacheable_place(incident: _GeocodedIncident) -> GeocodedPlace | None:
    """Return the place that a server has found, if the address alone names its settlement."""
    place = incident.outcome.place
    if place is None or place.geocoded_by < GeocodedBy.NOMINATIM:
        return None
    other_places = (trace.result for trace in incident.outcome.trace if isinstance(trace.result, GeocodedPlace))
    settlement = next((other.name for other in other_places if other is not place), "")
    return place if is_self_contained(incident.address, settlement) else None
