"""PostgreSQL's binary COPY as arrays of records, one record a row, no field NULL.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format". A header; for each row the number of
fields, and each field behind its length in bytes, big-endian; a trailer. Fields of a fixed width have the same offset in
every row, so that NumPy reads and writes them as columns.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray

Records = NDArray[np.void]

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no extension."""

TRAILER = b"\xff\xff"
"""-1 in the place of the number of fields."""

SRID = 4326
_POINT_WITH_SRID = 0x20000001
_LITTLE_ENDIAN = 1
_EWKB_POINT = np.dtype([("byte_order", "u1"), ("type", "<u4"), ("srid", "<u4"), ("lng", "<f8"), ("lat", "<f8")])
"""A point as PostGIS sends and receives it."""

POSTGRES_EPOCH_S = 946_684_800
"""PostgreSQL counts microseconds from 2000-01-01: in seconds since 1970."""
_POSTGRES_EPOCH = np.datetime64(POSTGRES_EPOCH_S, "s")
_MICROSECONDS = 1_000_000

WIRE_TYPES: Mapping[str, np.dtype[np.generic]] = {
    "smallint": np.dtype(">i2"),
    "integer": np.dtype(">i4"),
    "bigint": np.dtype(">i8"),
    "real": np.dtype(">f4"),
    "double precision": np.dtype(">f8"),
    "boolean": np.dtype("?"),
    "timestamptz": np.dtype(">i8"),
    f"geometry(point, {SRID})": _EWKB_POINT,
}
"""The bytes of a value by its SQL type; every type of a fixed width that is copied."""


class RecordFormat:
    """The rows of a COPY: fields of a fixed width, and behind them any number of text fields."""

    def __init__(self, fields: Mapping[str, str], text_fields: Sequence[str] = ()) -> None:
        """fields: SQL type (one of WIRE_TYPES) by name, in order."""
        self._fields = {name: WIRE_TYPES[sql_type] for name, sql_type in fields.items()}
        self._text_fields = text_fields
        self.names = (*self._fields, *text_fields)
        parts: list[tuple[str, object]] = [("field_count", ">i2")]
        for name, wire_type in self._fields.items():
            parts += [(f"{name}_length", ">i4"), (name, wire_type)]
        parts += [(f"{name}_length", ">i4") for name in text_fields[:1]]
        self.dtype = np.dtype(parts)
        """A record: the fixed-width fields, each behind its length, and the length of the first text."""

    def allocate(self, rows: int) -> Records:
        """Records with the number of fields and the lengths set; the values are not."""
        records = np.empty(rows, self.dtype)
        records["field_count"] = len(self.names)
        for name, wire_type in self._fields.items():
            records[f"{name}_length"] = wire_type.itemsize
        return records

    def encode(self, records: Records, texts: Sequence[Iterable[str]] = ()) -> bytes:
        """Return the whole COPY stream of records and the values of each text field."""
        if not self._text_fields:
            return b"".join((HEADER, records.tobytes(), TRAILER))
        columns = [[text.encode() for text in column] for column in texts]
        records[f"{self._text_fields[0]}_length"] = _lengths(columns[0])
        fields = [_split(records.tobytes(), self.dtype.itemsize), columns[0]]
        for column in columns[1:]:
            fields += [_split(_lengths(column).tobytes(), 4), column]
        return b"".join(chain((HEADER,), chain.from_iterable(zip(*fields, strict=True)), (TRAILER,)))


class RecordReader:
    """Collects the bytes of a COPY as they come and gives whole records; text fields are not supported."""

    def __init__(self, record_format: RecordFormat) -> None:
        self._format = record_format
        self._buffer = bytearray()
        self._start = len(HEADER)
        """Where the first record in the buffer begins."""

    def __len__(self) -> int:
        """How many whole records wait."""
        return max((len(self._buffer) - self._start) // self._format.dtype.itemsize, 0)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._buffer += data

    def take(self) -> Records:
        """Return the whole records that wait and drop them here. Raises ValueError where rows are of another format, as with a NULL."""
        rows, buffer, start = len(self), self._buffer, self._start
        if not rows:
            return np.empty(0, self._format.dtype)
        # The records are a view of the buffer; what has come of the next record begins another one.
        self._buffer, self._start = buffer[start + rows * self._format.dtype.itemsize :], 0
        records = np.frombuffer(buffer, self._format.dtype, rows, start)
        # A field of another width moves everything behind it, so the last row tells for all.
        if int(records["field_count"][-1]) != len(self._format.names):
            raise ValueError(f"binary COPY: a row does not consist of the fields {', '.join(self._format.names)}, each of a fixed width")
        return records


def write_points(points: Records, lng: ArrayLike, lat: ArrayLike) -> None:
    """Set a field of geometry: degrees, SRID 4326."""
    points["byte_order"], points["type"], points["srid"] = _LITTLE_ENDIAN, _POINT_WITH_SRID, SRID
    points["lng"], points["lat"] = lng, lat


def to_timestamps(instants: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Instants in PostgreSQL's microseconds; NaT becomes the Unix epoch."""
    known = np.where(np.isnat(instants), np.datetime64(0, "us"), instants.astype("datetime64[us]"))
    return (known - _POSTGRES_EPOCH).astype(np.int64)


def to_unix_seconds(timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole seconds since 1970; an instant between two seconds belongs to the earlier one."""
    return timestamps.astype(np.int64) // _MICROSECONDS + POSTGRES_EPOCH_S


def _lengths(values: list[bytes]) -> NDArray[np.int32]:
    return np.fromiter(map(len, values), np.dtype(">i4"), len(values))


def _split(buffer: bytes, width: int) -> list[bytes]:
    return [buffer[at : at + width] for at in range(0, len(buffer), width)]
