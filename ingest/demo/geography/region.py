"""Settlements, municipalities, neighbours and uninhabited areas of Krasnodar Krai, read once from the files in `data/`.

Names, coordinates and populations of settlements are from GeoNames (CC BY 4.0). The beginnings of addresses, the municipalities,
the shares of holiday-makers, the shapes of towns and two hamlets of Adygea (those without a GeoNames id) were added by hand.
Codes of municipalities are from the classifier OKTMO (OK 033-2013). Their populations are Rosstat's of the year beside them, as
cited by Wikipedia and, for Krasnodar, by a newspaper. Values that are not certain are empty.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.core.resources import package_folder

DATA_FOLDER = package_folder("ingest.demo.geography") / "data"

KM_PER_DEGREE = 111.2
"""Length of a degree of latitude."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Settlements:
    """Settlements as columns, one row each, the most populous first."""

    geoname_id: Ints
    name: list[str]
    address: list[str]
    """Beginning of its addresses: «г. Сочи, Адлер»."""
    municipality: Ints
    """Row of `read_municipalities()`."""
    lng: Floats
    lat: Floats
    population: Ints
    resort: Floats
    """Approximate number of holiday-makers per inhabitant in high summer."""
    bearing: Floats
    """Direction of the longer axis, degrees from north."""
    stretch: Floats
    """Longer axis of the built-up area, relative to a round town."""

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True)
class Municipality:
    """A town or district with its own administration."""

    code: str
    name: str
    """Russian, short: «Абинский р-н»."""
    name_en: str
    centre: int
    """Row of `read_settlements()`."""
    oktmo: str | None
    population: int | None
    """Population of the whole municipality, with the villages that `read_settlements()` leaves out."""
    alias: str | None
    """Another official name."""


@cache
def read_municipalities() -> tuple[Municipality, ...]:
    """Return the municipalities of the region."""
    row_of = {row["geoname_id"]: index for index, row in enumerate(_read_rows("settlements.csv"))}

    def municipality(row: dict[str, str]) -> Municipality:
        population = int(row["population"]) if row["population"] else None
        return Municipality(
            row["code"], row["name"], row["name_en"], row_of[row["centre"]], row["oktmo"] or None, population, row["alias"] or None
        )

    return tuple(map(municipality, _read_rows("municipalities.csv")))


@cache
def read_settlements() -> Settlements:
    """Return the settlements of the region."""
    rows = _read_rows("settlements.csv")
    municipality_row = {municipality.code: row for row, municipality in enumerate(read_municipalities())}

    def numbers(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    return Settlements(
        geoname_id=numbers("geoname_id").astype(np.int64),
        name=[row["name"] for row in rows],
        address=[row["address"] for row in rows],
        municipality=np.array([municipality_row[row["municipality"]] for row in rows]),
        lng=numbers("lng"),
        lat=numbers("lat"),
        population=numbers("population").astype(np.int64),
        resort=numbers("resort"),
        bearing=numbers("bearing"),
        stretch=numbers("stretch"),
    )


@cache
def read_neighbours() -> tuple[Floats, Floats]:
    """Return longitudes and latitudes of the settlements of other regions near the border."""
    rows = _read_rows("neighbours.csv")
    return np.array([float(row["lng"]) for row in rows]), np.array([float(row["lat"]) for row in rows])


def settlement_row(name: str) -> int:
    """Return the row of the most populous settlement called `name`."""
    return read_settlements().name.index(name)


def is_habitable(lng: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Return whether each point is on land inside the region: not in the sea, in a reservoir or across the border."""
    habitable = np.ones(len(lng), np.bool_)
    for area in read_uninhabited_areas():
        habitable &= ~shapely.contains_xy(area, lng, lat)
    return habitable


def degrees_per_km(lat: Floats) -> tuple[Floats, float]:
    """Return the degrees of longitude and of latitude of one kilometre at `lat`."""
    return 1 / (KM_PER_DEGREE * np.cos(np.radians(lat))), 1 / KM_PER_DEGREE


@cache
def read_uninhabited_areas() -> tuple[shapely.Polygon, ...]:
    """Return the sea, and a reservoir with the land behind it across the border: coarse outlines, drawn by hand."""
    features = json.loads((DATA_FOLDER / "uninhabited.geojson").read_text(encoding="utf-8"))["features"]
    areas = tuple(shapely.Polygon(feature["geometry"]["coordinates"][0]) for feature in features)
    shapely.prepare(list(areas))
    return areas


def _read_rows(name: str) -> list[dict[str, str]]:
    with (DATA_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
