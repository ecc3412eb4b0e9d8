"""The map of the week as a drawing: paths, labels and a legend in the units of a page, for an SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.basemap.ground import NO_GROUND, Ground, GroundPart, MetreBox
from geo_service.basemap.style import INKS
from geo_service.reports.content.map_values import MapShape, MapValues
from geo_service.tiles.documents.palette import SCHEMES

WIDTH = 1000
"""Units; lengths below are in them, too."""
_MAX_HEIGHT = 800
_MARGIN = 12
_FONT = 17
_PHONE_FONT = 38
"""On a screen of 390 pixels the map has 0.37 pixels a unit."""
_RED_LARGER = 1.1
_LETTER = 0.58
"""Mean width of a letter, as a part of the font's size."""
_SIMPLIFY = 0.4
_HALF_WORLD_M = 20_037_508.342789244
_EARTH_RADIUS_M = 6_378_137.0
_MAX_NAMES, _MAX_PHONE_NAMES = 14, 6
_LEAST_HEIGHT = 200
_LEAST_LINE, _LEAST_AREA = 2.0, 4.0
"""Length, and square units, below which nothing of a base map is drawn."""
_INK = INKS["light"]
_GROUND_LINES = {
    "waterways": (_INK.water_name, 0.8), "rails": (_INK.rail, 0.9), "main-roads": (_INK.road_name, 0.7), "motorways": (_INK.road_name, 1.3),
}  # fmt: skip
"""Colour and width of the lines of a base map; areas are waters."""

_Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class MapPlace:
    """A place whose name may stand on the map. weight: of two that overlap the greater one stays."""

    name: str
    lng: float
    lat: float
    weight: float
    is_red: bool = False


@dataclass(frozen=True, slots=True)
class DrawnPath:
    """An area. fill: a colour. title: what a reader is told about it."""

    d: str
    fill: str
    title: str


@dataclass(frozen=True, slots=True)
class DrawnGround:
    """Waters, railways or roads of a base map, all in one path. width: of lines; 0 for areas."""

    d: str
    color: str
    width: float


@dataclass(frozen=True, slots=True)
class DrawnLabel:
    """A name beside a dot."""

    x: float
    y: float
    dot_x: float
    dot_y: float
    text: str
    is_red: bool
    size: int


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A colour and what it stands for."""

    fill: str
    text: str


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """Everything that is drawn, from the ground up."""

    width: int
    height: int
    paths: Sequence[DrawnPath]
    ground: Sequence[DrawnGround]
    """Over the areas, which would hide it."""
    outlines: Sequence[str]
    labels: Sequence[DrawnLabel]
    phone_labels: Sequence[DrawnLabel]
    """Fewer and larger ones, for narrow screens."""
    legend: Sequence[LegendEntry]
    description: str
    """For those who do not see it."""


@dataclass(frozen=True, slots=True)
class MapWords:
    """What is written: of a legend's classes, of each area, and of the whole."""

    titles: Sequence[str]
    legend: Sequence[LegendEntry]
    description: str


class _Frame:
    """Projects metres of EPSG:3857 to the page. A territory across the antimeridian is moved together."""

    def __init__(self, shapes: Sequence[shapely.Geometry]) -> None:
        self._turned = _crosses_antimeridian(shapes)
        bounds = [shapely.bounds(self._turn(shape)) for shape in shapes]
        west, south, east, north = (reduce([box[side] for box in bounds]) for side, reduce in enumerate((min, min, max, max)))
        width, height = max(east - west, 1000.0), max(north - south, 1000.0)
        self.scale = min((WIDTH - 2 * _MARGIN) / width, (_MAX_HEIGHT - 2 * _MARGIN) / height)
        self.height = max(round(height * self.scale + 2 * _MARGIN), _LEAST_HEIGHT)
        self._west = (west + east) / 2 - WIDTH / 2 / self.scale
        self._north = (south + north) / 2 + self.height / 2 / self.scale

    def project(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape on the page."""
        return shapely.transform(self._turn(shape), self._to_page)

    def project_parts(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Return polygons or lines on the page, cut at its edges."""
        if self._turned:
            shapes = np.array([_move_east(shape) if shapely.bounds(shape)[2] <= 0 else shape for shape in shapes], np.object_)
        return np.asarray(shapely.clip_by_rect(shapely.transform(shapes, self._to_page), 0, 0, WIDTH, self.height), np.object_)

    def boxes(self) -> list[MetreBox]:
        """Return what is on the page: one box, or one on each side of the antimeridian."""
        south, north = max(self._north - self.height / self.scale, -_HALF_WORLD_M), min(self._north, _HALF_WORLD_M)
        west, east = max(self._west, -_HALF_WORLD_M), self._west + WIDTH / self.scale
        beyond = [(-_HALF_WORLD_M, south, east - 2 * _HALF_WORLD_M, north)] if self._turned and east > _HALF_WORLD_M else []
        return [(west, south, min(east, _HALF_WORLD_M), north), *beyond]

    def place(self, lng: float, lat: float) -> tuple[float, float]:
        """Return a position in degrees on the page."""
        x, y = _EARTH_RADIUS_M * np.radians(lng), _EARTH_RADIUS_M * np.arctanh(np.sin(np.radians(np.clip(lat, -85.0, 85.0))))
        x += 2 * _HALF_WORLD_M if self._turned and x < 0 else 0
        ((across, down),) = self._to_page(np.array([[x, y]])).tolist()
        return across, down

    def _to_page(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([(metres[:, 0] - self._west) * self.scale, (self._north - metres[:, 1]) * self.scale])

    def _turn(self, shape: shapely.Geometry) -> shapely.Geometry:
        if not self._turned:
            return shape
        parts = [_move_east(part) if shapely.bounds(part)[2] <= 0 else part for part in shapely.get_parts(shape)]
        return shapely.multipolygons(parts)


def framed_shapes(values: MapValues) -> list[shapely.Geometry]:
    """Return what the drawing is made to hold: outlines, and districts; else hexagons."""
    shapes = [shape.shape for shape in values.shapes]
    return [*values.outlines, *(shapes if values.kind == "districts" or not values.outlines else ())]


def ground_boxes(values: MapValues) -> list[MetreBox]:
    """Return the boxes of the base map that the page shows: one, or one on each side of the antimeridian."""
    framed = framed_shapes(values)
    return _Frame(framed).boxes() if framed else []


def draw_map(values: MapValues, words: MapWords, places: Iterable[MapPlace], ground: Ground = NO_GROUND) -> MapDrawing | None:
    """Return the drawing; None where there is nothing to draw. words: one title for each of the shapes. ground: of `ground_boxes`."""
    shapes, framed = [shape.shape for shape in values.shapes], framed_shapes(values)
    if not framed:
        return None
    frame = _Frame(framed)
    fills = color_shapes(values)
    paths = [
        DrawnPath(path, fill, title)
        for shape, fill, title in zip(shapes, fills, words.titles, strict=True)
        if (path := _to_path(frame.project(shape)))
    ]
    outlines = [path for outline in values.outlines if (path := _to_path(frame.project(outline)))]
    ranked = sorted(places, key=lambda one: (not one.is_red, -one.weight, one.name))
    labels, phone_labels = _place_labels(frame, ranked, _FONT, _MAX_NAMES), _place_labels(frame, ranked, _PHONE_FONT, _MAX_PHONE_NAMES)
    drawn_ground = [drawn for part in ground.parts if (drawn := _draw_ground(part, frame)).d]
    return MapDrawing(WIDTH, frame.height, paths, drawn_ground, outlines, labels, phone_labels, words.legend, words.description)


def _draw_ground(part: GroundPart, frame: _Frame) -> DrawnGround:
    shapes = shapely.get_parts(shapely.simplify(frame.project_parts(part.shapes), _SIMPLIFY))
    if part.id not in _GROUND_LINES:
        # Tiles cut lakes in pieces, between which seams would be seen; and rounding to a tile's grid makes polygons cross themselves.
        areas = shapely.get_parts(shapely.union_all(shapely.make_valid(shapes[shapely.get_dimensions(shapes) == 2])))
        areas = areas[shapely.get_dimensions(areas) == 2]
        return DrawnGround("".join(map(_to_path, areas[shapely.area(areas) >= _LEAST_AREA])), _INK.water, 0)
    lines = shapes[(shapely.get_dimensions(shapes) == 1) & (shapely.length(shapes) >= _LEAST_LINE)]
    return DrawnGround("".join(_line_path(shapely.get_coordinates(line)) for line in lines), *_GROUND_LINES[part.id])


def color_shapes(values: MapValues) -> list[str]:
    """Return the colour of each shape: grey for zero, white for what is not known, else by class."""
    scheme = SCHEMES["light"]
    return [_color(shape, values, scheme.sequential.colors, scheme.without_class) for shape in values.shapes]


def _color(shape: MapShape, values: MapValues, colors: Sequence[str], zero: str) -> str:
    if np.isnan(shape.value):
        return UNKNOWN_FILL
    if shape.value <= 0 or not values.breaks.lowers:
        return zero
    return colors[int(values.breaks.classify(np.array([shape.value]))[0])]


UNKNOWN_FILL = "#ffffff"


def _move_east(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape one turn of the globe further east."""
    return shapely.transform(shape, lambda metres: metres + np.array([2 * _HALF_WORLD_M, 0.0]))


def _crosses_antimeridian(shapes: Sequence[shapely.Geometry]) -> bool:
    """Whether the shapes lie on both sides of the antimeridian and none around the prime meridian."""
    bounds = np.array([shapely.bounds(part) for shape in shapes for part in shapely.get_parts(shape)]).reshape(-1, 4)
    is_wide = bool(len(bounds) and bounds[:, 2].max() - bounds[:, 0].min() > _HALF_WORLD_M)
    return is_wide and not np.any((bounds[:, 0] < 0) & (bounds[:, 2] > 0))


def _to_path(shape: shapely.Geometry) -> str:
    """Return a polygon as the data of an SVG path, a tenth of a unit exact; empty where nothing is left of it."""
    simple = shapely.simplify(shape, _SIMPLIFY, preserve_topology=True)
    rings = [ring for polygon in shapely.get_parts(simple) for ring in shapely.get_rings(polygon)]
    return "".join(_ring_path(shapely.get_coordinates(ring)) for ring in rings)


def _ring_path(points: NDArray[np.float64]) -> str:
    rounded = np.round(points[:-1], 1)
    moved = np.any(np.diff(rounded, axis=0) != 0, axis=1)
    kept = rounded[np.concatenate([[True], moved])]
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept.tolist()) + "Z"


def _line_path(points: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in np.round(points, 1).tolist())


def _place_labels(frame: _Frame, places: Iterable[MapPlace], font: int, most: int) -> list[DrawnLabel]:
    """Return the names that have room, each beside its dot, on either side, above or below it.

    places: the most important first. most: of places that are not red.
    """
    taken: list[_Box] = []
    labels: list[DrawnLabel] = []
    for place in places:
        if place.is_red or len(labels) < most:
            size = round(font * _RED_LARGER) if place.is_red else font
            label = _place_label(place, frame, size, taken)
            labels += [label] if label else []
    return labels


def _place_label(place: MapPlace, frame: _Frame, size: int, taken: list[_Box]) -> DrawnLabel | None:
    """Return a name where it covers no other, and add its box to those that are taken; None where it has no room."""
    x, y = frame.place(place.lng, place.lat)
    width = len(place.name) * size * _LETTER
    for left, base in _candidates(x, y, width, size):
        box = (left, base - size, left + width, base + size * 0.25)
        inside = box[0] >= 2 and box[2] <= WIDTH - 2 and box[1] >= 2 and box[3] <= frame.height - 2
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return DrawnLabel(round(left, 1), round(base, 1), round(x, 1), round(y, 1), place.name, place.is_red, size)
    return None


def _candidates(x: float, y: float, width: float, size: int) -> list[tuple[float, float]]:
    """Return where the text may begin: left edge and baseline."""
    middle = y + 0.35 * size
    return [(x + 8, middle), (x - 8 - width, middle), (x - width / 2, y - 9), (x - width / 2, y + 7 + size)]


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
