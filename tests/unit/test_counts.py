"""Counts against counting one incident after the other."""

from collections import Counter as Tally
from unittest.mock import patch

import h3.api.basic_int as h3
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.arrays.parallel import halve_ranges
from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.model import OPEN_STATUSES, Status
from tests.support.incident_batches import CELLS, NOW, Row, batch_of, incidents, is_overdue, selections


def expected(batch: np.ndarray, selection: Selection, resolution: int) -> dict[int, tuple[int, int, int, int]]:
    tally: dict[int, Tally[str]] = {}
    for row in batch:
        status = Status(row["status"])
        is_open = status in OPEN_STATUSES
        overdue = is_overdue(row, selection.now)
        taken = status in selection.statuses.chosen or (selection.statuses.overdue and overdue)
        inside = selection.window.start <= row["received"] < selection.window.stop
        filters = ((selection.themes, "theme"), (selection.sources, "source"), (selection.agencies, "agency"))
        if taken and inside and all(chosen is None or row[name] in chosen for chosen, name in filters):
            cell = tally.setdefault(h3.cell_to_parent(int(row["cell"]), resolution), Tally())
            cell.update(n=1, open=int(is_open), overdue=int(overdue), closed=int(status is Status.CLOSED))
    return {cell: (found["n"], found["open"], found["overdue"], found["closed"]) for cell, found in tally.items()}


def counted(state: ReplicaState, selection: Selection, resolution: int) -> dict[int, tuple[int, ...]]:
    counts = state.counter.per_cell(selection, resolution)
    cells = state.pyramid.levels[resolution].cells
    return {int(cells[i]): tuple(counts[i].tolist()) for i in np.flatnonzero(counts[:, 0])}


@settings(deadline=None, max_examples=200)
@given(st.lists(incidents, max_size=40), st.lists(incidents, max_size=20), selections, st.permutations(range(1, 11)))
def test_each_level_counts_what_one_counts_by_hand(first, later, selection, order) -> None:  # type: ignore[no-untyped-def]  # strategies above
    loaded, arrived = batch_of(first), batch_of(later, first_id=1000)
    state = ReplicaState(loaded, EMPTY, 1_000_000)
    state.apply(arrived, np.empty(0, np.int64), None)
    everything = np.concatenate([loaded, arrived])
    for resolution in order:
        assert counted(state, selection, resolution) == expected(everything, selection, resolution)


@settings(deadline=None, max_examples=50)
@given(st.lists(incidents, min_size=1, max_size=40), selections)
def test_totals_are_the_same_on_every_level(rows, selection) -> None:  # type: ignore[no-untyped-def]  # as above
    state = ReplicaState(batch_of(rows), EMPTY, 1_000_000)
    totals = {tuple(state.counter.per_cell(selection, level).sum(axis=0).tolist()) for level in range(1, 11)}
    assert len(totals) == 1


def test_an_answer_is_counted_once_and_anew_after_a_change() -> None:
    state = ReplicaState(batch_of([(0, 10, 0, Status.NEW, 1, 1, 0)]), EMPTY, 1_000_000)
    selection = Selection(Window(0, 1000), NOW)
    first = state.counter.per_cell(selection, 7)
    assert state.counter.per_cell(selection, 7) is first
    state.apply(batch_of([(0, 20, 0, Status.NEW, 1, 1, 0)], first_id=2), np.empty(0, np.int64), None)
    assert state.counter.per_cell(selection, 7)[:, 0].tolist() == [2]


def test_kept_answers_stay_within_their_limit() -> None:
    state = ReplicaState(batch_of([(i, 10, 0, Status.NEW, 1, 1, 0) for i in range(6)]), EMPTY, count_limit=200)
    first = state.counter.per_cell(Selection(Window(0, 1000), 1), 10)
    state.counter.per_cell(Selection(Window(0, 1000), 2), 10)
    state.counter.per_cell(Selection(Window(0, 1000), 3), 10)
    assert state.counter.per_cell(Selection(Window(0, 1000), 1), 10) is not first


def test_an_incident_that_loses_its_place_is_counted_no_more() -> None:
    batch = batch_of([(0, 10, 0, Status.NEW, 1, 1, 0), (1, 10, 0, Status.NEW, 1, 1, 0)])
    state = ReplicaState(batch, EMPTY, 1_000_000)
    unplaced = batch[:1].copy()
    unplaced["cell"] = 0
    assert state.apply(unplaced, np.empty(0, np.int64), None).deleted == 1
    assert state.unplaced.count(Selection(Window(0, 1000), NOW)) == 1
    assert sum(found[0] for found in counted(state, Selection(Window(0, 1000), NOW), 10).values()) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(incidents, min_size=1), st.lists(incidents), selections, st.sampled_from([10, 7]))
def test_two_hands_count_what_one_does(
    rows: list[Row], later: list[Row], selection: Selection, resolution: int,
) -> None:  # fmt: skip
    batch, tail = batch_of(rows), batch_of(later, first_id=len(rows) + 1)
    one = ReplicaState(batch, EMPTY, 1_000_000)
    two = ReplicaState(batch, EMPTY, 1_000_000)
    for state in (one, two):
        state.apply(tail, np.array([1], np.int64), None)
    with patch.multiple("geo_service.aggregation.arrays.parallel", _MIN_ROWS=0, _ROWS_A_GROUP=0):
        shared = two.counter.per_cell(selection, resolution)
    np.testing.assert_array_equal(shared, one.counter.per_cell(selection, resolution))


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=4))
def test_halves_hold_each_row_once(sizes: list[tuple[int, bool]]) -> None:
    spans, low = [], 0
    for size, timed in sizes:
        spans.append(((low, low + size), timed))
        low += size
    left, right = halve_ranges(spans)
    rows = [(row, timed) for (first, last), timed in (*left, *right) for row in range(first, last)]
    assert rows == [(row, timed) for (first, last), timed in spans for row in range(first, last)]
    assert sum(last - first for (first, last), _ in left) == low // 2


@settings(deadline=None, max_examples=100)
@given(st.lists(incidents, max_size=20), st.lists(incidents, max_size=20), st.sets(st.integers(1, 30)), selections)
def test_incidents_without_a_place_are_counted_as_one_counts_by_hand(first, later, gone, selection) -> None:  # type: ignore[no-untyped-def]  # as above
    loaded, arrived = batch_of(first), batch_of(later, first_id=10)
    loaded["cell"] = 0
    arrived["cell"][::2] = 0
    state = ReplicaState(loaded, EMPTY, 1_000_000)
    held = {int(row["id"]): row for row in loaded}
    came = [int(row["id"]) for row in arrived]
    deleted = np.array(sorted(gone - set(came)), np.int64)
    changed = bool(state.apply(arrived, deleted, None))
    known = {name: row for name, row in held.items() if name not in gone | set(came)} | {int(row["id"]): row for row in arrived}
    without = np.array([row for row in known.values() if row["cell"] == 0], BATCH)
    placed_alike = without.copy()
    placed_alike["cell"] = CELLS[0]
    assert state.unplaced.count(selection) == sum(found[0] for found in expected(placed_alike, selection, 10).values())
    assert len(state.unplaced) == len(without)
    again = state.apply(arrived, deleted, None)
    assert not again, "the same once more is no change"
    assert changed or not len(arrived)
