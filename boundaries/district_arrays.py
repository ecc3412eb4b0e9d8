"""Districts as arrays: what points are located in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import DistrictLevel

Polygons = NDArray[Any]
"""Shapely polygons and multipolygons, an object array; EPSG:4326 unless said otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class DistrictArrays:
    """Districts of all levels, one row each in every column, **in the order of their codes**."""

    ids: NDArray[np.int32]
    levels: NDArray[np.int16]
    """Values of `DistrictLevel`."""
    parents: NDArray[np.int32]
    """Ids; 0 for "none"."""
    polygons: Polygons
    """Valid ones."""

    def __len__(self) -> int:
        return len(self.ids)

    def rows_at(self, level: DistrictLevel) -> NDArray[np.intp]:
        """Rows of the districts of one level."""
        return np.flatnonzero(self.levels == level)

    def regions(self) -> NDArray[np.int32]:
        """For each row the id of the region that it is or lies in; 0 where none is known."""
        rows = {int(one): row for row, one in enumerate(self.ids)}
        return np.array([self._region(row, rows) for row in range(len(self))], np.int32)

    def _region(self, row: int, rows: dict[int, int]) -> int:
        above: int | None = row
        while above is not None and self.levels[above] != DistrictLevel.REGION:
            above = rows.get(int(self.parents[above]))
        return 0 if above is None else int(self.ids[above])


NO_DISTRICTS = DistrictArrays(np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int32), np.empty(0, object))
