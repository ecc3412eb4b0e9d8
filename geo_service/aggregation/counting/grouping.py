"""What incidents are grouped by: cells of a level, districts of a level, or any other column of the replica."""

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
    """Leads from a column's value to a group; groups are numbered from 0."""

    column: str
    """Of `Columns`: cell, district, theme, source, agency or status."""
    group_of: NDArray[np.int32]
    """For each value of the column its group, as int32; `NO_TABLE` where they are the same."""
    size: int
    """How many groups there are."""
    residents: NDArray[np.float64] | None = None
    """(size,) population of each group, NaN where it is not known; None where groups have none."""
    area_km2: NDArray[np.float64] | None = None
    """(size,) area of each group, NaN where it is not known; None where groups have none."""
    resolution: int | None = None
    """Where the groups are all cells of a level: its resolution."""


EVERYTHING = Grouping("status", np.zeros(256, np.int32), 1)
"""One group for all."""


def by_cell(pyramid: H3Hierarchy, resolution: int) -> Grouping:
    """The cells of a resolution, by their index in the pyramid."""
    table = NO_TABLE if resolution == FINEST_RESOLUTION else pyramid.up(resolution)
    return Grouping("cell", table, len(pyramid.levels[resolution]), resolution=resolution)


def by_district(catalogue: Catalogue, level: DistrictLevel) -> Grouping:
    """The districts of a level in the order of `catalogue.districts_at`, and behind them one group for "without district"."""
    return among_districts(catalogue, catalogue.districts_at(level))


def among_districts(catalogue: Catalogue, chosen: Sequence[District]) -> Grouping:
    """These districts, none of which lies in another, and behind them one group for incidents elsewhere or without a district."""
    return Grouping(
        "district",
        catalogue.group_index(chosen),
        len(chosen) + 1,
        residents=_known([one.population for one in chosen]),
        area_km2=_known([one.area_km2 for one in chosen]),
    )


def _known(values: list[int | None] | list[float | None]) -> NDArray[np.float64]:
    """NaN for what is not known, and for "without district" behind them."""
    return np.array([np.nan if value is None else value for value in [*values, None]], np.float64)
