"""Answers searches: names on a thread of their own, incidents from the replica and the database, addresses from a server."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import Replica
from geo_service.aggregation.search.catalogue_search import KINDS, CatalogueSearch
from geo_service.aggregation.search.documents import FoundEntries, bounds_around, count_by_entry, describe_found
from geo_service.aggregation.search.incidents import IncidentHit, describe_hits
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.address_search import AddressSearch, FoundAddress
from geo_service.core.admission import QueuedThread
from geo_service.core.database import Connect
from geo_service.core.errors import AddressSearchUnavailable, DatabaseUnavailable, NotReady, Overloaded
from geo_service.core.extent import Bounds
from geo_service.core.model import LocationQuality
from geo_service.core.sql.named_queries import query
from geo_service.queries.search import MIN_PREFIX, SearchQuery

_BY_NUMBER, _BY_EXTERNAL_ID, _BY_PREFIX = 2.0, 1.9, 0.9
"""Scores of incidents: whoever types a whole number means it."""
_ADDRESS_SCORE = 0.8
_RADIUS_KM = {LocationQuality.EXACT: 0.2, LocationQuality.HOUSE: 0.2, LocationQuality.STREET: 0.6, LocationQuality.SETTLEMENT: 3.0}
_WIDE_KM = 20.0
"""Of an address that is only a district or a region."""


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found, the best first, and what could not be searched."""

    results: list[Row]
    unavailable: list[str] = field(default_factory=list)
    """Types whose results may be missing: the database or the geocoding server did not answer."""
    attribution: str = ""
    """Whose data the addresses are."""


class Searcher:
    """Answers searches. The indexes of names belong to `thread`."""

    def __init__(self, replica: Replica, thread: QueuedThread, addresses: AddressSearch | None) -> None:
        """addresses: None where no geocoding server is configured."""
        self._replica, self.thread, self._addresses = replica, thread, addresses
        self._names = CatalogueSearch()

    @property
    def has_addresses(self) -> bool:
        """Whether addresses can be searched."""
        return self._addresses is not None

    async def search(
        self, catalogue: Catalogue, wanted: SearchQuery, selection: Selection, boxes: Sequence[Bounds], connect: Connect
    ) -> SearchAnswer:
        """Return what was found. selection: the incidents that are counted. boxes: where settlements outside of all districts may be."""
        unavailable: list[str] = []
        rows = await self._find_names(catalogue, wanted, selection, boxes)
        rows += await self._find_incidents(wanted, connect, unavailable)
        addresses = await self._find_addresses(wanted, unavailable)
        rows = sorted([*rows, *addresses], key=lambda row: -row["score"])
        labelled = [{**row, "label": row["name"][wanted.language]} for row in rows]
        return SearchAnswer(labelled, unavailable, self._addresses.attribution if self._addresses and addresses else "")

    async def close(self) -> None:
        """End the thread and the connections."""
        self.thread.close()
        if self._addresses:
            await self._addresses.close()

    async def _find_names(self, catalogue: Catalogue, wanted: SearchQuery, selection: Selection, boxes: Sequence[Bounds]) -> list[Row]:
        kinds = [kind for kind in wanted.types if kind in KINDS]
        if not kinds:
            return []

        def find() -> FoundEntries:
            districts = self._names.districts_of(catalogue)
            return FoundEntries(self._names.find(catalogue, wanted.text, kinds, wanted.limit, boxes), districts)

        entries = await self.thread.run(find)
        if not entries.found:
            return []
        counts = await self._replica.run(count_by_entry, selection)
        return await self.thread.run(describe_found, catalogue, entries, counts)

    async def _find_incidents(self, wanted: SearchQuery, connect: Connect, unavailable: list[str]) -> list[Row]:
        hits = [IncidentHit(wanted.incident_id, None, _BY_NUMBER)] if wanted.incident_id else []
        if wanted.external_ids:
            try:
                hits += await _find_external_ids(wanted, connect)
            except (DatabaseUnavailable, NotReady, Overloaded):
                unavailable.append("incident")
        return (await self._replica.run(describe_hits, hits, int(time.time())))[: wanted.limit] if hits else []

    async def _find_addresses(self, wanted: SearchQuery, unavailable: list[str]) -> list[Row]:
        if "address" not in wanted.types or self._addresses is None:
            return []
        try:
            return list(map(_describe_address, await self._addresses.find(wanted.text, wanted.limit)))
        except AddressSearchUnavailable:
            unavailable.append("address")
            return []


async def _find_external_ids(wanted: SearchQuery, connect: Connect) -> list[IncidentHit]:
    by_prefix = len(wanted.external_ids[0]) >= MIN_PREFIX
    async with connect("look for an incident's number") as connection:
        rows = await connection.fetch(query("incidents.find_by_external_id"), wanted.external_ids, by_prefix, wanted.limit)
    return [IncidentHit(row["id"], row["external_id"], _BY_EXTERNAL_ID if row["is_exact"] else _BY_PREFIX) for row in rows]


def _describe_address(found: FoundAddress) -> dict[str, Any]:
    return {
        "type": "address",
        "code": None,
        "name": {"ru": found.name, "en": found.name},
        "within": None,
        "precision": found.quality.code,
        "lng": round(found.lng, 6),
        "lat": round(found.lat, 6),
        "bounds": bounds_around(found.lng, found.lat, _RADIUS_KM.get(found.quality, _WIDE_KM)),
        "score": _ADDRESS_SCORE,
    }
