"""Sets of cells in a selection: how they are spelled, that equal sets are equal keys, and what they count."""

from collections.abc import Sequence
from dataclasses import replace

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.cell_set import unite_cells
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import Status
from geo_service.queries.cells import MAX_CELLS, cells_in_polygon, read_cells, read_polygon, write_cells
from tests.support.incident_batches import CELLS, NOW, batch_of, incidents, selections

NONE_GONE = np.empty(0, np.int64)
PENTAGON = h3.get_pentagons(4)[3]

near_cells = st.builds(
    lambda lat, lng, resolution: h3.latlng_to_cell(lat, lng, resolution),
    st.floats(44.9, 45.2), st.floats(38.9, 39.2), st.integers(1, 10),
)  # fmt: skip
cells_of_places = st.builds(h3.cell_to_parent, st.sampled_from(CELLS), st.integers(1, 10))
cell_sets = st.lists(st.one_of(cells_of_places, near_cells, st.just(PENTAGON)), min_size=1, max_size=12)


def lies_in(cell: int, cells: Sequence[int]) -> bool:
    return any(h3.cell_to_parent(cell, h3.get_resolution(one)) == one for one in cells)


@settings(deadline=None)
@given(cell_sets, st.randoms())
def test_sets_in_any_order_with_repeats_and_overlaps_are_equal_and_no_cell_lies_in_another(cells, rng) -> None:  # type: ignore[no-untyped-def]  # strategies above
    united = unite_cells(cells)
    again = [*cells, *united, *(h3.cell_to_center_child(one, 10) for one in cells)]
    rng.shuffle(again)
    assert unite_cells(again) == united
    assert set(united) <= set(cells)
    for one in united:
        assert not any(lies_in(one, [other]) for other in united if other != one and h3.get_resolution(other) <= h3.get_resolution(one))
    assert all(lies_in(h3.cell_to_center_child(one, 10), united) for one in cells)


@settings(deadline=None, max_examples=60)
@given(st.lists(incidents, max_size=40), st.lists(incidents, max_size=20), selections, cell_sets)
def test_a_set_counts_each_incident_in_any_of_its_cells_once(first, later, selection, cells) -> None:  # type: ignore[no-untyped-def]  # strategies above
    state = ReplicaState(batch_of(first), EMPTY, 1_000_000)
    state.apply(batch_of(later, first_id=1000), NONE_GONE, None)
    everywhere = state.counter.per_cell(selection, 10)
    inside = np.array([lies_in(int(cell), cells) for cell in state.pyramid.levels[10].cells], np.bool_)
    expected = np.where(inside[:, None], everywhere, 0)
    chosen = replace(selection, cells=unite_cells(cells))
    np.testing.assert_array_equal(state.counter.per_cell(chosen, 10), expected)
    np.testing.assert_array_equal(state.counter.per_cell(chosen, 3).sum(axis=0), expected.sum(axis=0))


@settings(deadline=None, max_examples=100)
@given(st.lists(incidents, min_size=1, max_size=20), st.lists(incidents, min_size=1, max_size=5), cell_sets)
def test_a_change_affects_a_set_only_where_it_lies_in_one_of_its_cells(first, later, cells) -> None:  # type: ignore[no-untyped-def]  # strategies above
    state = ReplicaState(batch_of(first), EMPTY, 1_000_000)
    chosen = Selection(Window(0, 10_000), NOW, cells=unite_cells(cells))
    before, revision = int(state.counter.per_cell(chosen, 5)[:, 0].sum()), state.changes.revision
    batch = batch_of(later, first_id=1000)
    state.apply(batch, NONE_GONE, None)
    inside = sum(lies_in(int(cell), cells) for cell in batch["cell"])
    assert state.changes.affects([chosen], revision) == bool(inside)
    assert int(state.counter.per_cell(chosen, 5)[:, 0].sum()) == before + inside


def test_an_incident_without_a_place_lies_in_no_cell() -> None:
    row = (0, 100, 0, Status.NEW, 1, 1, 1)
    batch = batch_of([row, row])
    batch["cell"][1] = 0
    state = ReplicaState(batch, EMPTY, 1_000_000)
    everything = Selection(Window(0, 10_000), NOW)
    assert state.unplaced.count(everything) == 1
    assert state.unplaced.count(replace(everything, cells=(h3.cell_to_parent(CELLS[0], 1),))) == 0


@settings(deadline=None)
@given(cell_sets)
def test_the_shortest_spelling_is_read_as_the_same_set(cells) -> None:  # type: ignore[no-untyped-def]  # strategies above
    united = unite_cells(cells)
    short, plain = write_cells(united), ",".join(map(h3.int_to_str, cells))
    assert read_cells({"cells": short}) == united == read_cells({"cells": plain}) == read_cells({"cells": plain.upper()})
    assert len(short) <= len(plain)


def test_a_selection_without_cells_has_no_set() -> None:
    assert read_cells({}) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "empty cell"),
        ("862d50a2fffffff,", "empty cell"),
        ("862d50a2fffffff,,862d50aafffffff", "empty cell"),
        ("862d50zz", "'862d50zz' is invalid"),
        ("862d50a2ffffffff", "is invalid"),
        ("fffffffffffffff", "is invalid"),
        ("80", "'80' is invalid"),
        ("8b2d50a2e0e1fff", "'8b2d50a2e0e1fff' is invalid"),
        ("862d50_a2.", "'862d50' is invalid"),
        ("_", "empty cell"),
        ("862d50_a2_aa", "is invalid"),
        ("45.04,38.98", "is invalid"),
        ("862d50a٢", "is invalid"),
    ],
)
def test_what_is_no_cell_is_refused_with_what_is_allowed(text: str, named: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_cells({"cells": text})
    assert refused.value.parameter == "cells"
    assert named in str(refused.value)
    assert "1 to 1000 H3 cells of resolution 1 to 10" in str(refused.value)


def test_a_thousand_cells_are_a_set_and_one_more_is_refused_by_its_number() -> None:
    cells = [h3.int_to_str(cell) for cell in h3.grid_disk(CELLS[0], 20)]
    assert len(read_cells({"cells": ",".join(cells[:MAX_CELLS])}) or ()) == MAX_CELLS
    for text in (",".join(cells[: MAX_CELLS + 1]), "8_" + ".".join(cell[1:] for cell in cells[: MAX_CELLS + 1])):
        with pytest.raises(InvalidParameter, match="more than 1000 cells"):
            read_cells({"cells": text})


POLYGONS = {
    "box": [(45.0, 39.0), (45.0, 39.3), (45.2, 39.3), (45.2, 39.0)],
    "lasso": [(45.0, 39.0), (45.1, 39.15), (45.0, 39.3), (45.2, 39.3), (45.15, 39.1), (45.2, 39.0)],
    "across the antimeridian": [(65.0, 179.8), (65.0, -179.8), (65.1, -179.8), (65.1, 179.8)],
}


@pytest.mark.parametrize("name", POLYGONS)
def test_a_polygon_has_the_cells_whose_centres_lie_in_it(name: str) -> None:
    corners = POLYGONS[name]
    cells, resolution = cells_in_polygon(corners, 7)
    assert resolution == 7
    found = {child for cell in cells for child in h3.cell_to_children(cell, 7)}
    assert found == set(h3.polygon_to_cells(h3.LatLngPoly(corners), 7))
    assert len(cells) < len(found), "a cell whose children are all inside stands for them"


def test_a_polygon_of_too_many_cells_has_coarser_ones_and_a_tiny_one_the_cell_at_its_corner() -> None:
    half_globe = [(-60.0, -60.0), (-60.0, 60.0), (60.0, 60.0), (60.0, -60.0)]
    cells, resolution = cells_in_polygon(half_globe, 10)
    assert len(cells) <= MAX_CELLS
    assert resolution < 5
    assert lies_in(h3.latlng_to_cell(45, 39, 10), cells)
    tiny = [(45.0, 39.0), (45.0, 39.00001), (45.00001, 39.0)]
    assert cells_in_polygon(tiny, 6) == ((h3.latlng_to_cell(45.0, 39.0, 6),), 6)


@pytest.mark.parametrize("corners", [[(45.0, 39.0)] * 3, [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)], [(0.0, 5.0), (1.0, 5.0), (2.0, 5.0)]])
def test_a_polygon_without_an_area_has_the_cell_at_its_corner(corners: list[tuple[float, float]]) -> None:
    assert cells_in_polygon(corners, 5) == ((h3.latlng_to_cell(*corners[0], 5),), 5)


@pytest.mark.parametrize(
    "text", ["", "1,2", "1,2,3,4", "1,2,3,4,5", "a,b,c,d,e,f", "1,2,3,4,5,91", "181,2,3,4,5,6", "nan,1,2,3,4,5", "1e1,2,3,4,5,6"]
)
def test_what_is_no_polygon_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="3 to 200 corners"):
        read_polygon({"polygon": text})


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=3, max_size=8), st.integers(1, 10))
def test_any_polygon_has_a_set_or_is_refused_by_name(corners, finest) -> None:  # type: ignore[no-untyped-def]  # strategies above
    try:
        cells, resolution = cells_in_polygon(corners, finest)
    except InvalidParameter as refused:
        assert refused.parameter == "polygon"
        lats, lngs = zip(*corners, strict=True)
        assert max(map(abs, lats)) == 90 or max(lngs) - min(lngs) > 120
        return
    assert 1 <= len(cells) <= MAX_CELLS
    assert 1 <= resolution <= finest
    assert read_cells({"cells": write_cells(cells)}) == cells
