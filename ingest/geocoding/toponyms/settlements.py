"""Settlements: those of GeoNames in Russia, and the user's own."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import shapely

from boundaries.stored import StoredDistrict
from geo_service.core.errors import InputError
from geo_service.core.model import DistrictLevel
from ingest.geocoding.toponyms.build_gazetteer import FILE
from ingest.mapping import normalise

OWN_COLUMNS = ("name", "district", "lng", "lat", "population", "aliases")
SAME_KM = 5.0
"""Two of one name as near as this are one settlement that two lists know."""

_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Settlement:
    """A settlement."""

    name: str
    lng: float
    lat: float
    population: int
    district: str = ""
    """Its district's code; empty where that is not known."""
    aliases: tuple[str, ...] = ()
    foreign: bool = False
    """Outside the region: known only so that its name is not taken for nothing."""


@cache
def geonames() -> tuple[Settlement, ...]:
    """Settlements of Russia with 500 inhabitants and more (GeoNames, CC BY 4.0)."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(Settlement(row["name"], float(row["lng"]), float(row["lat"]), int(row["population"])) for row in csv.DictReader(file))


def own_places(path: Path) -> list[Settlement]:
    """The user's own settlements: CSV with a header, aliases separated by semicolons.

    `InputError` names the line and what is wrong with it.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"name", "lng", "lat"} - set(reader.fieldnames or ()):
                needed = f"needed: name, lng, lat; also known: {', '.join(OWN_COLUMNS[1:2] + OWN_COLUMNS[4:])}"
                raise InputError(f"cannot read the settlements {path}: no column {', '.join(sorted(missing))}; {needed}")
            return [_own(path, reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read the settlements {path}: {getattr(error, 'strerror', None) or error}") from error


def _own(path: Path, line: int, row: dict[str, str]) -> Settlement:
    try:
        lng, lat, population = float(row["lng"]), float(row["lat"]), int(row.get("population") or 0)
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot read the settlements {path}: line {line}: lng, lat or population is no number") from error
    if not (abs(lng) <= 180 and abs(lat) <= 90):
        raise InputError(f"cannot read the settlements {path}: line {line}: {lng}, {lat} is outside the world")
    aliases = tuple(one.strip() for one in (row.get("aliases") or "").split(";") if one.strip())
    return Settlement(row["name"].strip(), lng, lat, population, (row.get("district") or "").strip(), aliases)


def with_districts(places: Iterable[Settlement], districts: Sequence[StoredDistrict]) -> list[Settlement]:
    """Those in one of the districts, each with the code of the deepest that holds it; a district that is given stays."""
    listed = list(places)
    areas = [one for one in districts if one.area is not None and one.level is not DistrictLevel.SETTLEMENT]
    if not areas:
        return [one for one in listed if one.district]
    points = shapely.points([one.lng for one in listed], [one.lat for one in listed])
    point, area = shapely.STRtree([one.area for one in areas]).query(points, predicate="intersects")
    found: dict[int, StoredDistrict] = {}
    for row, place in zip(point.tolist(), area.tolist(), strict=True):
        if row not in found or areas[place].level > found[row].level:
            found[row] = areas[place]
    return [
        one if one.district else replace(one, district=found[row].code) for row, one in enumerate(listed) if one.district or row in found
    ]


def without_doubles(preferred: Sequence[Settlement], others: Sequence[Settlement]) -> list[Settlement]:
    """All, but of two of the same name near each other only the one that is preferred, or more populous."""
    kept: dict[str, list[Settlement]] = {}
    for one in [*preferred, *sorted(others, key=lambda place: -place.population)]:
        same = kept.setdefault(normalise(one.name), [])
        if all(distance_km(one, other) > SAME_KM for other in same):
            same.append(one)
    return [one for same in kept.values() for one in same]


def distance_km(one: Settlement, other: Settlement) -> float:
    """On a plane, good enough for "near"."""
    east = (one.lng - other.lng) * np.cos(np.radians(one.lat))
    return float(np.hypot(east, one.lat - other.lat) * _KM_PER_DEGREE)
