"""Geometries of features: which of them touch a box, and their GeoJSON in a coordinate reference system."""

from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service.core.extent import Bounds
from geo_service.ogc.crs import Crs


def touching_boxes(geometries: NDArray[Any], boxes: tuple[Bounds, ...]) -> NDArray[np.bool_]:
    """Return (geometries,) whether each shares a point with any of the boxes. Degrees."""
    touching = np.zeros(len(geometries), np.bool_)
    for west, south, east, north in boxes:
        # The envelope of a box without area is a line or a point, and valid; a polygon of it would not be.
        touching |= shapely.intersects(geometries, shapely.multipoints([(west, south), (east, north)]).envelope)
    return touching


def write_geometries(geometries: NDArray[Any], crs: Crs) -> list[orjson.Fragment]:
    """Return geometries of degrees as GeoJSON in the reference system. An empty geometry must not be among them."""
    return [orjson.Fragment(text) for text in shapely.to_geojson(crs.transform(geometries)).tolist()]
