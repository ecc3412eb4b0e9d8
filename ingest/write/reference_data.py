"""Sources, themes and agencies that incidents refer to: made when first met, renamed when their description changes."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.model import SECTORS
from geo_service.core.named_queries import query

SECTOR_IDS = {sector.code: place for place, sector in enumerate(SECTORS, start=1)}


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages come from; `attribution` is shown wherever its incidents are."""

    code: str
    name_ru: str
    name_en: str
    attribution: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """What a message is about; `sector` is a code of `geo_service.core.model.SECTORS`."""

    code: str
    sector: str
    name_ru: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Agency:
    """Who is to answer."""

    code: str
    name: str


_UPSERTS = {"source": "ingest.upsert_sources", "theme": "ingest.upsert_themes", "agency": "ingest.upsert_agencies"}
"""The query that writes each kind of entry."""


class ReferenceData:
    """Ids by code, remembered: an entry that was met before costs no question to the database."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._known: dict[Source | Theme | Agency, int] = {}

    async def source(self, source: Source) -> int:
        """The source's id."""
        return (await self._ensure("source", [source], [astuple(source)]))[source.code]

    async def credit(self, found: Iterable[tuple[int, int]]) -> None:
        """Let the sources name whose places their incidents have: pairs of a source and the step (`GeocodedBy`) that found one."""
        if pairs := sorted(set(found)):
            with database_errors("name whose places a source has"):
                await self._connection.execute(query("geocoding.record_sources"), *map(list, zip(*pairs, strict=True)))

    async def themes(self, themes: Sequence[Theme]) -> dict[str, int]:
        """Ids by code."""
        rows = [(one.code, SECTOR_IDS[one.sector], one.name_ru, one.name_en) for one in themes]
        return await self._ensure("theme", themes, rows)

    async def agencies(self, agencies: Sequence[Agency]) -> dict[str, int]:
        """Ids by code."""
        return await self._ensure("agency", agencies, [astuple(one) for one in agencies])

    async def _ensure(self, kind: str, entries: Sequence[Source | Theme | Agency], rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
        unknown = {entry: row for entry, row in zip(entries, rows, strict=True) if entry not in self._known}
        if unknown:
            with database_errors(f"write the list of {kind} entries"):
                found = await self._connection.fetch(query(_UPSERTS[kind]), *map(list, zip(*unknown.values(), strict=True)))
            ids = {row["code"]: row["id"] for row in found}
            self._known |= {entry: ids[entry.code] for entry in unknown}
        return {entry.code: self._known[entry] for entry in entries}
