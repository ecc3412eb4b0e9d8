"""Parts of a town too large to stand out as a whole: hexagons of resolution 7, named by their direction from its centre."""

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.places.names import Name, name_by_coordinates, name_centre, names_within
from geo_service.aggregation.places.nearest import Positions, bearings, cell_centres, distances_km, unit_vectors

PART_RESOLUTION = 7
"""H3 resolution, hexagons of about 5 km²."""
_MAX_RINGS = 40
"""Rings of hexagons around the centre, some 90 km: farther parts are named by their coordinates."""


class TownParts:
    """Names of the parts of one town, each given once. A name depends on the town's point alone, not on which parts have incidents."""

    def __init__(self, town: Name, lng: float, lat: float) -> None:
        """lng, lat: of the town's point, degrees."""
        self._town = town
        self._point = Positions(np.array([lng]), np.array([lat]))
        self._centre = h3.latlng_to_cell(lat, lng, PART_RESOLUTION)
        self._names = {self._centre: name_centre(town)}
        self._used = set(self._names.values())
        self._rings = 0

    def name(self, cell: int) -> Name:
        """Return the name of the hexagon `cell`. Hexagons are named ring by ring outwards: the nearer one has the plainer name."""
        while cell not in self._names and self._rings < _MAX_RINGS:
            self._rings += 1
            inner = set(h3.grid_disk(self._centre, self._rings - 1))
            self._name_ring(sorted(set(h3.grid_disk(self._centre, self._rings)) - inner))
        if cell not in self._names:
            lat, lng = h3.cell_to_latlng(cell)
            there = name_by_coordinates(lng, lat)
            self._names[cell] = Name(f"{self._town.ru}, {there.ru}", f"{self._town.en}, {there.en}")
        return self._names[cell]

    def _name_ring(self, cells: list[int]) -> None:
        centres = cell_centres(np.array(cells, np.uint64))
        km = distances_km(unit_vectors(self._point), unit_vectors(centres))
        towards = bearings(self._point, centres)
        for at in np.argsort(km, kind="stable").tolist():
            names = names_within(self._town, float(km[at]), float(towards[at]))
            self._names[cells[at]] = next(name for name in names if name not in self._used)
            self._used.add(self._names[cells[at]])
