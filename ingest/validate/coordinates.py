"""Coordinates that an input gives: read, checked, and mended where it is plain what was meant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy, LocationQuality, RejectReason
from ingest.mapping.mapping import Bounds
from ingest.validate.row_errors import Mask, RowErrors

ZERO = 1e-6
"""Degrees: nearer to 0° N 0° E than this (10 cm) is a default value, not a place."""

COARSE_DIGITS = 1
"""Decimals: what is written with as few (11 km, in the middle latitudes 7 km from west to east) is a settlement at best."""

Degrees = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RawCoordinate:
    """The texts of a column, and what the input calls it."""

    name: str | None
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Columns of the same length; where there is no place, `lng` and `lat` are NaN and `geocoded_by` is 0."""

    lng: Degrees
    lat: Degrees
    quality: NDArray[np.int16]
    geocoded_by: NDArray[np.int16]

    def cells(self) -> NDArray[np.int64]:
        """H3 indexes at the finest resolution, 0 for "no place"."""
        placed = self.geocoded_by != 0
        if placed.all():
            return cells(self.lng, self.lat)
        found = np.zeros(len(placed), np.int64)
        found[placed] = cells(self.lng[placed], self.lat[placed])
        return found

    def take(self, rows: NDArray[np.intp]) -> "Coordinates":
        """These rows, in this order."""
        return Coordinates(self.lng[rows], self.lat[rows], self.quality[rows], self.geocoded_by[rows])


class CoordinateReader:
    """Reads the coordinates of one mapping's rows."""

    def __init__(self, decimal: str, bounds: Bounds | None, region: Bounds | None) -> None:
        """decimal: the sign before decimals.

        bounds: rows must be in them. region: where rows are expected, without being held to it; by the one or the other
        longitude and latitude that are in each other's place are known.
        """
        self._decimal, self._bounds, self._region = decimal, bounds, bounds or region

    def read(self, lng: RawCoordinate, lat: RawCoordinate, worded: Mask, verdicts: RowErrors) -> Coordinates:
        """Coordinates of all rows; one with bad or without any is refused, or left without a place where it is `worded`."""
        blank = np.fromiter((not x.strip() or not y.strip() for x, y in zip(lng.texts, lat.texts, strict=True)), np.bool_, len(worded))
        verdicts.reject(blank & ~worded, RejectReason.MISSING_COORDINATES, lambda _: _missing(lng, lat), lng.name, lat.name)
        (x, no_x), (y, no_y) = (numbers(one.texts, self._decimal) for one in (lng, lat))

        def place(row: int) -> str:
            return f"{lng.name} {lng.texts[row].strip()}, {lat.name} {lat.texts[row].strip()}"

        swapped = self._swapped(x, y)
        both = lng.name, lat.name
        verdicts.warn(swapped, RejectReason.SWAPPED_COORDINATES, lambda row: f"{place(row)} are taken in each other's place", *both)
        x, y = np.where(swapped, y, x), np.where(swapped, x, y)
        bad = np.zeros(len(worded), np.bool_)
        for wrong, reason, told, names in (
            (no_x & ~blank, RejectReason.BROKEN_ROW, lambda row: f"{lng.name} {lng.texts[row]!r} is no number", (lng.name,)),
            (no_y & ~blank, RejectReason.BROKEN_ROW, lambda row: f"{lat.name} {lat.texts[row]!r} is no number", (lat.name,)),
            *((mask & ~blank, reason, _placed(place, fault), both) for mask, reason, fault in self._faults(x, y)),
        ):
            verdicts.reject(wrong & ~worded, reason, told, *names)
            verdicts.warn(wrong & worded & ~bad, RejectReason.COORDINATES_LEFT_OUT, _left_out(reason, told), *names)
            bad |= wrong
        coarse = self._coarse(x, y) & ~(bad | blank)
        verdicts.warn(coarse, RejectReason.COARSE_COORDINATES, lambda row: f"{place(row)} have {COARSE_DIGITS} decimal at most", *both)
        return _coordinates(x, y, ~(bad | blank), swapped, coarse)

    @staticmethod
    def _coarse(x: Degrees, y: Degrees) -> Mask:
        coarse: Mask = (np.round(x, COARSE_DIGITS) == x) & (np.round(y, COARSE_DIGITS) == y)
        return coarse

    def _swapped(self, x: Degrees, y: Degrees) -> Mask:
        """Outside the region as given, inside it the other way round."""
        return np.zeros(len(x), np.bool_) if self._region is None else inside(y, x, self._region) & ~inside(x, y, self._region)

    def _faults(self, x: Degrees, y: Degrees) -> list[tuple[Mask, RejectReason, str]]:
        with np.errstate(invalid="ignore"):
            outside = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
            zero = (np.abs(x) < ZERO) & (np.abs(y) < ZERO)
        faults = [(outside, RejectReason.OUTSIDE_WORLD, ""), (zero, RejectReason.ZERO_COORDINATES, "")]
        if self._bounds:
            told = f" is outside {', '.join(map(str, self._bounds))}"
            faults.append((~inside(x, y, self._bounds), RejectReason.OUTSIDE_REGION, told))
        return faults


def _coordinates(x: Degrees, y: Degrees, good: Mask, swapped: Mask, coarse: Mask) -> Coordinates:
    quality = np.where(coarse, LocationQuality.SETTLEMENT, np.where(good, LocationQuality.EXACT, LocationQuality.NONE))
    geocoded_by = np.where(good, np.where(swapped, GeocodedBy.SWAPPED, GeocodedBy.INPUT), 0)
    return Coordinates(np.where(good, x, np.nan), np.where(good, y, np.nan), quality.astype(np.int16), geocoded_by.astype(np.int16))


def inside(lng: Degrees, lat: Degrees, bounds: Bounds) -> Mask:
    """Which points are in the bounds, edges included; NaN is in none."""
    west, south, east, north = bounds
    within: Mask = (lng >= west) & (lng <= east) & (lat >= south) & (lat <= north)
    return within


def cells(lng: Degrees, lat: Degrees) -> NDArray[np.int64]:
    """H3 indexes at the finest resolution."""
    return np.asarray(coordinates_to_cells(lat, lng, FINEST_RESOLUTION)).astype(np.int64)


def numbers(texts: Sequence[str], decimal: str) -> tuple[Degrees, Mask]:
    """Numbers, and where the text is none; those are NaN."""
    if decimal == ",":
        texts = [text.replace(",", ".") for text in texts]
    try:
        return np.array(texts, np.float64), np.zeros(len(texts), np.bool_)
    except ValueError:
        found = [_number(text) for text in texts]
    wrong = np.fromiter((one is None for one in found), np.bool_, len(found))
    return np.array([np.nan if one is None else one for one in found], np.float64), wrong


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _missing(lng: RawCoordinate, lat: RawCoordinate) -> str:
    return f"{lng.name} or {lat.name} is blank" if lng.name else "there is neither an address nor a text"


def _placed(place: Callable[[int], str], fault: str) -> Callable[[int], str]:
    return lambda row: f"{place(row)}{fault}"


def _left_out(reason: RejectReason, told: Callable[[int], str]) -> Callable[[int], str]:
    return lambda row: f"{told(row)} ({reason.value}); the place is looked for by its words"
