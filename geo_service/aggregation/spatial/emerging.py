"""Emerging hot spots: how concentration has developed over the steps of a window, in the 17 patterns of ArcGIS.

The window is cut into equal steps. In each of them Gi* of every cell is significant or not, at a false discovery rate of 5 % over the
cells of the step; the Mann-Kendall test says whether its z rises or falls. (Esri, "How Emerging Hot Spot Analysis works".)
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import by_cell
from geo_service.aggregation.counting.selected_rows import assign_buckets, select_rows
from geo_service.aggregation.probability.mann_kendall import Trend, compute_trend
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.spatial.concentration import StudyArea, significant_cells

Patterns = NDArray[np.int32]
Truths = NDArray[np.bool_]

STEPS = 12
"""ArcGIS asks for at least 10; of 12 weeks each is a week."""
_RATE = 0.05
"""False discovery rate of a step's cells, and p of a trend."""
_OFTEN = 0.9
"""Part of the steps from which a cell is hot nearly always."""

HOT_PATTERNS = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
"""Patterns 1 to 8 of hot spots, 9 to 16 of cold spots; 0 is none."""
_COLD = len(HOT_PATTERNS)


def cell_patterns(state: ReplicaState, selection: Selection, resolution: int) -> Patterns:
    """Return the pattern of each cell of a level, 0 to 16; 0 outside of the study area. The window has both ends."""
    counts = _count_steps(state, selection, resolution)
    area = StudyArea(state, selection, resolution)
    z = np.empty((STEPS, len(area)), np.float32)
    states = np.zeros((STEPS, len(area)), np.int8)
    for step in range(STEPS):
        exact = area.compute_z(area.select(counts[step]))
        (significant,) = significant_cells(exact, [_RATE])
        z[step], states[step, significant] = exact, np.sign(exact[significant])
    # Most cells are never significant: they have no pattern, and need no test.
    known = np.flatnonzero(states.any(axis=0))
    patterns = np.zeros(len(area))
    patterns[known] = classify_patterns(states[:, known], compute_trend(z[:, known].T))
    return np.nan_to_num(area.spread(patterns)).astype(np.int32)


def classify_patterns(states: NDArray[np.int8], trend: Trend) -> Patterns:
    """Return the pattern of each column of states (steps, cells): 1 hot, -1 cold, 0 neither. trend: of each cell's z.

    What a cell is in the last step decides first; only where it is neither may it be a historical hot or cold spot.
    """
    hot, cold = states > 0, states < 0
    rises, falls = (trend.p < _RATE) & (trend.z > 0), (trend.p < _RATE) & (trend.z < 0)
    as_hot, as_cold = _classify_hot(hot, cold, rises, falls), _classify_hot(cold, hot, falls, rises)
    as_cold[as_cold > 0] += _COLD
    return np.where(hot[-1], as_hot, np.where(cold[-1] | (as_hot == 0), as_cold, as_hot))


def _classify_hot(hot: Truths, cold: Truths, intensifies: Truths, diminishes: Truths) -> Patterns:
    """Return for each cell its place in HOT_PATTERNS from 1 on, or 0; with all that is hot exchanged for cold, the same of cold spots."""
    number, last = hot.sum(axis=0), hot[-1]
    often = number >= _OFTEN * len(hot)
    # Hot steps that nothing interrupts up to the last one.
    run = np.cumprod(hot[::-1], axis=0, dtype=np.int8).sum(axis=0)
    conditions = {
        "new": last & (number == 1),
        "consecutive": last & (run == number) & ~often,
        "intensifying": last & often & intensifies,
        "diminishing": last & often & diminishes,
        "persistent": last & often,
        "oscillating": last & cold.any(axis=0),
        "sporadic": last,
        "historical": often,
    }
    numbers = [HOT_PATTERNS.index(name) + 1 for name in conditions]
    return np.select(list(conditions.values()), numbers, 0).astype(np.int32)


def _count_steps(state: ReplicaState, selection: Selection, resolution: int) -> NDArray[np.int32]:
    """Return (STEPS, cells) incidents of each cell in each step. A window that goes on after now is cut there."""
    start, stop = selection.window.start, min(selection.window.stop, max(selection.now, selection.window.start + STEPS))
    edges = start + np.arange(STEPS + 1) * (stop - start) // STEPS
    counts = np.zeros((STEPS, len(state.pyramid.levels[resolution])), np.int32)
    rows = select_rows(state.columns, selection, by_cell(state.pyramid, resolution))
    _count(counts, rows.groups, assign_buckets(rows.rows, state.columns["received"], edges))
    return counts


@njit(nogil=True, cache=True)
def _count(out: NDArray[np.int32], groups: NDArray[np.int32], steps: NDArray[np.int32]) -> None:
    for i in range(len(groups)):
        out[steps[i], groups[i]] += 1
