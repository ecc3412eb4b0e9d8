"""Complete MapLibre styles (https://maplibre.org/maplibre-style-spec/, version 8) that show a layer of tiles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geo_service.aggregation.measures.measures import Measure
from geo_service.tiles.documents.extent import Bounds, center_of, zoom_to_fit
from geo_service.tiles.documents.palette import SCHEMES, Palette, Scheme, recolor_legend
from geo_service.tiles.documents.tilejson import INCIDENTS, LayerDescription

LANGUAGES = ("ru", "en")
LABELS = ("service", "client", "none")
"""Who provides the font of the labels: the service, or the client; `none` leaves labels out."""
OWN_PARAMETERS = ("lang", "scheme", "labels")
"""Query parameters of a style that do not become part of its source's URL."""

_FONT = "Noto Sans"
_SCRIPTS = {
    "cyrillic": ["U+0301", "U+0400-045F", "U+0490-0491", "U+04B0-04B1", "U+2116"],
    "latin": ["U+0000-00FF", "U+2000-206F"],
    "latin-ext": ["U+0100-02BA", "U+1E00-1E9F"],
}
"""Unicode ranges of the font's files, by file."""

_MIN_POPULATION = ["step", ["zoom"], 1e6, 4, 4e5, 5, 1.5e5, 6, 6e4, 7, 2.5e4, 8, 8e3, 9, 2e3, 10, 0]
"""MapLibre expression: population from which a settlement has a label, by zoom."""
_MAX_COUNT_ROOT = 4
"""Circles grow with the square root of the number of incidents, up to this root: 16 incidents."""

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
    classed = ["get", request.layer.class_property]
    by_class = ["match", classed, *(part for pair in enumerate(colors) for part in pair), scheme.without_class]
    layers = [
        {"id": "background", "type": "background", "paint": {"background-color": scheme.background}},
        *_LAYERS[request.layer.id](by_class, request.language, scheme),
    ]
    return [layer for layer in layers if request.labels != "none" or layer["type"] != "symbol"]


def _palette(request: StyleRequest) -> Palette:
    return request.layer.palette(request.measure, request.scheme)


def _font_faces(base_url: str) -> list[dict[str, Any]]:
    folder = f"{base_url}/static/vendor/noto-sans"
    return [{"url": f"{folder}/noto-sans-{script}-400-normal.woff2", "unicode-range": scope} for script, scope in _SCRIPTS.items()]


def _name_expression(language: str) -> list[Any]:
    """Return an expression: a feature's name in the language, else in the other one."""
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    return ["case", ["!=", ["get", f"name_{language}"], ""], ["get", f"name_{language}"], ["get", f"name_{other}"]]


def _text_layout(language: str, size: Any, priority: str) -> dict[str, Any]:
    """Return the layout of name labels. priority: property whose greater value wins where two labels overlap."""
    return {"text-field": _name_expression(language), "text-font": [_FONT], "text-size": size, "text-max-width": 8, "text-padding": 4,
            "symbol-sort-key": ["-", ["get", priority]]}  # fmt: skip


def _text_paint(scheme: Scheme) -> dict[str, Any]:
    return {"text-color": scheme.text, "text-halo-color": scheme.halo, "text-halo-width": 1.4}


def _districts(color: list[Any], language: str, scheme: Scheme) -> Layers:
    source = {"source": "districts", "source-layer": "districts"}
    width = ["interpolate", ["linear"], ["zoom"], 4, 0.5, 12, 1.5]
    return [
        {"id": "districts", "type": "fill", **source, "paint": {"fill-color": color, "fill-opacity": 0.75, "fill-antialias": False}},
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


def _hexes(color: list[Any], language: str, scheme: Scheme) -> Layers:
    paint = {"fill-color": color, "fill-opacity": 0.85, "fill-antialias": False}
    size = ["interpolate", ["linear"], ["get", "population"], 1e3, 11, 1e6, 16]
    return [
        {"id": "hexes", "type": "fill", "source": "hexes", "source-layer": "hexes", "paint": paint},
        {
            "id": "place-labels", "type": "symbol", "source": "places", "filter": [">=", ["get", "population"], _MIN_POPULATION],
            "layout": _text_layout(language, size, "population"), "paint": _text_paint(scheme),
        },
    ]  # fmt: skip


def _incidents(color: list[Any], _: str, scheme: Scheme) -> Layers:
    source = {"source": INCIDENTS.id, "source-layer": INCIDENTS.id, "minzoom": INCIDENTS.min_zoom}
    size = ["min", ["sqrt", ["get", "n"]], _MAX_COUNT_ROOT]
    is_overdue = [">", ["get", "overdue"], 0]
    return [
        {
            "id": "incidents", "type": "circle", **source,
            "paint": {
                "circle-color": color, "circle-opacity": 0.85,
                "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, ["+", 1.5, size], 16, ["+", 4, ["*", 2, size]]],
                "circle-stroke-color": ["case", is_overdue, scheme.text, scheme.outline],
                "circle-stroke-width": ["case", is_overdue, 2, 0.5],
            },
        },
        {
            "id": "incident-numbers", "type": "symbol", **source, "minzoom": 15, "filter": [">", ["get", "n"], 1],
            "layout": {"text-field": ["to-string", ["get", "n"]], "text-font": [_FONT], "text-size": 11}, "paint": _text_paint(scheme),
        },
    ]  # fmt: skip


_LAYERS: dict[str, Callable[[list[Any], str, Scheme], Layers]] = {"districts": _districts, "hexes": _hexes, "incidents": _incidents}
