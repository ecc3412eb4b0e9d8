"""Reading incidents out of PostGIS by binary COPY, straight into arrays."""

from collections.abc import Callable, Sequence

import asyncpg
import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import (
    EMPTY,
    Catalogue,
    District,
    DistrictShapes,
    Entries,
    Entry,
    SourceEntry,
    with_regions,
)
from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.replica.database_state import XidSet
from geo_service.aggregation.selection.selection import Window
from geo_service.core.model import DistrictLevel, GeocodedBy
from geo_service.core.sql.binary_copy import RecordFormat, RecordReader, Records, to_unix_seconds
from geo_service.core.sql.incident_columns import replica_sql_types
from geo_service.core.sql.named_queries import query

_SQL_TYPES = replica_sql_types()
_FORMAT = RecordFormat(_SQL_TYPES)
_POSITIONS = ("lng", "lat")
_RECORDS_AT_ONCE = 65_536


class IncidentStream:
    """Takes the bytes of the binary COPY of `replica.read_incidents` and turns them into BATCH rows."""

    def __init__(self, on_progress: Callable[[int], None] = lambda rows: None) -> None:
        """on_progress: called with the number of rows read so far."""
        self._reader = RecordReader(_FORMAT)
        self._parts: list[Array] = []
        self._rows = 0
        self._on_progress = on_progress

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._reader.feed(data)
        if len(self._reader) >= _RECORDS_AT_ONCE:
            self._decode()

    def batch(self) -> Array:
        """All rows, once the COPY has ended."""
        self._decode()
        parts, self._parts = self._parts, []
        return np.concatenate(parts) if parts else np.empty(0, BATCH)

    def _decode(self) -> None:
        records = self._reader.take()
        if len(records):
            self._parts.append(_to_batch(records))
            self._rows += len(records)
            self._on_progress(self._rows)


def _to_batch(records: Records) -> Array:
    batch = np.empty(len(records), BATCH)
    for name, sql_type in _SQL_TYPES.items():
        values = records[name]
        if sql_type == "timestamptz":
            values = to_unix_seconds(values)
        elif name in _POSITIONS:
            values = np.rint(values.astype(np.float64) * POSITION_UNITS)
        batch[name] = values
    return batch


async def read_incidents(
    connection: asyncpg.Connection, changes: XidSet | None = None, on_progress: Callable[[int], None] = lambda rows: None
) -> Array:
    """All incidents, or those written or linked by the given transactions, as BATCH rows."""
    stream = IncidentStream(on_progress)
    text = query("replica.read_incidents")
    if changes is not None:
        # Two halves, each with an index of its own: the incident was written, or only its link.
        written, linked = changes.condition("incident.xid"), changes.condition("link.xid")
        text = f"{text} where {written} union all {text} where {linked} and not {written}"
    await connection.copy_from_query(text, output=stream.write, format="binary")
    return stream.batch()


async def read_incident_ids(connection: asyncpg.Connection, first: int, last: int) -> Array:
    """Incidents with ids from `first` to `last`, as BATCH rows."""
    stream = IncidentStream()
    text = f"{query('replica.read_incidents')} where incident.id between {first:d} and {last:d}"
    await connection.copy_from_query(text, output=stream.write, format="binary")
    return stream.batch()


async def read_incidents_received(
    connection: asyncpg.Connection, windows: Sequence[Window], on_progress: Callable[[int], None] = lambda rows: None
) -> Array:
    """Incidents that were received in any of the windows, and the earliest located ones of all, as BATCH rows."""
    stream = IncidentStream(on_progress)
    inside = " or ".join(
        f"incident.received_at >= to_timestamp({window.start:d}) and incident.received_at < to_timestamp({window.stop:d})"
        for window in windows
    )
    earliest = "incident.received_at = (select min(received_at) from incident where cell is not null)"
    text = f"{query('replica.read_incidents')} where {inside} or {earliest}"
    await connection.copy_from_query(text, output=stream.write, format="binary")
    return stream.batch()


async def read_deleted(connection: asyncpg.Connection, changes: XidSet) -> NDArray[np.int64]:
    """Ids of incidents deleted by the given transactions and not inserted again. int64."""
    rows = await connection.fetch(
        f"select id from incident_tombstone where {changes.condition('xid')}"  # noqa: S608  # integers only
        " and not exists (select from incident where incident.id = incident_tombstone.id)"
    )
    return np.array([row["id"] for row in rows], np.int64)


async def read_catalogue(connection: asyncpg.Connection, known: Catalogue = EMPTY) -> Catalogue:
    """The catalogue as it is now; shapes of districts and settlements are read when they have changed since `known`."""
    kinds: dict[str, list[Entry]] = {}
    sources: list[SourceEntry] = []
    for row in await connection.fetch(query("replica.read_catalogue")):
        plain = (row["id"], row["code"], row["name_ru"], row["name_en"], row["parent"])
        if row["kind"] == "source":
            sources.append(SourceEntry(*plain, row["synthetic"], row["attribution"], tuple(map(GeocodedBy, row["geocoded_by"]))))
        else:
            kinds.setdefault(row["kind"], []).append(Entry(*plain))
    aliases: dict[str, dict[str, str]] = {}
    for row in await connection.fetch(query("catalogue.read_aliases")):
        aliases.setdefault(row["kind"], {})[row["alias"]] = row["code"]
    revision = int(await connection.fetchval(query("replica.read_boundary_revision")))
    settlements = tuple(await connection.fetchrow(query("replica.read_settlement_revision")))
    return Catalogue(
        sectors=Entries(kinds.get("sector", ())),
        themes=Entries(kinds.get("theme", ()), aliases.get("theme")),
        sources=Entries(sources, aliases.get("source")),
        agencies=Entries(kinds.get("agency", ()), aliases.get("agency")),
        districts=Entries(with_regions([_district(row) for row in await connection.fetch(query("replica.read_districts"))])),
        shapes=known.shapes if known.shapes.revision == revision else await _read_shapes(connection, revision),
        settlements=known.settlements if known.settlements.revision == settlements else await _read_settlements(connection, settlements),
    )


def _district(row: asyncpg.Record) -> District:
    return District(
        row["id"], row["code"], row["name_ru"], row["name_en"], row["parent_id"],
        level=DistrictLevel(row["level"]), population=row["population"], area_km2=row["area_km2"],
        label=None if row["lng"] is None else (row["lng"], row["lat"]),
        approximate=row["approximate"], attribution=row["attribution"], other_names=orjson.loads(row["names"]),
    )  # fmt: skip


async def _read_shapes(connection: asyncpg.Connection, revision: int) -> DistrictShapes:
    rows = await connection.fetch(query("replica.read_district_shapes"))
    by_band: dict[int, tuple[NDArray[np.int64], Array]] = {}
    for band in sorted({row["band"] for row in rows}):
        chosen = [row for row in rows if row["band"] == band]
        by_band[band] = np.array([row["district_id"] for row in chosen], np.int64), shapely.from_wkb([row["shape"] for row in chosen])
    return DistrictShapes(revision, by_band)


async def _read_settlements(connection: asyncpg.Connection, revision: tuple[int, ...]) -> Settlements:
    rows = await connection.fetch(query("replica.read_settlements"))
    ids, names_ru, names_en, populations, lngs, lats = zip(*rows, strict=True) if rows else ((),) * 6
    return Settlements(
        revision, np.array(ids, np.int32), names_ru, names_en, np.array(populations, np.int32),
        np.array(lngs, np.float64), np.array(lats, np.float64),
    )  # fmt: skip
