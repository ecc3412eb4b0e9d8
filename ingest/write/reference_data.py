"""Sources, themes and agencies that incidents refer to: inserted when first met, updated when their description changes."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.model import SECTORS
from geo_service.core.named_queries import query

SECTOR_IDS = {sector.code: position for position, sector in enumerate(SECTORS, start=1)}


@dataclass(frozen=True, slots=True)
class Source:
    """Where incidents come from; `attribution` is shown wherever they are."""

    code: str
    name_ru: str
    name_en: str
    attribution: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """What an incident is about; `sector` is a code of `geo_service.core.model.SECTORS`."""

    code: str
    sector: str
    name_ru: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Agency:
    """Who must answer."""

    code: str
    name: str


_UPSERTS = {"source": "ingest.upsert_sources", "theme": "ingest.upsert_themes", "agency": "ingest.upsert_agencies"}
"""The query that writes each kind of entry."""


class ReferenceData:
    """Ids by code, cached: an entry that was met before needs no query."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._ids: dict[Source | Theme | Agency, int] = {}

    async def source(self, source: Source) -> int:
        """Return the source's id."""
        return (await self._ensure("source", [source], [astuple(source)]))[source.code]

    async def record_geocoders(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Record which steps (`GeocodedBy`) have located incidents of which sources (ids), for attribution."""
        if distinct := sorted(set(pairs)):
            with database_errors("record the geocoders of a source"):
                await self._connection.execute(query("geocoding.record_sources"), *map(list, zip(*distinct, strict=True)))

    async def themes(self, themes: Sequence[Theme]) -> dict[str, int]:
        """Return ids by code."""
        rows = [(theme.code, SECTOR_IDS[theme.sector], theme.name_ru, theme.name_en) for theme in themes]
        return await self._ensure("theme", themes, rows)

    async def agencies(self, agencies: Sequence[Agency]) -> dict[str, int]:
        """Return ids by code."""
        return await self._ensure("agency", agencies, [astuple(agency) for agency in agencies])

    async def _ensure(self, kind: str, entries: Sequence[Source | Theme | Agency], rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
        unknown = {entry: row for entry, row in zip(entries, rows, strict=True) if entry not in self._ids}
        if unknown:
            with database_errors(f"write the list of {kind} entries"):
                written = await self._connection.fetch(query(_UPSERTS[kind]), *map(list, zip(*unknown.values(), strict=True)))
            ids = {row["code"]: row["id"] for row in written}
            self._ids |= {entry: ids[entry.code] for entry in unknown}
        return {entry.code: self._ids[entry] for entry in entries}
