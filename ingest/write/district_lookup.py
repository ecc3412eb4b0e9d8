"""The districts of a batch, as the boundaries are while it is written."""

import asyncpg
import numpy as np
from numpy.typing import NDArray

from boundaries.district_arrays import NO_DISTRICTS
from boundaries.locate import Locator
from boundaries.stored import read_district_arrays
from geo_service.core.named_queries import query
from ingest.write.incident_batch import IncidentBatch


class DistrictLookup:
    """Locates batches over one connection; the outlines are read again whenever they have changed."""

    def __init__(self, connection: asyncpg.Connection, near_m: float) -> None:
        self._connection = connection
        self._near_m = near_m
        self._revision = -1
        self._locator = Locator(NO_DISTRICTS, near_m)

    @property
    def known(self) -> bool:
        """Whether there were any at the last batch."""
        return len(self._locator) > 0

    async def district_ids(self, batch: IncidentBatch) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The same for the rows of a batch."""
        placed = batch.cell != 0
        return await self.at(np.where(placed, batch.lng, np.nan), np.where(placed, batch.lat, np.nan))

    async def at(self, lng: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The district of each point (0 for "none"; NaN lies nowhere) and whether it is only near it; called within the
        transaction that writes them.

        Until that ends, a replacement of boundaries waits, and assigns its rows afterwards.
        """
        revision = int(await self._connection.fetchval(query("boundaries.lock_for_share")))
        if revision != self._revision:
            self._locator = Locator(await read_district_arrays(self._connection), self._near_m)
            self._revision = revision
        if not self.known:
            return np.zeros(len(lng), np.int32), np.zeros(len(lng), np.bool_)
        return self._locator.locate(lng, lat)
