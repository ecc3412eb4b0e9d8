"""Writing incidents: a batch goes by binary COPY to a staging table, and from there in one statement to `incident`."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.locate import NEAR_M
from geo_service.core.database import database_errors
from geo_service.core.model import GeocodedBy
from geo_service.core.named_queries import query
from ingest.write.binary_copy import STAGED, encode_batch
from ingest.write.district_lookup import DistrictLookup
from ingest.write.duplicates import link_duplicates
from ingest.write.incident_batch import IncidentBatch
from ingest.write.reference_data import Agency, ReferenceData, Source, Theme

BATCH_SIZE = 20_000
"""Incidents to a transaction: measured; the rate is flat from 10,000 to 50,000, and smaller ones are seen sooner."""

# A batch is small beside the table: look its rows up by index, whatever the statistics of a growing table say.
_PREPARE = """
truncate incident_stage;
set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off; set local jit = off;
set local work_mem = '64MB'
"""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row."""

    outcome: str
    """new, changed, unchanged, stale or repeated: one of the counts of `Written`."""
    incident: int | None
    """The incident's id; None where another transaction was making it at the same moment."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a batch's rows; the first five add up to its length."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    """The same is known already, or another transaction was writing something as new at the same moment."""
    repeated: int = 0
    """Another row of the batch with the same identity was newer, or as new and later."""
    stale: int = 0
    """A newer version is known."""
    near: int = 0
    """Of those with a place and no other row in the batch: only near their district."""
    without_district: int = 0
    """Of the same: in no district. 0 where there are no districts at all."""
    linked: int = 0
    """How many more near-duplicates are linked now than before."""
    rows: Sequence[RowResult] = ()
    """Of each row of the batch, where that was asked for."""


class IncidentWriter:
    """Writes incidents over one connection, which it uses alone while it is entered: `async with IncidentWriter(connection)`.

    Database failures are `DatabaseUnavailable`.
    """

    def __init__(self, connection: asyncpg.Connection, near_m: float = NEAR_M) -> None:
        self._connection = connection
        self._districts = DistrictLookup(connection, near_m)
        self._catalogue = ReferenceData(connection)

    async def __aenter__(self) -> "IncidentWriter":
        with database_errors("prepare for writing incidents"):
            await self._connection.execute(query("ingest.create_staging_table"))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._connection.is_closed():
            with database_errors("finish writing incidents"):
                await self._connection.execute("drop table if exists incident_stage")

    async def ensure_source(self, source: Source) -> int:
        """The source's id; it is made, or renamed, when needed."""
        return await self._catalogue.source(source)

    async def ensure_themes(self, themes: Sequence[Theme]) -> dict[str, int]:
        """Ids of the themes by code; those that are new are made, those that are named otherwise renamed."""
        return await self._catalogue.themes(themes)

    async def ensure_agencies(self, agencies: Sequence[Agency]) -> dict[str, int]:
        """Ids of the agencies by code; those that are new are made, those that are named otherwise renamed."""
        return await self._catalogue.agencies(agencies)

    async def write(self, batch: IncidentBatch, *, each: bool = False) -> WriteResult:
        """Write the batch in one transaction (the caller's, if there is one); each: tell also what became of each row."""
        winners = batch.latest_versions()
        repeated = len(batch) - len(winners)
        if not len(winners):
            return WriteResult()
        kept = batch if not repeated else batch.take(winners)
        with database_errors("write incidents"):
            async with self._connection.transaction():
                district, near = await self._districts.district_ids(kept)
                stream = encode_batch(kept, district, near)
                await self._connection.execute(_PREPARE)
                await self._connection.copy_to_table("incident_stage", source=BytesIO(stream), columns=STAGED, format="binary")
                counts = await self._connection.fetchrow(query("ingest.upsert"), each)
                found = kept.geocoded_by >= GeocodedBy.GAZETTEER
                await self._catalogue.credit(zip(kept.source_id[found].tolist(), kept.geocoded_by[found].tolist(), strict=True))
                linked = await link_duplicates(self._connection, counts["new_ids"], counts["changed_ids"])
        new, changed, stale = counts["new"], counts["changed"], counts["stale"]
        without = int(np.count_nonzero((district == 0) & (kept.cell != 0))) if self._districts.known else 0
        rows = _rows(batch, winners, counts) if each else ()
        return WriteResult(
            new, changed, len(winners) - new - changed - stale, repeated, stale, int(np.count_nonzero(near)), without, linked, rows
        )


def _rows(batch: IncidentBatch, winners: NDArray[np.intp], told: asyncpg.Record) -> list[RowResult]:
    """What became of each row of the batch; one that lost to another of the same identity is repeated."""
    found = {(source, name): RowResult("stale" if stale else "unchanged", known) for source, name, known, stale in told["judged"]}
    found |= {(source, name): RowResult("new" if new else "changed", made) for source, name, made, new in told["written"] or ()}
    won = set(winners.tolist())
    rows = enumerate(zip(batch.source_id.tolist(), batch.external_id, strict=True))
    return [found[identity] if row in won else RowResult("repeated", found[identity].incident) for row, identity in rows]
