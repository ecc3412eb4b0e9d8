"""What the map of the week shows: districts by incidents per resident or by number, or hexagons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.catalogue.cell_outlines import cell_outlines
from geo_service.aggregation.measures.class_breaks import ClassBreaks, class_breaks
from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.reports.content.areas import list_areas
from geo_service.reports.request import ReportRequest

MAX_HEXAGONS = 2000
"""More would make a document of megabytes and be too small to see."""
_LEAST_WIDTH = 1 / 90
"""Of a hexagon, as a part of the map's width."""
_EARTH_RADIUS_M = 6_378_137.0
_MIDDLE_BAND = 2
"""Of `model.ZOOM_BANDS`: outlines for a region on a page."""


@dataclass(frozen=True, slots=True, eq=False)
class MapShape:
    """An area of the map. shape: EPSG:3857. value: NaN where it is not known. css_class: 0 to 4, -1 for none, zero included."""

    shape: shapely.Geometry
    name: dict[str, str]
    value: float
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class MapValues:
    """The areas with their classes, and the outlines that are drawn over them."""

    kind: Literal["districts", "hexagons", "nothing"]
    measure: Measure
    shapes: Sequence[MapShape]
    breaks: ClassBreaks
    outlines: Sequence[shapely.Geometry]
    """EPSG:3857."""


def choose_map_measure(districts: Sequence[District]) -> Measure:
    """Return incidents per 1,000 residents where most districts have a population, else their number."""
    known = sum(1 for district in districts if district.population)
    return MEASURES["per_1000" if 2 * known > len(districts) else "count"]


def map_districts(catalogue: Catalogue, request: ReportRequest, rows: Sequence[Row], measure: Measure) -> MapValues | None:
    """Return the map of the report's districts; None where fewer than two of them have outlines. rows: the districts' numbers."""
    outlines = _outlines(catalogue)
    by_code = {row["code"]: row for row in rows}
    drawn = [district for district in list_areas(catalogue, request.district) if district.id in outlines and district.code in by_code]
    if len(drawn) < 2:
        return None
    values = [by_code[district.code][measure.code] for district in drawn]
    shapes = [
        MapShape(outlines[district.id], district.name, float("nan") if value is None else float(value), by_code[district.code]["count"])
        for district, value in zip(drawn, values, strict=True)
    ]
    return MapValues("districts", measure, shapes, _breaks([shape.value for shape in shapes], measure.decimals), [])


def map_hexagons(state: ReplicaState, request: ReportRequest) -> MapValues:
    """Return the map of the week's hexagons, the finest ones that are still to be seen."""
    outlines = _outlines(state.catalogue)
    chosen = [request.district] if request.district else list_areas(state.catalogue, None)
    frames = [outlines[district.id] for district in chosen if district.id in outlines]
    selection = request.select(request.week.window, state.catalogue)
    for resolution in range(FINEST_RESOLUTION, COARSEST_RESOLUTION - 1, -1):
        counts = state.counter.per_cell(selection, resolution)[:, 0]
        drawn = np.flatnonzero(counts)
        cells = state.pyramid.levels[resolution].cells[drawn]
        if len(cells) <= MAX_HEXAGONS and _are_visible(cells, resolution, frames):
            break
    order = np.argsort(cells)
    shapes = [
        MapShape(shape, {}, float(n), n) for shape, n in zip(_project_cells(cells[order]), counts[drawn][order].tolist(), strict=True)
    ]
    return MapValues("hexagons" if shapes else "nothing", MEASURES["count"], shapes, _breaks([shape.value for shape in shapes], 0), frames)


def _breaks(values: Sequence[float], decimals: int) -> ClassBreaks:
    """Return the classes of the values above zero: quantiles, as on the live map."""
    positive = np.array([value for value in values if value > 0])
    return class_breaks(positive, decimals=decimals) if len(positive) else ClassBreaks((), ())


def _outlines(catalogue: Catalogue) -> dict[int, shapely.Geometry]:
    """Return outlines by id of the district, EPSG:3857."""
    bands = catalogue.shapes.by_band
    if not bands:
        return {}
    ids, shapes = bands[min(bands, key=lambda band: abs(band - _MIDDLE_BAND))]
    return dict(zip(ids.tolist(), shapes.tolist() if isinstance(shapes, np.ndarray) else shapes, strict=True))


def _are_visible(cells: NDArray[np.uint64], resolution: int, frames: Sequence[shapely.Geometry]) -> bool:
    """Whether hexagons of a resolution are wide enough on a map of the frames and the cells."""
    if not len(cells):
        return True
    centres = _project(np.array([h3.cell_to_latlng(int(cell))[::-1] for cell in cells]))
    bounds = [shapely.bounds(shape) for shape in frames] or [(*centres.min(axis=0), *centres.max(axis=0))]
    west, south, east, north = (reduce([box[side] for box in bounds]) for side, reduce in enumerate((min, min, max, max)))
    latitude = np.radians(h3.cell_to_latlng(int(cells[0]))[0])
    width = 2 * h3.average_hexagon_edge_length(resolution, "m") / max(np.cos(latitude), 0.01)
    return bool(width >= _LEAST_WIDTH * max(east - west, north - south)) or resolution == COARSEST_RESOLUTION


def _project_cells(cells: NDArray[np.uint64]) -> list[shapely.Geometry]:
    return [] if not len(cells) else list(shapely.transform(cell_outlines(cells), _project))


def _project(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitudes and latitudes, (n, 2), in EPSG:3857."""
    lat = np.clip(degrees[:, 1], -85.05, 85.05)
    return _EARTH_RADIUS_M * np.column_stack([np.radians(degrees[:, 0]), np.arctanh(np.sin(np.radians(lat)))])
