"""Parse a column that has a whole point: a pair of coordinates, WKT, WKB in hexadecimal digits, or GeoJSON."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import shapely

from ingest.mapping.mapping import PointOrder
from ingest.readers.json_values import LAT_NAMES, LNG_NAMES, crs_name, unwrap_extended
from ingest.validate.angles import HEMISPHERE, Angle, clean_text, parse_clean_angle


class Point(NamedTuple):
    """A point as it is written."""

    x: float
    """Longitude or easting."""
    y: float
    """Latitude or northing."""
    crs: str = ""
    """Name of the system that the text itself names."""


_WKT = re.compile(r"(?:SRID=(?P<srid>\d{1,6})\s*;\s*)?(?P<wkt>(?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION)\b", re.IGNORECASE)
_HEX = re.compile(r"(?:\\x|0x)?((?:00|01)[0-9a-f]{40,})", re.IGNORECASE)
"""Byte order, type and two coordinates are 21 bytes at least."""

_PREFIX = re.compile(r"^(?:geo:|@|coordinates?\s*:|координаты\s*:?)\s*", re.IGNORECASE)
_MARK = re.compile(rf"(?:(?<=[\d\u00b0'\"\s.,;])|^)(?:{HEMISPHERE})(?=[\s,;:=\d\-+]|$)", re.IGNORECASE)
_NUMBER = r"[-+]?\d{1,10}(?:[.,]\d{1,20})?"
_DOTTED = r"[-+]?\d{1,10}(?:\.\d{1,20})?"
_PAIRS = (
    re.compile(rf"({_NUMBER}\u00b0?)\s*[;|/]\s*({_NUMBER}\u00b0?)(?:\s*[;|/]\s*{_NUMBER})?"),
    re.compile(rf"({_NUMBER}\u00b0?)\s+({_NUMBER}\u00b0?)"),
    re.compile(rf"({_DOTTED}\u00b0?)\s*,\s*({_DOTTED}\u00b0?)(?:\s*,\s*{_DOTTED})?"),
    re.compile(rf"({_NUMBER}\u00b0?)\s*,\s+({_NUMBER}\u00b0?)"),
    re.compile(r"([-+]?\d{1,3},\d{1,20}),([-+]?\d{1,3},\d{1,20})"),
)
"""Pairs of decimal numbers, a height perhaps behind them. The order matters: a comma may be the decimal one or the one between."""

_ONE_NUMBER = re.compile(r"[-+]?\d+,\d+")
"""One number with a decimal comma rather than two whole ones."""

_RIGHT_ANGLE = 90


def parse_point(text: str, order: PointOrder | None, northing_first: bool = True) -> Point | None:
    """The point of a text, None where it is none; of another geometry a point inside it.

    order: of pairs. None: that of hemisphere letters, of a number beyond 90, of a JSON list (longitude first, as in GeoJSON), else
    latitude first; with `northing_first` false the other way round. WKT, WKB and GeoJSON have x first by their definition.
    """
    text = text.strip()
    if found := _WKT.match(text):
        return _parse_wkt(text[found.start("wkt") :], found["srid"])
    if found := _HEX.fullmatch(text):
        return _point_in(shapely.from_wkb(bytes.fromhex(found[1]), on_invalid="ignore")) if not len(found[1]) % 2 else None
    if text.startswith(("{", "[")) and (value := _parse_json(text)) is not None:
        return _point_of_json(value, order)
    return _parse_pair(text, order, northing_first)


def _parse_wkt(text: str, srid: str | None) -> Point | None:
    point = _point_in(shapely.from_wkt(text, on_invalid="ignore"))
    return point and point._replace(crs=_srid_name(int(srid or 0)))


def _point_in(shape: Any) -> Point | None:
    if shape is None or shape.is_empty:
        return None
    inside = shape if shape.geom_type == "Point" else shape.representative_point()
    return Point(inside.x, inside.y, _srid_name(shapely.get_srid(shape)))


def _srid_name(srid: int) -> str:
    return f"EPSG:{srid}" if srid else ""


def _parse_json(text: str) -> object:
    """The value; also of an object as Python writes it, with single quotes, which some portals export."""
    for spelling in (text, text.replace("'", '"')):
        try:
            return orjson.loads(spelling)
        except orjson.JSONDecodeError:
            continue
    return None


def _point_of_json(value: object, order: PointOrder | None) -> Point | None:
    if isinstance(value, list):
        numbers = [_number(item) for item in value]
        if len(numbers) not in (2, 3) or numbers[0] is None or numbers[1] is None:
            return None
        return Point(numbers[1], numbers[0]) if order == "lat_lng" else Point(numbers[0], numbers[1])
    if not isinstance(value, Mapping):
        return None
    if value.get("type") == "Feature":
        return _point_of_json(value.get("geometry"), order)
    members = {f"{name}".lower(): member for name, member in value.items()}
    lat, lng = (next((_number(members[name]) for name in names if name in members), None) for names in (LAT_NAMES, LNG_NAMES))
    if lat is not None and lng is not None:
        return Point(lng, lat)
    return _point_of_geometry(value)


def _point_of_geometry(value: Mapping[str, object]) -> Point | None:
    try:
        crs = crs_name(value)
    except ValueError:
        return None
    if value.get("type", "Point") == "Point":
        point = _point_of_json(value.get("coordinates"), "lng_lat") if isinstance(value.get("coordinates"), list) else None
    else:
        point = _point_in(shapely.from_geojson(orjson.dumps(value, default=float), on_invalid="ignore"))
    return point and point._replace(crs=crs)


def _number(value: object) -> float | None:
    """A number, also as text or as MongoDB writes it: `{"$numberDouble": "38.97"}`."""
    if isinstance(value, Mapping):
        value = unwrap_extended(value)
    if isinstance(value, int | float):
        return float(value)
    angle = parse_clean_angle(clean_text(value)) if isinstance(value, str) else None
    return angle and angle.degrees


def _parse_pair(text: str, order: PointOrder | None, northing_first: bool) -> Point | None:
    text = _strip_brackets(_PREFIX.sub("", clean_text(text)))
    for halves in _split_pair(text):
        first, second = map(parse_clean_angle, halves)
        if first and second:
            return _order_pair(first, second, order, northing_first)
    return None


def _strip_brackets(text: str) -> str:
    while len(text) > 1 and text[0] + text[-1] in ("()", "[]", "{}", "<>", '""', "''"):
        text = text[1:-1].strip()
    return text


def _split_pair(text: str) -> Iterator[Sequence[str]]:
    """Ways in which the text may be two coordinates, the likeliest first."""
    for pair in _PAIRS:
        if found := pair.fullmatch(text):
            if not _ONE_NUMBER.fullmatch(text):
                yield found[1], found[2]
            return
    marks = list(_MARK.finditer(text))
    if len(marks) == 2:  # one for each coordinate
        cut = marks[1].start() if marks[0].start() == 0 else marks[0].end()
        yield text[:cut].rstrip(" ,;|"), text[cut:].lstrip(" ,;|")
    for separator in (";", "|", "/", ", ", ",", "  "):
        if text.count(separator) == 1:
            yield text.split(separator)
    if text.count("\u00b0") == 2:  # one for each coordinate
        cut = text.rfind(" ", 0, text.rindex("\u00b0"))
        if cut > 0:
            yield text[:cut], text[cut:]


def _order_pair(first: Angle, second: Angle, order: PointOrder | None, northing_first: bool) -> Point | None:
    if first.axis and first.axis == second.axis:
        return None
    if first.axis or second.axis:
        lat_first = first.axis == "lat" or second.axis == "lng"
    elif order:
        lat_first = order == "lat_lng"
    elif abs(first.degrees) > _RIGHT_ANGLE >= abs(second.degrees):
        lat_first = False
    else:
        lat_first = northing_first
    return Point(second.degrees, first.degrees) if lat_first else Point(first.degrees, second.degrees)
