"""A batch of checked incidents as columns, which validators and generators give to the writer; and its bytes for a binary COPY."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.sql.binary_copy import RecordFormat, Records, to_timestamps, write_points
from geo_service.core.sql.incident_columns import staging_columns

_FIXED = [column for column in staging_columns() if column.sql_type != "text"]
_TEXTS = [column.name for column in staging_columns() if column.sql_type == "text"]
_FORMAT = RecordFormat({column.name: column.sql_type for column in _FIXED}, _TEXTS)

_OF_BATCH = [column for column in _FIXED if column.name not in ("location", "district_id", "district_is_nearest")]
_NULLS: dict[str, object] = {"0": 0, "'NaN'": np.nan, "'epoch'": np.datetime64("NaT", "us")}
"""A batch's value for "none", by the literal that stands for it in the staging table."""

STAGED = _FORMAT.names
"""Columns of the staging table in the order of the bytes."""

InstantArray = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class IncidentBatch:
    """Incidents, one row each in every column; all columns are equally long.

    Instants are `datetime64[us]` in UTC, NaT for "none". `source_id`, `theme_id` and `agency_id` are the ids that
    `ReferenceData` returns. An incident that is not located has `cell` 0, and its `lng` and `lat` are ignored.
    Fields have the names of `geo_service.core.sql.incident_columns.COLUMNS`; location and district are computed from lng and lat.
    A field that not every input has may default to None: all rows have "none".
    """

    source_id: NDArray[np.int16]
    external_id: Sequence[str]
    """1 to 200 characters, unique in the source."""
    lng: NDArray[np.float64]
    """Degrees, -180 to 180."""
    lat: NDArray[np.float64]
    """Degrees, -90 to 90."""
    cell: NDArray[np.int64]
    """H3 index at the finest resolution, 0 for "not located"."""
    address: Sequence[str]
    message: Sequence[str]
    """The citizen's text; empty where it is not known."""
    location_quality: NDArray[np.int16]
    confidence: NDArray[np.float32]
    """Of the geocoding step, 0 to 1; NaN where the input has the location, or there is none."""
    geocoded_by: NDArray[np.int16]
    """`GeocodedBy`, 0 for "not located"."""
    theme_id: NDArray[np.int32]
    agency_id: NDArray[np.int32]
    """0 for "none"."""
    status: NDArray[np.int16]
    received_at: InstantArray
    due_at: InstantArray
    answered_at: InstantArray
    closed_at: InstantArray
    updated_at: InstantArray

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self._columns().items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a batch must be equally long: {lengths}")

    def __len__(self) -> int:
        return len(self.external_id)

    def take(self, rows: NDArray[np.intp]) -> "IncidentBatch":
        """Return the batch of these rows, in this order."""
        return replace(self, **{name: _take(column, rows) for name, column in self._columns().items()})

    def _columns(self) -> dict[str, Any]:
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: column for name, column in columns.items() if column is not None}

    def rows_to_geocode(self) -> list[int]:
        """Return the rows without a location that have words for one."""
        return [row for row in np.flatnonzero(self.cell == 0).tolist() if self.address[row] or self.message[row]]

    def rows_to_check(self) -> list[int]:
        """Return the rows whose coordinates are good for a settlement only, and that have words to check them by."""
        is_coarse = (
            (self.location_quality == LocationQuality.SETTLEMENT) & (self.geocoded_by != 0) & (self.geocoded_by < GeocodedBy.GAZETTEER)
        )
        return [row for row in np.flatnonzero(is_coarse).tolist() if self.address[row] or self.message[row]]

    def latest_versions(self) -> NDArray[np.intp]:
        """Return the rows to write: of those with the same identity the newest, and among equally new ones the last."""
        identity = list(zip(self.source_id.tolist(), self.external_id, strict=True))
        order = np.arange(len(self)) if len(set(identity)) == len(self) else np.argsort(self.updated_at, kind="stable")
        last = {identity[row]: row for row in order.tolist()}
        return np.fromiter(last.values(), np.intp, len(last))


def _take(column: NDArray[np.generic] | Sequence[str], rows: NDArray[np.intp]) -> Any:
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]


def encode_batch(batch: IncidentBatch, district_id: NDArray[np.int32], district_is_nearest: NDArray[np.bool_]) -> bytes:
    """The whole COPY stream of `batch`; district_id: (rows,), 0 for "none". No field is NULL: 0, NaN or the epoch stands for it."""
    records = _FORMAT.allocate(len(batch))
    records["district_id"], records["district_is_nearest"] = district_id, district_is_nearest
    _write_locations(records["location"], batch)
    for column in _OF_BATCH:
        values = getattr(batch, column.name)
        if values is None:
            values = np.full(len(batch), _NULLS[column.null_literal])
        records[column.name] = to_timestamps(values) if column.sql_type == "timestamptz" else values
    return _FORMAT.encode(records, [getattr(batch, name) for name in _TEXTS])


def _write_locations(points: Records, batch: IncidentBatch) -> None:
    """Where there is no location, 0, 0: the upsert reads a point only where there is a cell."""
    is_located = batch.cell != 0
    write_points(points, np.where(is_located, batch.lng, 0.0), np.where(is_located, batch.lat, 0.0))
