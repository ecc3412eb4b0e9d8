"""Playback: a window divided into equal frames, and how many incidents each cell has up to each frame."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import by_cell
from geo_service.aggregation.counting.selected_rows import assign_buckets, select_rows
from geo_service.aggregation.measures.class_breaks import ClassBreaks, ClassificationMethod, class_breaks
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window

FEWEST, MOST = 2, 120
"""Frames in a window: at two a second the most last a minute. A frame's number fits a byte."""

Frames = NDArray[np.uint8]
Offsets = NDArray[np.int64]


def frame_edges(window: Window, frames: int) -> NDArray[np.int64]:
    """Return (frames + 1,) where frames begin, and where the last one ends; whole seconds since 1970, so that they differ by one at most.

    >>> frame_edges(Window(0, 10), 4).tolist()
    [0, 2, 5, 7, 10]
    """
    return window.start + np.arange(frames + 1) * (window.stop - window.start) // frames


def frames_by_cell(state: ReplicaState, selection: Selection, resolution: int, frames: int) -> tuple[Offsets, Frames]:
    """Return the frame of each incident, those of a cell together: (cells + 1,) offsets by the cell's index, (incidents,) frames.

    Cached for a window and a resolution; an incident takes one byte. The arrays are shared: do not write into them.
    """

    def make_offsets() -> Offsets:
        counts = state.counter.per_cell(selection, resolution)
        return np.concatenate([[0], np.cumsum(counts[:, 0], dtype=np.int64)])

    def make_frames() -> Frames:
        taken = select_rows(state.columns, selection, by_cell(state.pyramid, resolution))
        out = np.empty(len(taken), np.uint8)
        buckets = assign_buckets(taken.rows, state.columns["received"], frame_edges(selection.window, frames))
        _gather(out, offsets[:-1].copy(), taken.groups, buckets)
        return out

    offsets = state.counter.cached_array((selection, resolution, "incidents up to each cell"), make_offsets)
    return offsets, state.counter.cached_array((selection, resolution, frames, "frames"), make_frames)


def prefix_sums(by_cell: tuple[Offsets, Frames], cells: NDArray[np.intp], frames: int) -> NDArray[np.int32]:
    """Return (cells, frames + 1) incidents of each cell before each edge: 0 at the first, all of them at the last."""
    out = np.zeros((len(cells), frames + 1), np.int32)
    _add_up(out, *by_cell, cells)
    return out


def playback_breaks(
    state: ReplicaState, selection: Selection, resolution: int, classifier: ClassificationMethod, frames: int
) -> ClassBreaks:  # fmt: skip
    """Return class breaks over the counts above zero of all cells in all frames: they are the same while the window is played."""

    def make() -> ClassBreaks:
        offsets, by_cell_ = frames_by_cell(state, selection, resolution, frames)
        counts = np.empty(len(by_cell_), np.int32)
        return class_breaks(counts[: _counts(counts, offsets, by_cell_, frames)], classifier, least=1)

    return state.counter.cached_value((selection, resolution, classifier, frames, "playback"), make)


@njit(nogil=True, cache=True)
def _gather(out: Frames, positions: Offsets, groups: NDArray[np.int32], frames: NDArray[np.int32]) -> None:
    """Write each incident's frame behind those of its cell. positions: where each cell's frames begin; advanced."""
    for i in range(len(groups)):
        out[positions[groups[i]]] = frames[i]
        positions[groups[i]] += 1


@njit(nogil=True, cache=True)
def _add_up(out: NDArray[np.int32], offsets: Offsets, frames: Frames, cells: NDArray[np.intp]) -> None:
    for i in range(len(cells)):
        for j in range(offsets[cells[i]], offsets[cells[i] + 1]):
            out[i, frames[j] + 1] += 1
        for edge in range(1, out.shape[1]):
            out[i, edge] += out[i, edge - 1]


@njit(nogil=True, cache=True)
def _counts(out: NDArray[np.int32], offsets: Offsets, frames: Frames, number: int) -> int:
    """Write the counts of each cell in each frame, without zeros; return how many there are."""
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
