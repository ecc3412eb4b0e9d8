"""Parse and check the coordinates of an input, and swap longitude and latitude back where they are clearly exchanged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy, LocationQuality, RejectReason
from ingest.mapping.mapping import LngLatBounds
from ingest.mapping.projections import likely_systems
from ingest.validate.coordinate_columns import (
    CoordinateOptions,
    Degrees,
    Mask,
    ParsedCoordinates,
    RawCoordinate,
    inside,
    parse_coordinates,
)

ZERO = 1e-6
"""Degrees: closer to 0° N 0° E than this (10 cm) is a default value, not a location."""

LEAST_METRES = 1_000.0
"""Both numbers of a projected point are larger than this: the origin of a system is far from what it shows."""

_SAMPLE = 100
"""Points by which a reference system is looked for."""

COARSE_DIGITS = 1
"""Decimals: coordinates with as few (11 km, in the middle latitudes 7 km from west to east) locate a settlement at best.
Whole degrees (111 km) are no place where there are words to geocode, and a region where there are none."""


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

    def __init__(self, options: CoordinateOptions, bounds: LngLatBounds | None, region: LngLatBounds | None) -> None:
        """bounds: rows outside are errors.

        region: where rows are expected, for recognising exchanged longitude and latitude where there are no bounds.
        """
        self._options, self._bounds, self._region = options, bounds, bounds or region
        self._likely: list[str] | None = None
        """Reference systems that may be those of coordinates that are no degrees; None before there were any."""

    def read(
        self, lng: RawCoordinate, lat: RawCoordinate, point: RawCoordinate, has_words: Mask, *, in_degrees: bool = False
    ) -> CheckedCoordinates:
        """Return the coordinates of all rows, and which rows to reject or to warn about, in the order of the checks.

        A row with bad coordinates or without any is to be rejected; where it `has_words`, it has no location and a warning.
        in_degrees: `lng` and `lat` are degrees whatever the mapping's reference system is.
        """
        parsed = parse_coordinates(lng, lat, point, self._options, self._region, in_degrees=in_degrees)
        blank = parsed.blank

        def names(mask: Mask) -> tuple[str | None, ...]:
            """The columns that the coordinates of these rows are in."""
            pair = (lng.name, lat.name) if (mask & ~parsed.from_point).any() else ()
            return (*pair, point.name) if (mask & parsed.from_point).any() or not lng.name else pair

        rejects = [
            CoordinateFault(blank & ~has_words, RejectReason.MISSING_COORDINATES, lambda _: _missing_detail(lng, lat, point), names(blank))
        ]
        swapped = self._find_swapped(parsed.x, parsed.y)
        x, y = np.where(swapped, parsed.y, parsed.x), np.where(swapped, parsed.x, parsed.y)
        swapped = swapped ^ parsed.exchanged
        detail = _pair_detail(parsed.text, " are exchanged and have been swapped")
        warnings = [CoordinateFault(swapped, RejectReason.SWAPPED_COORDINATES, detail, names(swapped))]
        bad = np.zeros(len(has_words), np.bool_)
        for mask, reason, detail, columns in (
            *((fault.rows, RejectReason.BROKEN_ROW, fault.detail, fault.columns) for fault in parsed.faults),
            *(
                (mask & ~blank, reason, _pair_detail(parsed.text, fault), names(mask))
                for mask, reason, fault in self._find_faults(x, y, parsed)
            ),
        ):
            left_out = mask & has_words & ~bad
            rejects.append(CoordinateFault(mask & ~has_words, reason, detail, columns))
            warnings.append(CoordinateFault(left_out, RejectReason.COORDINATES_LEFT_OUT, _left_out_detail(reason, detail), columns))
            bad |= mask
        usable = ~(bad | blank | parsed.transformed)
        whole, coarse = _have_decimals(x, y, 0) & usable, _have_decimals(x, y, COARSE_DIGITS) & usable
        no_place, coarse = whole & has_words, coarse & ~(whole & has_words)
        detail = _left_out_detail(RejectReason.COARSE_COORDINATES, _pair_detail(parsed.text, " are whole degrees"))
        warnings.append(CoordinateFault(no_place, RejectReason.COORDINATES_LEFT_OUT, detail, names(no_place)))
        detail = _pair_detail(parsed.text, f" have {COARSE_DIGITS} decimal at most")
        warnings.append(CoordinateFault(coarse, RejectReason.COARSE_COORDINATES, detail, names(coarse)))
        coordinates = _make_coordinates(x, y, ~(bad | blank | no_place), swapped, coarse, coarse & whole)
        return CheckedCoordinates(coordinates, rejects, warnings)

    def _find_swapped(self, x: Degrees, y: Degrees) -> Mask:
        """Rows outside the region whose exchanged coordinates are inside."""
        return np.zeros(len(x), np.bool_) if self._region is None else inside(y, x, self._region) & ~inside(x, y, self._region)

    def _find_faults(self, x: Degrees, y: Degrees, parsed: ParsedCoordinates) -> list[tuple[Mask, RejectReason, str]]:
        with np.errstate(invalid="ignore"):
            outside = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
            zero = (np.abs(x) < ZERO) & (np.abs(y) < ZERO)
        faults = [(outside, RejectReason.OUTSIDE_WORLD, ""), (zero, RejectReason.ZERO_COORDINATES, "")]
        if not self._options.crs and (outside & ~parsed.blank).any():
            faults.insert(0, self._find_projected(outside & ~parsed.blank, parsed))
        if self._bounds:
            detail = f" is outside {', '.join(map(str, self._bounds))}"
            faults.append((~inside(x, y, self._bounds), RejectReason.OUTSIDE_REGION, detail))
        return faults

    def _find_projected(self, outside: Mask, parsed: ParsedCoordinates) -> tuple[Mask, RejectReason, str]:
        """Rows whose coordinates look like metres, and which reference system may be theirs."""
        x, y = parsed.source_x, parsed.source_y
        with np.errstate(invalid="ignore"):
            projected = outside & (np.abs(x) >= LEAST_METRES) & (np.abs(y) >= LEAST_METRES) & np.isfinite(x) & np.isfinite(y)
        if self._likely is None and projected.any():
            rows = np.flatnonzero(projected)[:_SAMPLE]
            self._likely = likely_systems(x[rows], y[rows], self._region) or likely_systems(y[rows], x[rows], self._region)
        likely = f", which may be {' or '.join(self._likely)}" if self._likely else ""
        detail = f" look projected, in metres: degrees are needed, or their reference system as crs of a mapping{likely}"
        return projected, RejectReason.OUTSIDE_WORLD, detail


def _have_decimals(x: Degrees, y: Degrees, digits: int) -> Mask:
    """Which pairs have no more decimals than `digits`."""
    rounded: Mask = (np.round(x, digits) == x) & (np.round(y, digits) == y)
    return rounded


def _make_coordinates(x: Degrees, y: Degrees, good: Mask, swapped: Mask, coarse: Mask, whole: Mask) -> Coordinates:
    quality = np.where(coarse, LocationQuality.SETTLEMENT, np.where(good, LocationQuality.EXACT, LocationQuality.NONE))
    quality = np.where(whole, LocationQuality.REGION, quality)
    geocoded_by = np.where(good, np.where(swapped, GeocodedBy.SWAPPED, GeocodedBy.INPUT), 0)
    return Coordinates(np.where(good, x, np.nan), np.where(good, y, np.nan), quality.astype(np.int16), geocoded_by.astype(np.int16))


def cells(lng: Degrees, lat: Degrees) -> NDArray[np.int64]:
    """H3 indexes at the finest resolution."""
    return np.asarray(coordinates_to_cells(lat, lng, FINEST_RESOLUTION)).astype(np.int64)


def _missing_detail(lng: RawCoordinate, lat: RawCoordinate, point: RawCoordinate) -> str:
    if not (lng.name or point.name):
        return "there is neither an address nor a text"
    return f"{lng.name} or {lat.name} is blank" if lng.name else f"{point.name} is blank"


def _pair_detail(pair_text: Callable[[int], str], fault: str) -> Callable[[int], str]:
    return lambda row: f"{pair_text(row)}{fault}"


def _left_out_detail(reason: RejectReason, detail: Callable[[int], str]) -> Callable[[int], str]:
    return lambda row: f"{detail(row)} ({reason.value}); the words are geocoded instead"
