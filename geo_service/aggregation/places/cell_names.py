"""Names of hexagons, by the settlements in and near them."""

from functools import lru_cache

import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.aggregation.places.names import Name, name_at
from geo_service.aggregation.places.nearest import Positions, bearings, cell_centres, find_nearest, unit_vectors
from geo_service.aggregation.places.place_index import NEAR_KM

_NAMES_CACHED = 10_000
"""Names of hexagons, 200 bytes each; finding one takes milliseconds."""
_LEVELS_CACHED = 20
"""Levels of which the settlements' hexagons are cached, 100 kB each."""


@lru_cache(maxsize=_NAMES_CACHED)
def name_cell(cell: int, settlements: Settlements) -> Name | None:
    """Return the name of a hexagon by its largest settlement, else by the nearest one; None where there are no settlements.

    That is the name itself up to NEAR_KM from the centre, and beyond it the direction and distance from it.
    """
    if not len(settlements):
        return None
    inside = np.flatnonzero(_cells_of(settlements, cell >> 52 & 0xF) == np.uint64(cell))
    if len(inside):
        return _name(settlements, int(inside[settlements.population[inside].argmax()]))
    centre = np.array([cell], np.uint64)
    nearest = find_nearest(centre, unit_vectors(Positions(settlements.lng, settlements.lat)))
    index, km = int(nearest.index[0]), float(nearest.km[0])
    if km <= NEAR_KM:
        return _name(settlements, index)
    start = Positions(settlements.lng[index : index + 1], settlements.lat[index : index + 1])
    return name_at(_name(settlements, index), km, float(bearings(start, cell_centres(centre))[0]))


@lru_cache(maxsize=_LEVELS_CACHED)
def _cells_of(settlements: Settlements, resolution: int) -> NDArray[np.uint64]:
    return np.asarray(coordinates_to_cells(settlements.lat, settlements.lng, resolution), np.uint64)


def _name(settlements: Settlements, index: int) -> Name:
    russian, english = settlements.name_ru[index], settlements.name_en[index]
    return Name(russian or english, english or russian)
