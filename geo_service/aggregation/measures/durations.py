"""How long answers and closings took. All durations are whole seconds as uint32, `quantiles.NOTHING` where there is none."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_CLOSED
from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.quantiles import MISSING
from geo_service.aggregation.replica.replica import ReplicaState, Seconds


def answer_seconds(state: ReplicaState, rows: NDArray[np.int32]) -> Seconds:
    """(rows,) seconds from receipt to the first answer, by the state's clock where it has one; NOTHING while unanswered."""
    if state.clock is not None:
        return state.clock.answer_seconds(state, rows)
    return elapsed(state.columns["received"], state.columns["answered"], rows)


def close_seconds(state: ReplicaState, taken: SelectedRows) -> Seconds:
    """(taken,) seconds from receipt to closing by the calendar; NOTHING for what is not closed now."""
    seconds = elapsed(state.columns["received"], state.columns["closed"], taken.rows)
    map_parts(lambda piece: _clear(seconds[piece], taken.state[piece]), split_rows(len(taken)))
    return seconds


def elapsed(start: Seconds, stop: Seconds, rows: NDArray[np.int32]) -> Seconds:
    """stop − start of each row; NOTHING where there is no stop (0)."""
    out = np.empty(len(rows), np.uint32)
    map_parts(lambda piece: _elapsed(out[piece], start, stop, rows[piece]), split_rows(len(rows)))
    return out


@njit(nogil=True, cache=True)
def _elapsed(out: Seconds, start: Seconds, stop: Seconds, rows: NDArray[np.int32]) -> None:
    for i in range(len(rows)):
        end = stop[rows[i]]
        out[i] = np.uint32(end - start[rows[i]]) if end else MISSING


@njit(nogil=True, cache=True)
def _clear(seconds: Seconds, state: NDArray[np.uint8]) -> None:
    for i in range(len(seconds)):
        if not state[i] & IS_CLOSED:
            seconds[i] = MISSING
