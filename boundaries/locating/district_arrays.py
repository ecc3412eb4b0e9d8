"""Districts as arrays, in which points are located."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import DistrictLevel

Polygons = NDArray[Any]
"""An object array of shapely polygons and multipolygons, in EPSG:4326 unless stated otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class DistrictArrays:
    """Districts of all levels: equally long arrays **in the order of the districts' codes**."""

    ids: NDArray[np.int32]
    levels: NDArray[np.int16]
    """Values of `DistrictLevel`."""
    parents: NDArray[np.int32]
    """Ids of the parents; 0 for none."""
    polygons: Polygons
    """Valid outlines."""

    def __len__(self) -> int:
        return len(self.ids)

    def rows_at(self, level: DistrictLevel) -> NDArray[np.intp]:
        """Return the rows of the districts of one level, ascending."""
        return np.flatnonzero(self.levels == level)

    def regions(self) -> NDArray[np.int32]:
        """Return for each row the id of the region that it is or that contains it, int32; 0 if none is known."""
        row_of = {int(id_): row for row, id_ in enumerate(self.ids)}
        return np.array([self._region_of(row, row_of) for row in range(len(self))], np.int32)

    def _region_of(self, row: int, row_of: dict[int, int]) -> int:
        ancestor: int | None = row
        while ancestor is not None and self.levels[ancestor] != DistrictLevel.REGION:
            ancestor = row_of.get(int(self.parents[ancestor]))
        return 0 if ancestor is None else int(self.ids[ancestor])


NO_DISTRICTS = DistrictArrays(np.empty(0, np.int32), np.empty(0, np.int16), np.empty(0, np.int32), np.empty(0, object))
