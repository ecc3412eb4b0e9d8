"""Settlements: those of GeoNames in Russia, and those of the user's own list."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import shapely

from boundaries.stored import StoredDistrict
from geo_service.core.errors import InputError
from geo_service.core.model import DistrictLevel
from ingest.geocoding.toponyms.build_gazetteer import GAZETTEER_FILE
from ingest.mapping import normalise
from ingest.mapping.mapping import LngLatBounds

OWN_COLUMNS = ("name", "district", "lng", "lat", "population", "aliases")
SAME_SETTLEMENT_KM = 5.0
"""Two settlements of the same name within this distance are one settlement from two lists."""

_KM_PER_DEGREE = 111.2
"""Length of a degree of latitude."""


class HasCoordinates(Protocol):
    """Anything with a longitude and a latitude in degrees."""

    @property
    def lng(self) -> float:
        """Return the longitude."""
        ...

    @property
    def lat(self) -> float:
        """Return the latitude."""
        ...


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement with its position in degrees."""

    name: str
    lng: float
    lat: float
    population: int
    district: str = ""
    """Code of its district; empty if unknown."""
    aliases: tuple[str, ...] = ()
    outside_region: bool = False
    """A text that names it is about another region: its name must be known, but it is never a result."""


@cache
def read_geonames() -> tuple[Settlement, ...]:
    """Read the settlements of Russia with 500 or more inhabitants (GeoNames, CC BY 4.0)."""
    with GAZETTEER_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Settlement(row["name"], float(row["lng"]), float(row["lat"]), int(row["population"])) for row in csv.DictReader(file))


def read_own_settlements(path: Path) -> list[Settlement]:
    """Read the user's own settlements: CSV with a header, aliases separated by semicolons.

    `InputError` names the line and what is wrong with it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"name", "lng", "lat"} - set(reader.fieldnames or ()):
                needed = f"needed: name, lng, lat; also known: {', '.join(OWN_COLUMNS[1:2] + OWN_COLUMNS[4:])}"
                raise InputError(f"cannot read the settlements {path}: no column {', '.join(sorted(missing))}; {needed}")
            return [_parse_row(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read the settlements {path}: {getattr(error, 'strerror', None) or error}") from error


def _parse_row(path: Path, line: int, row: dict[str, str]) -> Settlement:
    try:
        lng, lat, population = float(row["lng"]), float(row["lat"]), int(row.get("population") or 0)
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot read the settlements {path}: line {line}: lng, lat or population is no number") from error
    if not (abs(lng) <= 180 and abs(lat) <= 90):
        raise InputError(f"cannot read the settlements {path}: line {line}: {lng}, {lat} is outside the world")
    aliases = tuple(alias.strip() for alias in (row.get("aliases") or "").split(";") if alias.strip())
    return Settlement(row["name"].strip(), lng, lat, population, (row.get("district") or "").strip(), aliases)


def assign_districts(settlements: Iterable[Settlement], districts: Sequence[StoredDistrict]) -> list[Settlement]:
    """Return the settlements inside the districts, each with the code of the lowest-level district around it.

    A settlement that has a district keeps it.
    """
    listed = list(settlements)
    areas = [district for district in districts if district.area is not None and district.level is not DistrictLevel.SETTLEMENT]
    if not areas:
        return [settlement for settlement in listed if settlement.district]
    points = shapely.points([settlement.lng for settlement in listed], [settlement.lat for settlement in listed])
    rows, area_indexes = shapely.STRtree([district.area for district in areas]).query(points, predicate="intersects")
    lowest: dict[int, StoredDistrict] = {}
    for row, area_index in zip(rows.tolist(), area_indexes.tolist(), strict=True):
        if row not in lowest or areas[area_index].level > lowest[row].level:
            lowest[row] = areas[area_index]
    return [
        settlement if settlement.district else replace(settlement, district=lowest[row].code)
        for row, settlement in enumerate(listed)
        if settlement.district or row in lowest
    ]


def merge_settlements(preferred: Sequence[Settlement], others: Sequence[Settlement]) -> list[Settlement]:
    """Return both lists; of two settlements of the same name near each other only the preferred or more populous one."""
    by_name: dict[str, list[Settlement]] = {}
    for settlement in [*preferred, *sorted(others, key=lambda other: -other.population)]:
        namesakes = by_name.setdefault(normalise(settlement.name), [])
        if all(distance_km(settlement, namesake) > SAME_SETTLEMENT_KM for namesake in namesakes):
            namesakes.append(settlement)
    return [settlement for namesakes in by_name.values() for settlement in namesakes]


def distance_km(a: HasCoordinates, b: HasCoordinates) -> float:
    """Return the distance on a plane; exact enough to decide whether two places are near each other."""
    # The short way round, also across the antimeridian.
    east = ((a.lng - b.lng + 180) % 360 - 180) * np.cos(np.radians(a.lat))
    return float(np.hypot(east, a.lat - b.lat) * _KM_PER_DEGREE)


def is_inside(place: HasCoordinates, bounds: LngLatBounds) -> bool:
    """Whether a place lies within the bounds (west, south, east, north)."""
    west, south, east, north = bounds
    in_arc = west <= place.lng <= east if west <= east else place.lng >= west or place.lng <= east
    return in_arc and south <= place.lat <= north
