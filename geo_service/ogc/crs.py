"""Coordinate reference systems of OGC API – Features, Part 2 (OGC 18-058r1): CRS84, EPSG:4326 and EPSG:3857."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten

Points = NDArray[np.float64]
"""(n, 2) coordinates in the order of the axes of their reference system."""

_RADIUS_M = 6_378_137.0
"""Of the sphere of Web Mercator (EPSG:3857)."""
_METRE_DECIMALS = 2
_DEGREE_DECIMALS = 5
"""About a metre."""
_NORTHERNMOST = 90.0 - 0.5 * 10.0**-_DEGREE_DECIMALS
"""Degrees: a pole, which is infinitely far away in Web Mercator, is drawn half a step of the rounding beside itself."""
_FARTHEST = 100.0
"""Radii: a y beyond is at the pole to the last bit, and e to its power is still a number."""


@dataclass(frozen=True, slots=True)
class Crs:
    """A reference system: its identifier, and conversions from and to longitude and latitude (CRS84)."""

    uri: str
    from_degrees: Callable[[Points], Points]
    """Longitude and latitude in degrees to coordinates of the system."""
    to_degrees: Callable[[Points], Points]
    """Coordinates of the system to longitude and latitude in degrees."""

    def transform(self, geometries: NDArray[Any]) -> NDArray[Any]:
        """Return shapely geometries of CRS84 in this system."""
        return geometries if self is CRS84 else np.asarray(shapely.transform(geometries, self.from_degrees), object)


def _same(points: Points) -> Points:
    return points


def _swap(points: Points) -> Points:
    """Return the coordinates with their axes exchanged: EPSG:4326 has the latitude first."""
    return points[:, ::-1]


def _to_metres(degrees: Points) -> Points:
    """Return Web Mercator metres, rounded to centimetres."""
    lng, lat = degrees.T
    y = np.arctanh(np.sin(np.radians(np.clip(lat, -_NORTHERNMOST, _NORTHERNMOST))))
    return np.round(_RADIUS_M * np.column_stack([np.radians(lng), y]), _METRE_DECIMALS)


def _from_metres(metres: Points) -> Points:
    x, y = metres.T / _RADIUS_M
    return np.asarray(np.degrees(np.column_stack([x, np.arctan(np.sinh(np.clip(y, -_FARTHEST, _FARTHEST)))])), np.float64)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", _same, _same)
EPSG_4326 = Crs("http://www.opengis.net/def/crs/EPSG/0/4326", _swap, _swap)
EPSG_3857 = Crs("http://www.opengis.net/def/crs/EPSG/0/3857", _to_metres, _from_metres)
CRS_BY_URI = {crs.uri: crs for crs in (CRS84, EPSG_4326, EPSG_3857)}
"""The systems in which features are sent and boxes are read; CRS84 is the one in which they are kept."""


def read_crs(params: Mapping[str, str], name: str) -> Crs:
    """Read a reference system by its URI; CRS84 if the parameter is absent. Raises `InvalidParameter`."""
    uri = params.get(name, CRS84.uri)
    if uri not in CRS_BY_URI:
        raise InvalidParameter(name, f"{shorten(uri, 60)!r} is not known", list(CRS_BY_URI))
    return CRS_BY_URI[uri]
