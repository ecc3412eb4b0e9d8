"""Upper tail of the beta-binomial distribution: how rarely a place with a known share has as many of a total, or more.

P(X >= x) = Σ_{j=x..T} C(T, j) B(j + α, T - j + β) / B(α, β) (J. G. Skellam 1948, "A probability distribution derived from the
binomial distribution by regarding the probability of success as variable between the sets of trials").
"""

from math import inf, log, nan

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from geo_service.aggregation.probability.binomial_density import LAST_DIGIT, log_beta_binomial, log_complement

Floats = NDArray[np.float64]

_LN_10 = log(10)


def beta_binomial_tail(x: ArrayLike, trials: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Floats:
    """Return P(X >= x), float64, for arrays that are broadcast against each other; 0.0 below 5e-324.

    x <= 0 gives 1, x > trials gives 0. alpha = 0 is a place that never has any, beta = 0 one that has all. NaN where an argument is
    NaN or negative (x may be), or alpha and beta are both 0.

    >>> beta_binomial_tail([3, 51], [5, 51], [0.03, 9.2], [400, 4183])
    array([9.61658772e-009, 6.73763649e-110])
    """
    return np.exp(_log_tails(x, trials, alpha, beta))


def log10_beta_binomial_tail(x: ArrayLike, trials: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Floats:
    """Return log10 P(X >= x), which does not underflow; otherwise as `beta_binomial_tail`; -inf where it is impossible."""
    return _log_tails(x, trials, alpha, beta) / _LN_10


def _log_tails(x: ArrayLike, trials: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> Floats:
    arrays = np.broadcast_arrays(*(np.asarray(argument, np.float64) for argument in (x, trials, alpha, beta)))
    out = np.empty(arrays[0].shape)
    _fill(out.reshape(-1), *(np.array(array, order="C").reshape(-1) for array in arrays))
    return out


@njit(nogil=True, cache=True)
def _fill(out: Floats, x: Floats, trials: Floats, alpha: Floats, beta: Floats) -> None:
    for i in range(len(out)):
        out[i] = log_beta_binomial_tail(x[i], trials[i], alpha[i], beta[i])


@njit(nogil=True, cache=True)
def log_beta_binomial_tail(x: float, trials: float, alpha: float, beta: float) -> float:
    """Return ln P(X >= x) of single numbers, for compiled callers; as `beta_binomial_tail`.

    From below the mean the other tail is summed, which is the shorter way: the result is near 1 there and loses nothing.
    """
    if not (trials >= 0.0 and alpha >= 0.0 and beta >= 0.0 and alpha + beta > 0.0) or np.isnan(x):
        return nan
    x = np.ceil(x)
    if x <= 0.0:
        return 0.0
    if x > trials or alpha == 0.0:
        return -inf
    if beta == 0.0:
        return 0.0
    if x * (alpha + beta) > trials * alpha:
        return log_beta_binomial(x, trials, alpha, beta) + log(_relative_sum(x, trials, alpha, beta))
    # Seen from the other side: P(T - X >= T - x + 1).
    other = trials - x + 1.0
    below = log_beta_binomial(other, trials, beta, alpha) + log(_relative_sum(other, trials, beta, alpha))
    return log_complement(below)


@njit(nogil=True, cache=True)
def _relative_sum(x: float, trials: float, alpha: float, beta: float) -> float:
    """Return Σ_{j=x..T} P(X = j) / P(X = x), up to the last digit.

    From one term to the next the factor is (T - j)(j + α) / ((j + 1)(T - j - 1 + β)). With β >= 1 no later factor is greater than
    (T - j) / (T - j - 1 + β) times the greater of 1 and (j + α) / (j + 1), which bounds what is still to come.
    """
    total = term = 1.0
    j = x
    while j < trials:
        rest = (trials - j) / (trials - j - 1.0 + beta)
        growth = (j + alpha) / (j + 1.0)
        term *= rest * growth
        total += term
        bound = rest * max(growth, 1.0)
        if beta >= 1.0 and bound < 1.0 and term * bound < LAST_DIGIT * total * (1.0 - bound):
            break
        j += 1.0
    return total
