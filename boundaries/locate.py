"""Which district each point lies in: all levels at once, over arrays."""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import DistrictArrays, Polygons
from boundaries.nearest import NearestOutline
from geo_service.core.model import DistrictLevel

Floats = NDArray[np.float64]

NEAR_M = 1000.0
"""Default of how far outside its district a point may be: what the accuracy of coasts and borders asks for."""


class Locator:
    """Locates points in `areas`.

    A point belongs to the deepest district that covers it (its edge included, as in PostGIS `ST_Covers`); among districts
    of a level that cover it, on a shared border or where they overlap, to the one with the lowest code. A point that no
    district of level `district` covers goes to the nearest one at most `near_m` metres away, and is marked as near. A
    region without districts counts as one; a point inside a region goes to districts of that region only. Nothing goes
    to a settlement that does not cover it: the countryside beside a village is not the village.
    """

    def __init__(self, areas: DistrictArrays, near_m: float = NEAR_M) -> None:
        self._areas = areas
        self._deepest_first = [areas.rows_at(level) for level in sorted(DistrictLevel, reverse=True)]
        self._bounds: Floats = shapely.bounds(areas.polygons).reshape(-1, 4)
        self._regions = areas.regions()
        base = self._base()
        self._nearest = NearestOutline(areas.polygons[base], near_m)
        self._base_ids, self._base_regions = areas.ids[base], self._regions[base]
        shapely.prepare(areas.polygons)

    def __len__(self) -> int:
        return len(self._areas)

    def locate(self, lng: Floats, lat: Floats) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """The district of each point, int32 ids with 0 for "none", and whether it is only near it, bool.

        Degrees; a point with a coordinate that is NaN lies nowhere.
        """
        rows = self._covering(lng, lat)
        # One row more, so that row -1 is "none".
        district = np.append(self._areas.ids, np.int32(0))[rows]
        near = np.zeros(len(lng), np.bool_)
        level = np.append(self._areas.levels, np.int16(0))[rows]
        outside = np.flatnonzero((level < DistrictLevel.DISTRICT) & np.isfinite(lng) & np.isfinite(lat))
        if len(outside) and len(self._base_ids):
            self._snap(lng, lat, outside, district, near)
        return district, near

    def _snap(self, lng: Floats, lat: Floats, outside: NDArray[np.intp], district: NDArray[np.int32], near: NDArray[np.bool_]) -> None:
        region = district[outside]
        own = (region != 0) & np.isin(region, self._base_ids)
        outside, region = outside[~own], region[~own]
        place, found = self._nearest.find(lng[outside], lat[outside], region, self._base_regions)
        district[outside[place]] = self._base_ids[found]
        near[outside[place]] = True

    def _base(self) -> NDArray[np.intp]:
        """Rows of what points snap to: districts, and regions that have none."""
        districts = self._areas.rows_at(DistrictLevel.DISTRICT)
        regions = self._areas.rows_at(DistrictLevel.REGION)
        bare = regions[~np.isin(self._areas.ids[regions], self._regions[districts])]
        return np.sort(np.concatenate([districts, bare]))

    def _covering(self, lng: Floats, lat: Floats) -> NDArray[np.intp]:
        """The row of the deepest district that covers each point, -1 for "none"."""
        # In the order of longitude, the points in a district's bounds are a slice: no comparison with all of them.
        order = np.argsort(lng)
        x, y = np.asarray(lng, np.float64)[order], np.asarray(lat, np.float64)[order]
        found = np.full(len(x), -1, np.intp)
        for rows in self._deepest_first:
            lows = np.searchsorted(x, self._bounds[rows, 0], "left")
            highs = np.searchsorted(x, self._bounds[rows, 2], "right")
            for row, low, high in zip(rows.tolist(), lows.tolist(), highs.tolist(), strict=True):
                if low < high:
                    self._claim(row, x[low:high], y[low:high], found[low:high])
        covering = np.empty_like(found)
        covering[order] = found
        return covering

    def _claim(self, row: int, x: Floats, y: Floats, found: NDArray[np.intp]) -> None:
        """Write `row` to `found` for the points that it covers and nobody before it did."""
        south, north = self._bounds[row, 1], self._bounds[row, 3]
        candidates = np.flatnonzero((found < 0) & (y >= south) & (y <= north))
        polygon: Polygons = self._areas.polygons[row]
        # A point intersects a polygon exactly when the polygon covers it.
        found[candidates[shapely.intersects_xy(polygon, x[candidates], y[candidates])]] = row
