"""Districts of incidents, by the boundaries in force while they are written."""

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.district_arrays import NO_DISTRICTS
from boundaries.locate import Locator
from boundaries.stored import read_district_arrays
from geo_service.core.named_queries import query
from ingest.write.incident_batch import IncidentBatch


class DistrictLookup:
    """Assigns districts over one connection; the outlines are read again whenever they have changed."""

    def __init__(self, connection: asyncpg.Connection, near_m: float) -> None:
        self._connection = connection
        self._near_m = near_m
        self._revision = -1
        self._locator = Locator(NO_DISTRICTS, near_m)

    @property
    def has_districts(self) -> bool:
        """Whether there were any at the last batch."""
        return len(self._locator) > 0

    async def locate_batch(self, batch: IncidentBatch) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """As `locate`, for the rows of a batch."""
        is_located = batch.cell != 0
        return await self.locate(np.where(is_located, batch.lng, np.nan), np.where(is_located, batch.lat, np.nan))

    async def locate(self, lng: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return (rows,) ids of districts, 0 for "none", and (rows,) whether it is only the nearest one; points that are NaN have none.

        Call it within the transaction that writes them: until that ends, a replacement of boundaries waits, and then
        assigns these rows too.
        """
        revision = int(await self._connection.fetchval(query("boundaries.lock_for_share")))
        if revision != self._revision:
            self._locator = Locator(await read_district_arrays(self._connection), self._near_m)
            self._revision = revision
        if not self.has_districts:
            return np.zeros(len(lng), np.int32), np.zeros(len(lng), np.bool_)
        return self._locator.locate(lng, lat)
