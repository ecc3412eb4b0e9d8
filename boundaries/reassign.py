"""Every incident gets its district anew after boundaries have changed; only rows whose district differs are written."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.locate import Locator
from geo_service.core.named_queries import query

OnProgress = Callable[[int, int], None]
"""Called with the incidents done and how many there are."""

_FIELDS = (("id", ">i8"), ("lng", ">f8"), ("lat", ">f8"), ("district", ">i4"), ("near", "?"))
# A record of a binary COPY: the number of fields, then each field behind its length.
_RECORD = np.dtype([("fields", ">i2")] + [part for name, kind in _FIELDS for part in ((f"{name}_length", ">i4"), (name, kind))])
_FOUND = np.dtype([
    ("fields", ">i2"), ("id_length", ">i4"), ("id", ">i8"), ("district_length", ">i4"), ("district", ">i4"),
    ("near_length", ">i4"), ("near", "?"),
])  # fmt: skip
_HEADER_BYTES = 19
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_AT_ONCE = 100_000

Records = NDArray[np.void]


@dataclass(slots=True)
class ReassignResult:
    """Incidents with a place: inside a district, near one, in none; and how many of all changed."""

    inside: int = 0
    near: int = 0
    without: int = 0
    changed: int = 0


class _Stream:
    """Takes the bytes of a binary COPY as they come, locates whole records, and keeps those that change."""

    def __init__(self, locator: Locator, told: Callable[[int], None]) -> None:
        self._locator = locator
        self._told = told
        self._waiting = bytearray()
        self._header = _HEADER_BYTES
        self._parts: list[bytes] = []
        self.assigned = ReassignResult()
        self._rows = 0

    async def write(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) >= _AT_ONCE * _RECORD.itemsize:
            await asyncio.to_thread(self._locate)

    def changes(self) -> list[bytes]:
        """Records of all that change, once the COPY has ended."""
        self._locate()
        return self._parts

    def _locate(self) -> None:
        whole = (len(self._waiting) - self._header) // _RECORD.itemsize
        if whole <= 0:
            return
        end = self._header + whole * _RECORD.itemsize
        records = np.frombuffer(bytes(self._waiting[self._header : end]), _RECORD)
        del self._waiting[:end]
        self._header = 0
        district, near = self._locator.locate(records["lng"].astype(np.float64), records["lat"].astype(np.float64))
        self._count(district, near)
        differs = (district != records["district"]) | (near != records["near"])
        self._parts.append(_found(records["id"][differs], district[differs], near[differs]).tobytes())
        self.assigned.changed += int(np.count_nonzero(differs))
        self._rows += whole
        self._told(self._rows)

    def _count(self, district: NDArray[np.int32], near: NDArray[np.bool_]) -> None:
        self.assigned.near += int(np.count_nonzero(near))
        self.assigned.inside += int(np.count_nonzero((district != 0) & ~near))
        self.assigned.without += int(np.count_nonzero(district == 0))


async def reassign(connection: asyncpg.Connection, locator: Locator, told: OnProgress) -> ReassignResult:
    """Locate every incident in the caller's transaction, which holds the boundaries."""
    count = int(await connection.fetchval("select count(*) from incident where location is not null"))
    told(0, count)
    stream = _Stream(locator, lambda done: told(min(done, count), count))
    await connection.copy_from_query(query("boundaries.read_incidents"), output=stream.write, format="binary")
    changes = stream.changes()
    if stream.assigned.changed:
        await connection.execute(
            "create temporary table incident_found (id bigint not null, district_id integer not null, near boolean not null) on commit drop"
        )
        await connection.copy_to_table("incident_found", source=_bytes(changes), format="binary")
        await connection.execute("analyze incident_found")
        await connection.execute(query("boundaries.reassign_incidents"))
    return stream.assigned


def _found(ids: NDArray[np.int64], district: NDArray[np.int32], near: NDArray[np.bool_]) -> Records:
    rows = np.empty(len(ids), _FOUND)
    rows["fields"], rows["id_length"], rows["district_length"], rows["near_length"] = 3, 8, 4, 1
    rows["id"], rows["district"], rows["near"] = ids, district, near
    return rows


async def _bytes(records: list[bytes]) -> AsyncIterator[bytes]:
    yield _SIGNATURE
    for part in records:
        yield part
    yield _END
