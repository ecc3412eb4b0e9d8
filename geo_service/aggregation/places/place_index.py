"""Which place each located incident belongs to: a settlement, a part of a large one, or a hexagon outside of all of them.

An incident's place is, in this order: the deepest district of level settlement that it lies in; the nearest named settlement up
to 10 km from the centre of its finest H3 cell; its cell of resolution 6, named after the nearest settlement at any distance. A
place with more than a tenth of all messages of the last year, and at least a thousand, could not stand out against the region: it is
divided into H3 cells of resolution 7 (a town with districts of level settlement inside it is divided by these already).

Places are numbered in the order in which they are found; numbers and keys never change until the districts or settlements do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray
from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.columns.columns import DELETED, POSITION_UNITS
from geo_service.aggregation.columns.h3_hierarchy import Cells, ancestors
from geo_service.aggregation.places.names import Name, name_at, name_by_coordinates
from geo_service.aggregation.places.nearest import Positions, bearings, cell_centres, find_nearest, unit_vectors
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.town_parts import PART_RESOLUTION, TownParts
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import FINEST_RESOLUTION, DistrictLevel

NEAR_KM = 10.0
"""Up to here an incident belongs to its nearest settlement."""
HEXAGON_RESOLUTION = 6
"""H3 resolution of places outside of settlements, hexagons of about 36 km²."""
LARGEST_SHARE = 0.1
"""A place with a greater share of the messages of the last year is divided."""
LEAST_TO_DIVIDE = 1000
"""Messages in that year; parts of a place with fewer would have hardly any."""
_YEAR_S = 365 * 86_400
_UNKNOWN = -1

Rows = NDArray[np.int32] | NDArray[np.int64] | slice


@dataclass(slots=True)
class _Division:
    """A place that is divided. part_of: for each cell of level 7, by index, the number of the part; -1 where there is none yet."""

    place: Place
    names: TownParts
    part_of: GrowableArray


class PlaceIndex:
    """The places of a state's incidents. Used on the thread that owns the state."""

    def __init__(self, state: ReplicaState) -> None:
        """Find the places of all incidents."""
        self._columns, self._pyramid = state.columns, state.pyramid
        self.generation = 0
        """Grows whenever places are numbered anew."""
        self._basis: tuple[object, ...] = ()
        self._place_of_cell = GrowableArray.empty(np.int32)
        self._build(state.catalogue)

    @property
    def places(self) -> Sequence[Place]:
        """All places by number; one that is divided has no incidents itself."""
        return self._places

    def refresh(self, state: ReplicaState) -> None:
        """Take in what has come since: new cells, or another catalogue. state: the one that the index was made for."""
        basis = _basis(state.catalogue)
        if basis != self._basis:
            self.generation += 1
            self._build(state.catalogue)
            return
        # The same objects compare at once.
        self._basis = basis
        if len(self._pyramid) > len(self._place_of_cell):
            self._add_cells()

    def place_of_rows(self, rows: Rows) -> NDArray[np.int32]:
        """Return the numbers of the places of rows of the state's columns; the index must be fresh."""
        cells = self._columns["cell"][rows]
        numbers: NDArray[np.int32] = self._place_of_cell.values[cells]
        if self._has_district_places:
            by_district = self._place_of_district[np.minimum(self._columns["district"][rows], len(self._place_of_district) - 1)]
            numbers = np.where(by_district == _UNKNOWN, numbers, by_district)
        for number, division in self._divisions.items():
            inside = np.flatnonzero(numbers == number)
            if len(inside):
                numbers[inside] = self._number_parts(division, self._pyramid.up(PART_RESOLUTION)[cells[inside]])
        return numbers

    def _build(self, catalogue: Catalogue) -> None:
        self._basis, self._settlements = _basis(catalogue), catalogue.settlements
        self._points = unit_vectors(Positions(self._settlements.lng, self._settlements.lat))
        self._places: list[Place] = []
        self._number_of: dict[str, int] = {}
        self._divisions: dict[int, _Division] = {}
        self._place_of_cell = GrowableArray.empty(np.int32)
        self._number_districts(catalogue)
        self._add_cells()
        self._divide_large_places()

    def _number_districts(self, catalogue: Catalogue) -> None:
        districts = catalogue.districts_at(DistrictLevel.SETTLEMENT)
        # One more entry, for districts that the catalogue does not have.
        self._place_of_district = np.full(max(catalogue.districts.by_id, default=0) + 2, _UNKNOWN, np.int32)
        self._has_district_places = bool(districts)
        for district in districts:
            lng, lat = district.label or self._any_position(district)
            place = Place(f"d:{district.code}", district.name_ru, district.name_en, lng, lat, 0, district.id)
            self._place_of_district[district.id] = self._number(place)

    def _any_position(self, district: District) -> tuple[float, float]:
        """Return a position in a district whose outline is not known: that of one of its incidents."""
        row = int(np.argmax(self._columns["district"] == district.id)) if len(self._columns) else _UNKNOWN
        if row == _UNKNOWN or self._columns["district"][row] != district.id:
            return 0.0, 0.0
        return float(self._columns["lng"][row] / POSITION_UNITS), float(self._columns["lat"][row] / POSITION_UNITS)

    def _add_cells(self) -> None:
        """Give a place to each cell that has none yet."""
        cells = self._pyramid.levels[FINEST_RESOLUTION].cells[len(self._place_of_cell) :]
        known = len(self._places)
        nearest = find_nearest(cells, self._points)
        inside = nearest.km <= NEAR_KM
        numbers = np.empty(len(cells), np.int32)
        numbers[inside] = self._number_settlements(nearest.index[inside])
        numbers[~inside] = self._number_hexagons(ancestors(cells[~inside], HEXAGON_RESOLUTION))
        self._place_of_cell.append(numbers)
        if len(self._places) > known:
            self._find_districts(known)

    def _number_settlements(self, indexes: NDArray[np.int32]) -> NDArray[np.int32]:
        unique, inverse = np.unique(indexes, return_inverse=True)
        numbers = [self._number(self._settlement(index)) for index in unique.tolist()]
        return np.array(numbers, np.int32)[inverse]

    def _settlement(self, index: int) -> Place:
        named = self._settlements
        lng, lat = float(named.lng[index]), float(named.lat[index])
        cell = h3.latlng_to_cell(lat, lng, PART_RESOLUTION)
        return Place(f"s:{named.ids[index]}", named.name_ru[index], named.name_en[index], lng, lat, cell)

    def _number_hexagons(self, hexagons: Cells) -> NDArray[np.int32]:
        unique, inverse = np.unique(hexagons, return_inverse=True)
        centres, nearest = cell_centres(unique), find_nearest(unique, self._points)
        numbers = []
        for at, cell in enumerate(unique.tolist()):
            lng, lat = float(centres.lng[at]), float(centres.lat[at])
            name = self._name_near(int(nearest.index[at]), float(nearest.km[at]), lng, lat)
            numbers.append(self._number(Place(f"h:{cell:x}", name.ru, name.en, lng, lat, cell)))
        return np.array(numbers, np.int32)[inverse]

    def _name_near(self, settlement: int, km: float, lng: float, lat: float) -> Name:
        if settlement == _UNKNOWN:
            return name_by_coordinates(lng, lat)
        named = self._settlements
        start = Positions(named.lng[settlement : settlement + 1], named.lat[settlement : settlement + 1])
        bearing = float(bearings(start, Positions(np.array([lng]), np.array([lat])))[0])
        return name_at(Name(named.name_ru[settlement], named.name_en[settlement]), km, bearing)

    def _number(self, place: Place) -> int:
        """Return the number of a place; one with a new key gets the next one."""
        number = self._number_of.setdefault(place.key, len(self._places))
        if number == len(self._places):
            self._places.append(place)
        return number

    def _find_districts(self, first: int) -> None:
        """Give each place from number `first` on the district in which most of its cells lie."""
        of_cell = np.zeros(len(self._pyramid), np.uint32)
        of_cell[self._columns["cell"]] = self._columns["district"]
        mine = self._place_of_cell.values >= first
        pairs, sizes = np.unique(np.column_stack([self._place_of_cell.values[mine], of_cell[mine]]), axis=0, return_counts=True)
        # Ascending by the number of cells: the last one of a place stays.
        for at in np.argsort(sizes, kind="stable").tolist():
            number, district = pairs[at].tolist()
            self._places[number] = replace(self._places[number], district=district)

    def _divide_large_places(self) -> None:
        extent = self._columns.extent()
        if extent is None:
            return
        ranges = self._columns.candidate_ranges(extent[1] + 1 - _YEAR_S, extent[1] + 1)
        rows = np.concatenate([np.arange(low, high) for (low, high), _ in ranges])
        recent = (self._columns["received"][rows] > extent[1] - _YEAR_S) & (self._columns["status"][rows] != DELETED)
        counts = np.bincount(self.place_of_rows(rows[recent]), minlength=len(self._places))
        for number in np.flatnonzero((counts > LARGEST_SHARE * counts.sum()) & (counts >= LEAST_TO_DIVIDE)).tolist():
            place = self._places[number]
            names = TownParts(Name(place.name_ru, place.name_en), place.lng, place.lat)
            self._divisions[number] = _Division(place, names, GrowableArray.empty(np.int32))

    def _number_parts(self, division: _Division, cells: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the numbers of the parts of a place in cells of level 7, by index."""
        level = self._pyramid.levels[PART_RESOLUTION].cells
        if len(level) > len(division.part_of):
            division.part_of.resize(len(level), fill=_UNKNOWN)
        for index in np.unique(cells[division.part_of.values[cells] == _UNKNOWN]).tolist():
            division.part_of.values[index] = self._number(_make_part(division, int(level[index])))
        return np.asarray(division.part_of.values[cells], np.int32)


def _make_part(division: _Division, cell: int) -> Place:
    name, (lat, lng) = division.names.name(cell), h3.cell_to_latlng(cell)
    return Place(f"{division.place.key}-{cell:x}", name.ru, name.en, lng, lat, cell, division.place.district)


def _basis(catalogue: Catalogue) -> tuple[object, ...]:
    """Return what the places follow from."""
    return catalogue.settlements.revision, catalogue.districts.all, catalogue.shapes.revision


_indexes: WeakKeyDictionary[ReplicaState, PlaceIndex] = WeakKeyDictionary()


def find_places(state: ReplicaState) -> PlaceIndex:
    """Return the index of a state's places, fresh: the same one each time. On the thread that owns the state."""
    index = _indexes.get(state)
    if index is None:
        index = _indexes[state] = PlaceIndex(state)
    index.refresh(state)
    return index
