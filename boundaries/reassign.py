"""Districts of all incidents are assigned again after boundaries have changed; only rows whose district differs are written."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.locating.locate import Locator
from geo_service.core.sql.binary_copy import HEADER, TRAILER, RecordFormat, RecordReader, Records
from geo_service.core.sql.named_queries import query

OnProgress = Callable[[int, int], None]
"""Called with the number of incidents done and of all."""

_INCIDENTS = RecordFormat(
    {"id": "bigint", "lng": "double precision", "lat": "double precision", "district_id": "integer", "is_nearest": "boolean"}
)
"""Rows of `boundaries.read_incidents`."""
_ASSIGNMENTS = RecordFormat({"id": "bigint", "district_id": "integer", "is_nearest": "boolean"})
"""Rows of the table `district_assignment`."""
_RECORDS_AT_ONCE = 100_000


@dataclass(slots=True)
class ReassignResult:
    """Located incidents: inside a district, near one, in none; and how many of all changed."""

    inside: int = 0
    near: int = 0
    without: int = 0
    changed: int = 0


class _AssignmentStream:
    """Takes the bytes of the binary COPY of `boundaries.read_incidents`, locates them, and collects those whose district changes."""

    def __init__(self, locator: Locator, on_progress: Callable[[int], None]) -> None:
        """on_progress: called with the number of incidents located so far."""
        self._locator = locator
        self._on_progress = on_progress
        self._reader = RecordReader(_INCIDENTS)
        self._changes: list[Records] = []
        self._rows = 0
        self.result = ReassignResult()

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._reader.feed(data)
        if len(self._reader) >= _RECORDS_AT_ONCE:
            await asyncio.to_thread(self._locate)

    def changes(self) -> list[Records]:
        """Rows for `district_assignment`, once the COPY has ended."""
        self._locate()
        return self._changes

    def _locate(self) -> None:
        records = self._reader.take()
        if not len(records):
            return
        district_id, is_nearest = self._locator.locate(records["lng"].astype(np.float64), records["lat"].astype(np.float64))
        self._count(district_id, is_nearest)
        differs = (district_id != records["district_id"]) | (is_nearest != records["is_nearest"])
        self._changes.append(_assignments(records["id"][differs], district_id[differs], is_nearest[differs]))
        self.result.changed += int(np.count_nonzero(differs))
        self._rows += len(records)
        self._on_progress(self._rows)

    def _count(self, district_id: NDArray[np.int32], is_nearest: NDArray[np.bool_]) -> None:
        self.result.near += int(np.count_nonzero(is_nearest))
        self.result.inside += int(np.count_nonzero((district_id != 0) & ~is_nearest))
        self.result.without += int(np.count_nonzero(district_id == 0))


async def reassign(connection: asyncpg.Connection, locator: Locator, on_progress: OnProgress) -> ReassignResult:
    """Locate every incident in the caller's transaction, which has locked the boundaries."""
    total = int(await connection.fetchval(query("boundaries.count_located")))
    on_progress(0, total)
    stream = _AssignmentStream(locator, lambda done: on_progress(min(done, total), total))
    await connection.copy_from_query(query("boundaries.read_incidents"), output=stream.write, format="binary")
    changes = stream.changes()
    if stream.result.changed:
        await connection.execute(query("boundaries.create_assignment_table"))
        await connection.copy_to_table("district_assignment", source=_copy_parts(changes), format="binary")
        await connection.execute("analyze district_assignment")
        await connection.execute(query("boundaries.apply_assignments"))
    return stream.result


def _assignments(ids: NDArray[np.int64], district_id: NDArray[np.int32], is_nearest: NDArray[np.bool_]) -> Records:
    rows = _ASSIGNMENTS.allocate(len(ids))
    rows["id"], rows["district_id"], rows["is_nearest"] = ids, district_id, is_nearest
    return rows


async def _copy_parts(parts: list[Records]) -> AsyncIterator[bytes]:
    yield HEADER
    for records in parts:
        yield records.tobytes()
    yield TRAILER
