"""Mann–Kendall test: whether a series rises or falls.

H. B. Mann 1945, "Nonparametric tests against trend"; M. G. Kendall 1975, "Rank correlation methods":
S = Σ_{i<j} sgn(x_j - x_i), var = (n(n-1)(2n+5) - Σ_ties t(t-1)(2t+5)) / 18, Z = (S ∓ 1) / √var, p two-sided from the normal distribution.
"""

from math import erfc, sqrt
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Trend(NamedTuple):
    """One number a series, float64: S, its variance, Z and the two-sided p; a series without any change has Z = 0 and p = 1."""

    s: Floats
    variance: Floats
    z: Floats
    p: Floats


def compute_trend(series: ArrayLike) -> Trend:
    """Return the trends along the last axis; NaN for a series that has a NaN.

    >>> trend = compute_trend([1, 3, 2, 5, 4, 6, 8, 7, 9, 10])
    >>> trend.s.item(), trend.variance.item(), round(trend.z.item(), 5), round(trend.p.item(), 6)
    (39.0, 125.0, 3.39882, 0.000677)
    """
    values = np.asarray(series, np.float64)
    out = np.empty((4, *values.shape[:-1]))
    if values.size:
        rows = np.ascontiguousarray(values).reshape(-1, values.shape[-1])
        _fill(out.reshape(4, len(rows)), rows)
    return Trend(*out)


@njit(nogil=True, cache=True)
def _fill(out: Floats, rows: Floats) -> None:
    for i in range(len(rows)):
        row = rows[i]
        if np.isnan(row).any():
            out[:, i] = np.nan
            continue
        s, variance = _concordance(row), _variance(np.sort(row))
        z = 0.0
        if variance > 0.0 and s != 0.0:
            z = (s - np.sign(s)) / sqrt(variance)
        out[0, i], out[1, i], out[2, i], out[3, i] = s, variance, z, erfc(abs(z) / sqrt(2.0))


@njit(nogil=True, cache=True)
def _concordance(row: Floats) -> float:
    """Return how many pairs rise, less how many fall."""
    s = 0
    for j in range(1, len(row)):
        for i in range(j):
            s += int(row[j] > row[i]) - int(row[j] < row[i])
    return float(s)


@njit(nogil=True, cache=True)
def _variance(ordered: Floats) -> float:
    """Return the variance of S without a trend, from the values in ascending order."""
    n = len(ordered)
    total = n * (n - 1) * (2 * n + 5)
    first = 0
    for i in range(1, n + 1):
        if i == n or ordered[i] != ordered[first]:
            ties = i - first
            total -= ties * (ties - 1) * (2 * ties + 5)
            first = i
    return total / 18.0
