"""Incidents as the bytes of a binary COPY straight into the table `incident`: as fast as a load can be.

The format: https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format".
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import LocationQuality
from geo_service.core.sql.binary_copy import HEADER, POSTGRES_EPOCH_S, TRAILER
from tests.bench.dataset import AGENCIES, SOURCES, THEMES, Incidents

COLUMNS = (
    "source_id", "external_id", "location", "cell", "address", "location_quality", "theme_id", "agency_id", "district_id", "status",
    "received_at", "due_at", "answered_at", "closed_at", "updated_at", "xid",
)  # fmt: skip
_NUMBER_DIGITS = 10
_HOUSE_DIGITS = 4
_STREET = "улица Мира, "
_EWKB_HEAD = np.frombuffer(b"\x01\x01\x00\x00\x20\xe6\x10\x00\x00", np.uint8)
"""A little-endian point with SRID 4326."""
_KINDS: dict[str, object] = {
    "source_id": ">i2", "external_id": ("u1", _NUMBER_DIGITS), "location": [("head", "u1", 9), ("lng", "<f8"), ("lat", "<f8")],
    "cell": ">i8", "address": [("street", "u1", len(_STREET.encode())), ("house", "u1", _HOUSE_DIGITS)], "location_quality": ">i2",
    "theme_id": ">i4", "agency_id": ">i4", "district_id": ">i4", "status": ">i2",
    "received_at": ">i8", "due_at": ">i8", "answered_at": ">i8",
    "closed_at": ">i8", "updated_at": ">i8", "xid": ">u8",
}  # fmt: skip


class Ids(NamedTuple):
    """What the database calls the entries of the data set's tuples, in their order."""

    sources: NDArray[np.int64]
    themes: NDArray[np.int64]
    agencies: NDArray[np.int64]
    districts: NDArray[np.int64]


def order_ids(sources: dict[str, int], themes: dict[str, int], agencies: dict[str, int], districts: list[int]) -> Ids:
    """Ids in the order of the data set's tuples, from ids by code."""
    return Ids(
        np.array([sources[one.code] for one in SOURCES]),
        np.array([themes[one.code] for one in THEMES]),
        np.array([agencies[one.code] for one in AGENCIES]),
        np.array(districts),
    )


def external_ids(number: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(rows, 10) uint8: the numbers in ASCII digits."""
    return _digits(number, _NUMBER_DIGITS)


def addresses(number: NDArray[np.int64]) -> list[str]:
    """The address of each row, as `copy_bytes` writes it."""
    return [f"{_STREET}{house:0{_HOUSE_DIGITS}}" for house in (number % 10**_HOUSE_DIGITS).tolist()]


def copy_bytes(rows: Incidents, ids: Ids, xid: int | None) -> bytes:
    """The whole COPY stream of COLUMNS; without `xid` of all of them but the last, which a trigger then sets."""
    columns = COLUMNS if xid is not None else COLUMNS[:-1]
    parts: list[tuple[object, ...]] = [("fields", ">i2")]
    for name in columns:
        kind = _KINDS[name]
        parts += [(f"{name}_length", ">i4"), (name, *kind) if isinstance(kind, tuple) else (name, kind)]
    records = np.empty(len(rows), np.dtype(parts))
    records["fields"] = len(columns)
    for name in columns:
        records[f"{name}_length"] = records.dtype[name].itemsize
    _fill(records, rows, ids)
    if xid is not None:
        records["xid"] = xid
    return HEADER + _without_nulls(records, rows) + TRAILER


def _fill(records: NDArray[np.void], rows: Incidents, ids: Ids) -> None:
    records["source_id"], records["theme_id"] = ids.sources[rows.source], ids.themes[rows.theme]
    records["agency_id"], records["status"] = ids.agencies[rows.agency], rows.status
    records["district_id"] = ids.districts[rows.district]
    records["location_quality"], records["cell"] = LocationQuality.HOUSE, rows.cell
    records["external_id"] = external_ids(rows.number)
    records["address"]["street"] = np.frombuffer(_STREET.encode(), np.uint8)
    records["address"]["house"] = _digits(rows.number % 10**_HOUSE_DIGITS, _HOUSE_DIGITS)
    records["location"]["head"] = _EWKB_HEAD
    records["location"]["lng"], records["location"]["lat"] = rows.lng, rows.lat
    for name in ("received", "due", "answered", "closed", "updated"):
        records[f"{name}_at"] = (getattr(rows, name) - POSTGRES_EPOCH_S) * 1_000_000


def _without_nulls(records: NDArray[np.void], rows: Incidents) -> bytes:
    """The records' bytes; where there is no instant or district, its length is -1 and its bytes are left out."""
    width = records.dtype.itemsize
    kept = np.ones((len(records), width), bool)
    for name, none in (("answered_at", rows.answered == 0), ("closed_at", rows.closed == 0), ("district_id", rows.district < 0)):
        records[f"{name}_length"][none] = -1
        offset = records[name].ctypes.data - records.ctypes.data
        kept[none, offset : offset + records.dtype[name].itemsize] = False
    return records.view(np.uint8).reshape(len(records), width)[kept].tobytes()


def _digits(values: NDArray[np.int64], count: int) -> NDArray[np.uint8]:
    powers = 10 ** np.arange(count - 1, -1, -1)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)
