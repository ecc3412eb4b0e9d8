"""From the texts of coordinate columns to longitudes and latitudes: numbers, angles, whole points, and other reference systems."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.mapping.mapping import LngLatBounds, PointOrder
from ingest.mapping.projections import area_of_use, degrees_transformer, has_northing_first, to_degrees
from ingest.validate.angles import clean_text, parse_angle
from ingest.validate.points import Point, parse_point

Degrees = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LONGEST_QUOTED = 100
"""Characters of a value in a message."""

_OLD_NAMES = {"EPSG:900913": "EPSG:3857"}
"""Before it had an official code, the system of web maps was called so."""


@dataclass(frozen=True, slots=True)
class RawCoordinate:
    """The texts of a column, and its name in the input."""

    name: str | None
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class CoordinateOptions:
    """How a mapping's coordinates are written."""

    decimal: str = "."
    crs: str = ""
    """Name of the reference system of the numbers; blank for degrees."""
    point_order: PointOrder | None = None


class ColumnFault(NamedTuple):
    """Rows in which a column cannot be read."""

    rows: Mask
    detail: Callable[[int], str]
    columns: tuple[str | None, ...]


@dataclass(slots=True)
class ParsedCoordinates:
    """The coordinates of all rows: degrees, NaN where there are none."""

    x: Degrees
    y: Degrees
    blank: Mask
    exchanged: Mask
    """Rows in which the columns were in each other's place; `x` and `y` are right."""
    faults: list[ColumnFault]
    source_x: Degrees
    """As given, before a reference system was taken into account."""
    source_y: Degrees
    transformed: Mask
    """Rows that came in another reference system: how many decimals their degrees have says nothing."""
    from_point: Mask
    """Rows whose coordinates stand in the point column."""
    text: Callable[[int], str]
    """The names and texts of a row's coordinates, for messages."""


def parse_coordinates(
    lng: RawCoordinate,
    lat: RawCoordinate,
    point: RawCoordinate,
    options: CoordinateOptions,
    region: LngLatBounds | None,
    *,
    in_degrees: bool,
) -> ParsedCoordinates:
    """Read the columns; of a row that has both, `lng` and `lat` are taken rather than `point`.

    region: in which the points are expected. in_degrees: `lng` and `lat` are degrees whatever the mapping's system is.
    """
    count = len(lng.texts)
    (x, no_x, x_axes), (y, no_y, y_axes) = (parse_numbers(column.texts, options.decimal) for column in (lng, lat))
    no_pair = np.zeros(count, np.bool_)
    no_number = np.flatnonzero(no_x | no_y)
    no_pair[no_number] = [not lng.texts[row].strip() or not lat.texts[row].strip() for row in no_number.tolist()]
    exchanged, transformed, from_point = np.zeros((3, count), np.bool_)
    parsed = ParsedCoordinates(x, y, no_pair, exchanged, [], x, y, transformed, from_point, _pair_text(lng, lat))
    parsed.faults += [
        ColumnFault(no_x & ~no_pair, _no_number(lng), (lng.name,)),
        ColumnFault(no_y & ~no_pair, _no_number(lat), (lat.name,)),
    ]
    if x_axes or y_axes:
        _exchange_by_axes(parsed, x_axes, y_axes, (lng.name, lat.name))
    systems = {} if in_degrees or not options.crs else dict.fromkeys(np.flatnonzero(~no_pair).tolist(), options.crs)
    if point.name and no_pair.any():
        systems |= _read_points(parsed, point, options)
    parsed.source_x, parsed.source_y = parsed.x.copy(), parsed.y.copy()
    if systems:
        _transform(parsed, systems, options.crs, region, point.name)
    return parsed


def parse_numbers(texts: Sequence[str], decimal: str) -> tuple[Degrees, Mask, dict[int, str]]:
    """The numbers, NaN where the text is none; where it is none; and the axis (`lat`, `lng`) of rows whose text names it."""
    if decimal == ",":
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(texts, np.float64), np.zeros(len(texts), np.bool_), {}
    except ValueError:
        axes: dict[int, str] = {}
        parsed = [_parse_number(text, row, axes) for row, text in enumerate(texts)]
    wrong = np.fromiter((number is None for number in parsed), np.bool_, len(parsed))
    return np.array([np.nan if number is None else number for number in parsed], np.float64), wrong, axes


def _parse_number(text: str, row: int, axes: dict[int, str]) -> float | None:
    try:
        return float(text)
    except ValueError:
        return _parse_other_number(text, row, axes) if text and not text.isspace() else None


def _parse_other_number(text: str, row: int, axes: dict[int, str]) -> float | None:
    """Degrees, minutes and seconds, a hemisphere, a decimal comma, or a number of metres with marks between its thousands."""
    if angle := parse_angle(text):
        if angle.axis:
            axes[row] = angle.axis
        return angle.degrees
    digits = clean_text(text).replace(" ", "").replace("'", "")
    if digits.count(",") == 1 and "." not in digits:
        digits = digits.replace(",", ".")
    try:
        return float(digits.replace(",", ""))
    except ValueError:
        return None


def _exchange_by_axes(parsed: ParsedCoordinates, x_axes: dict[int, str], y_axes: dict[int, str], names: tuple[str | None, ...]) -> None:
    """Put latitudes that the text calls so into `y`, and refuse rows with two of one kind."""
    double = np.zeros(len(parsed.x), np.bool_)
    for row in x_axes.keys() | y_axes.keys():
        axes = x_axes.get(row, ""), y_axes.get(row, "")
        double[row] = axes[0] == axes[1]
        parsed.exchanged[row] = not double[row] and (axes[0] == "lat" or axes[1] == "lng")
    parsed.exchanged &= ~parsed.blank
    parsed.x, parsed.y = np.where(parsed.exchanged, parsed.y, parsed.x), np.where(parsed.exchanged, parsed.x, parsed.y)
    text = parsed.text
    parsed.faults.append(ColumnFault(double & ~parsed.blank, lambda row: f"{text(row)} are no longitude and latitude", names))


def _read_points(parsed: ParsedCoordinates, column: RawCoordinate, options: CoordinateOptions) -> dict[int, str]:
    """Fill rows without a pair from the point column; the reference system of each row that has one."""
    northing_first = not options.crs or has_northing_first(options.crs)
    given = [row for row in np.flatnonzero(parsed.blank).tolist() if not _is_blank_point(column.texts[row])]
    points: dict[int, Point | None] = {row: parse_point(column.texts[row], options.point_order, northing_first) for row in given}
    wrong = np.zeros(len(parsed.x), np.bool_)
    systems: dict[int, str] = {}
    for row, found in points.items():
        parsed.blank[row], parsed.from_point[row] = False, True
        if found is None:
            wrong[row] = True
            continue
        parsed.x[row], parsed.y[row] = found.x, found.y
        if system := _OLD_NAMES.get(found.crs, found.crs) or options.crs:
            systems[row] = system
    pair_text = parsed.text
    parsed.text = lambda row: f"{column.name} {column.texts[row].strip()[:_LONGEST_QUOTED]}" if row in points else pair_text(row)
    parsed.faults.append(ColumnFault(wrong, _no_point(column), (column.name,)))
    return systems


def _is_blank_point(text: str) -> bool:
    """Whether a text says that there is no point."""
    return not text.strip() or text.strip().upper().endswith(" EMPTY") or text.strip() in ("null", "{}", "[]")


def _transform(parsed: ParsedCoordinates, systems: dict[int, str], own: str, region: LngLatBounds | None, point: str | None) -> None:
    """Turn the rows with a reference system into degrees. own: the mapping's system, whose columns may be exchanged."""
    unknown = np.zeros(len(parsed.x), np.bool_)
    for name in dict.fromkeys(systems.values()):
        rows = np.array([row for row, system in systems.items() if system == name], np.intp)
        try:
            if degrees_transformer(name) is None:
                continue
        except ValueError:
            unknown[rows] = True
            continue
        x, y = to_degrees(name, parsed.source_x[rows], parsed.source_y[rows])
        if name == own and (area := region or area_of_use(name)):
            x, y = _exchange_into(parsed, rows, (x, y), to_degrees(name, parsed.source_y[rows], parsed.source_x[rows]), area)
        parsed.x[rows], parsed.y[rows], parsed.transformed[rows] = x, y, True
    if unknown.any():
        text = parsed.text
        parsed.faults.append(ColumnFault(unknown, lambda row: f"{text(row)} is in the unknown system {systems[row][:60]}", (point,)))


def _exchange_into(
    parsed: ParsedCoordinates,
    rows: NDArray[np.intp],
    given: tuple[Degrees, Degrees],
    exchanged: tuple[Degrees, Degrees],
    area: LngLatBounds,
) -> tuple[Degrees, Degrees]:
    """The points of the exchanged columns where those are in the area and the ones as given are not.

    Surveyors call the northing x: columns with such names are easily taken for the other.
    """
    swapped = inside(*exchanged, area) & ~inside(*given, area)
    parsed.exchanged[rows] |= swapped
    return np.where(swapped, exchanged[0], given[0]), np.where(swapped, exchanged[1], given[1])


def inside(lng: Degrees, lat: Degrees, bounds: LngLatBounds) -> Mask:
    """Which points are in the bounds, edges included; NaN is in none."""
    west, south, east, north = bounds
    in_arc = (lng >= west) & (lng <= east) if west <= east else ((lng >= west) & (lng <= 180)) | ((lng <= east) & (lng >= -180))
    within: Mask = in_arc & (lat >= south) & (lat <= north)
    return within


def _pair_text(lng: RawCoordinate, lat: RawCoordinate) -> Callable[[int], str]:
    return lambda row: f"{lng.name} {lng.texts[row].strip()}, {lat.name} {lat.texts[row].strip()}"


def _no_number(column: RawCoordinate) -> Callable[[int], str]:
    return lambda row: f"{column.name} {column.texts[row]!r} is no number"


def _no_point(column: RawCoordinate) -> Callable[[int], str]:
    return lambda row: f"{column.name} {column.texts[row][:_LONGEST_QUOTED]!r} is no pair of coordinates, WKT, WKB or GeoJSON"
