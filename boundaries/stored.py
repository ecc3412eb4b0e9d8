"""The districts in the database."""

from dataclasses import dataclass

import asyncpg
import numpy as np
import orjson
import shapely

from boundaries.locating.district_arrays import DistrictArrays, Polygons
from boundaries.names import DistrictNames, NameMatch
from geo_service.core.model import DistrictLevel
from geo_service.core.sql.named_queries import query


@dataclass(frozen=True, slots=True, eq=False)
class StoredDistrict:
    """A district in the database."""

    id: int
    code: str
    level: DistrictLevel
    parent: str | None
    name_ru: str
    names: tuple[str, ...]
    """In all languages, with aliases."""
    area: shapely.Geometry | None
    """The outline in degrees; None without one."""
    approximate: bool = False
    """Whether the outline is not a surveyed one."""


class StoredDistricts:
    """All districts in the order of their codes."""

    def __init__(self, districts: list[StoredDistrict]) -> None:
        self.all = districts
        self.by_code = {district.code: district for district in districts}

    def at_level(self, level: DistrictLevel) -> list[StoredDistrict]:
        """Return the districts of one level that have an outline."""
        return [district for district in self.all if district.level is level and district.area is not None]

    def above_level(self, level: DistrictLevel) -> list[StoredDistrict]:
        """Return the districts that can be ancestors of a district of this level, the nearest level first."""
        return sorted((district for district in self.all if district.level < level), key=lambda district: -district.level)

    def names_above(self, level: DistrictLevel) -> DistrictNames:
        """Return the names of the districts that can be ancestors of a district of this level."""
        return DistrictNames(map(_names_of, self.above_level(level)))

    def find_parents(self, level: DistrictLevel, polygons: Polygons) -> list[str | None]:
        """Return for each polygon of this level the code of the district that contains more than half of it.

        Districts of the nearest higher level come first. None if no district contains so much.
        """
        parents: list[str | None] = [None] * len(polygons)
        for upper in sorted(DistrictLevel):
            if upper < level and (candidates := self.at_level(upper)):
                # A nearer level comes later, and overwrites what a farther one has given.
                for row, code in _find_containers(polygons, candidates).items():
                    parents[row] = code
        return parents


def _find_containers(polygons: Polygons, candidates: list[StoredDistrict]) -> dict[int, str]:
    """Return the code of the candidate that contains more than half of a polygon, by the polygon's row."""
    outlines = np.array([district.area for district in candidates], object)
    child, container = shapely.STRtree(outlines).query(polygons, predicate="intersects")
    # Areas in square degrees are good enough for shares of one polygon.
    shares = shapely.area(shapely.intersection(polygons[child], outlines[container])) / shapely.area(polygons[child])
    inside = shares > 0.5
    return {row: candidates[index].code for row, index in zip(child[inside].tolist(), container[inside].tolist(), strict=True)}


def _names_of(district: StoredDistrict) -> NameMatch:
    return NameMatch(district.code, district.names, district.parent)


async def read_stored(connection: asyncpg.Connection) -> StoredDistricts:
    """Read all districts."""
    return StoredDistricts([_to_district(row) for row in await connection.fetch(query("boundaries.read_districts"))])


async def read_district_arrays(connection: asyncpg.Connection) -> DistrictArrays:
    """Read the districts with outlines as arrays, in which points are located."""
    rows = await connection.fetch(query("boundaries.read_areas"))
    return DistrictArrays(
        np.array([row["id"] for row in rows], np.int32),
        np.array([row["level"] for row in rows], np.int16),
        np.array([row["parent_id"] for row in rows], np.int32),
        shapely.from_wkb(np.array([row["area"] for row in rows], object)),
    )


def _to_district(row: asyncpg.Record) -> StoredDistrict:
    further_names = orjson.loads(row["names"]).values()
    return StoredDistrict(
        row["id"], row["code"], DistrictLevel(row["level"]), row["parent"], row["name_ru"],
        (row["name_ru"], row["name_en"], *further_names, *row["aliases"]),
        None if row["area"] is None else shapely.from_wkb(row["area"]), row["approximate"],
    )  # fmt: skip
