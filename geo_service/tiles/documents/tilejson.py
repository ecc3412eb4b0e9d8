"""TileJSON 3.0.0 documents. A layer is one row of data."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from geo_service.aggregation.measures.measures import CELL_MEASURES, DISTRICT_MEASURES, Measure
from geo_service.tiles.documents.palette import DEFAULT_SCHEME, SCHEMES, Palette, palette_of
from geo_service.tiles.documents.property_docs import COMPARED, META, META_TEXTS, PLAYED
from geo_service.tiles.encoding.grid import MAX_ZOOM, MIN_ZOOM

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

EVERYWHERE: Bounds = (-180.0, -85.0, 180.0, 85.0)


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """What a client is told of a layer: its name, and each property of its features in a few words.

    parameters: those of its addresses that are not the selection's; measures: those that its features can be classed by;
    beside: further layers in the same tiles; asked_fields: by a parameter's name the properties that come with it;
    forms: endings of the addresses of its tiles; texts: fields that are text, the others are numbers; class_property: which
    property is the class; by_age: whether that is a class of age instead of the measure's.
    """

    id: str
    description: str
    fields: dict[str, str]
    min_zoom: int = MIN_ZOOM
    max_zoom: int = MAX_ZOOM
    parameters: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    beside: "tuple[LayerDescription, ...]" = ()
    asked_fields: Mapping[str, dict[str, str]] = field(default_factory=dict)
    forms: tuple[str, ...] = ("mvt",)
    texts: tuple[str, ...] = ()
    class_property: str = "class"
    by_age: bool = False

    def palette(self, measure: Measure, scheme: str = DEFAULT_SCHEME) -> Palette:
        """The colours of its classes."""
        return SCHEMES[scheme].ages if self.by_age else palette_of(diverging=measure.diverging, scheme=scheme)

    def fields_with(self, parameters: Collection[str]) -> dict[str, str]:
        """The properties of its features where these parameters are given."""
        return self.fields | {
            name: text for parameter, fields in self.asked_fields.items() if parameter in parameters for name, text in fields.items()
        }


HEXES = LayerDescription(
    "hexes",
    "Incidents counted in H3 hexagons whose size follows the zoom",
    {
        "n": "incidents",
        "open": "incidents not yet closed, rejected or found to be duplicates",
        "overdue": "open incidents past their deadline",
        "value": "the chosen measure, where it is another than count, open or overdue",
        "class": "class of the chosen measure, 0 to 4; /api/legend gives its range and colour",
    },
    parameters=("fields", "breaks", "frames", "meta"),
    texts=("h3", "p"),
    measures=CELL_MEASURES,
    asked_fields={"compare": COMPARED, "frames": PLAYED, "fields": {"h3": "H3 index as text"}},
    forms=("mvt", "json", "arrow"),
)

_DISTRICT_TEXTS = ("code", "name_ru", "name_en")
_DISTRICT_FIELDS = {
    "code": "code of the district",
    "name_ru": "name in Russian",
    "name_en": "name in English",
    **{name: HEXES.fields[name] for name in ("n", "open", "overdue")},
    "value": "the chosen measure, in its unit; absent where there is nothing to take it from",
    "class": "class of the chosen measure, 0 to 4; absent without a value; /api/legend?layer=districts gives its range and colour",
}

_DISTRICT_ASKED = {"compare": COMPARED}

_LABELS = LayerDescription(
    "district_labels",
    "A point well inside each district, with the district's properties",
    _DISTRICT_FIELDS,
    asked_fields=_DISTRICT_ASKED,
    texts=_DISTRICT_TEXTS,
)

DISTRICTS = LayerDescription(
    "districts",
    "Incidents counted in administrative units whose level follows the zoom, unless one is asked for",
    _DISTRICT_FIELDS,
    parameters=("level", "breaks", "meta"),
    measures=DISTRICT_MEASURES,
    beside=(_LABELS,),
    texts=_DISTRICT_TEXTS,
    asked_fields=_DISTRICT_ASKED,
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
    beside=(
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
    texts=("sector", "theme", "status", "received"),
    class_property="age",
    by_age=True,
)


META_LAYER = LayerDescription("meta", "One point with the tile's totals, and how the question was understood", META, texts=META_TEXTS)


def tilejson(
    layer: LayerDescription, *, base_url: str, query: str, bounds: Bounds, attribution: str, revision: int,
    playback: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The document.

    query: the selection as it came, passed on to the tiles' address; revision: of the incidents; playback: the frames, if any.
    """
    parameters = {name for name, _ in parse_qsl(query)}
    west, south, east, north = bounds
    address = f"{base_url}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.{{form}}{'?' if query else ''}{query}"
    tiles, *others = ((form, address.replace("{form}", form)) for form in layer.forms)
    return {
        "tilejson": "3.0.0",
        "name": layer.id,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [tiles[1]],
        **({"other_forms": dict(others)} if others else {}),
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, max(zoom_to_show(bounds), layer.min_zoom)],
        "attribution": attribution,
        "vector_layers": [_described(each, parameters) for each in (layer, *layer.beside, *[META_LAYER] * ("meta" in parameters))],
        **({"playback": playback} if playback else {}),
        "revision": revision,
    }


def _described(layer: LayerDescription, parameters: Collection[str]) -> dict[str, Any]:
    """One of `vector_layers`."""
    return {
        "id": layer.id,
        "description": layer.description,
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "fields": layer.fields_with(parameters),
    }


def zoom_to_show(bounds: Bounds) -> int:
    """The zoom at which the bounds' longer side fits a tile."""
    width = max(bounds[2] - bounds[0], (bounds[3] - bounds[1]) * 2, 1e-3)
    zoom = 0
    while zoom < MAX_ZOOM and width <= 180 / (1 << zoom):
        zoom += 1
    return zoom
