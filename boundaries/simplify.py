"""Outlines for drawing: simplified together, so that neighbours keep their common border at every zoom.

In EPSG:3857, for each band of zooms. Visvalingam's and Whyatt's method, of GEOS: points go whose triangle with
their neighbours is smaller than the square of the tolerance.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import Polygons
from geo_service.core.model import ZOOM_BANDS, ZoomBand

Floats = NDArray[np.float64]

TILE_PIXELS = 512
WORLD_M = 2 * np.pi * 6378137.0
PIXELS = 0.75
"""The tolerance, in pixels of the band's greatest zoom: less than the eye sees."""
MAX_LATITUDE = 85.051128779806604
SNAP_M = 0.01
"""Points nearer than this become one: centimetres are enough for a map."""


def tolerance_m(band: ZoomBand) -> float:
    """How much may go, in metres of EPSG:3857."""
    return float(PIXELS * WORLD_M / (TILE_PIXELS * 2**band.max_zoom))


def shapes(polygons: Polygons) -> dict[int, Polygons]:
    """For each zoom band the multipolygons of the districts, in EPSG:3857.

    `polygons`: the districts of one level in the order of their codes, valid, in degrees, split at ±180°. Where they
    overlap, the land is drawn as the first one's, as points on it are located; gaps narrower than can be seen at the
    band are filled. None of them vanishes: one that others cover wholly is drawn as it is.
    """
    if not len(polygons):
        return {band.band: polygons for band in ZOOM_BANDS}
    flat = shapely.transform(polygons, _mercator)
    return {band.band: _simplified(flat, tolerance_m(band)) for band in ZOOM_BANDS}


def _simplified(flat: Polygons, tolerance: float) -> Polygons:
    clean = shapely.coverage_clean(flat, gap_width=tolerance, snapping_distance=SNAP_M, merge_strategy="min_index")
    lost = shapely.area(clean) == 0
    done = shapely.coverage_simplify(clean[~lost], tolerance)
    made = flat.copy()
    made[~lost] = done
    return np.array([_multi(one) for one in made], object)


def _multi(geometry: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon(list(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]))


def _mercator(points: Floats) -> Floats:
    """Degrees to EPSG:3857; the poles end where the map does."""
    lat = np.radians(np.clip(points[:, 1], -MAX_LATITUDE, MAX_LATITUDE))
    x = points[:, 0] / 360 * WORLD_M
    y = np.log(np.tan(np.pi / 4 + lat / 2)) * WORLD_M / (2 * np.pi)
    return np.column_stack([x, y])
