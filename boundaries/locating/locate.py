"""Find the district of each point, over arrays and all levels at once."""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.locating.district_arrays import DistrictArrays, Polygons
from boundaries.locating.nearest import NearestOutline
from geo_service.core.model import DistrictLevel

Floats = NDArray[np.float64]

NEAR_M = 1000.0
"""Default distance, in metres, at which a point still belongs to a district: outlines of coasts and borders are not more accurate."""


class Locator:
    """Locates points in districts.

    - A point belongs to the lowest-level district that covers it, edges included as in PostGIS `ST_Covers`. If several
      districts of that level cover it, on a shared border or where they overlap, it belongs to the one with the least code.
    - A point that no district of level `district` covers belongs to the nearest one at most `near_m` metres away, and is
      marked as near. A region without districts counts as a district here. A point inside of a region only belongs to
      districts of this region.
    - A point never belongs to a settlement that does not cover it: the land around a village is not the village.
    """

    def __init__(self, areas: DistrictArrays, near_m: float = NEAR_M) -> None:
        self._areas = areas
        self._deepest_first = [areas.rows_at(level) for level in sorted(DistrictLevel, reverse=True)]
        self._bounds: Floats = shapely.bounds(areas.polygons).reshape(-1, 4)
        self._regions = areas.regions()
        targets = self._find_targets()
        self._nearest = NearestOutline(areas.polygons[targets], near_m)
        self._target_ids, self._target_regions = areas.ids[targets], self._regions[targets]
        shapely.prepare(areas.polygons)

    def __len__(self) -> int:
        return len(self._areas)

    def locate(self, lng: Floats, lat: Floats) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return the district of each point, int32 ids with 0 for none, and whether the point is only near it, bool.

        lng, lat: degrees; a point with a NaN has no district.
        """
        rows = self._find_covering(lng, lat)
        # One more row, so that row -1 means none.
        district = np.append(self._areas.ids, np.int32(0))[rows]
        near = np.zeros(len(lng), np.bool_)
        level = np.append(self._areas.levels, np.int16(0))[rows]
        outside = np.flatnonzero((level < DistrictLevel.DISTRICT) & np.isfinite(lng) & np.isfinite(lat))
        if len(outside) and len(self._target_ids):
            self._assign_nearest(lng, lat, outside, district, near)
        return district, near

    def _assign_nearest(
        self, lng: Floats, lat: Floats, outside: NDArray[np.intp], district: NDArray[np.int32], near: NDArray[np.bool_]
    ) -> None:
        """Write the nearest district, if there is one, and the mark "near", for the points at the indexes `outside`."""
        region = district[outside]
        # A region without districts covers the point itself.
        is_covered = (region != 0) & np.isin(region, self._target_ids)
        outside, region = outside[~is_covered], region[~is_covered]
        point, target = self._nearest.find(lng[outside], lat[outside], region, self._target_regions)
        district[outside[point]] = self._target_ids[target]
        near[outside[point]] = True

    def _find_targets(self) -> NDArray[np.intp]:
        """Return the rows of the districts that points can be near to: level `district`, and regions without districts."""
        districts = self._areas.rows_at(DistrictLevel.DISTRICT)
        regions = self._areas.rows_at(DistrictLevel.REGION)
        without_districts = regions[~np.isin(self._areas.ids[regions], self._regions[districts])]
        return np.sort(np.concatenate([districts, without_districts]))

    def _find_covering(self, lng: Floats, lat: Floats) -> NDArray[np.intp]:
        """Return the row of the lowest-level district that covers each point, -1 for none."""
        # Points are sorted by longitude: those within a district's bounds are a slice, found by binary search.
        order = np.argsort(lng)
        x, y = np.asarray(lng, np.float64)[order], np.asarray(lat, np.float64)[order]
        sorted_rows = np.full(len(x), -1, np.intp)
        for rows in self._deepest_first:
            lows = np.searchsorted(x, self._bounds[rows, 0], "left")
            highs = np.searchsorted(x, self._bounds[rows, 2], "right")
            for row, low, high in zip(rows.tolist(), lows.tolist(), highs.tolist(), strict=True):
                if low < high:
                    self._assign_covered(row, x[low:high], y[low:high], sorted_rows[low:high])
        rows_of_points = np.empty_like(sorted_rows)
        rows_of_points[order] = sorted_rows
        return rows_of_points

    def _assign_covered(self, row: int, x: Floats, y: Floats, rows: NDArray[np.intp]) -> None:
        """Write `row` to `rows` for the points that it covers and that have no row yet."""
        south, north = self._bounds[row, 1], self._bounds[row, 3]
        candidates = np.flatnonzero((rows < 0) & (y >= south) & (y <= north))
        polygon: Polygons = self._areas.polygons[row]
        # A polygon intersects a point if and only if it covers it.
        rows[candidates[shapely.intersects_xy(polygon, x[candidates], y[candidates])]] = row
