"""Which of GeoNames' populated places are sections of a town, such as the districts of Mariupol, and no towns of their own."""

import csv
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

from geo_service.core.resources import package_folder

SECTIONS_FILE = package_folder("ingest.geocoding.toponyms") / "data" / "town_sections.csv"
"""GeoNames id → whether its feature code was PPLX, section of a populated place, on 2023-03-05; only places near a larger
town are listed."""

_PER_KM2 = 2500
"""Inhabitants per km² of a town: gives the radius of its built-up area."""
_MIN_TOWN = 5000
_CODED_FACTOR = 1.5
"""A place that GeoNames calls a section may lie so much farther out."""
_KM_PER_DEGREE = 111.2
_RECENT_ID = 13_000_000
"""GeoNames has added districts of towns abroad since 2024, some with more inhabitants than their town; towns it had before."""
_COMPLETE = "RU"
"""Country in which places that the file does not list are settlements of their own."""


class PopulatedPlace(Protocol):
    """What is needed of a place."""

    @property
    def geoname_id(self) -> int:
        """Return its number at GeoNames."""
        ...

    @property
    def country(self) -> str:
        """Return its country, ISO 3166-1 alpha-2."""
        ...

    @property
    def population(self) -> int:
        """Return its inhabitants."""
        ...

    @property
    def lng(self) -> float:
        """Return its longitude in degrees."""
        ...

    @property
    def lat(self) -> float:
        """Return its latitude in degrees."""
        ...


def find_sections(places: Sequence[PopulatedPlace]) -> dict[int, int]:
    """Return GeoNames id of each section of a town → id of the town.

    A section lies within the radius of a more populous place that is no section itself. GeoNames' feature code decides where it is
    known; a place outside of Russia whose code is not known is a section. A section of two towns is the larger one's. A place abroad
    that GeoNames has added of late may be more populous than the town.
    """
    coded = _read_codes()
    possible = [place for place in places if _factor(coded, place) > 0]
    lng, lat = np.array([place.lng for place in possible]), np.array([place.lat for place in possible])
    population = np.array([place.population for place in possible])
    factor = np.array([_factor(coded, place) for place in possible])
    recent = np.array([place.geoname_id >= _RECENT_ID for place in possible], np.bool_)
    recent_ids = {place.geoname_id for place in possible if place.geoname_id >= _RECENT_ID}
    town_of: dict[int, int] = {}
    for town in sorted((place for place in places if place.population >= _MIN_TOWN), key=lambda place: -place.population):
        if town.geoname_id in town_of or town.geoname_id in recent_ids:
            continue
        km = np.hypot((lng - town.lng) * np.cos(np.radians(town.lat)), lat - town.lat) * _KM_PER_DEGREE
        within = (km <= factor * _radius_km(town.population)) & ((population < town.population) | recent)
        for section in np.flatnonzero(within).tolist():
            town_of.setdefault(possible[section].geoname_id, town.geoname_id)
    return town_of


def _factor(coded: dict[int, bool], place: PopulatedPlace) -> float:
    """Return the multiple of a town's radius within which a place is its section; negative if it never is."""
    is_section = coded.get(place.geoname_id)
    if is_section is None:
        return -1.0 if place.country == _COMPLETE else 1.0
    return _CODED_FACTOR if is_section else -1.0


def _radius_km(population: int) -> float:
    return float(np.sqrt(population / (np.pi * _PER_KM2)))


@cache
def _read_codes() -> dict[int, bool]:
    with SECTIONS_FILE.open(encoding="utf-8", newline="") as file:
        return {int(row["geoname_id"]): row["is_section"] == "1" for row in csv.DictReader(file)}
