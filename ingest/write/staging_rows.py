"""A batch of incidents as the bytes of a binary COPY into the staging table."""

import numpy as np
from numpy.typing import NDArray

from geo_service.core.binary_copy import RecordFormat, Records, to_timestamps, write_points
from geo_service.core.incident_columns import staging_columns
from ingest.write.incident_batch import IncidentBatch

_FIXED = [column for column in staging_columns() if column.sql_type != "text"]
_TEXTS = [column.name for column in staging_columns() if column.sql_type == "text"]
_FORMAT = RecordFormat({column.name: column.sql_type for column in _FIXED}, _TEXTS)

_OF_BATCH = [column for column in _FIXED if column.name not in ("location", "district_id", "district_is_nearest")]
_NULLS: dict[str, object] = {"0": 0, "'NaN'": np.nan, "'epoch'": np.datetime64("NaT", "us")}
"""A batch's value for "none", by the literal that stands for it in the staging table."""

STAGED = _FORMAT.names
"""Columns of the staging table in the order of the bytes."""


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
