"""The rows that a selection takes against the counts of the same selection."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.counting.grouping import NO_TABLE, Grouping, by_cell
from geo_service.aggregation.counting.selected_rows import assign_buckets, count_by_group, cross_counts, map_to_groups, select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from tests.support.incident_batches import NOW, batch_of, incidents, selections


@settings(deadline=None, max_examples=100)
@given(st.lists(incidents, max_size=40), st.lists(incidents, max_size=20), selections, st.integers(1, 10))
def test_taken_rows_are_those_that_are_counted(first, later, selection, resolution) -> None:  # type: ignore[no-untyped-def]  # strategies above
    state = ReplicaState(batch_of(first), EMPTY, 1_000_000)
    state.apply(batch_of(later, first_id=1000), np.empty(0, np.int64), None)
    grouping = by_cell(state.pyramid, resolution)
    taken = select_rows(state.columns, selection, grouping)
    np.testing.assert_array_equal(count_by_group(taken.groups, taken.state, grouping.size), state.counter.per_cell(selection, resolution))
    assert len(set(taken.rows.tolist())) == len(taken)
    received = state.columns["received"][taken.rows]
    assert ((received >= selection.window.start) & (received < selection.window.stop)).all()


@settings(deadline=None)
@given(st.lists(incidents, min_size=1, max_size=40), st.lists(st.integers(0, 2000), min_size=2, max_size=9).map(sorted))
def test_rows_are_looked_up_crossed_and_placed_in_time(rows, edges) -> None:  # type: ignore[no-untyped-def]  # as above
    state = ReplicaState(batch_of(rows), EMPTY, 1_000_000)
    taken = select_rows(state.columns, Selection(Window(0, 2000), NOW), Grouping("theme", NO_TABLE, 5))
    themes, sources, received = (state.columns[name] for name in ("theme", "source", "received"))
    table = np.array([0, 2, 0, 1], np.int32)
    assert map_to_groups(taken.rows, sources, table).tolist() == table[sources].tolist()
    assert map_to_groups(taken.rows, sources, NO_TABLE).tolist() == sources.tolist()
    expected = np.zeros((5, 4), np.int32)
    np.add.at(expected, (themes, sources), 1)
    np.testing.assert_array_equal(cross_counts(taken, sources, 5, 4), expected)
    spans = np.clip(np.searchsorted(edges, received, side="right") - 1, 0, len(edges) - 2)
    shuffled = np.random.default_rng(1).permutation(taken.rows)
    assert assign_buckets(taken.rows, received, np.array(edges)).tolist() == spans.tolist()
    assert assign_buckets(shuffled, received, np.array(edges)).tolist() == spans[shuffled].tolist()
