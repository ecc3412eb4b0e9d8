"""Incidents as the bytes of PostgreSQL's binary COPY, for the staging table.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". Each field is its length (32 bits,
big-endian) and its bytes. Here no field is null (0, NaN or the epoch stands for "none"), so that everything but the
three texts has the same width in every row and is laid out by NumPy at once.
"""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ingest.write.incident_batch import IncidentBatch, Instants

STAGED = (
    "source_id", "cell", "location", "location_quality", "confidence", "geocoded_by", "theme_id", "agency_id", "status",
    "received_at", "due_at", "answered_at", "closed_at", "updated_at",
    "district_id", "district_is_nearest", "external_id", "address", "message",
)  # fmt: skip
"""Columns of the staging table in the order of the bytes."""

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_POSTGRES_EPOCH = np.datetime64("2000-01-01", "us")

# EWKB: byte order (1: little-endian), type (point with an SRID), SRID, x, y.
_EWKB = np.dtype([("order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lng", "<f8"), ("lat", "<f8")])
_POINT_WITH_SRID = 0x20000001
_SRID = 4326

_WIDTHS: dict[str, str | np.dtype[np.void]] = {
    "source_id": ">i2", "cell": ">i8", "location": _EWKB, "location_quality": ">i2",
    "confidence": ">f4", "geocoded_by": ">i2", "theme_id": ">i4", "agency_id": ">i4",
    "status": ">i2", "received_at": ">i8", "due_at": ">i8", "answered_at": ">i8", "closed_at": ">i8", "updated_at": ">i8",
    "district_id": ">i4", "district_is_nearest": "?",
}  # fmt: skip
_INSTANTS = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")


def _row_dtype() -> np.dtype[np.void]:
    parts: list[tuple[str, object]] = [("fields", ">i2")]
    for name, width in _WIDTHS.items():
        parts += [(f"{name}_length", ">i4"), (name, width)]
    return np.dtype([*parts, ("external_id_length", ">i4")])


_ROW = _row_dtype()


def encode_batch(batch: IncidentBatch, district: NDArray[np.int32], near: NDArray[np.bool_]) -> bytes:
    """The whole COPY stream of `batch`; each row's district (0 for "none"), and whether it is only near it."""
    external_ids = [text.encode() for text in batch.external_id]
    addresses = [text.encode() for text in batch.address]
    messages = [text.encode() for text in batch.message]
    rows = _cut(_fixed_parts(batch, _lengths(external_ids), district, near).tobytes(), _ROW.itemsize)
    texts = chain.from_iterable((_cut(_lengths(column).tobytes(), 4), column) for column in (addresses, messages))
    return b"".join(chain((_SIGNATURE,), chain.from_iterable(zip(rows, external_ids, *texts, strict=True)), (_END,)))


def _fixed_parts(
    batch: IncidentBatch, external_id_lengths: NDArray[np.int32], district: NDArray[np.int32], near: NDArray[np.bool_]
) -> NDArray[np.void]:
    rows = np.empty(len(batch), _ROW)
    rows["fields"] = len(STAGED)
    rows["external_id_length"] = external_id_lengths
    for name in _WIDTHS:
        rows[f"{name}_length"] = _ROW[name].itemsize
    rows["district_id"], rows["district_is_nearest"] = district, near
    for name in _WIDTHS.keys() - {"location", "district_id", "district_is_nearest", *_INSTANTS}:
        rows[name] = getattr(batch, name)
    for name in _INSTANTS:
        rows[name] = _microseconds(getattr(batch, name))
    _place(rows["location"], batch)
    return rows


def _place(location: NDArray[np.void], batch: IncidentBatch) -> None:
    located = batch.cell != 0
    location["order"] = 1
    location["type"] = _POINT_WITH_SRID
    location["srid"] = _SRID
    location["lng"] = np.where(located, batch.lng, 0.0)
    location["lat"] = np.where(located, batch.lat, 0.0)


def _microseconds(instants: Instants) -> NDArray[np.int64]:
    """Since PostgreSQL's epoch; "none" becomes the Unix epoch."""
    known = np.where(np.isnat(instants), np.datetime64(0, "us"), instants.astype("datetime64[us]"))
    return (known - _POSTGRES_EPOCH).astype(np.int64)


def _lengths(texts: list[bytes]) -> NDArray[np.int32]:
    return np.fromiter(map(len, texts), np.dtype(">i4"), len(texts))


def _cut(buffer: bytes, width: int) -> list[bytes]:
    return [buffer[at : at + width] for at in range(0, len(buffer), width)]
