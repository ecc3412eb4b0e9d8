"""Getis-Ord Gi*: where high or low values lie together.

J. K. Ord, A. Getis 1995, "Local spatial autocorrelation statistics: distributional issues and an application", equation 14:
z = (Σw x - x̄ W) / (S √((n Σw² - W²) / (n - 1))), with S² = Σx²/n - x̄². Weights are 1 for neighbours and for the cell itself, so that
W = Σw² is the number of both.
"""

from math import sqrt

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]


def compute_gi_star(values: ArrayLike, starts: Indices, neighbours: Indices) -> Floats:
    """Return z along the last axis of values (..., n); positive where high values lie together.

    starts (n + 1,), neighbours: cell i has the neighbours `neighbours[starts[i]:starts[i + 1]]`, itself among them; negative numbers
    are none. 0 where all values are equal, or all cells are neighbours: there is nothing to compare with.
    """
    cells = np.asarray(values, np.float64)
    out = np.zeros(cells.shape)
    if cells.size:
        rows = np.ascontiguousarray(cells).reshape(-1, cells.shape[-1])
        _fill(out.reshape(rows.shape), rows, starts, neighbours)
    return out


@njit(nogil=True, cache=True)
def _fill(out: Floats, rows: Floats, starts: Indices, neighbours: Indices) -> None:
    n = len(starts) - 1
    for row in range(len(rows)):
        values = rows[row]
        mean = values.mean()
        deviation = sqrt(np.mean((values - mean) ** 2))
        for i in range(n):
            count, total = 0, 0.0
            for j in range(starts[i], starts[i + 1]):
                if neighbours[j] >= 0:
                    count += 1
                    total += values[neighbours[j]] - mean
            scale = deviation * sqrt(count * (n - count) / (n - 1)) if n > 1 else 0.0
            out[row, i] = total / scale if scale > 0.0 else 0.0
