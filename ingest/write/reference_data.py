"""What incidents refer to by id: sources, themes and agencies, inserted when first met, and districts, found by location."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.locating.locate import Locator
from boundaries.stored import read_district_arrays
from geo_service.core.database import database_errors
from geo_service.core.extent import enclosing_bounds
from geo_service.core.model import SECTORS
from geo_service.core.sql.named_queries import query
from ingest.mapping.mapping import LngLatBounds

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


Entry = Source | Theme | Agency


@dataclass(frozen=True, slots=True)
class Aliases:
    """The entries that codes stand for since their own entries were merged or renamed, by code."""

    themes: Mapping[str, Theme] = field(default_factory=dict)
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Codes of sources."""


async def read_aliases(connection: asyncpg.Connection) -> Aliases:
    """Read all aliases."""
    with database_errors("read the aliases of the catalogue"):
        rows = await connection.fetch(query("catalogue.read_aliases"))
    return Aliases(
        {row["alias"]: Theme(row["code"], row["sector"], row["name_ru"], row["name_en"]) for row in rows if row["kind"] == "theme"},
        {row["alias"]: Agency(row["code"], row["name_ru"]) for row in rows if row["kind"] == "agency"},
        {row["alias"]: row["code"] for row in rows if row["kind"] == "source"},
    )


_UPSERTS = {"source": "ingest.upsert_sources", "theme": "ingest.upsert_themes", "agency": "ingest.upsert_agencies"}
"""The query that writes each kind of entry."""


class ReferenceData:
    """Ids of sources, themes and agencies by code, cached: an entry that was met before needs no query.

    An operator may merge or delete entries meanwhile. So whoever writes incidents with these ids calls `confirm` in the
    same transaction first.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._ids: dict[Entry, int] = {}
        self.revision = -1
        """Of the catalogue that the ids are of."""

    def has_met(self, entry: Entry) -> bool:
        """Return whether the entry's id is cached."""
        return entry in self._ids

    def forget(self) -> None:
        """Forget all ids, as after a transaction that was rolled back."""
        self._ids.clear()

    async def confirm(self) -> bool:
        """Lock the catalogue to the end of the caller's transaction; return whether the ids are still true, else forget them."""
        return self._renew(await self._connection.fetchval(query("catalogue.lock_for_share")))

    def _renew(self, revision: int) -> bool:
        is_same = revision == self.revision
        if not is_same:
            self._ids.clear()
            self.revision = revision
        return is_same

    async def ensure_source(self, source: Source) -> int:
        """Return the source's id; insert it if it is new, update it if it is described otherwise."""
        return (await self._ensure("source", [source], [astuple(source)]))[source.code]

    async def ensure(self, entries: Sequence[Entry]) -> None:
        """Insert the entries that are new, update those that are described otherwise."""
        for source in (entry for entry in entries if isinstance(entry, Source)):
            await self.ensure_source(source)
        await self.ensure_themes([entry for entry in entries if isinstance(entry, Theme)])
        await self.ensure_agencies([entry for entry in entries if isinstance(entry, Agency)])

    async def record_geocoders(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Record which steps (`GeocodedBy`) have located incidents of which sources (ids), for attribution."""
        if distinct := sorted(set(pairs)):
            with database_errors("record the geocoders of a source"):
                await self._connection.execute(query("geocoding.record_sources"), *map(list, zip(*distinct, strict=True)))

    async def ensure_themes(self, themes: Sequence[Theme]) -> dict[str, int]:
        """Return the themes' ids by code; insert new ones, update those that are described otherwise."""
        rows = [(theme.code, SECTOR_IDS[theme.sector], theme.name_ru, theme.name_en) for theme in themes]
        return await self._ensure("theme", themes, rows)

    async def ensure_agencies(self, agencies: Sequence[Agency]) -> dict[str, int]:
        """Return the agencies' ids by code; insert new ones, update those that are named otherwise."""
        return await self._ensure("agency", agencies, [astuple(agency) for agency in agencies])

    async def _ensure(self, kind: str, entries: Sequence[Entry], rows: Iterable[tuple[object, ...]]) -> dict[str, int]:
        row_of = dict(zip(entries, rows, strict=True))
        if any(entry not in self._ids for entry in row_of):
            # In a transaction: a statement that waited for the lock itself would see the catalogue as it was before.
            with database_errors(f"add an entry of the kind {kind} to the catalogue"):
                async with self._connection.transaction():
                    await self.confirm()
                    unknown = {entry: row for entry, row in row_of.items() if entry not in self._ids}
                    written = await self._connection.fetch(query(_UPSERTS[kind]), *map(list, zip(*unknown.values(), strict=True)))
            ids = {row["code"]: row["id"] for row in written}
            self._ids |= {entry: ids[entry.code] for entry in unknown}
        return {entry.code: self._ids[entry] for entry in entries}


class DistrictLookup:
    """Assigns districts over one connection; the outlines are read again whenever they have changed."""

    def __init__(self, connection: asyncpg.Connection, near_m: float) -> None:
        """near_m: how far from a district, in metres, a point outside of all may be to belong to it."""
        self._connection = connection
        self._near_m = near_m
        self._revision = -1
        self._locator: Locator | None = None
        """None where there are no districts."""

    @property
    def has_districts(self) -> bool:
        """Whether there were any at the last call of `locate`."""
        return self._locator is not None

    async def locate(self, lng: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return (rows,) ids of districts, 0 for "none", and (rows,) whether it is only the nearest one; points that are NaN have none.

        Call it within the transaction that writes them: until that ends, a replacement of boundaries waits, and then
        assigns these rows too.
        """
        revision = int(await self._connection.fetchval(query("boundaries.lock_for_share")))
        if revision != self._revision:
            # Not part of the query before: one that waits for a lock sees other tables as they were before the wait.
            has_districts = await self._connection.fetchval(query("boundaries.has_areas"))
            self._locator = Locator(await read_district_arrays(self._connection), self._near_m) if has_districts else None
            self._revision = revision
        if self._locator is None:
            return np.zeros(len(lng), np.int32), np.zeros(len(lng), np.bool_)
        return self._locator.locate(lng, lat)


async def read_region(connection: asyncpg.Connection, configured: LngLatBounds | None) -> LngLatBounds | None:
    """Return the bounds in which incidents are expected: the configured ones, else those of the loaded districts.

    West > east across the antimeridian.
    """
    if configured:
        return configured
    with database_errors("look for the region"):
        rows = await connection.fetch(query("geocoding.district_boxes"))
    return enclosing_bounds(np.array([tuple(row) for row in rows])) if rows else None
