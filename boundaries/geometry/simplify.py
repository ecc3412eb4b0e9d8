"""Simplify outlines for drawing, all districts of a level together, so that neighbours keep their common border at every zoom.

Outlines are in EPSG:3857, one for each band of zooms. GEOS has the method of Visvalingam and Whyatt: a point is removed if
its triangle with its two neighbours is smaller than the square of the tolerance.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.locating.district_arrays import Polygons
from geo_service.core.model import ZOOM_BANDS, ZoomBand

Floats = NDArray[np.float64]

TILE_PIXELS = 512
WORLD_M = 2 * np.pi * 6378137.0
PIXELS = 0.75
"""The tolerance in pixels at the band's greatest zoom: less than one, so that it cannot be seen."""
MAX_LATITUDE = 85.051128779806604
SNAP_M = 0.01
"""Points nearer than this are merged: centimetres are enough for a map."""


def tolerance_m(band: ZoomBand) -> float:
    """Return the tolerance of a band, metres of EPSG:3857."""
    return float(PIXELS * WORLD_M / (TILE_PIXELS * 2**band.max_zoom))


def simplify_districts(polygons: Polygons) -> dict[int, Polygons]:
    """Return the multipolygons of the districts in EPSG:3857 by zoom band.

    polygons: the districts of one level in the order of their codes, valid, in degrees, split at ±180°. Land in several
    districts is drawn as part of the first one, because points there are located in the first one too. Gaps that are too
    narrow to be seen are filled. No district vanishes: one that is covered by others completely keeps its outline.
    """
    if not len(polygons):
        return {band.band: polygons for band in ZOOM_BANDS}
    flat = shapely.transform(polygons, _mercator)
    return {band.band: _simplify(flat, tolerance_m(band)) for band in ZOOM_BANDS}


def _simplify(flat: Polygons, tolerance: float) -> Polygons:
    clean = shapely.coverage_clean(flat, gap_width=tolerance, snapping_distance=SNAP_M, merge_strategy="min_index")
    is_covered = shapely.area(clean) == 0
    outlines = flat.copy()
    outlines[~is_covered] = shapely.coverage_simplify(clean[~is_covered], tolerance)
    return np.array([_to_multipolygon(outline) for outline in outlines], object)


def _to_multipolygon(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a geometry; lines and points are left out."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon(list(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]))


def _mercator(points: Floats) -> Floats:
    """Project degrees to EPSG:3857; latitudes are clipped to the square world."""
    lat = np.radians(np.clip(points[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    x = points[:, 0] / 360 * WORLD_M
    y = np.log(np.tan(np.pi / 4 + lat / 2)) * WORLD_M / (2 * np.pi)
    return np.column_stack([x, y])
