"""Groupings of incidents: by cells of a level, by districts of a level, or by any other column of the replica."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.core.model import FINEST_RESOLUTION, DistrictLevel

NO_TABLE = np.empty(0, np.int32)
"""The column's values are the groups themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Maps a column's values to groups, numbered from 0."""

    column: str
    """Name of a column of `Columns`: cell, district, theme, source, agency or status."""
    group_of: NDArray[np.int32]
    """The group of each value of the column; `NO_TABLE` where the value is the group."""
    size: int
    """How many groups there are."""
    residents: NDArray[np.float64] | None = None
    """(size,) population of each group, NaN where it is not known; None where groups have none."""
    area_km2: NDArray[np.float64] | None = None
    """(size,) area of each group, NaN where it is not known; None where groups have none."""
    resolution: int | None = None
    """Where the groups are cells of a level: its resolution."""
    cells: NDArray[np.intp] | None = None
    """Where they are some of its cells only: the index of each in the level, -1 for a group that is none. None for all cells."""


EVERYTHING = Grouping("status", np.zeros(256, np.int32), 1)
"""One group for all incidents."""


def by_cell(pyramid: H3Hierarchy, resolution: int) -> Grouping:
    """Group by the cells of a resolution, in the order of the hierarchy's level."""
    table = NO_TABLE if resolution == FINEST_RESOLUTION else pyramid.up(resolution)
    return Grouping("cell", table, len(pyramid.levels[resolution]), resolution=resolution)


def by_district(catalogue: Catalogue, level: DistrictLevel) -> Grouping:
    """Group by the districts of a level in the order of `catalogue.districts_at`; the last group is "without district"."""
    return by_chosen_districts(catalogue, catalogue.districts_at(level))


def by_chosen_districts(catalogue: Catalogue, chosen: Sequence[District]) -> Grouping:
    """Group by these districts, none of which lies in another; the last group is everything else."""
    return Grouping(
        "district",
        catalogue.group_index(chosen),
        len(chosen) + 1,
        residents=_known_or_nan([district.population for district in chosen]),
        area_km2=_known_or_nan([district.area_km2 for district in chosen]),
    )


def _known_or_nan(values: list[int | None] | list[float | None]) -> NDArray[np.float64]:
    """Return the values with NaN for unknown ones, and NaN for the last group, "without district"."""
    return np.array([np.nan if value is None else value for value in [*values, None]], np.float64)
