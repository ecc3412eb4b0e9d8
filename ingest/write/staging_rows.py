"""A batch of incidents as the bytes of a binary COPY into the staging table."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from geo_service.core.binary_copy import RecordFormat, Records, encode_rows, to_timestamps, write_points
from geo_service.core.incident_columns import staging_columns
from ingest.write.incident_batch import IncidentBatch

_FIXED = [column for column in staging_columns() if column.sql_type != "text"]
_TEXTS = [column.name for column in staging_columns() if column.sql_type == "text"]
_FORMAT = RecordFormat({column.name: column.sql_type for column in _FIXED}, _TEXTS)

STAGED = _FORMAT.names
"""Columns of the staging table in the order of the bytes."""


def encode_batch(batch: IncidentBatch, district_id: NDArray[np.int32], district_is_nearest: NDArray[np.bool_]) -> bytes:
    """The whole COPY stream of `batch`; district_id: (rows,), 0 for "none". No field is NULL: 0, NaN or the epoch stands for it."""
    records = _FORMAT.allocate(len(batch))
    located: Mapping[str, NDArray[np.generic]] = {"district_id": district_id, "district_is_nearest": district_is_nearest}
    for column in _FIXED:
        name = column.name
        if name == "location":
            _write_locations(records[name], batch)
        elif column.sql_type == "timestamptz":
            records[name] = to_timestamps(getattr(batch, name))
        else:
            records[name] = located[name] if name in located else getattr(batch, name)
    return encode_rows(records, [getattr(batch, name) for name in _TEXTS])


def _write_locations(points: Records, batch: IncidentBatch) -> None:
    """Where there is no location, 0, 0: the upsert reads a point only where there is a cell."""
    is_located = batch.cell != 0
    write_points(points, np.where(is_located, batch.lng, 0.0), np.where(is_located, batch.lat, 0.0))
