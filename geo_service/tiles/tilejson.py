"""TileJSON 3.0.0 documents. A layer is one row of data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geo_service.aggregation.measures import CELL_MEASURES, DISTRICT_MEASURES, Measure
from geo_service.tiles.grid import MAX_ZOOM, MIN_ZOOM
from geo_service.tiles.palette import AGES, Palette

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

EVERYWHERE: Bounds = (-180.0, -85.0, 180.0, 85.0)


@dataclass(frozen=True, slots=True)
class LayerDescription:
    """What a client is told of a layer: its name, and each property of its features in a few words.

    parameters: those of its addresses that are not the selection's; measures: those that its features can be classed by;
    beside: further layers in the same tiles; texts: fields that are text, the others are numbers; class_property: which
    property is the class; palette: its colours, where they are not those of the measure.
    """

    id: str
    description: str
    fields: dict[str, str]
    min_zoom: int = MIN_ZOOM
    max_zoom: int = MAX_ZOOM
    parameters: tuple[str, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    beside: "tuple[LayerDescription, ...]" = ()
    texts: tuple[str, ...] = ()
    class_property: str = "class"
    palette: Palette | None = None


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
    parameters=("fields",),
    texts=("h3",),
    measures=CELL_MEASURES,
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

DISTRICTS = LayerDescription(
    "districts",
    "Incidents counted in administrative units whose level follows the zoom, unless one is asked for",
    _DISTRICT_FIELDS,
    parameters=("level",),
    measures=DISTRICT_MEASURES,
    beside=(
        LayerDescription(
            "district_labels", "A point well inside each district, with the district's properties", _DISTRICT_FIELDS, texts=_DISTRICT_TEXTS
        ),
    ),
    texts=_DISTRICT_TEXTS,
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
    measures={code: one for code, one in CELL_MEASURES.items() if one.channel is not None},
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
    palette=AGES,
)


def tilejson(layer: LayerDescription, *, base_url: str, query: str, bounds: Bounds, attribution: str, revision: int) -> dict[str, Any]:
    """The document. query: the selection as it came, passed on to the tiles' address; revision: of the incidents."""
    west, south, east, north = bounds
    return {
        "tilejson": "3.0.0",
        "name": layer.id,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [f"{base_url}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt{'?' if query else ''}{query}"],
        "minzoom": layer.min_zoom,
        "maxzoom": layer.max_zoom,
        "bounds": [west, south, east, north],
        "center": [(west + east) / 2, (south + north) / 2, max(zoom_to_show(bounds), layer.min_zoom)],
        "attribution": attribution,
        "vector_layers": [
            {"id": one.id, "description": one.description, "minzoom": one.min_zoom, "maxzoom": one.max_zoom, "fields": one.fields}
            for one in (layer, *layer.beside)
        ],
        "revision": revision,
    }


def zoom_to_show(bounds: Bounds) -> int:
    """The zoom at which the bounds' longer side fits a tile."""
    width = max(bounds[2] - bounds[0], (bounds[3] - bounds[1]) * 2, 1e-3)
    zoom = 0
    while zoom < MAX_ZOOM and width <= 180 / (1 << zoom):
        zoom += 1
    return zoom
