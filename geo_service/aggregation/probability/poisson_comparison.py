"""By how much, and how surely, a count differs from an earlier one: the conditional test of two Poisson counts.

Przyborowski and Wilenski 1940, "Homogeneity of results in testing samples from Poisson series" (Biometrika 31): where both windows
have the same rate, then of all n + n0 incidents each lies in the first window with its share of the time of both, s, so that n is
binomial. `measures/significance.py` judges the same test at one level only, from tables.
"""

from math import inf, log

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.probability.binomial_density import LAST_DIGIT, log_binomial

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]

_LN_10 = log(10)


def expected_counts(n0: Whole, share: float) -> Floats:
    """Return how many incidents the compared window lets expect, (groups,) float64. share: the first window's of the time of both."""
    return n0.astype(np.float64) * (share / (1 - share))


def z_scores(n: Whole, n0: Whole, share: float) -> Floats:
    """Return (n - E) / sqrt(t / t0 (n + n0)), E = n0 t / t0; (groups,) float64, 0 where both are 0.

    This is n's distance from its binomial mean in standard deviations; with equally long windows (n - n0) / sqrt(n + n0).

    >>> z_scores(np.array([108, 0, 40]), np.array([2, 0, 20]), 2 / 3).round(3).tolist()
    [7.012, 0.0, 0.0]
    """
    deviation: Floats = np.sqrt(share / (1 - share) * np.maximum(n + n0, 1))
    return (n.astype(np.float64) - expected_counts(n0, share)) / deviation


def log10_p_values(n: Whole, n0: Whole, share: float) -> Floats:
    """Return log10 of the exact two-sided p, (groups,) float64: the smaller of P(X <= n) and P(X >= n) doubled, 1 at most.

    A logarithm, as p of one settlement's outage may be less than the smallest number of 8 bytes.

    >>> log10_p_values(np.array([110, 20_000, 3]), np.array([0, 0, 3]), 0.5).round(3).tolist()
    [-32.812, -6020.299, 0.0]
    """
    out = np.empty(len(n))
    _fill(out, n.astype(np.float64), n0.astype(np.float64), share)
    return out / _LN_10


@njit(nogil=True, cache=True)
def _fill(out: Floats, n: Floats, n0: Floats, share: float) -> None:
    for i in range(len(out)):
        out[i] = _log_p(n[i], n0[i], share)


@njit(nogil=True, cache=True)
def _log_p(n: float, n0: float, share: float) -> float:
    """Return ln of the doubled tail on that side of the mean on which n lies.

    The other tail is never the smaller one, unless both are over a half: the median is next to the mean.
    """
    if n * (1.0 - share) < n0 * share:
        return _log_p(n0, n, 1.0 - share)
    tail = log_binomial(n, n0, share, 1.0 - share) + log(_relative_sum(n, n0, share)) if n + n0 > 0.0 else inf
    return min(tail + log(2.0), 0.0)


@njit(nogil=True, cache=True)
def _relative_sum(n: float, n0: float, share: float) -> float:
    """Return P(X >= n) / P(X = n), up to the last digit, for an n that is not below the mean.

    Each factor from one term to the next is smaller than the one before, which bounds what is still to come.
    """
    total = term = 1.0
    odds = share / (1.0 - share)
    while n0 > 0.0:
        factor = n0 / (n + 1.0) * odds
        term *= factor
        total += term
        if term * factor <= LAST_DIGIT * total * (1.0 - factor):
            break
        n, n0 = n + 1.0, n0 - 1.0
    return total
