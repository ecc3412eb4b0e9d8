"""Waters, railways and main roads of the base maps as shapes, for a drawing that has no tiles, such as the map of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import shapely
import structlog
from cachetools import LRUCache
from numpy.typing import NDArray

from geo_service.basemap.archive import Archive
from geo_service.basemap.parts import PARTS, Features, Filter, Part
from geo_service.basemap.registry import Basemap, Basemaps

DRAWN = ("water", "waterways", "rails", "main-roads", "motorways")
"""Of PARTS, from the ground up."""
_HALF_WORLD_M = 20_037_508.342789244
_MOST_TILES = 24
"""That are read for a drawing; at the zoom that needs no more, details are some pixels large."""
_MOST_ZOOM = 12
_AREAS_CACHED = 64
"""A region and its districts, in metres and degrees some megabytes."""
_TYPES = {"LineString": 1, "Polygon": 3, "MultiLineString": 5, "MultiPolygon": 6}

log = structlog.get_logger(__name__)

MetreBox = tuple[float, float, float, float]
"""West, south, east, north in metres of EPSG:3857, west < east."""


@dataclass(frozen=True, slots=True, eq=False)
class GroundPart:
    """Features of one part of the map. id: of DRAWN. shapes: areas or lines in metres of EPSG:3857."""

    id: str
    shapes: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies around. attribution: whose data it is, as plain text."""

    parts: Sequence[GroundPart]
    attribution: Sequence[str]


NO_GROUND = Ground((), ())
"""Where there is no base map."""


class GroundReader:
    """Reads the ground of areas from the base maps, those that were asked for last from memory."""

    def __init__(self, basemaps: Basemaps) -> None:
        self._basemaps = basemaps
        self._known: LRUCache[tuple[str, tuple[MetreBox, ...]], Ground] = LRUCache(_AREAS_CACHED)

    @property
    def version(self) -> str:
        """Of all base maps together; empty where there is none."""
        return self._basemaps.version

    def read(self, boxes: Sequence[MetreBox]) -> Ground:
        """Return what is in some boxes; nothing where no base map can be read."""
        version = self.version
        if not version or not boxes:
            return NO_GROUND
        key = version, tuple(boxes)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _read(self._basemaps.all(), boxes)
        return known


def _read(basemaps: Sequence[Basemap], boxes: Sequence[MetreBox]) -> Ground:
    parts: list[GroundPart] = []
    owners: list[str] = []
    for part in (part for id_ in DRAWN for part in PARTS if part.id == id_):
        found = [(basemap, shapes) for basemap in basemaps for box in boxes if len(shapes := _read_part(basemap, part, box))]
        if found:
            parts.append(GroundPart(part.id, np.concatenate([shapes for _, shapes in found])))
            owners += [basemap.attribution for basemap, _ in found]
    return Ground(parts, list(dict.fromkeys(owners)))


def _read_part(basemap: Basemap, part: Part, box: MetreBox) -> NDArray[np.object_]:
    """Return the shapes of a part in a box; none where the archive has none at a zoom that suits it."""
    features, zoom = part.of.get(basemap.schema), choose_zoom(basemap.archive, box)
    if features is None or zoom is None or zoom < part.min_zoom:
        return np.empty(0, np.object_)
    # GDAL takes 60 MB and half a second: only where a base map is drawn.
    import pyogrio

    try:
        meta, _, wkb, values = pyogrio.raw.read(basemap.archive.path, layer=features.layer, bbox=box, ZOOM_LEVEL=str(zoom))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        log.warning("base map is not drawn", name=basemap.name, layer=features.layer, reason=str(error))
        return np.empty(0, np.object_)
    shapes = shapely.from_wkb(wkb)
    columns = dict(zip(meta["fields"], values, strict=True))
    chosen = shapely.get_parts(shapes[select(features, columns, shapes)])
    return np.asarray(shapely.clip_by_rect(chosen, *box), np.object_)


def choose_zoom(archive: Archive, box: MetreBox) -> int | None:
    """Return the greatest zoom at which few enough tiles cover the box; None where the archive has none such."""
    fitting = [zoom for zoom in range(archive.min_zoom, min(archive.max_zoom, _MOST_ZOOM) + 1) if _count_tiles(box, zoom) <= _MOST_TILES]
    return max(fitting, default=None)


def _count_tiles(box: MetreBox, zoom: int) -> int:
    size = 2 * _HALF_WORLD_M / (1 << zoom)
    columns, rows = (max(ceil(box[axis + 2] / size) - floor(box[axis] / size), 1) for axis in (0, 1))
    return columns * rows


def select(features: Features, columns: dict[str, NDArray[np.object_]], shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which features of a tile layer are those of a part. columns: their properties by name, one entry a feature."""
    return np.ones(len(shapes), np.bool_) if features.filter is None else _evaluate(features.filter, columns, shapes)


def _evaluate(condition: Filter, columns: dict[str, NDArray[np.object_]], shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Evaluate those of MapLibre's expressions of which the filters of DRAWN are made."""
    match condition:
        case ["all", *conditions]:
            return np.asarray(np.logical_and.reduce([_evaluate(one, columns, shapes) for one in conditions]), np.bool_)
        case ["match", ["geometry-type"], types, True, False]:
            return np.isin(shapely.get_type_id(shapes), [_TYPES[one] for one in types])
        case ["match", ["get", key], values, True, False]:
            given = columns.get(key)
            return np.zeros(len(shapes), np.bool_) if given is None else np.isin(given.astype(str), values)
    raise ValueError(f"no such filter here: {condition}")
