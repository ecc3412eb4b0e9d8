"""Incidents without a place while they come, change and leave."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.columns.unlocated import UnlocatedIncidents
from geo_service.aggregation.selection.selection import Selection, Window

rows = st.dictionaries(st.integers(1, 12), st.tuples(st.integers(1, 100), st.integers(1, 300)), max_size=8)
steps = st.lists(st.tuples(rows, st.sets(st.integers(1, 12), max_size=3)), max_size=6)


def batch_of(found: dict[int, tuple[int, int]]) -> Array:
    batch = np.zeros(len(found), BATCH)
    for row, (id_, (received, theme)) in zip(batch, found.items(), strict=True):
        row["id"], row["received"], row["theme"] = id_, received, theme
    return batch


@settings(deadline=None)
@given(rows, steps, st.integers(0, 100), st.none() | st.sets(st.integers(1, 300), max_size=150))
def test_whatever_comes_and_goes_those_that_are_there_are_counted(
    first: dict[int, tuple[int, int]],
    later: list[tuple[dict[int, tuple[int, int]], set[int]]],
    start: int,
    themes: set[int] | None,
) -> None:
    there, kept = dict(first), UnlocatedIncidents(batch_of(first))
    selection = Selection(Window(start, 101), 101, themes=None if themes is None else tuple(sorted(themes)))
    for came, gone in later:
        left = gone - came.keys()
        after = {id_: row for id_, row in (there | came).items() if id_ not in left}
        differ = {id_ for id_ in there.keys() | after.keys() if there.get(id_) != after.get(id_)}
        assert kept.apply(batch_of(came), np.array(sorted(left), np.int64)) == len(differ)
        there = after
        taken = [1 for received, theme in there.values() if start <= received and (themes is None or theme in themes)]
        assert (kept.count(selection), len(kept)) == (len(taken), len(there))
    for id_ in range(1, 13):
        assert [(row["received"], row["theme"]) for row in kept.find(id_)] == ([there[id_]] if id_ in there else [])
