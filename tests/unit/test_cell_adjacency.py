"""Neighbours of cells by index, against the H3 library: pentagons, the antimeridian, poles, and cells that come later."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.columns.cell_adjacency import NO_CELL, CellAdjacency

PENTAGON = h3.get_pentagons(5)[3]
PLACES = {
    "middle": h3.latlng_to_cell(45.0, 39.0, 5),
    "antimeridian": h3.latlng_to_cell(66.0, 180.0, 5),
    "pole": h3.latlng_to_cell(90.0, 0.0, 5),
    "pentagon": PENTAGON,
}


def expected(cells: list[int], index: int) -> list[int]:
    """Indexes of the disk's cells that are there, ascending."""
    return sorted(cells.index(cell) for cell in h3.grid_disk(cells[index], 1) if cell in cells)


def found(disks: np.ndarray, index: int) -> list[int]:
    return sorted(j for j in disks[index].tolist() if j != NO_CELL)


@pytest.mark.parametrize("place", PLACES)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_neighbours_are_those_of_the_h3_library_however_cells_come(place: str, data: st.DataObject) -> None:
    around = sorted(h3.grid_disk(PLACES[place], 3))
    order = data.draw(st.permutations(around))
    arrivals = sorted(data.draw(st.lists(st.integers(1, len(order)), max_size=3)))
    adjacency = CellAdjacency()
    for size in [*arrivals, len(order)]:
        cells = np.array(order[:size], np.uint64)
        which = np.array(sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=10))), np.intp)
        disks = adjacency.disks(cells, which)
        assert disks.shape == (size, 7)
        for index in which.tolist():
            assert found(disks, index) == expected(order[:size], index)
    disks = adjacency.disks(np.array(order, np.uint64))
    assert [found(disks, index) for index in range(len(order))] == [expected(order, index) for index in range(len(order))]


def test_a_pentagon_has_five_neighbours_and_no_more() -> None:
    cells = sorted(h3.grid_disk(PENTAGON, 1))
    disks = CellAdjacency().disks(np.array(cells, np.uint64))
    assert len(found(disks, cells.index(PENTAGON))) == 6


def test_many_cells_at_once_are_added_to_those_around_them() -> None:
    around = h3.grid_disk(h3.latlng_to_cell(45.0, 39.0, 9), 70)
    first, later = around[::3], [cell for i, cell in enumerate(around) if i % 3]
    adjacency = CellAdjacency()
    adjacency.disks(np.array(first, np.uint64))
    disks = adjacency.disks(np.array([*first, *later], np.uint64))
    assert len(later) > 9900
    inner = [i for i, cell in enumerate([*first, *later]) if h3.grid_distance(around[0], cell) < 70]
    assert (disks[inner] != NO_CELL).all()


def test_no_cells_have_no_neighbours() -> None:
    assert CellAdjacency().disks(np.empty(0, np.uint64)).shape == (0, 7)
