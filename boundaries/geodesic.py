"""Areas on the ellipsoid and points well inside, of polygons in degrees."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from boundaries.district_arrays import Polygons

GEOD = Geod(ellps="WGS84")

Floats = NDArray[np.float64]


def area_m2(polygons: Polygons) -> Floats:
    """Square metres of each polygon on WGS 84, its edges taken as geodesics (C. F. F. Karney, "Algorithms for geodesics", 2013)."""
    turned = shapely.orient_polygons(polygons)
    return np.array([abs(GEOD.geometry_area_perimeter(one)[0]) if not shapely.is_empty(one) else 0.0 for one in turned], np.float64)


def labels(polygons: Polygons) -> Polygons:
    """A point well inside each polygon: the centre of the largest circle in its largest part, longitudes narrowed as they are there."""
    return np.array([_label(one) for one in polygons], object)


def _label(polygon: shapely.Geometry) -> shapely.Point:
    part = max(shapely.get_parts(polygon), key=lambda one: _flat(one).area)
    narrow = _narrow(part)
    flat = shapely.transform(part, lambda points: points * [narrow, 1.0])
    size = np.sqrt(flat.area)
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(flat, tolerance=size / 100))[0]
    found = shapely.Point(centre[0] / narrow, centre[1])
    return found if part.contains(found) else part.representative_point()


def _flat(polygon: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(polygon, lambda points: points * [_narrow(polygon), 1.0])


def _narrow(polygon: shapely.Geometry) -> float:
    """The length of a degree of longitude by that of latitude in the polygon's middle."""
    _, south, _, north = shapely.bounds(polygon)
    return max(float(np.cos(np.radians((south + north) / 2))), 0.01)
