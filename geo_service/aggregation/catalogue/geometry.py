"""Outlines of districts and hexagons as GeoJSON geometry (RFC 7946): EPSG:4326, five decimals (about a metre)."""

from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, DistrictShapes
from geo_service.aggregation.catalogue.cell_outlines import cell_outlines

_RADIUS_M = 6_378_137.0
_DECIMALS = 5
_MIDDLE_BAND = 3
"""Of `model.ZOOM_BANDS`: fine enough for a region on a screen, small enough to send."""


def district_geometries(catalogue: Catalogue) -> dict[str, Any]:
    """Geometry by the district's code, of those that have one."""
    by_id = _by_id(catalogue.shapes)
    return {district.code: by_id[district.id] for district in catalogue.districts.all if district.id in by_id}


@lru_cache(maxsize=2)
def _by_id(shapes: DistrictShapes) -> dict[int, Any]:
    if not shapes.by_band:
        return {}
    ids, outlines = shapes.by_band[min(shapes.by_band, key=lambda band: abs(band - _MIDDLE_BAND))]
    turned = shapely.orient_polygons(shapely.transform(outlines, to_degrees), exterior_cw=False)
    return {int(number): orjson.loads(text) for number, text in zip(ids, shapely.to_geojson(turned), strict=True)}


def to_degrees(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) EPSG:3857 as longitude and latitude, rounded.

    >>> to_degrees(np.array([[4_300_000.0, 5_600_000.0]])).tolist()
    [[38.62756, 44.86313]]
    """
    x, y = metres[:, 0] / _RADIUS_M, metres[:, 1] / _RADIUS_M
    degrees = np.degrees(np.column_stack([x, 2 * np.arctan(np.exp(y)) - np.pi / 2]))
    return np.asarray(np.round(degrees, _DECIMALS), np.float64)


def to_metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) longitudes and latitudes, within ±85°, as EPSG:3857.

    >>> to_metres(np.array([[38.62756, 44.86313]])).round(-1).tolist()
    [[4300000.0, 5600000.0]]
    """
    lng, lat = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    return np.column_stack([lng, np.log(np.tan(np.pi / 4 + lat / 2))]) * _RADIUS_M


def cell_geometry(cell: int) -> dict[str, Any]:
    """Return the outline of a hexagon as GeoJSON, see `cell_outlines`."""
    geometry: dict[str, Any] = orjson.loads(shapely.to_geojson(cell_outlines(np.array([cell], np.uint64))[0]))
    return geometry
