"""The settlements of Krasnodar Krai and around it, its municipalities, and where nobody lives: data beside this file, read once.

Names, coordinates and populations of settlements are GeoNames' (CC BY 4.0); addresses' beginnings, municipalities, the share
of holiday-makers, the shapes of towns and two hamlets of Adygea (those without a GeoNames id) were added by hand.
Codes of municipalities are those of the classifier OKTMO (OK 033-2013); their populations are Rosstat's of the year beside
them, as Wikipedia's articles about them, and a newspaper on Krasnodar, give them. What is not known for certain is left empty.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.core.resources import package_folder

DATA = package_folder("ingest.demo.geography") / "data"

KM_PER_DEGREE = 111.2
"""Of latitude."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Settlements:
    """One row a settlement in every column, most populous first."""

    geoname_id: Ints
    name: list[str]
    address: list[str]
    """How an address in it begins: «г. Сочи, Адлер»."""
    municipality: Ints
    """Row of `municipalities()`."""
    lng: Floats
    lat: Floats
    population: Ints
    resort: Floats
    """Holiday-makers in high summer for each inhabitant, roughly."""
    bearing: Floats
    """Degrees from north of the longer axis."""
    stretch: Floats
    """Longer axis of the built area by that of a round town."""

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True)
class Municipality:
    """A town or a district with an administration of its own."""

    code: str
    name: str
    """Russian, short: «Абинский р-н»."""
    name_en: str
    centre: int
    """Row of `settlements()`."""
    oktmo: str | None
    population: int | None
    """Of the whole municipality, also of the villages that `settlements()` leaves out."""
    alias: str | None
    """Another official name."""


@cache
def municipalities() -> tuple[Municipality, ...]:
    """The municipalities of the region."""
    rows_of = {row["geoname_id"]: place for place, row in enumerate(_rows("settlements.csv"))}

    def municipality(row: dict[str, str]) -> Municipality:
        population = int(row["population"]) if row["population"] else None
        return Municipality(
            row["code"], row["name"], row["name_en"], rows_of[row["centre"]], row["oktmo"] or None, population, row["alias"] or None
        )

    return tuple(map(municipality, _rows("municipalities.csv")))


@cache
def settlements() -> Settlements:
    """The settlements of the region."""
    rows = _rows("settlements.csv")
    places = {one.code: place for place, one in enumerate(municipalities())}

    def numbers(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    return Settlements(
        geoname_id=numbers("geoname_id").astype(np.int64),
        name=[row["name"] for row in rows],
        address=[row["address"] for row in rows],
        municipality=np.array([places[row["municipality"]] for row in rows]),
        lng=numbers("lng"),
        lat=numbers("lat"),
        population=numbers("population").astype(np.int64),
        resort=numbers("resort"),
        bearing=numbers("bearing"),
        stretch=numbers("stretch"),
    )


@cache
def neighbours() -> tuple[Floats, Floats]:
    """Longitudes and latitudes of the settlements of other regions that are nearest to the region's border."""
    rows = _rows("neighbours.csv")
    return np.array([float(row["lng"]) for row in rows]), np.array([float(row["lat"]) for row in rows])


def row_of(name: str) -> int:
    """The row of the most populous settlement called `name`."""
    return settlements().name.index(name)


def habitable(lng: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Whether somebody may live at each point: not in the sea, in a reservoir or across the region's border."""
    free = np.ones(len(lng), np.bool_)
    for area in uninhabited():
        free &= ~shapely.contains_xy(area, lng, lat)
    return free


def degrees(lat: Floats) -> tuple[Floats, float]:
    """Degrees of longitude and of latitude that a kilometre takes at `lat`."""
    return 1 / (KM_PER_DEGREE * np.cos(np.radians(lat))), 1 / KM_PER_DEGREE


@cache
def uninhabited() -> tuple[shapely.Polygon, ...]:
    """The sea, a reservoir with the land across the border behind it: coarse, drawn by hand."""
    features = json.loads((DATA / "uninhabited.geojson").read_text(encoding="utf-8"))["features"]
    areas = tuple(shapely.Polygon(feature["geometry"]["coordinates"][0]) for feature in features)
    shapely.prepare(list(areas))
    return areas


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
