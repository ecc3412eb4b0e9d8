"""The H3 pyramid against the H3 library."""

import h3.api.basic_int as h3
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy, ancestors

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def cells_of(places: list[tuple[float, float]]) -> np.ndarray:
    """The finest cells of places given as (lat, lng), in the order given."""
    return np.array([h3.latlng_to_cell(lat, lng, 10) for lat, lng in places], np.uint64)


@given(st.lists(points, min_size=1, max_size=50), st.integers(0, 10))
def test_ancestors_are_those_of_the_h3_library(places: list[tuple[float, float]], resolution: int) -> None:
    cells = cells_of(places)
    assert ancestors(cells, resolution).tolist() == [h3.cell_to_parent(int(cell), resolution) for cell in cells]


@given(st.lists(points, max_size=30), st.lists(st.lists(points, max_size=10), max_size=4))
def test_a_cell_keeps_its_index_and_its_ancestors_however_cells_arrive(
    first: list[tuple[float, float]], later: list[list[tuple[float, float]]]
) -> None:
    pyramid = H3Hierarchy(np.unique(cells_of(first)))
    known = dict(enumerate(pyramid.levels[10].cells.tolist()))
    for arrival in later:
        cells = cells_of(arrival)
        index = pyramid.add(cells)
        assert pyramid.levels[10].cells[index].tolist() == cells.tolist()
        known.update(zip(index.tolist(), cells.tolist(), strict=True))
    assert len(pyramid) == len(set(known.values()))
    for resolution, level in pyramid.levels.items():
        assert len(np.unique(level.cells)) == len(level)
        up = level.cells[pyramid.up(resolution)]
        assert up.tolist() == [h3.cell_to_parent(known[i], resolution) for i in range(len(pyramid))]


def test_cells_that_are_not_there_have_no_index() -> None:
    pyramid = H3Hierarchy(cells_of([(45.0, 39.0)]))
    assert pyramid.levels[10].index(cells_of([(45.0, 39.0), (60.0, 30.0)])).tolist() == [0, -1]
    assert H3Hierarchy(cells_of([])).levels[3].index(cells_of([(1.0, 1.0)])).tolist() == [-1]
