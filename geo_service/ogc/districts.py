"""The collection of districts of all levels with their numbers."""

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
from geo_service.ogc.collection import Description, Feature, FeatureQuery, Page
from geo_service.ogc.query import Box
from geo_service.tiles.layers.districts import DistrictLayer

_FINEST = ZOOM_BANDS[-1].band


class DistrictCollection:
    """Districts from the region down, by code within a level; the feature's id is the code."""

    description = Description(
        "districts",
        "Districts",
        "Administrative units of all levels with the numbers of the incidents in them, for any selection",
        {"level": "Only districts of this level: region, district or settlement."},
    )

    def __init__(self, layer: DistrictLayer) -> None:
        self._layer = layer

    def find(self, state: ReplicaState, query: FeatureQuery) -> Page:
        """Districts whose outlines touch the boxes; where the selection names districts, these and those below them."""
        catalogue = state.catalogue
        listed = [one for level in DistrictLevel if query.level in (None, level) for one in catalogue.districts_at(level)]
        if query.selection.districts is not None:
            named = set(query.selection.districts)
            listed = [one for one in listed if one.id in named]
        if query.boxes is not None:
            touched = _touching(catalogue.shapes, query.boxes)
            listed = [one for one in listed if one.id in touched]
        return Page(_features(state, listed[query.offset : query.offset + query.limit], query), len(listed))

    def one(self, state: ReplicaState, name: str, query: FeatureQuery) -> Feature:
        """The district with the code."""
        if name not in state.catalogue.districts.by_code:
            raise NotFound(f"there is no district with the code {name[:40]!r}")
        return _features(state, [state.catalogue.districts.by_code[name]], query)[0]

    def extent(self, state: ReplicaState) -> Box:
        """The bounds of all districts."""
        return self._layer.bounds(state)


def _features(state: ReplicaState, districts: list[District], query: FeatureQuery) -> list[Feature]:
    geometries = _geometries(state.catalogue.shapes)
    numbers: dict[int, Row] = {}
    for level in {one.level for one in districts}:
        # A level at a time: no district lies in another one of its level.
        chosen = [one for one in districts if one.level is level]
        facts = GroupStats(state, query.selection, by_chosen_districts(state.catalogue, chosen), query.compare)
        numbers |= zip((one.id for one in chosen), measure_row(facts, MEASURES.values()), strict=False)
    return [
        {
            "type": "Feature",
            "id": one.code,
            "geometry": geometries.get(one.id),
            "properties": {**_described(one, state.catalogue), **numbers[one.id]},
        }
        for one in districts
    ]


def _described(one: District, catalogue: Catalogue) -> Row:
    above = catalogue.districts.by_id.get(one.parent or 0)
    return {
        "code": one.code,
        "level": one.level.code,
        "parent": above.code if above else None,
        "name_ru": one.name_ru,
        "name_en": one.name_en,
        "population": one.population,
        "area_km2": None if one.area_km2 is None else round(one.area_km2, 3),
        "approximate": one.approximate,
    }


@lru_cache(maxsize=2)
def _outlines(shapes: DistrictShapes) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Ids and the finest outlines in degrees, holes clockwise (RFC 7946)."""
    ids, outlines = shapes.by_band.get(_FINEST, (np.empty(0, np.int64), np.empty(0, object)))
    return ids, shapely.orient_polygons(shapely.transform(outlines, to_degrees), exterior_cw=False)


@lru_cache(maxsize=2)
def _geometries(shapes: DistrictShapes) -> dict[int, orjson.Fragment]:
    ids, outlines = _outlines(shapes)
    return {one: orjson.Fragment(text) for one, text in zip(ids.tolist(), shapely.to_geojson(outlines).tolist(), strict=True)}


def _touching(shapes: DistrictShapes, boxes: tuple[Box, ...]) -> set[int]:
    """Ids of the districts that have a point in common with any of the boxes."""
    ids, outlines = _outlines(shapes)
    found = np.zeros(len(ids), np.bool_)
    for west, south, east, north in boxes:
        # A box without area is a line or a point.
        found |= shapely.intersects(outlines, shapely.multipoints([(west, south), (east, north)]).envelope)
    return set(ids[found].tolist())
