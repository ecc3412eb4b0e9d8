"""Waters, railways and main roads of the base maps as shapes, for a drawing that has no tiles, such as the map of a report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import shapely
import structlog
from cachetools import LRUCache
from numpy.typing import NDArray

from geo_service.basemap.archive import Archive
from geo_service.basemap.parts import PARTS, Features, Filter
from geo_service.basemap.registry import Basemap, Basemaps

DRAWN = ("water", "waterways", "rails", "main-roads", "motorways")
"""Of PARTS, from the ground up."""
_HALF_WORLD_M = 20_037_508.342789244
_MOST_TILES = 24
"""That are read for a drawing; at the zoom that needs no more, details are some pixels large."""
_MOST_ZOOM = 12
_AREAS_CACHED = 16
"""A territory and some districts, whose reports are made anew when their incidents change."""
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


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """A layer of tiles. columns: its properties by name, one entry a feature."""

    shapes: NDArray[np.object_]
    columns: dict[str, NDArray[np.object_]]


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
    found: dict[str, list[NDArray[np.object_]]] = {id_: [] for id_ in DRAWN}
    owners: list[str] = []
    for basemap in basemaps:
        shapes = [(id_, some) for box in boxes for id_, some in _read_parts(basemap, box) if len(some)]
        for id_, some in shapes:
            found[id_].append(some)
        owners += [basemap.attribution] if shapes else []
    parts = [GroundPart(id_, np.concatenate(some)) for id_, some in found.items() if some]
    return Ground(parts, list(dict.fromkeys(owners)))


def _read_parts(basemap: Basemap, box: MetreBox) -> Iterator[tuple[str, NDArray[np.object_]]]:
    """Yield the id and the shapes of each part in a box; nothing where the archive has no zoom that suits the box."""
    zoom = choose_zoom(basemap.archive, box)
    if zoom is None:
        return
    wanted = [(part, part.of[basemap.schema]) for part in PARTS if part.id in DRAWN and zoom >= part.min_zoom]
    layers = {features.layer: _read_layer(basemap, features.layer, box, zoom) for _, features in wanted}
    for part, features in wanted:
        layer = layers[features.layer]
        if layer is not None:
            chosen = shapely.get_parts(layer.shapes[select(features, layer.columns, layer.shapes)])
            yield part.id, np.asarray(shapely.clip_by_rect(chosen, *box), np.object_)


def _read_layer(basemap: Basemap, layer: str, box: MetreBox, zoom: int) -> _Layer | None:
    """Return a layer of the tiles in a box; None where it cannot be read."""
    # GDAL is not needed by a service without base maps.
    import pyogrio

    try:
        meta, _, wkb, values = pyogrio.raw.read(basemap.archive.path, layer=layer, bbox=box, ZOOM_LEVEL=str(zoom))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        log.warning("layer of a base map cannot be read", name=basemap.name, layer=layer, reason=str(error))
        return None
    return _Layer(shapely.from_wkb(wkb), dict(zip(meta["fields"], values, strict=True)))


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
