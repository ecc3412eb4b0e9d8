"""Parse and check the coordinates of an input, and swap longitude and latitude back where they are clearly exchanged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy, LocationQuality, RejectReason
from ingest.mapping.mapping import LngLatBounds

ZERO = 1e-6
"""Degrees: closer to 0° N 0° E than this (10 cm) is a default value, not a location."""

COARSE_DIGITS = 1
"""Decimals: coordinates with as few (11 km, in the middle latitudes 7 km from west to east) locate a settlement at best."""

Degrees = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RawCoordinate:
    """The texts of a column, and its name in the input."""

    name: str | None
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Columns of equal length; where there is no location, `lng` and `lat` are NaN and `geocoded_by` is 0."""

    lng: Degrees
    lat: Degrees
    quality: NDArray[np.int16]
    geocoded_by: NDArray[np.int16]

    def cells(self) -> NDArray[np.int64]:
        """H3 indexes at the finest resolution, 0 where there is no location."""
        located = self.geocoded_by != 0
        if located.all():
            return cells(self.lng, self.lat)
        indexes = np.zeros(len(located), np.int64)
        indexes[located] = cells(self.lng[located], self.lat[located])
        return indexes

    def take(self, rows: NDArray[np.intp]) -> "Coordinates":
        """These rows, in this order."""
        return Coordinates(self.lng[rows], self.lat[rows], self.quality[rows], self.geocoded_by[rows])


class CoordinateFault(NamedTuple):
    """What is wrong with the coordinates of some rows."""

    rows: Mask
    reason: RejectReason
    detail: Callable[[int], str]
    """The text for a row."""
    columns: tuple[str | None, ...]
    """Of the input, that caused it."""


class CheckedCoordinates(NamedTuple):
    """The coordinates of all rows, and what is wrong with them."""

    coordinates: Coordinates
    rejects: list[CoordinateFault]
    warnings: list[CoordinateFault]


class CoordinateReader:
    """Reads the coordinates of one mapping's rows."""

    def __init__(self, decimal: str, bounds: LngLatBounds | None, region: LngLatBounds | None) -> None:
        """decimal: the decimal separator.

        bounds: rows outside are errors. region: where rows are expected, for recognising exchanged longitude and latitude
        where there are no bounds.
        """
        self._decimal, self._bounds, self._region = decimal, bounds, bounds or region

    def read(self, lng: RawCoordinate, lat: RawCoordinate, has_words: Mask) -> CheckedCoordinates:
        """Return the coordinates of all rows, and which rows to reject or to warn about, in the order of the checks.

        A row with bad coordinates or without any is to be rejected; where it `has_words`, it has no location and a warning.
        """
        blank = np.fromiter((not x.strip() or not y.strip() for x, y in zip(lng.texts, lat.texts, strict=True)), np.bool_, len(has_words))
        names = lng.name, lat.name
        rejects = [CoordinateFault(blank & ~has_words, RejectReason.MISSING_COORDINATES, lambda _: _missing_detail(lng, lat), names)]
        (x, no_x), (y, no_y) = (parse_numbers(column.texts, self._decimal) for column in (lng, lat))

        def pair_text(row: int) -> str:
            return f"{lng.name} {lng.texts[row].strip()}, {lat.name} {lat.texts[row].strip()}"

        swapped = self._find_swapped(x, y)
        detail = _pair_detail(pair_text, " are exchanged and have been swapped")
        warnings = [CoordinateFault(swapped, RejectReason.SWAPPED_COORDINATES, detail, names)]
        x, y = np.where(swapped, y, x), np.where(swapped, x, y)
        bad = np.zeros(len(has_words), np.bool_)
        for mask, reason, detail, columns in (
            (no_x & ~blank, RejectReason.BROKEN_ROW, lambda row: f"{lng.name} {lng.texts[row]!r} is no number", (lng.name,)),
            (no_y & ~blank, RejectReason.BROKEN_ROW, lambda row: f"{lat.name} {lat.texts[row]!r} is no number", (lat.name,)),
            *((mask & ~blank, reason, _pair_detail(pair_text, fault), names) for mask, reason, fault in self._find_faults(x, y)),
        ):
            left_out = mask & has_words & ~bad
            rejects.append(CoordinateFault(mask & ~has_words, reason, detail, columns))
            warnings.append(CoordinateFault(left_out, RejectReason.COORDINATES_LEFT_OUT, _left_out_detail(reason, detail), columns))
            bad |= mask
        coarse = self._find_coarse(x, y) & ~(bad | blank)
        detail = _pair_detail(pair_text, f" have {COARSE_DIGITS} decimal at most")
        warnings.append(CoordinateFault(coarse, RejectReason.COARSE_COORDINATES, detail, names))
        return CheckedCoordinates(_make_coordinates(x, y, ~(bad | blank), swapped, coarse), rejects, warnings)

    @staticmethod
    def _find_coarse(x: Degrees, y: Degrees) -> Mask:
        coarse: Mask = (np.round(x, COARSE_DIGITS) == x) & (np.round(y, COARSE_DIGITS) == y)
        return coarse

    def _find_swapped(self, x: Degrees, y: Degrees) -> Mask:
        """Rows outside the region whose exchanged coordinates are inside."""
        return np.zeros(len(x), np.bool_) if self._region is None else inside(y, x, self._region) & ~inside(x, y, self._region)

    def _find_faults(self, x: Degrees, y: Degrees) -> list[tuple[Mask, RejectReason, str]]:
        with np.errstate(invalid="ignore"):
            outside = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
            zero = (np.abs(x) < ZERO) & (np.abs(y) < ZERO)
        faults = [(outside, RejectReason.OUTSIDE_WORLD, ""), (zero, RejectReason.ZERO_COORDINATES, "")]
        if self._bounds:
            detail = f" is outside {', '.join(map(str, self._bounds))}"
            faults.append((~inside(x, y, self._bounds), RejectReason.OUTSIDE_REGION, detail))
        return faults


def _make_coordinates(x: Degrees, y: Degrees, good: Mask, swapped: Mask, coarse: Mask) -> Coordinates:
    quality = np.where(coarse, LocationQuality.SETTLEMENT, np.where(good, LocationQuality.EXACT, LocationQuality.NONE))
    geocoded_by = np.where(good, np.where(swapped, GeocodedBy.SWAPPED, GeocodedBy.INPUT), 0)
    return Coordinates(np.where(good, x, np.nan), np.where(good, y, np.nan), quality.astype(np.int16), geocoded_by.astype(np.int16))


def inside(lng: Degrees, lat: Degrees, bounds: LngLatBounds) -> Mask:
    """Which points are in the bounds, edges included; NaN is in none."""
    west, south, east, north = bounds
    in_arc = (lng >= west) & (lng <= east) if west <= east else ((lng >= west) & (lng <= 180)) | ((lng <= east) & (lng >= -180))
    within: Mask = in_arc & (lat >= south) & (lat <= north)
    return within


def cells(lng: Degrees, lat: Degrees) -> NDArray[np.int64]:
    """H3 indexes at the finest resolution."""
    return np.asarray(coordinates_to_cells(lat, lng, FINEST_RESOLUTION)).astype(np.int64)


def parse_numbers(texts: Sequence[str], decimal: str) -> tuple[Degrees, Mask]:
    """The numbers, NaN where the text is none, and where it is none."""
    if decimal == ",":
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(texts, np.float64), np.zeros(len(texts), np.bool_)
    except ValueError:
        parsed = [_parse_number(text) for text in texts]
    wrong = np.fromiter((number is None for number in parsed), np.bool_, len(parsed))
    return np.array([np.nan if number is None else number for number in parsed], np.float64), wrong


def _parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _missing_detail(lng: RawCoordinate, lat: RawCoordinate) -> str:
    return f"{lng.name} or {lat.name} is blank" if lng.name else "there is neither an address nor a text"


def _pair_detail(pair_text: Callable[[int], str], fault: str) -> Callable[[int], str]:
    return lambda row: f"{pair_text(row)}{fault}"


def _left_out_detail(reason: RejectReason, detail: Callable[[int], str]) -> Callable[[int], str]:
    return lambda row: f"{detail(row)} ({reason.value}); the words are geocoded instead"
