"""Playback: frames are equal, and histories and their classes are those of a plain count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.measures.cell_values import CellQuery
from geo_service.aggregation.measures.class_breaks import ClassificationMethod, class_breaks
from geo_service.aggregation.measures.frame_counts import frame_edges, frames_by_cell, playback_breaks, prefix_sums
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from tests.support.written_tiles import around

WINDOW = Window(1_000_000, 1_086_400)
CELLS = np.array(around(45.04, 38.98, 10, 12), np.uint64)


def incidents(count: int) -> np.ndarray:
    """Some before and behind the window, some on its very ends."""
    random = np.random.default_rng(3)
    batch = np.zeros(count, BATCH)
    batch["id"] = np.arange(1, count + 1)
    batch["cell"] = random.choice(CELLS[:40], count)
    batch["received"] = random.integers(WINDOW.start - 20_000, WINDOW.stop + 20_000, count)
    batch["received"][:4] = WINDOW.start - 1, WINDOW.start, WINDOW.stop - 1, WINDOW.stop
    return batch


@given(st.integers(0, 10**9), st.integers(120, 10**9), st.integers(2, 120))
def test_frames_are_equal_to_a_second_and_fill_the_window(start: int, length: int, frames: int) -> None:
    edges = frame_edges(Window(start, start + length), frames)
    assert (edges[0], edges[-1], len(edges)) == (start, start + length, frames + 1)
    assert set(np.diff(edges).tolist()) <= {length // frames, -(-length // frames)}


@pytest.mark.parametrize(("frames", "resolution"), [(2, 10), (30, 8), (120, 9)])
def test_histories_are_those_of_a_plain_count_wherever_rows_stand(frames: int, resolution: int) -> None:
    batch = incidents(3000)
    state = ReplicaState(batch[:2500], EMPTY, 10**8)
    # These wait in the tail, out of order.
    state.apply(batch[2500:], np.empty(0, np.int64), None)
    question = CellQuery(Selection(WINDOW, WINDOW.stop), resolution, MEASURES["count"])
    level = state.pyramid.levels[resolution]
    places = np.arange(len(level))
    found = prefix_sums(frames_by_cell(state, question, frames), places, frames)
    edges = frame_edges(WINDOW, frames)
    index = state.pyramid.up(resolution)[state.pyramid.levels[10].index(batch["cell"])]
    inside = (batch["received"] >= WINDOW.start) & (batch["received"] < WINDOW.stop)
    frame = np.searchsorted(edges, batch["received"].astype(np.int64), side="right") - 1
    counts = np.zeros((len(level), frames), np.int64)
    np.add.at(counts, (index[inside], frame[inside]), 1)
    assert (found[:, 0] == 0).all()
    assert (np.diff(found, axis=1) == counts).all()
    assert playback_breaks(state, question, frames) == class_breaks(counts[counts > 0], ClassificationMethod(), least=1)
