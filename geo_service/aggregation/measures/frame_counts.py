"""A window cut into equal frames: how many incidents each cell has up to each frame, for maps that play it."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import by_cell
from geo_service.aggregation.counting.selected_rows import assign_buckets, select_rows
from geo_service.aggregation.measures.cell_values import CellQuery, cell_counts
from geo_service.aggregation.measures.class_breaks import ClassBreaks, class_breaks
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Window

FEWEST, MOST = 2, 120
"""Frames in a window."""

Frames = NDArray[np.uint8]
Offsets = NDArray[np.int64]


def frame_edges(window: Window, frames: int) -> NDArray[np.int64]:
    """(frames + 1,) where frames begin, and where the last one ends; whole seconds since 1970, so that they differ by one at most.

    >>> frame_edges(Window(0, 10), 4).tolist()
    [0, 2, 5, 7, 10]
    """
    return window.start + np.arange(frames + 1) * (window.stop - window.start) // frames


def frames_by_cell(state: ReplicaState, question: CellQuery, frames: int) -> tuple[Offsets, Frames]:
    """The frame of each incident of the selection, those of a cell together: (cells + 1,) offsets by the cell's index, (incidents,).

    Made once for a window and a level; an incident takes one byte. Shared: do not write into them.
    """
    key = (question.selection, question.resolution)

    def make_offsets() -> Offsets:
        return np.concatenate([[0], np.cumsum(cell_counts(state, question)[:, 0], dtype=np.int64)])

    def make_frames() -> Frames:
        taken = select_rows(state.columns, question.selection, by_cell(state.pyramid, question.resolution))
        edges = frame_edges(question.selection.window, frames)
        out = np.empty(len(taken), np.uint8)
        _gather(out, offsets[:-1].copy(), taken.groups, assign_buckets(taken.rows, state.columns["received"], edges))
        return out

    offsets = state.counter.cached_array((*key, "incidents up to each cell"), make_offsets)
    return offsets, state.counter.cached_array((*key, frames, "frames"), make_frames)


def prefix_sums(found: tuple[Offsets, Frames], places: NDArray[np.intp], frames: int) -> NDArray[np.int32]:
    """(places, frames + 1) incidents of each cell before each edge: 0 at the first, all of them at the last."""
    out = np.zeros((len(places), frames + 1), np.int32)
    _add_up(out, *found, places)
    return out


def playback_breaks(state: ReplicaState, question: CellQuery, frames: int) -> ClassBreaks:
    """Class breaks over the counts of all cells in all frames where there are any: they hold while the window is played."""

    def make() -> ClassBreaks:
        offsets, by_cell_ = frames_by_cell(state, question, frames)
        counts = np.empty(len(by_cell_), np.int32)
        return class_breaks(counts[: _counts(counts, offsets, by_cell_, frames)], question.division, least=1)

    return state.counter.cached_value((*question.key, question.division, frames, "playback"), make)


@njit(nogil=True, cache=True)
def _gather(out: Frames, places: Offsets, groups: NDArray[np.int32], frames: NDArray[np.int32]) -> None:
    """Put each incident's frame behind those of its cell; `places`: where each cell's begin, moved on."""
    for i in range(len(groups)):
        out[places[groups[i]]] = frames[i]
        places[groups[i]] += 1


@njit(nogil=True, cache=True)
def _add_up(out: NDArray[np.int32], offsets: Offsets, frames: Frames, places: NDArray[np.intp]) -> None:
    for i in range(len(places)):
        for j in range(offsets[places[i]], offsets[places[i] + 1]):
            out[i, frames[j] + 1] += 1
        for edge in range(1, out.shape[1]):
            out[i, edge] += out[i, edge - 1]


@njit(nogil=True, cache=True)
def _counts(out: NDArray[np.int32], offsets: Offsets, frames: Frames, number: int) -> int:
    """Write the counts of each cell in each frame, but zeros; how many there are."""
    size = 0
    in_frame = np.zeros(number, np.int32)
    for cell in range(len(offsets) - 1):
        for j in range(offsets[cell], offsets[cell + 1]):
            in_frame[frames[j]] += 1
        for j in range(offsets[cell], offsets[cell + 1]):
            if in_frame[frames[j]]:
                out[size] = in_frame[frames[j]]
                in_frame[frames[j]] = 0
                size += 1
    return size
