"""Coordinate reference systems: transform to degrees of WGS 84, and name the likely system of coordinates that are no degrees.

The order of a system's axes plays no part here: x is the easting (or longitude), y the northing (or latitude).
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError

Values = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

_DEGREES = "OGC:CRS84"
_MOST_NAMED = 5
"""Systems that a message names: those of one zone differ by some 100 m, and only who made the file knows which it is."""

_SELDOM = re.compile(
    r"WGS 72|ED50|EASE-Grid|Equi7|GLANCE|Equal Earth|Equidistant|LAEA|LCC Europe|World Mercator|grid system|\(N-E\)|\(Bern\)"
)
"""Names of systems in which cities do not deliver points: old datums, grids of satellites, maps of continents."""

_SWISS, _GAUSS_KRUGER = 2056, 28400
"""EPSG codes of systems whose numbers tell where they are: the Swiss one; Gauss-Krüger, to which the zone is added."""

_ZONE_M = 1_000_000
"""Eastings of Gauss-Krüger begin with the zone: so many metres a zone, in zones 4 to 32."""
_ZONES = range(4, 33)


def parse_crs(name: str) -> CRS:
    """The system of an EPSG code, a URN, a PROJ string or WKT. `ValueError` for an unknown one or one without horizontal axes."""
    text = name.strip()
    try:
        crs = CRS.from_user_input(int(text) if text.isdigit() else text)
    except CRSError as error:
        raise ValueError(f"unknown coordinate reference system {name[:100]!r}; allowed: such as EPSG:32637, or a PROJ string") from error
    if crs.is_geocentric or crs.is_vertical or not (crs.is_projected or crs.is_geographic or crs.is_bound):
        raise ValueError(f"{name[:100]!r} is no system of places on the ground; allowed: a projected or geographic one such as EPSG:32637")
    return crs


def is_degrees(crs: CRS) -> bool:
    """Whether its coordinates are those of GPS and of GeoJSON, in whatever order."""
    return crs.equals(CRS("EPSG:4326"), ignore_axis_order=True) or crs.equals(CRS(_DEGREES), ignore_axis_order=True)


@cache
def degrees_transformer(name: str) -> Transformer | None:
    """From the system of this name to longitude and latitude; None where its coordinates are those. `ValueError` as `parse_crs`."""
    crs = parse_crs(name)
    return None if is_degrees(crs) else Transformer.from_crs(crs, _DEGREES, always_xy=True)


@cache
def has_northing_first(name: str) -> bool:
    """Whether the system's own definition names the northing (or latitude) first."""
    axes = parse_crs(name).axis_info
    return bool(axes) and axes[0].direction.lower() in ("north", "south")


@cache
def area_of_use(name: str) -> Bounds | None:
    """West, south, east, north of where the system is meant for, in degrees; None where that is unknown or the world is."""
    area = parse_crs(name).area_of_use
    return area.bounds if area and area.west < area.east else None


def to_degrees(name: str, x: Values, y: Values) -> tuple[Values, Values]:
    """Longitudes and latitudes, NaN where the system has no such place."""
    transformer = degrees_transformer(name)
    if transformer is None:
        return x, y
    lng, lat = (np.asarray(axis, np.float64) for axis in transformer.transform(x, y))
    lost = ~(np.isfinite(lng) & np.isfinite(lat))
    return np.where(lost, np.nan, lng), np.where(lost, np.nan, lat)


def likely_systems(x: Values, y: Values, region: Bounds | None) -> list[str]:
    """Names of systems in which these points are all in the region, the usual ones first: `EPSG:32637 (WGS 84 / UTM zone 37N)`.

    region: degrees; without one only systems that are recognised anywhere.
    """
    candidates = _systems_of_region(region) if region else _systems_by_size(x)
    found = [(code, name) for code, name in candidates if _fits(f"EPSG:{code}", x, y, region)]
    return [f"EPSG:{code} ({name or parse_crs(f'EPSG:{code}').name})" for code, name in found[:_MOST_NAMED]]


def _systems_of_region(region: Bounds) -> Sequence[tuple[int, str]]:
    known = query_crs_info("EPSG", [PJType.PROJECTED_CRS], AreaOfInterest(*region), contains=False)
    usual = {int(info.code): info.name for info in known if not _SELDOM.search(info.name)}
    # Of equals the code decides: those of national systems are small.
    return sorted(usual.items(), key=lambda item: (_rank(item[1]), item[0]))


def _systems_by_size(x: Values) -> Sequence[tuple[int, str]]:
    zone = int(np.median(x) // _ZONE_M)
    return [(_SWISS, ""), *([(_GAUSS_KRUGER + zone, "")] if zone in _ZONES else [])]


def _rank(name: str) -> int:
    """Systems that are often delivered come first, variants in narrow zones last."""
    families = ("WGS 84", "Pulkovo 1942 / Gauss", "Pulkovo 1995 / Gauss", "GSK-2011 / Gauss")
    return next((rank for rank, family in enumerate(families) if name.startswith(family)), len(families))


def _fits(name: str, x: Values, y: Values, region: Bounds | None) -> bool:
    west, south, east, north = region or area_of_use(name) or (-180.0, -90.0, 180.0, 90.0)
    lng, lat = to_degrees(name, x, y)
    in_arc = (lng >= west) & (lng <= east) if west <= east else (lng >= west) | (lng <= east)
    return bool(np.all(in_arc & (lat >= south) & (lat <= north)))
