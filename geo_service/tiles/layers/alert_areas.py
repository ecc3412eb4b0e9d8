"""Areas of alerts, in EPSG:3857: outlines of districts, hexagons, and hexagons around a settlement's point."""

from collections.abc import Sequence
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.alerts.alert_filter import places_of
from geo_service.aggregation.alerts.model import Episode, Place
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.catalogue.cell_outlines import cell_outlines
from geo_service.core.model import DistrictLevel
from geo_service.tiles.encoding.clipping import HALF_WORLD_M, Shapes

_KINDS = {"d": "district", "s": "settlement", "h": "hexagon", "r": "region"}
"""By the first letter of a place's key."""
_SETTLEMENT_RESOLUTION, _RING = 7, 1
"""A settlement is drawn as its hexagon and the six around it."""
_EARTH_RADIUS_M = 6_378_137.0
"""Of Web Mercator's sphere."""
_GREATEST_LATITUDE = 85.051128779806592
"""Where Web Mercator's square world ends."""
_GRID_DEGREES = 1e-5
"""Corners of hexagons are rounded to this: about a metre."""
_NOTHING = shapely.MultiPolygon()


def kind_of(place: Place) -> str:
    """Return what a place is: region, district, hexagon or settlement. A part of a divided place is the hexagon that its key ends with."""
    is_part = place.cell and place.key.endswith(f"-{place.cell:x}")
    return "hexagon" if is_part else _KINDS.get(place.key[:1], "settlement")


def alert_areas(episodes: Sequence[Episode], catalogue: Catalogue, band: int) -> Shapes:
    """Return (episodes,) the area of all places of each episode, in EPSG:3857, cut at the antimeridian; empty where none is known.

    band: of simplified outlines of districts.
    """
    outlines = _OutlinesOfDistricts(catalogue, band)
    areas = np.full(len(episodes), _NOTHING, object)
    for index, episode in enumerate(episodes):
        shapes = [shape for place in places_of(episode) for shape in _place_shapes(place, outlines)]
        if shapes:
            areas[index] = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
    return areas


def shape_bounds(shapes: Shapes) -> NDArray[np.float64]:
    """Return (parts, 4) west, south, east, north in degrees of the parts of shapes in EPSG:3857."""
    parts = shapely.get_parts(shapes)
    x0, y0, x1, y1 = np.clip(shapely.bounds(parts).reshape(-1, 4), -HALF_WORLD_M, HALF_WORLD_M).T / _EARTH_RADIUS_M
    degrees: NDArray[np.float64] = np.degrees(np.column_stack([x0, np.arctan(np.sinh(y0)), x1, np.arctan(np.sinh(y1))]))
    return degrees


class _OutlinesOfDistricts:
    """Outlines in EPSG:3857 by district, of one band."""

    def __init__(self, catalogue: Catalogue, band: int) -> None:
        self._catalogue = catalogue
        ids, shapes = catalogue.shapes.by_band.get(band, (np.empty(0, np.int64), np.empty(0, object)))
        self._shape_of: dict[int, Any] = dict(zip(ids.tolist(), shapes, strict=True))

    def of_code(self, code: str) -> list[Any]:
        """Return the outline of a district; nothing where it is unknown or has none."""
        district = self._catalogue.districts.by_code.get(code)
        return [self._shape_of[district.id]] if district and district.id in self._shape_of else []

    def of_regions(self) -> list[Any]:
        """Return the outlines of all regions."""
        regions = self._catalogue.districts_at(DistrictLevel.REGION)
        return [self._shape_of[region.id] for region in regions if region.id in self._shape_of]


def _place_shapes(place: Place, outlines: _OutlinesOfDistricts) -> list[Any]:
    kind = kind_of(place)
    if kind == "district":
        return outlines.of_code(place.key.partition(":")[2])
    if kind == "region":
        return outlines.of_regions()
    if kind == "hexagon" and place.cell:
        return [_hexagons([place.cell])]
    centre = h3.latlng_to_cell(place.lat, place.lng, _SETTLEMENT_RESOLUTION)
    return [_hexagons(h3.grid_disk(centre, _RING))]


def _hexagons(cells: Sequence[int]) -> Any:
    """Return the area of cells of one resolution, without the lines between them."""
    outlines = cell_outlines(np.array(sorted(cells), np.uint64))
    area = shapely.union_all(outlines, grid_size=_GRID_DEGREES) if len(outlines) > 1 else outlines[0]
    return shapely.transform(area, _to_mercator)


def _to_mercator(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return degrees as metres. Latitudes beyond the square world are put on its edge."""
    lng, lat = np.radians(at[:, 0]), np.radians(np.clip(at[:, 1], -_GREATEST_LATITUDE, _GREATEST_LATITUDE))
    metres: NDArray[np.float64] = np.column_stack([lng, np.arcsinh(np.tan(lat))]) * _EARTH_RADIUS_M
    return metres
