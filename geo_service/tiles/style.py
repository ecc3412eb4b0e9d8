"""Complete MapLibre styles (https://maplibre.org/maplibre-style-spec/, version 8) that show a layer of tiles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geo_service.aggregation.measures import Measure
from geo_service.tiles.palette import palette_of
from geo_service.tiles.tilejson import INCIDENTS, Bounds, LayerDescription, zoom_to_show

LANGUAGES = ("ru", "en")

_FONT = "Noto Sans"
_SCRIPTS = {
    "cyrillic": ["U+0301", "U+0400-045F", "U+0490-0491", "U+04B0-04B1", "U+2116"],
    "latin": ["U+0000-00FF", "U+2000-206F"],
    "latin-ext": ["U+0100-02BA", "U+1E00-1E9F"],
}
"""Which characters each of the font's files has."""

_WITHOUT_CLASS = "#d5d8da"
_OUTLINE = "#4c5a64"
_TEXT, _HALO = "#26323b", "rgba(255, 255, 255, 0.85)"
_WIDEST_STACK = 4
"""Square root of the number of incidents at a place from which circles grow no more."""

Layers = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StyleRequest:
    """What a style is made from. query: the selection as it came; legends: of the zooms at which the classes differ."""

    layer: LayerDescription
    base_url: str
    query: str
    measure: Measure
    legends: Sequence[dict[str, Any]]
    bounds: Bounds
    attribution: str
    language: str


def style(request: StyleRequest) -> dict[str, Any]:
    """The style: one source by its TileJSON, its layers, and the legend in `metadata`."""
    name, measure = request.layer.id, request.measure
    behind = f"?{request.query}" if request.query else ""
    west, south, east, north = request.bounds
    palette = request.layer.palette or palette_of(diverging=measure.diverging)
    return {
        "version": 8,
        "name": f"{request.layer.id}: {measure.label[request.language]}",
        "metadata": {
            "geo:measure": measure.code,
            "geo:label": measure.label,
            "geo:unit": measure.unit,
            "geo:palette": {"name": palette.name, "colors": list(palette.colors), "without_class": _WITHOUT_CLASS},
            "geo:legends": list(request.legends),
            "geo:attribution": request.attribution,
        },
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": max(zoom_to_show(request.bounds), request.layer.min_zoom),
        "font-faces": {_FONT: _faces(request.base_url)},
        "sources": {name: {"type": "vector", "url": f"{request.base_url}/tiles/{name}.json{behind}", "attribution": request.attribution}},
        "layers": _LAYERS[name](_by_class(request.layer.class_property, palette.colors), request.language),
    }


def _by_class(name: str, colors: Sequence[str]) -> list[Any]:
    """The colour of a feature's class; of a feature without one, grey."""
    return ["match", ["get", name], *(part for pair in enumerate(colors) for part in pair), _WITHOUT_CLASS]


def _districts(color: list[Any], language: str) -> Layers:
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    source = {"source": "districts", "source-layer": "districts"}
    name = ["case", ["!=", ["get", f"name_{language}"], ""], ["get", f"name_{language}"], ["get", f"name_{other}"]]
    return [
        {"id": "districts", "type": "fill", **source, "paint": {"fill-color": color, "fill-opacity": 0.75, "fill-antialias": False}},
        {
            "id": "district-outlines", "type": "line", **source,
            "layout": {"line-join": "round"},
            "paint": {"line-color": _OUTLINE, "line-opacity": 0.6, "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.5, 12, 1.5]},
        },
        {
            "id": "district-labels", "type": "symbol", "source": "districts", "source-layer": "district_labels",
            "layout": {"text-field": name, "text-font": [_FONT], "text-size": 12, "text-max-width": 8, "text-padding": 4,
                       "symbol-sort-key": ["-", ["get", "n"]]},
            "paint": {"text-color": _TEXT, "text-halo-color": _HALO, "text-halo-width": 1.4},
        },
    ]  # fmt: skip


def _hexes(color: list[Any], _: str) -> Layers:
    paint = {"fill-color": color, "fill-opacity": 0.75, "fill-antialias": False}
    return [{"id": "hexes", "type": "fill", "source": "hexes", "source-layer": "hexes", "paint": paint}]


def _incidents(color: list[Any], _: str) -> Layers:
    source = {"source": INCIDENTS.id, "source-layer": INCIDENTS.id, "minzoom": INCIDENTS.min_zoom}
    size = ["min", ["sqrt", ["get", "n"]], _WIDEST_STACK]
    late = [">", ["get", "overdue"], 0]
    return [
        {
            "id": "incidents", "type": "circle", **source,
            "paint": {
                "circle-color": color, "circle-opacity": 0.85,
                "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, ["+", 1.5, size], 16, ["+", 4, ["*", 2, size]]],
                "circle-stroke-color": ["case", late, _TEXT, _OUTLINE],
                "circle-stroke-width": ["case", late, 2, 0.5],
            },
        },
        {
            "id": "incident-numbers", "type": "symbol", **source, "minzoom": 15, "filter": [">", ["get", "n"], 1],
            "layout": {"text-field": ["to-string", ["get", "n"]], "text-font": [_FONT], "text-size": 11},
            "paint": {"text-color": _TEXT, "text-halo-color": _HALO, "text-halo-width": 1.4},
        },
    ]  # fmt: skip


_LAYERS: dict[str, Callable[[list[Any], str], Layers]] = {"districts": _districts, "hexes": _hexes, "incidents": _incidents}


def _faces(base_url: str) -> list[dict[str, Any]]:
    address = f"{base_url}/static/vendor/noto-sans/noto-sans-{{}}-400-normal.woff2"
    return [{"url": address.format(script), "unicode-range": characters} for script, characters in _SCRIPTS.items()]
