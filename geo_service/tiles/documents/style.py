"""Complete MapLibre styles (https://maplibre.org/maplibre-style-spec/, version 8) that show a layer of tiles.

They use only expressions that the converters of other programs understand, QGIS 3.22's and ol-mapbox-style among them:
`match` with arrays as labels, `get`, comparisons, and interpolation by zoom between numbers or such expressions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geo_service.aggregation.measures.measures import Measure
from geo_service.core.extent import Bounds, center_of
from geo_service.tiles.documents.palette import SCHEMES, Palette, Scheme, recolor_legend
from geo_service.tiles.documents.tilejson import ALERTS, INCIDENTS, LayerDescription, zoom_to_fit

LANGUAGES = ("ru", "en")
LABELS = ("service", "client", "none")
"""Who provides the font of the labels: the service, or the client; `none` leaves labels out."""
OWN_PARAMETERS = ("lang", "scheme", "labels")
"""Query parameters of a style that do not become part of its source's URL. The sources pass over them: clients copy them."""

_FONT = "Noto Sans"
_SCRIPTS = {
    "cyrillic": ["U+0301", "U+0400-045F", "U+0490-0491", "U+04B0-04B1", "U+2116"],
    "latin": ["U+0000-00FF", "U+2000-206F"],
    "latin-ext": ["U+0100-02BA", "U+1E00-1E9F"],
}
"""Unicode ranges of the font's files, by file."""

_MIN_POPULATION = {0: 1_000_000, 4: 400_000, 5: 150_000, 6: 60_000, 7: 25_000, 8: 8_000, 9: 2_000, 10: 0}
"""Population from which a settlement has a label, by the first zoom; each is a style layer, for readers without filters by zoom."""
_PLAIN_RADIUS = 4
"""Of a circle in readers that know one radius only, px."""
_MOST_GROWTH = 16
"""Circles grow with the square root of the number of incidents, up to this number."""

Layers = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """What a style depends on. query: the query string as it came. legends: one for each zoom at which the classes differ."""

    layer: LayerDescription
    base_url: str
    query: str
    measure: Measure
    legends: Sequence[dict[str, Any]]
    bounds: Bounds
    attribution: str
    language: str
    scheme: str = "light"
    labels: str = "service"


def query_of_source(query: str) -> str:
    """Return a query string without what concerns a style alone."""
    return "&".join(part for part in query.split("&") if part.partition("=")[0] not in OWN_PARAMETERS)


def render_style(request: StyleRequest) -> dict[str, Any]:
    """Return the style: sources (the layer's TileJSON among them), style layers, and the legends in `metadata`."""
    layers = _layers(request)
    return {
        "version": 8,
        "name": f"{request.layer.id}: {request.measure.label[request.language]}",
        "metadata": _metadata(request),
        "center": list(center_of(request.bounds)),
        "zoom": max(zoom_to_fit(request.bounds), request.layer.min_zoom),
        **({"font-faces": {_FONT: _font_faces(request.base_url)}} if request.labels == "service" else {}),
        "sources": {name: source for name, source in _sources(request).items() if any(layer.get("source") == name for layer in layers)},
        "layers": layers,
    }


def _metadata(request: StyleRequest) -> dict[str, Any]:
    measure = request.measure
    palette = _palette(request)
    return {
        "geo:measure": measure.code,
        "geo:label": measure.label,
        "geo:unit": measure.unit,
        "geo:scheme": request.scheme,
        "geo:palette": {"name": palette.name, "colors": list(palette.colors), "without_class": SCHEMES[request.scheme].without_class},
        "geo:legends": [recolor_legend(legend, palette) for legend in request.legends],
        "geo:attribution": request.attribution,
    }


def _sources(request: StyleRequest) -> dict[str, dict[str, Any]]:
    """Return the sources by name. The layer's own comes first, because QGIS uses the first vector source."""
    name = request.layer.id
    address = f"{request.base_url}/tiles/{name}.json{'?' if request.query else ''}{request.query}"
    return {
        name: {"type": "vector", "url": address, "attribution": request.attribution},
        "places": {"type": "geojson", "data": f"{request.base_url}/api/places"},
    }


def _layers(request: StyleRequest) -> Layers:
    scheme, colors = SCHEMES[request.scheme], _palette(request).colors
    layers = [
        {"id": "background", "type": "background", "paint": {"background-color": scheme.background}},
        *_LAYERS[request.layer.id](colors, request.language, scheme),
    ]
    return [layer for layer in layers if request.labels != "none" or layer["type"] != "symbol"]


def _palette(request: StyleRequest) -> Palette:
    return request.layer.palette(request.measure, request.scheme)


def _font_faces(base_url: str) -> list[dict[str, Any]]:
    folder = f"{base_url}/static/vendor/noto-sans"
    return [{"url": f"{folder}/noto-sans-{script}-400-normal.woff2", "unicode-range": scope} for script, scope in _SCRIPTS.items()]


def _text_layout(language: str, size: Any, priority: str) -> dict[str, Any]:
    """Return the layout of name labels. priority: property whose greater value wins where two labels overlap."""
    return {"text-field": ["get", f"name_{language}"], "text-font": [_FONT], "text-size": size, "text-max-width": 8, "text-padding": 4,
            "symbol-sort-key": ["-", ["get", priority]]}  # fmt: skip


def _text_paint(scheme: Scheme) -> dict[str, Any]:
    return {"text-color": scheme.text, "text-halo-color": scheme.halo, "text-halo-width": 1.4}


def _by_class(colors: Sequence[str], scheme: Scheme) -> list[Any]:
    """Return an expression: the colour of a feature's class."""
    labelled = (part for number, color in enumerate(colors) for part in ([number], color))
    return ["match", ["get", "class"], *labelled, scheme.without_class]


def _districts(colors: Sequence[str], language: str, scheme: Scheme) -> Layers:
    source = {"source": "districts", "source-layer": "districts"}
    paint = {"fill-color": _by_class(colors, scheme), "fill-opacity": 0.75, "fill-antialias": False}
    width = ["interpolate", ["linear"], ["zoom"], 4, 0.5, 12, 1.5]
    return [
        {"id": "districts", "type": "fill", **source, "paint": paint},
        {
            "id": "district-outlines", "type": "line", **source,
            "layout": {"line-join": "round"},
            "paint": {"line-color": scheme.outline, "line-opacity": 0.6, "line-width": width},
        },
        {
            "id": "district-labels", "type": "symbol", "source": "districts", "source-layer": "district_labels",
            "layout": _text_layout(language, 12, "n"), "paint": _text_paint(scheme),
        },
    ]  # fmt: skip


def _hexes(colors: Sequence[str], language: str, scheme: Scheme) -> Layers:
    paint = {"fill-color": _by_class(colors, scheme), "fill-opacity": 0.85, "fill-antialias": False}
    size = ["interpolate", ["linear"], ["get", "population"], 1e3, 11, 1e6, 16]
    return [
        {"id": "hexes", "type": "fill", "source": "hexes", "source-layer": "hexes", "paint": paint},
        *(
            {
                "id": f"place-labels-{first}", "type": "symbol", "source": "places", "minzoom": first, **({"maxzoom": end} if end else {}),
                "filter": _place_filter(population),
                "layout": _text_layout(language, size, "population"), "paint": _text_paint(scheme),
            }
            for (first, population), end in zip(_MIN_POPULATION.items(), [*list(_MIN_POPULATION)[1:], None], strict=True)
        ),
    ]  # fmt: skip


def _place_filter(population: int) -> list[Any]:
    """Return the filter of labels: sections of towns are named where every settlement is."""
    enough = [">=", ["get", "population"], population]
    return ["all", enough, ["!", ["has", "section_of"]]] if population else enough


def _incidents(colors: Sequence[str], _: str, scheme: Scheme) -> Layers:
    """Return a layer of circles for each class, newest on top as in the tiles: QGIS knows only constant colours of circles."""
    source = {"source": INCIDENTS.id, "source-layer": INCIDENTS.id, "minzoom": INCIDENTS.min_zoom}
    # The first stop is below the first zoom: QGIS, which does not know the others, draws circles of this size.
    radius = ["interpolate", ["linear"], ["zoom"], INCIDENTS.min_zoom - 1, _PLAIN_RADIUS, 12, _radius(1.5, 1), 16, _radius(4, 2)]
    circles = [
        {
            "id": f"incidents-{number}", "type": "circle", **source, "filter": ["==", ["get", INCIDENTS.class_property], number],
            "paint": {
                "circle-color": color, "circle-opacity": 0.85, "circle-radius": radius,
                "circle-stroke-color": scheme.outline, "circle-stroke-width": 0.5,
            },
        }
        for number, color in reversed(list(enumerate(colors)))
    ]  # fmt: skip
    return [
        *circles,
        {
            "id": "incidents-overdue", "type": "circle", **source, "filter": [">", ["get", "overdue"], 0],
            "paint": {
                "circle-opacity": 0, "circle-radius": radius, "circle-stroke-color": scheme.text, "circle-stroke-width": 2,
            },
        },
        {
            "id": "incident-numbers", "type": "symbol", **source, "minzoom": 15, "filter": [">", ["get", "n"], 1],
            "layout": {"text-field": ["to-string", ["get", "n"]], "text-font": [_FONT], "text-size": 11}, "paint": _text_paint(scheme),
        },
    ]  # fmt: skip


def _radius(least: float, growth: float) -> list[Any]:
    """Return an expression: `least` and `growth` times the square root of the number of incidents, px."""
    by_number = (part for n in range(1, _MOST_GROWTH) for part in ([n], round(least + growth * n**0.5, 2)))
    return ["match", ["get", "n"], *by_number, round(least + growth * _MOST_GROWTH**0.5, 2)]


def _alerts(colors: Sequence[str], language: str, scheme: Scheme) -> Layers:
    """Return areas, of the whole region only the outline, which a fill would hide everything under, and circles with names."""
    source = {"source": ALERTS.id, "source-layer": ALERTS.id}
    points = {"source": ALERTS.id, "source-layer": ALERTS.extra_layers[0].id}
    color, width = _by_class(colors, scheme), ["interpolate", ["linear"], ["zoom"], 4, 1, 12, 3]
    radius = ["interpolate", ["linear"], ["zoom"], ALERTS.min_zoom - 1, _PLAIN_RADIUS, 6, _radius(3, 1), 12, _radius(5, 2)]
    text = _text_layout(language, 12, "n")
    return [
        {
            "id": "alerts", "type": "fill", **source, "filter": ["!=", ["get", "kind"], "region"],
            "paint": {"fill-color": color, "fill-opacity": 0.45, "fill-antialias": False},
        },
        {
            "id": "alert-outlines", "type": "line", **source, "layout": {"line-join": "round"},
            "paint": {"line-color": color, "line-width": width},
        },
        {
            "id": "alert-points", "type": "circle", **points,
            "paint": {
                "circle-color": color, "circle-radius": radius, "circle-stroke-color": scheme.outline, "circle-stroke-width": 1,
            },
        },
        {
            "id": "alert-names", "type": "symbol", **points,
            "layout": {**text, "text-anchor": "bottom", "text-offset": [0, -0.9]}, "paint": _text_paint(scheme),
        },
        {
            "id": "alert-themes", "type": "symbol", **points, "minzoom": 7,
            "layout": {**text, "text-field": ["get", f"theme_{language}"], "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.9]},
            "paint": _text_paint(scheme),
        },
    ]  # fmt: skip


_LAYERS: dict[str, Callable[[Sequence[str], str, Scheme], Layers]] = {
    "districts": _districts, "hexes": _hexes, "incidents": _incidents, "alerts": _alerts,
}  # fmt: skip
