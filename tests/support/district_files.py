"""Files of districts as GDAL writes them."""

from pathlib import Path

import numpy as np
import pyogrio
import shapely
from pyproj import Transformer

SQUARES = [shapely.box(38, 45, 39, 46), shapely.box(39, 45, 40, 46)]
ROWS = {
    "oktmo": ["03601000", "03602000"],
    "name": ["Абинский район", "Анапа"],
    "up": ["03", "03"],
    "en": ["Abinsky", ""],
    "tatar": ["Абин", ""],
    "also": ["Абинск; Абинский", ""],
}


def write_districts(path: Path, polygons: list[shapely.Geometry] = SQUARES, crs: str | None = "EPSG:4326", **columns: list[object]) -> Path:
    """A file as GDAL writes it."""
    rows = ROWS | columns
    projected = polygons
    if crs not in (None, "EPSG:4326"):
        way = Transformer.from_crs(4326, crs, always_xy=True)
        projected = [shapely.transform(one, lambda points: np.column_stack(way.transform(*points.T))) for one in polygons]
    data = [np.array(values[: len(polygons)], object) for values in rows.values()]
    kind = "Unknown" if path.suffix == ".gpkg" else "Polygon"
    pyogrio.raw.write(path, shapely.to_wkb(np.array(projected, object)), data, list(rows), geometry_type=kind, crs=crs, encoding="UTF-8")
    return path
