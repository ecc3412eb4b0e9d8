"""The districts that are in the database."""

from dataclasses import dataclass

import asyncpg
import numpy as np
import orjson
import shapely

from boundaries.district_arrays import DistrictArrays, Polygons
from boundaries.names import DistrictNames, NameMatch
from geo_service.core.model import DistrictLevel
from geo_service.core.named_queries import query


@dataclass(frozen=True, slots=True, eq=False)
class StoredDistrict:
    """A district of the database with its outline in degrees (None where it has none)."""

    id: int
    code: str
    level: DistrictLevel
    parent: str | None
    name_ru: str
    names: tuple[str, ...]
    """All of them, aliases too."""
    area: shapely.Geometry | None
    approximate: bool = False
    """Its outline is not a surveyed one."""


class StoredDistricts:
    """All districts, in the order of their codes."""

    def __init__(self, districts: list[StoredDistrict]) -> None:
        self.all = districts
        self.by_code = {one.code: one for one in districts}

    def at(self, level: DistrictLevel) -> list[StoredDistrict]:
        """Those of one level that have an outline."""
        return [one for one in self.all if one.level is level and one.area is not None]

    def above(self, level: DistrictLevel) -> list[StoredDistrict]:
        """Those that a district of this level can lie in, the nearest level first."""
        return sorted((one for one in self.all if one.level < level), key=lambda one: -one.level)

    def names(self, below: DistrictLevel) -> DistrictNames:
        """The names of the districts that one of the level `below` can lie in."""
        return DistrictNames(NameMatch(one.code, one.names, one.parent) for one in self.above(below))

    def parent_by_place(self, level: DistrictLevel, polygons: Polygons) -> list[str | None]:
        """For each polygon of this level the code of the district of the nearest level above that holds more than half of it."""
        found: list[str | None] = [None] * len(polygons)
        for upper in sorted(DistrictLevel):
            if upper < level and (candidates := self.at(upper)):
                for row, code in _holders(polygons, candidates).items():
                    found[row] = code
        return found


def _holders(polygons: Polygons, candidates: list[StoredDistrict]) -> dict[int, str]:
    outlines = np.array([one.area for one in candidates], object)
    child, holder = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    # Shares of one district, so degrees will do.
    shares = shapely.area(shapely.intersection(polygons[child], outlines[holder])) / shapely.area(polygons[child])
    inside = shares > 0.5
    return {row: candidates[place].code for row, place in zip(child[inside].tolist(), holder[inside].tolist(), strict=True)}


async def read_stored(connection: asyncpg.Connection) -> StoredDistricts:
    """All districts as they are now."""
    return StoredDistricts([_district(row) for row in await connection.fetch(query("boundaries.read_districts"))])


async def read_areas(connection: asyncpg.Connection) -> DistrictArrays:
    """What points are located in."""
    rows = await connection.fetch(query("boundaries.read_areas"))
    return DistrictArrays(
        np.array([row["id"] for row in rows], np.int32),
        np.array([row["level"] for row in rows], np.int16),
        np.array([row["parent_id"] for row in rows], np.int32),
        shapely.from_wkb(np.array([row["area"] for row in rows], object)),
    )


def _district(row: asyncpg.Record) -> StoredDistrict:
    further = orjson.loads(row["names"]).values()
    return StoredDistrict(
        row["id"], row["code"], DistrictLevel(row["level"]), row["parent"], row["name_ru"],
        (row["name_ru"], row["name_en"], *further, *row["aliases"]),
        None if row["area"] is None else shapely.from_wkb(row["area"]), row["approximate"],
    )  # fmt: skip
