"""The MapLibre style of the base maps: quiet, so that what is drawn above it is seen; light and dark, labels in two languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from geo_service.basemap.parts import PARTS, Part
from geo_service.basemap.registry import Basemap
from geo_service.basemap.schema import Schema
from geo_service.core.extent import WORLD_BOUNDS
from geo_service.tiles.documents.style import font_faces

StyleLayer = dict[str, Any]

LICENCE = "https://www.openstreetmap.org/copyright"
"""Where OpenStreetMap explains its licence, the Open Database License; it wants to be linked to."""
_SETTLEMENTS = "settlements"
"""The part whose names a map with its own settlements leaves out."""
_FONT = "Noto Sans"


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of a scheme, as CSS writes them."""

    ground: str
    green: str
    built: str
    water: str
    building: str
    road: str
    casing: str
    rail: str
    road_name: str
    water_name: str
    halo: str


INKS = {
    "light": Inks(ground="#f1f2ee", green="#e2ebda", built="#eaebe7", water="#c6d7e1", building="#dcdcd7", road="#ffffff", casing="#cfd1cc",
                  rail="#a5a9aa", road_name="#59636b", water_name="#44708c", halo="rgba(255, 255, 255, 0.85)"),
    "dark": Inks(ground="#232b32", green="#25332e", built="#283138", water="#16242e", building="#313b43", road="#46525c", casing="#1b2228",
                 rail="#5d6a74", road_name="#b4bfc7", water_name="#7fa6bd", halo="rgba(18, 24, 29, 0.85)"),
}  # fmt: skip

_WIDTHS = {  # px at zoom: of the line, and by how much wider its casing is
    "waterways": ((8, 0.6), (12, 1.2), (14, 2.5), (17, 8)),
    "runways": ((10, 1), (14, 12), (17, 60)),
    "rails": ((8, 0.5), (14, 1.4), (17, 2.5)),
    "paths": ((15, 0.8), (17, 1.6)),
    "minor-roads": ((12, 0.4), (14, 2.4), (17, 11)),
    "middle-roads": ((10, 0.5), (14, 4), (17, 15)),
    "main-roads": ((7, 0.5), (10, 1.2), (14, 5), (17, 18)),
    "motorways": ((5, 0.6), (10, 1.8), (14, 6.5), (17, 22)),
}
_CASED = ("minor-roads", "middle-roads", "main-roads", "motorways")
_CASING_PX, _CASINGS_FROM = 1.6, 9
"""Roads are too narrow for one at lower zooms."""
_TYPES = {"area": "fill", "line": "line", "name": "symbol"}
_SIZES = {"waterway-names": 11.5, "water-names": 12, "street-names": 11.5, "house-numbers": 10, "quarters": 12.5, "settlements": 14}
_ALONG = ("waterway-names", "street-names")
"""Names that follow their line."""


@dataclass(frozen=True, slots=True)
class BasemapRequest:
    """What a style depends on. labels: as in the styles of the layers. with_settlements: whether towns and villages have names."""

    base_url: str
    language: str = "ru"
    scheme: str = "light"
    labels: str = "service"
    with_settlements: bool = True


def render_basemap(basemaps: Sequence[Basemap], request: BasemapRequest) -> dict[str, Any]:
    """Return the style of all base maps: of each part of the map first that of one archive, then that of the next."""
    inks = INKS[request.scheme]
    layers = [{"id": "background", "type": "background", "paint": {"background-color": inks.ground}}]
    layers += [
        _layer(part, basemap, inks, request.language, casing=casing)
        for part, casing in _steps(request)
        for basemap in basemaps
        if basemap.schema in part.of
    ]
    return {
        "version": 8,
        "name": f"base map, {request.scheme}",
        "metadata": {"geo:scheme": request.scheme, "geo:attribution": " · ".join(dict.fromkeys(each.attribution for each in basemaps))},
        **({"font-faces": font_faces(request.base_url)} if request.labels == "service" else {}),
        "sources": {source_id(basemap): _source(basemap, request) for basemap in basemaps},
        "layers": layers,
    }


def source_id(basemap: Basemap) -> str:
    """Return the name of its source in the style; layers begin with it too."""
    return f"basemap-{basemap.name}"


def attribution_html(basemap: Basemap, language: str) -> str:
    """Return whose data it is, as HTML, linked to the licence where that is OpenStreetMap's."""
    text = basemap.attribution
    if language == "ru":
        text = text.replace("OpenStreetMap contributors", "участники OpenStreetMap")
    return f'<a href="{LICENCE}" target="_blank" rel="noopener">{escape(text)}, ODbL</a>' if basemap.is_osm else escape(text)


def tiles_address(basemap: Basemap, base_url: str) -> str:
    """Return the template of its tiles' addresses; other tiles have another one."""
    return f"{base_url}/basemaps/{basemap.name}/{{z}}/{{x}}/{{y}}.mvt?v={basemap.archive.version}"


def _steps(request: BasemapRequest) -> list[tuple[Part, bool]]:
    """Return the parts in the order in which they are drawn, and whether it is the casing: those of all roads are below all roads."""
    parts = [part for part in PARTS if request.with_settlements or part.id != _SETTLEMENTS]
    parts = [part for part in parts if request.labels != "none" or part.kind != "name"]
    first = next(at for at, part in enumerate(parts) if part.id in _CASED)
    casings = [(part, True) for part in parts if part.id in _CASED]
    drawn = [(part, False) for part in parts]
    return [*drawn[:first], *casings, *drawn[first:]]


def _source(basemap: Basemap, request: BasemapRequest) -> dict[str, Any]:
    archive = basemap.archive
    return {
        "type": "vector",
        "tiles": [tiles_address(basemap, request.base_url)],
        "minzoom": archive.min_zoom,
        "maxzoom": archive.max_zoom,
        **({"bounds": list(archive.bounds)} if archive.bounds != WORLD_BOUNDS else {}),
        "attribution": attribution_html(basemap, request.language),
    }


def _layer(part: Part, basemap: Basemap, inks: Inks, language: str, *, casing: bool) -> StyleLayer:
    """Return the style layer of a part in an archive."""
    features, source = part.of[basemap.schema], source_id(basemap)
    layer = {
        "id": f"{source}-{part.id}{'-casing' if casing else ''}", "type": _TYPES[part.kind],
        "source": source, "source-layer": features.layer, "minzoom": max(part.min_zoom, _CASINGS_FROM) if casing else part.min_zoom,
        **({"filter": features.filter} if features.filter else {}),
    }  # fmt: skip
    if part.kind == "area":
        return layer | {"paint": _area_paint(part.id, inks)}
    if part.kind == "name":
        return layer | _name_style(part.id, basemap.schema, inks, language)
    paint = {"line-color": inks.casing, "line-width": _width(part.id, _CASING_PX)} if casing else _line_paint(part.id, inks)
    return layer | {"layout": {"line-cap": "round", "line-join": "round"}, "paint": paint}


def _area_paint(part: str, inks: Inks) -> dict[str, Any]:
    colors = {"earth": inks.ground, "landcover": inks.green, "built": inks.built, "green": inks.green, "parks": inks.green,
              "water": inks.water, "buildings": inks.building}  # fmt: skip
    opacity: dict[str, dict[str, Any]] = {"landcover": {"fill-opacity": 0.5}, "parks": {"fill-opacity": 0.6}}
    return {"fill-color": colors[part], "fill-antialias": part in ("water", "buildings"), **opacity.get(part, {})}


def _line_paint(part: str, inks: Inks) -> dict[str, Any]:
    colors = {"waterways": inks.water, "runways": inks.building, "rails": inks.rail, "paths": inks.casing}
    dashes: dict[str, dict[str, Any]] = {"rails": {"line-dasharray": [4, 2]}, "paths": {"line-dasharray": [2, 1.5]}}
    return {"line-color": colors.get(part, inks.road), "line-width": _width(part), **dashes.get(part, {})}


def _width(part: str, more: float = 0) -> list[Any]:
    stops = (number for zoom, width in _WIDTHS[part] for number in (zoom, round(width + more, 1)))
    return ["interpolate", ["exponential", 1.5], ["zoom"], *stops]


def _name_style(part: str, schema: Schema, inks: Inks, language: str) -> StyleLayer:
    color = inks.water_name if part in ("waterway-names", "water-names") else inks.road_name
    text = _house_number(schema) if part == "house-numbers" else _name(schema, language)
    layout: dict[str, Any] = {"text-field": text, "text-font": [_FONT], "text-size": _SIZES[part]}
    if part in _ALONG:
        layout |= {"symbol-placement": "line", "symbol-spacing": 300, "text-max-angle": 35}
    else:
        layout |= {"text-max-width": 8, "text-padding": 4}
    return {"layout": layout, "paint": {"text-color": color, "text-halo-color": inks.halo, "text-halo-width": 1.4}}


def _name(schema: Schema, language: str) -> list[Any]:
    """Return an expression: the name in the language, else as the place itself writes it."""
    latin = {Schema.PROTOMAPS: ["name:en"], Schema.OPENMAPTILES: ["name:en", "name_en", "name:latin", "name_int"]}
    # tilemaker writes the local name into name:latin unless it is told otherwise.
    keys = ["name:ru", "name", "name:latin"] if language == "ru" else [*latin[schema], "name"]
    return ["coalesce", *(["get", key] for key in keys)]


def _house_number(schema: Schema) -> list[Any]:
    return ["get", "addr_housenumber" if schema is Schema.PROTOMAPS else "housenumber"]
