"""Areas on the ellipsoid, and label points, of polygons in degrees."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from boundaries.locating.district_arrays import Polygons

GEOD = Geod(ellps="WGS84")

Floats = NDArray[np.float64]


def area_m2(polygons: Polygons) -> Floats:
    """Return the area of each polygon on WGS 84, square metres, float64.

    Edges are geodesics (C. F. F. Karney, "Algorithms for geodesics", 2013).
    """
    oriented = shapely.orient_polygons(polygons)
    return np.array(
        [0.0 if shapely.is_empty(polygon) else abs(GEOD.geometry_area_perimeter(polygon)[0]) for polygon in oriented], np.float64
    )


def label_points(polygons: Polygons) -> Polygons:
    """Return a point well inside each polygon: the centre of the largest circle in its largest part."""
    return np.array([_label_point(polygon) for polygon in polygons], object)


def _label_point(polygon: shapely.Geometry) -> shapely.Point:
    part = max(shapely.get_parts(polygon), key=lambda candidate: _flatten(candidate).area)
    # Scaled by latitude, because a circle in degrees is an ellipse on the map.
    scale = _longitude_scale(part)
    flat = _flatten(part)
    size = np.sqrt(flat.area)
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(flat, tolerance=size / 100))[0]
    point = shapely.Point(centre[0] / scale, centre[1])
    return point if part.contains(point) else part.representative_point()


def _flatten(polygon: shapely.Geometry) -> shapely.Geometry:
    """Return the polygon with longitudes scaled to the length of degrees of latitude."""
    return shapely.transform(polygon, lambda points: points * [_longitude_scale(polygon), 1.0])


def _longitude_scale(polygon: shapely.Geometry) -> float:
    """Return the ratio of a degree of longitude to one of latitude, in the middle of the polygon."""
    _, south, _, north = shapely.bounds(polygon)
    return max(float(np.cos(np.radians((south + north) / 2))), 0.01)
