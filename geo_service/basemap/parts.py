"""What is drawn of a base map, from the ground up: each part with the tile layer and the features that it is in each schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geo_service.basemap.schema import Schema

Filter = list[Any]

_AREAS: Filter = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], True, False]
_LINES: Filter = ["match", ["geometry-type"], ["LineString", "MultiLineString"], True, False]
_POINTS: Filter = ["match", ["geometry-type"], ["Point", "MultiPoint"], True, False]


@dataclass(frozen=True, slots=True)
class Features:
    """Features of a tile layer; all of it without a filter."""

    layer: str
    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the map. kind: area, line or name, as which it is drawn. min_zoom: from which. of: its features by schema."""

    id: str
    kind: str
    min_zoom: int
    of: Mapping[Schema, Features]


def _is(key: str, *values: str) -> Filter:
    return ["match", ["get", key], list(values), True, False]


def _part(id_: str, kind: str, min_zoom: int, protomaps: Features | None, openmaptiles: Features | None) -> Part:
    schemas = {Schema.PROTOMAPS: protomaps, Schema.OPENMAPTILES: openmaptiles}
    return Part(id_, kind, min_zoom, {schema: features for schema, features in schemas.items() if features})


def _roads(kinds: tuple[str, ...], classes: tuple[str, ...], *, detail: bool = True) -> tuple[Features, Features]:
    """Return roads by their OpenStreetMap class. detail: whether Protomaps has the class in `kind_detail`, or in `kind`."""
    return (
        Features("roads", ["all", _LINES, _is("kind_detail" if detail else "kind", *kinds)]),
        Features("transportation", ["all", _LINES, _is("class", *classes)]),
    )


_GREEN = ("park", "forest", "wood", "grass", "meadow", "scrub", "cemetery", "nature_reserve", "garden", "recreation_ground", "orchard",
          "village_green", "allotments", "golf_course", "pitch", "playground", "national_park", "protected_area", "grassland")  # fmt: skip
_COVER = ("wood", "forest", "grass", "grassland", "scrub", "farmland")
_BUILT = ("residential", "industrial", "commercial", "retail", "railway", "school", "hospital", "university", "college", "military")
_WATERWAYS = ("river", "canal", "stream", "drain", "ditch")
_MOTORWAYS = ("motorway", "motorway_link", "trunk", "trunk_link")
_MAIN = ("primary", "primary_link", "secondary", "secondary_link")
_MIDDLE = ("tertiary", "tertiary_link")
_MINOR = ("residential", "unclassified", "living_street", "road", "service", "pedestrian", "raceway")
_MINOR_CLASSES = ("minor", "minor_road", "service", "residential", "unclassified", "living_street", "street", "pedestrian",
                  "street_limited", "road", "raceway", "busway")  # fmt: skip
_PATHS = ("path", "footway", "cycleway", "bridleway", "steps", "track", "pedestrian")
_RUNWAYS = ("runway", "taxiway")
_RAILS = ("rail", "light_rail", "narrow_gauge", "tram", "subway", "funicular", "monorail", "preserved", "transit")
_QUARTERS = ("suburb", "quarter", "neighbourhood", "city_block", "borough", "macrohood")
_SETTLEMENTS = ("city", "town", "village", "hamlet", "isolated_dwelling")

PARTS = (
    _part("earth", "area", 0, Features("earth", _AREAS), None),
    _part("landcover", "area", 0, Features("landcover", _is("kind", *_COVER)), Features("landcover", _is("class", *_COVER))),
    _part("built", "area", 8, Features("landuse", ["all", _AREAS, _is("kind", *_BUILT)]), Features("landuse", _is("class", *_BUILT))),
    _part("green", "area", 8, Features("landuse", ["all", _AREAS, _is("kind", *_GREEN)]), Features("landuse", _is("class", *_GREEN))),
    _part("parks", "area", 8, None, Features("park", _AREAS)),
    _part("water", "area", 0, Features("water", _AREAS), Features("water", _AREAS)),
    _part("waterways", "line", 7, Features("water", ["all", _LINES, _is("kind", *_WATERWAYS)]), Features("waterway", _LINES)),
    _part("runways", "line", 10, Features("roads", _is("kind_detail", *_RUNWAYS)), Features("aeroway", _is("class", *_RUNWAYS))),
    _part("buildings", "area", 13, Features("buildings", ["all", _AREAS, _is("kind", "building")]), Features("building", _AREAS)),
    _part("rails", "line", 8, *_roads(("rail",), _RAILS, detail=False)),
    _part("paths", "line", 15, *_roads(("path",), _PATHS, detail=False)),
    _part("minor-roads", "line", 12, *_roads(_MINOR, _MINOR_CLASSES)),
    _part("middle-roads", "line", 10, *_roads(_MIDDLE, _MIDDLE)),
    _part("main-roads", "line", 7, *_roads(_MAIN, _MAIN)),
    _part("motorways", "line", 5, *_roads(_MOTORWAYS, ("motorway", "trunk"))),
    _part("waterway-names", "name", 12, Features("water", ["all", _LINES, ["has", "name"]]), Features("waterway")),
    _part("water-names", "name", 9, Features("water", ["all", _POINTS, ["has", "name"]]), Features("water_name", _POINTS)),
    _part("street-names", "name", 13, Features("roads", ["all", ["has", "name"], ["!", _is("kind", "rail", "ferry")]]),
          Features("transportation_name", ["!", _is("class", "ferry", *_RAILS)])),
    _part("house-numbers", "name", 16, Features("buildings", _is("kind", "address")), Features("housenumber")),
    _part("quarters", "name", 12, Features("places", _is("kind", *_QUARTERS)), Features("place", _is("class", *_QUARTERS))),
    _part("settlements", "name", 5, Features("places", _is("kind", "locality")), Features("place", _is("class", *_SETTLEMENTS))),
)  # fmt: skip
"""From the ground up; names are above everything else, the most important last."""
