"""Upper tails of the negative binomial and the Poisson distribution: how rarely a total with a known mean is as great, or greater.

Negative binomial of mean μ and size r, its variance μ + μ²/r: P(X = j) = Γ(j + r) / (j! Γ(r)) (r / (r + μ))^r (μ / (r + μ))^j
(R's `pnbinom(size=, mu=)`; N. L. Johnson, A. W. Kemp, S. Kotz 2005, "Univariate discrete distributions", 5.1). Poisson is its limit of
infinite size. A dispersion φ = variance / mean is the size μ / (φ - 1).
"""

from math import inf, log, nan

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo_service.aggregation.probability.binomial_density import LAST_DIGIT, log_complement, log_negative_binomial, log_poisson

Floats = NDArray[np.float64]

_LN_10 = log(10)


def negative_binomial_tail(x: ArrayLike, size: ArrayLike, mean: ArrayLike) -> Floats:
    """Return P(X >= x), float64, for arrays that are broadcast against each other; 0.0 below 5e-324.

    x <= 0 gives 1; mean = 0 gives 0 for every other x. An infinite size is Poisson. NaN where an argument is NaN, the mean negative or
    infinite, or the size not above 0.

    >>> negative_binomial_tail([9, 170], [2, 19.2 / 21.5], [1.2, 19.2])
    array([0.00097155, 0.0003259 ])
    """
    return np.exp(_log_tails(x, size, mean))


def log10_negative_binomial_tail(x: ArrayLike, size: ArrayLike, mean: ArrayLike) -> Floats:
    """Return log10 P(X >= x), which does not underflow; otherwise as `negative_binomial_tail`; -inf where it is impossible."""
    return _log_tails(x, size, mean) / _LN_10


def poisson_tail(x: ArrayLike, mean: ArrayLike) -> Floats:
    """Return P(X >= x) of a Poisson distribution, float64; otherwise as `negative_binomial_tail`.

    >>> poisson_tail([9], 1.2)
    array([4.8588287e-06])
    """
    return negative_binomial_tail(x, inf, mean)


def log10_poisson_tail(x: ArrayLike, mean: ArrayLike) -> Floats:
    """Return log10 P(X >= x) of a Poisson distribution; otherwise as `log10_negative_binomial_tail`."""
    return log10_negative_binomial_tail(x, inf, mean)


def _log_tails(x: ArrayLike, size: ArrayLike, mean: ArrayLike) -> Floats:
    arrays = np.broadcast_arrays(*(np.asarray(argument, np.float64) for argument in (x, size, mean)))
    out = np.empty(arrays[0].shape)
    _fill(out.reshape(-1), *(np.array(array, order="C").reshape(-1) for array in arrays))
    return out


@njit(nogil=True, cache=True)
def _fill(out: Floats, x: Floats, size: Floats, mean: Floats) -> None:
    for i in range(len(out)):
        out[i] = log_negative_binomial_tail(x[i], size[i], mean[i])


@njit(nogil=True, cache=True)
def log_negative_binomial_tail(x: float, size: float, mean: float) -> float:
    """Return ln P(X >= x) of single numbers, for compiled callers; as `negative_binomial_tail`.

    Up to the mean the lower tail is summed, beyond it the upper one: the terms fall off from the first one on.
    """
    if not (0.0 <= mean < inf and size > 0.0) or np.isnan(x):
        return nan
    x = np.ceil(x)
    if x <= 0.0:
        return 0.0
    if mean == 0.0 or x == inf:
        return -inf
    if x > mean:
        return _log_density(x, size, mean) + log(_relative_sum_above(x, size, mean))
    below = _log_density(x - 1.0, size, mean) + log(_relative_sum_below(x - 1.0, size, mean))
    return log_complement(below)


@njit(nogil=True, cache=True)
def _log_density(x: float, size: float, mean: float) -> float:
    if size == inf:
        return log_poisson(x, mean)
    return log_negative_binomial(x, size, size / (size + mean), mean / (size + mean))


@njit(nogil=True, cache=True)
def _factor(j: float, size: float, mean: float) -> float:
    """Return P(X = j + 1) / P(X = j)."""
    if size == inf:
        return mean / (j + 1.0)
    return (j + size) / (j + 1.0) * (mean / (size + mean))


@njit(nogil=True, cache=True)
def _relative_sum_above(x: float, size: float, mean: float) -> float:
    """Return Σ_{j>=x} P(X = j) / P(X = x), up to the last digit.

    The factor from one term to the next falls with j where size >= 1, and rises towards μ / (r + μ) elsewhere.
    """
    limit = 0.0 if size == inf else mean / (size + mean)
    total = term = 1.0
    j = x
    while True:
        factor = _factor(j, size, mean)
        term *= factor
        total += term
        bound = max(factor, limit)
        if bound >= 1.0 or term * bound < LAST_DIGIT * total * (1.0 - bound):
            return total
        j += 1.0


@njit(nogil=True, cache=True)
def _relative_sum_below(x: float, size: float, mean: float) -> float:
    """Return Σ_{j<=x} P(X = j) / P(X = x), up to the last digit; `x` terms follow a term at most, each no greater while they fall."""
    total = term = 1.0
    j = x
    while j > 0.0:
        factor = _factor(j - 1.0, size, mean)
        term /= factor
        total += term
        if factor > 1.0 and term * j < LAST_DIGIT * total:
            break
        j -= 1.0
    return total
