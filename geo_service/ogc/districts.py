"""The feature collection of districts of all levels, with their numbers."""

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
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.rows import Row, measure_row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.errors import NotFound
from geo_service.core.model import ZOOM_BANDS, DistrictLevel
from geo_service.ogc.collection import CollectionDescription, Feature, FeaturePage, FeatureQuery
from geo_service.tiles.documents.tilejson import Bounds
from geo_service.tiles.layers.districts import DistrictLayer

_FINEST = ZOOM_BANDS[-1].band


class DistrictCollection:
    """Districts from regions down to settlements, by code within a level. The id of a feature is the district's code."""

    description = CollectionDescription(
        "districts",
        "Districts",
        "Administrative units of all levels with the numbers of the incidents in them, for any selection",
        {"level": "Only districts of this level: region, district or settlement."},
    )

    def __init__(self, layer: DistrictLayer) -> None:
        self._layer = layer

    def find(self, state: ReplicaState, query: FeatureQuery) -> FeaturePage:
        """Return districts whose outlines touch the boxes.

        Where the selection names districts, only these and their descendants are returned.
        """
        catalogue = state.catalogue
        districts = [district for level in DistrictLevel if query.level in (None, level) for district in catalogue.districts_at(level)]
        if query.query.selection.districts is not None:
            selected = set(query.query.selection.districts)
            districts = [district for district in districts if district.id in selected]
        if query.boxes is not None:
            touching = _find_touching(catalogue.shapes, query.boxes)
            districts = [district for district in districts if district.id in touching]
        return FeaturePage(_build_features(state, districts[query.offset : query.offset + query.limit], query), len(districts))

    def get(self, state: ReplicaState, feature_id: str, query: FeatureQuery) -> Feature:
        """Return the district with the code. Raises `NotFound`."""
        if feature_id not in state.catalogue.districts.by_code:
            raise NotFound(f"there is no district with the code {feature_id[:40]!r}")
        return _build_features(state, [state.catalogue.districts.by_code[feature_id]], query)[0]

    def extent(self, state: ReplicaState) -> Bounds:
        """Return the bounds of all districts, degrees."""
        return self._layer.bounds(state)


def _build_features(state: ReplicaState, districts: list[District], query: FeatureQuery) -> list[Feature]:
    geometries = _geometries(state.catalogue.shapes)
    numbers: dict[int, Row] = {}
    for level in {district.level for district in districts}:
        # One level at a time, because an incident can only be in one group: districts of one level do not contain each other.
        same_level = [district for district in districts if district.level is level]
        stats = GroupStats(state, query.query.selection, by_chosen_districts(state.catalogue, same_level), query.query.compare)
        numbers |= zip((district.id for district in same_level), measure_row(stats, MEASURES.values()), strict=False)
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


@lru_cache(maxsize=2)
def _geometries(shapes: DistrictShapes) -> dict[int, orjson.Fragment]:
    """Return the outlines as GeoJSON by the district's id; the text is kept, as making it takes longer than sending it."""
    ids, outlines = _outlines(shapes)
    return {id_: orjson.Fragment(text) for id_, text in zip(ids.tolist(), shapely.to_geojson(outlines).tolist(), strict=True)}


def _find_touching(shapes: DistrictShapes, boxes: tuple[Bounds, ...]) -> set[int]:
    """Return the ids of the districts that share a point with any of the boxes."""
    ids, outlines = _outlines(shapes)
    touching = np.zeros(len(ids), np.bool_)
    for west, south, east, north in boxes:
        # The envelope of a box without area is a line or a point, and valid; a polygon of it would not be.
        touching |= shapely.intersects(outlines, shapely.multipoints([(west, south), (east, north)]).envelope)
    return set(ids[touching].tolist())
