"""The feature collections of districts, one for each level, with their numbers."""

from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, DistrictShapes
from geo_service.aggregation.catalogue.geometry import to_degrees
from geo_service.aggregation.counting.grouping import by_chosen_districts
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import DISTRICT_MEASURES, TABLE_MEASURES, add_chosen
from geo_service.aggregation.measures.rows import Row, measure_row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.errors import NotFound
from geo_service.core.extent import WORLD_BOUNDS, Bounds, enclosing_bounds
from geo_service.core.integers import shorten
from geo_service.core.model import ZOOM_BANDS, DistrictLevel
from geo_service.ogc.collection import CollectionDescription, Feature, FeaturePage, FeatureQuery, ParameterDescription
from geo_service.ogc.crs import CRS_BY_URI, Crs
from geo_service.ogc.geometries import touching_boxes, write_geometries

_FINEST = ZOOM_BANDS[-1].band


_IDS = {DistrictLevel.REGION: "regions", DistrictLevel.DISTRICT: "districts", DistrictLevel.SETTLEMENT: "settlements"}
_TITLES = {DistrictLevel.REGION: "Regions", DistrictLevel.DISTRICT: "Districts", DistrictLevel.SETTLEMENT: "Settlements"}

_LEVEL = ParameterDescription(
    "Districts of another level: region, district (the default) or settlement.",
    {"type": "string", "enum": [level.code for level in DistrictLevel], "default": DistrictLevel.DISTRICT.code},
)


_ON_REQUEST = {code: measure for code, measure in DISTRICT_MEASURES.items() if code not in TABLE_MEASURES}


class DistrictCollection:
    """Districts of one level by code. The id of a feature is the district's code.

    One level only, because a district lies in a region: the counts of a collection add up to the whole.
    """

    def __init__(self, level: DistrictLevel = DistrictLevel.DISTRICT) -> None:
        """level: of the collection; in that of districts a request may name another one."""
        self._level = level
        self.description = CollectionDescription(
            _IDS[level],
            _TITLES[level],
            f"Administrative units of the level {level.code} with the numbers of the incidents in them, for any selection",
            {"level": _LEVEL} if level is DistrictLevel.DISTRICT else {},
            _ON_REQUEST,
        )

    def find(self, state: ReplicaState, query: FeatureQuery) -> FeaturePage:
        """Return districts whose outlines touch the boxes.

        Where the selection names districts, only these and their descendants are returned.
        """
        catalogue = state.catalogue
        districts = list(catalogue.districts_at(query.level or self._level))
        if query.query.selection.districts is not None:
            selected = set(query.query.selection.districts)
            districts = [district for district in districts if district.id in selected]
        if query.boxes is not None:
            ids, outlines = _outlines(catalogue.shapes)
            touching = set(ids[touching_boxes(outlines, query.boxes)].tolist())
            districts = [district for district in districts if district.id in touching]
        return FeaturePage(_build_features(state, districts[query.offset : query.offset + query.limit], query), len(districts))

    def get(self, state: ReplicaState, feature_id: str, query: FeatureQuery) -> Feature:
        """Return the district with the code; the collection of districts has those of any level. Raises `NotFound`."""
        district = state.catalogue.districts.by_code.get(feature_id)
        if district is None or self._level not in (DistrictLevel.DISTRICT, district.level):
            raise NotFound(f"there is no district with the code {shorten(feature_id)!r} in the collection {self.description.id!r}")
        return _build_features(state, [district], query)[0]

    def extent(self, state: ReplicaState) -> Bounds:
        """Return the bounds of all districts of the level, degrees; the world without any."""
        ids, outlines = _outlines(state.catalogue.shapes)
        parts = shapely.get_parts(outlines[np.isin(ids, [district.id for district in state.catalogue.districts_at(self._level)])])
        return enclosing_bounds(shapely.bounds(parts)) if len(parts) else WORLD_BOUNDS


def _build_features(state: ReplicaState, districts: list[District], query: FeatureQuery) -> list[Feature]:
    geometries = _geometries(state.catalogue.shapes, query.crs)
    numbers: dict[int, Row] = {}
    for level in {district.level for district in districts}:
        # One level at a time, because an incident can only be in one group: districts of one level do not contain each other.
        same_level = [district for district in districts if district.level is level]
        stats = GroupStats(state, query.query.selection, by_chosen_districts(state.catalogue, same_level), query.query.compare)
        rows = measure_row(stats, add_chosen(TABLE_MEASURES.values(), query.query.measure))
        numbers |= zip((district.id for district in same_level), rows, strict=False)
    return [
        {
            "type": "Feature",
            "id": district.code,
            "geometry": geometries.get(district.id),
            "properties": {**_describe(district, state.catalogue), **numbers[district.id]},
        }
        for district in districts
    ]


def _describe(district: District, catalogue: Catalogue) -> Row:
    """Return the properties of a district that do not depend on incidents."""
    parent = catalogue.districts.by_id.get(district.parent or 0)
    return {
        "code": district.code,
        "level": district.level.code,
        "parent": parent.code if parent else None,
        "name_ru": district.name_ru,
        "name_en": district.name_en,
        "population": district.population,
        "area_km2": None if district.area_km2 is None else round(district.area_km2, 3),
        "approximate": district.approximate,
    }


@lru_cache(maxsize=2)
def _outlines(shapes: DistrictShapes) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the ids of the districts and their finest outlines in degrees, with holes clockwise as RFC 7946 demands."""
    ids, outlines = shapes.by_band.get(_FINEST, (np.empty(0, np.int64), np.empty(0, object)))
    return ids, shapely.orient_polygons(shapely.transform(outlines, to_degrees), exterior_cw=False)


@lru_cache(maxsize=2 * len(CRS_BY_URI))
def _geometries(shapes: DistrictShapes, crs: Crs) -> dict[int, orjson.Fragment]:
    """Return the outlines as GeoJSON by the district's id; the text is kept, as making it takes longer than sending it."""
    ids, outlines = _outlines(shapes)
    return dict(zip(ids.tolist(), write_geometries(outlines, crs), strict=True))
