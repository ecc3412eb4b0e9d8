"""TileJSON 3.0.0 documents. A layer is one row of data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from geo_service.aggregation.measures.measures import CELL_MEASURES, DISTRICT_MEASURES, Measure
from geo_service.aggregation.spatial.named_classes import NamedClasses
from geo_service.core.extent import Bounds, center_of, width_of, without_wrap
from geo_service.tiles.documents.palette import DEFAULT_SCHEME, SCHEMES, Palette, measure_palette
from geo_service.tiles.documents.property_docs import COMPARED, META, META_TEXTS, PLAYED
from geo_service.tiles.encoding.grid import MAX_ZOOM, MIN_ZOOM


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """A layer as clients see it: its name, zooms and parameters, and a description of each property of its features.

    parameters: query parameters beyond those of a selection. measures: by code, those that its features can be classified by.
    extra_layers: further layers in the same tiles. optional_fields: properties that a query parameter adds, by the parameter.
    formats: of its tiles, as the extension of the URL. text_fields: properties that are text; all others are numbers.
    class_property: the property that holds the class. classed_by_age: whether it is a class of age, not of the measure.
    draws_alerts: whether it draws alerts: a selection of incidents has no meaning then, and it has parameters of its own.
    """

    id: str
    description: str
    fields: dict[str, str]
    min_zoom: int = MIN_ZOOM
    max_zoom: int = MAX_ZOOM
    parameters: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    extra_layers: "tuple[LayerDescription, ...]" = ()
    optional_fields: Mapping[str, dict[str, str]] = field(default_factory=dict)
    formats: tuple[str, ...] = ("mvt",)
    text_fields: tuple[str, ...] = ()
    class_property: str = "class"
    classed_by_age: bool = False
    draws_alerts: bool = False

    def palette(self, measure: Measure, scheme: str = DEFAULT_SCHEME) -> Palette:
        """Return the colours of its classes."""
        return SCHEMES[scheme].ages if self.classed_by_age else measure_palette(measure, scheme)

    def fields_with(self, parameters: Collection[str]) -> dict[str, str]:
        """Return the properties of its features, with those that the given query parameters add."""
        return self.fields | {
            name: text for parameter, fields in self.optional_fields.items() if parameter in parameters for name, text in fields.items()
        }


HEXES = LayerDescription(
    "hexes",
    "Incidents counted in H3 hexagons whose size follows the zoom",
    {
        "n": "incidents",
        "open": "incidents not yet closed, rejected or found to be duplicates",
        "overdue": "open incidents past their deadline without a valid answer",
        "value": "the chosen measure, where it is another than count, open or overdue",
        "class": "class of the chosen measure, 0 to 4 (gi: 0 to 6, emerging: 0 to 16); /api/legend gives its range, colour and name",
    },
    parameters=("fields", "breaks", "frames", "detail", "meta"),
    text_fields=("h3", "p"),
    measures=CELL_MEASURES,
    optional_fields={"compare": COMPARED, "frames": PLAYED, "fields": {"h3": "H3 index as text"}},
    formats=("mvt", "json", "arrow"),
)

_DISTRICT_TEXTS = ("code", "name_ru", "name_en")
_DISTRICT_FIELDS = {
    "code": "code of the district",
    "name_ru": "name in Russian; where there is none, in English",
    "name_en": "name in English; where there is none, in Russian",
    **{name: HEXES.fields[name] for name in ("n", "open", "overdue")},
    "value": "the chosen measure, in its unit; absent where there is nothing to take it from",
    "class": "class of the chosen measure, 0 to 4; absent without a value; /api/legend?layer=districts gives its range and colour",
}

_DISTRICT_OPTIONAL = {"compare": COMPARED}

_LABELS = LayerDescription(
    "district_labels",
    "A point well inside each district, with the district's properties",
    _DISTRICT_FIELDS,
    optional_fields=_DISTRICT_OPTIONAL,
    text_fields=_DISTRICT_TEXTS,
)

DISTRICTS = LayerDescription(
    "districts",
    "Incidents counted in administrative units whose level follows the zoom, unless one is asked for",
    _DISTRICT_FIELDS,
    parameters=("level", "breaks", "detail", "meta"),
    measures=DISTRICT_MEASURES,
    extra_layers=(_LABELS,),
    text_fields=_DISTRICT_TEXTS,
    optional_fields=_DISTRICT_OPTIONAL,
)

_FIRST_POINT_ZOOM = 12
"""A tile is about 6 km wide there: from here on single houses can be told apart; below, hexagons serve."""

INCIDENTS = LayerDescription(
    "incidents",
    "Places where there are incidents, one feature for all that have the very same position",
    {
        "id": "of the newest incident at the place; the feature's id as well",
        "sector": "code of the newest incident's sector",
        "theme": "code of the newest incident's theme",
        "status": "where the newest incident stands",
        "received": "day on which the newest incident came, in the service's time zone, such as 2026-11-24",
        "age": "class of that day, 0 to 4: today, up to 3, 7, 30 days ago, earlier; /api/legend?layer=incidents gives its colour",
        **{name: HEXES.fields[name] for name in ("n", "open", "overdue")},
    },
    min_zoom=_FIRST_POINT_ZOOM,
    measures={code: measure for code, measure in CELL_MEASURES.items() if measure.channel is not None},
    extra_layers=(
        LayerDescription(
            "meta",
            "One feature that says whether the tile holds everything",
            {
                "truncated": "1 where places were left out, those whose newest incident is oldest; else 0",
                "places": "places drawn",
                "incidents": "incidents at the places drawn",
                "places_left_out": "places left out",
                "incidents_left_out": "incidents at the places left out",
            },
            min_zoom=_FIRST_POINT_ZOOM,
        ),
    ),
    text_fields=("sector", "theme", "status", "received"),
    class_property="age",
    classed_by_age=True,
)


DENSITY = LayerDescription(
    "density",
    "Middles of the H3 hexagons with incidents, for a heat map whose kernel is named by /api/legend?layer=density",
    {
        **{name: HEXES.fields[name] for name in ("n", "open", "overdue")},
        "weight": "the chosen measure, which the kernel is multiplied by",
        "radius": "three standard deviations of the kernel at zoom 0, px of a 512 px tile; twice that at each further zoom",
    },
    parameters=("detail",),
    measures=INCIDENTS.measures,
    class_property="weight",
)

_ALERT_TEXTS = ("since", "theme", "sector", "theme_ru", "theme_en", "name_ru", "name_en", "kind", "state")
_ALERT_FIELDS = {
    "id": "of the alert, as in /api/alerts/{id}; the feature's id as well",
    "n": "incidents since then, near-duplicates once",
    "expected": "incidents that would have been usual in the same time",
    "open": "incidents not yet closed, rejected or found to be duplicates",
    "since": "receipt of the first incident, RFC 3339, UTC",
    "theme": "code of the theme; absent where the whole sector is meant",
    "sector": "code of the sector",
    "theme_ru": "name of the theme, or of the sector, in Russian",
    "theme_en": "name of the theme, or of the sector, in English",
    "name_ru": "name of the place in Russian; where there is none, in English",
    "name_en": "name of the place in English; where there is none, in Russian",
    "kind": "what the place is: settlement, hexagon, district or region",
    "state": "open or closed",
    "recurrence_days": "so rarely chance alone would give as much, in days; 3650 for ten years and more",
    "class": "class of that, 0 to 4, the rarest last; absent for a closed alert; /api/legend?layer=alerts gives its range and colour",
}

ALERTS = LayerDescription(
    "alerts",
    "Alerts: places in which there are more incidents of a theme than chance explains",
    _ALERT_FIELDS,
    extra_layers=(
        LayerDescription("alert_points", "A point in the strongest place of each alert", _ALERT_FIELDS, text_fields=_ALERT_TEXTS),
    ),
    text_fields=_ALERT_TEXTS,
    draws_alerts=True,
)

META_LAYER = LayerDescription("meta", "One point with the tile's totals, and how the question was understood", META, text_fields=META_TEXTS)


def tilejson(
    layer: LayerDescription, *, base_url: str, query: str, bounds: Bounds, attribution: str, revision: int,
    playback: Mapping[str, Any] | None = None, classes: NamedClasses | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the TileJSON document of a layer.

    query: the query string as it came; it becomes part of the tiles' URLs. revision: of the incidents. playback: frames, if any.
    classes: of the measure, where they have names.
    """
    parameters = {name for name, _ in parse_qsl(query)}
    address = f"{base_url}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.{{form}}{'?' if query else ''}{query}"
    layers = (layer, *layer.extra_layers, *[META_LAYER] * ("meta" in parameters))
    tiles, *others = ((extension, address.replace("{form}", extension)) for extension in layer.formats)
    return {
        "tilejson": "3.0.0",
        "name": layer.id,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [tiles[1]],
        **({"other_forms": dict(others)} if others else {}),
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        # The specification has bounds end at the antimeridian.
        "bounds": list(without_wrap(bounds)),
        "geo:bounds": list(bounds),
        "center": [*center_of(bounds), max(zoom_to_fit(bounds), layer.min_zoom)],
        "attribution": attribution,
        "vector_layers": [_describe_vector_layer(each, parameters) for each in layers],
        **({"playback": playback} if playback else {}),
        **({"geo:classes": classes.describe()} if classes else {}),
        "revision": revision,
    }


def _describe_vector_layer(layer: LayerDescription, parameters: Collection[str]) -> dict[str, Any]:
    """Return an entry of `vector_layers`."""
    return {
        "id": layer.id,
        "description": layer.description,
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "fields": layer.fields_with(parameters),
    }


def zoom_to_fit(bounds: Bounds) -> int:
    """Return the greatest zoom at which the longer side of the bounds still fits in a tile."""
    width = max(width_of(bounds), (bounds[3] - bounds[1]) * 2, 1e-3)
    zoom = 0
    while zoom < MAX_ZOOM and width <= 180 / (1 << zoom):
        zoom += 1
    return zoom
