"""Writing incidents: a batch goes by binary COPY to a staging table, and from there in one statement to `incident`."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.locating.locate import NEAR_M
from geo_service.core.database import database_errors
from geo_service.core.model import GeocodedBy
from geo_service.core.sql.named_queries import query
from ingest.write.incident_batch import STAGED, IncidentBatch, encode_batch
from ingest.write.reference_data import DistrictLookup, ReferenceData

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
    """The result of one row."""

    outcome: str
    """new, changed, unchanged, stale or repeated: one of the counts of `WriteResult`."""
    incident_id: int | None
    """None where another transaction was inserting it at the same moment."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of a batch; the first five counts add up to its length."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    """The stored incident is equal, or another transaction was writing one as new at the same moment."""
    repeated: int = 0
    """Another row of the batch with the same identity was newer, or as new and later."""
    stale: int = 0
    """The stored incident is newer."""
    near: int = 0
    """Of the rows that are located and not repeated: outside of every district, close to one."""
    without_district: int = 0
    """Of the same: in no district and close to none. 0 where there are no districts at all."""
    linked: int = 0
    """How many more incidents are linked as duplicates than before."""
    rows: Sequence[RowResult] = ()
    """Of each row of the batch, if requested."""


class IncidentWriter:
    """Writes incidents over one connection, which it uses alone while it is entered: `async with IncidentWriter(connection)`.

    Database failures are `DatabaseUnavailable`.
    """

    def __init__(self, connection: asyncpg.Connection, near_m: float = NEAR_M) -> None:
        """near_m: how far from a district, in metres, an incident outside of all may be to belong to it."""
        self._connection = connection
        self._districts = DistrictLookup(connection, near_m)
        self.reference_data = ReferenceData(connection)
        """Gives the ids of sources, themes and agencies."""

    async def __aenter__(self) -> "IncidentWriter":
        with database_errors("prepare for writing incidents"):
            await self._connection.execute(query("ingest.create_staging_table"))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._connection.is_closed():
            with database_errors("finish writing incidents"):
                await self._connection.execute(query("ingest.drop_staging_table"))

    async def write(self, batch: IncidentBatch, *, with_rows: bool = False) -> WriteResult:
        """Write the batch in one transaction (the caller's, if there is one); with_rows: return the result of each row too."""
        latest = batch.latest_versions()
        repeated = len(batch) - len(latest)
        if not len(latest):
            return WriteResult()
        staged = batch if not repeated else batch.take(latest)
        with database_errors("write incidents"):
            async with self._connection.transaction():
                district_id, is_nearest = await self._locate(staged)
                counts = await self._upsert(encode_batch(staged, district_id, is_nearest), with_rows)
                await self._record_geocoders(staged)
                await self._record_status_changes(counts)
                linked = await link_duplicates(self._connection, counts["new_ids"], counts["changed_ids"])
        new, changed, stale = counts["new"], counts["changed"], counts["stale"]
        without = int(np.count_nonzero((district_id == 0) & (staged.cell != 0))) if self._districts.has_districts else 0
        return WriteResult(
            new, changed, len(latest) - new - changed - stale, repeated, stale, int(np.count_nonzero(is_nearest)), without, linked,
            _row_results(batch, latest, counts) if with_rows else (),
        )  # fmt: skip

    async def _locate(self, batch: IncidentBatch) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The district of each row, as `DistrictLookup.locate` returns it."""
        is_located = batch.cell != 0
        return await self._districts.locate(np.where(is_located, batch.lng, np.nan), np.where(is_located, batch.lat, np.nan))

    async def _upsert(self, stream: bytes, with_rows: bool) -> asyncpg.Record:
        """Copy a batch to the staging table and upsert it; the row of `ingest.upsert`."""
        await self._connection.execute(_PREPARE)
        await self._connection.copy_to_table("incident_stage", source=BytesIO(stream), columns=STAGED, format="binary")
        return await self._connection.fetchrow(query("ingest.upsert"), with_rows)

    async def _record_geocoders(self, batch: IncidentBatch) -> None:
        geocoded = batch.geocoded_by >= GeocodedBy.GAZETTEER
        pairs = zip(batch.source_id[geocoded].tolist(), batch.geocoded_by[geocoded].tolist(), strict=True)
        await self.reference_data.record_geocoders(pairs)

    async def _record_status_changes(self, counts: asyncpg.Record) -> None:
        """Record which of the written incidents have another status than before. counts: the row of `ingest.upsert`."""
        if not counts["status_ids"]:
            return
        changes = [counts[name] for name in ("status_ids", "previous_statuses", "current_statuses")]
        if counts["due"] != counts["new"] + counts["changed"]:
            # Without those that another transaction has written in the meantime.
            written = set(counts["changed_ids"])
            kept = [change for change in zip(*changes, strict=True) if change[0] in written]
            changes = list(map(list, zip(*kept, strict=True)))
        if changes:
            await self._connection.execute(query("open311.record_status_changes"), *changes)


async def link_duplicates(connection: asyncpg.Connection, new: Sequence[int], changed: Sequence[int]) -> int:
    """Link the incidents that this transaction has written (ids), and those that depend on them; return how many more are linked.

    Call it after everything else that the transaction writes of incidents: from here to its end, other writers wait.
    """
    with database_errors("link near-duplicates"):
        return int(await connection.fetchval(query("duplicates.link"), new, changed)) if new or changed else 0


def _row_results(batch: IncidentBatch, latest: NDArray[np.intp], counts: asyncpg.Record) -> list[RowResult]:
    """The result of each row of the batch; a row that is not among the latest versions is repeated."""
    results = {(source, name): RowResult("stale" if stale else "unchanged", id_) for source, name, id_, stale in counts["judged"]}
    results |= {(source, name): RowResult("new" if new else "changed", id_) for source, name, id_, new in counts["written"] or ()}
    staged = set(latest.tolist())
    rows = enumerate(zip(batch.source_id.tolist(), batch.external_id, strict=True))
    return [results[key] if row in staged else RowResult("repeated", results[key].incident_id) for row, key in rows]
