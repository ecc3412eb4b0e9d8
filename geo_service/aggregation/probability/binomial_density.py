"""Densities of count distributions as logarithms, without cancellation for great parameters.

C. Loader 2000, "Fast and accurate computation of binomial probabilities": a density is written as the distance of the count from
its expectation (deviance) and the error of Stirling's formula. Differences of `lgamma` would lose as many digits as the
parameters have: a share of 10 million incidents would leave eight of sixteen.
"""

from math import exp, expm1, inf, lgamma, log, log1p, pi

from numba import njit

LAST_DIGIT = 1e-17
"""A sum of densities is complete where all that is still to come is less than this part of it."""

_LOG_HALF = log(0.5)
_HALF_LOG_2PI = 0.5 * log(2 * pi)
_SERIES_FROM = 15.0
"""From here on five terms of Stirling's series err by less than 1e-16 (Loader 2000, table 1)."""
_NEAR = 0.1
"""Relative distance up to which the deviance is summed as a series: beyond it, the logarithm loses nothing."""


@njit(nogil=True, cache=True)
def stirling_error(n: float) -> float:
    """Return ln(n!) - ln(sqrt(2πn) (n/e)^n) for n > 0, whole or not."""
    if n <= _SERIES_FROM:
        return lgamma(n + 1.0) - (n + 0.5) * log(n) + n - _HALF_LOG_2PI
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n


@njit(nogil=True, cache=True)
def deviance(x: float, mean: float) -> float:
    """Return x ln(x / mean) + mean - x, for x >= 0 and mean > 0."""
    if abs(x - mean) >= _NEAR * (x + mean):
        return mean + (x * log(x / mean) - x if x > 0 else 0.0)
    v = (x - mean) / (x + mean)
    total, term, square = (x - mean) * v, 2.0 * x * v, v * v
    for j in range(1, 1000):
        term *= square
        before = total
        total += term / (2 * j + 1)
        if total == before:
            break
    return total


@njit(nogil=True, cache=True)
def log_binomial(x: float, rest: float, p: float, q: float) -> float:
    """Return ln of the binomial density of x hits and `rest` misses, whole or not; p + q = 1, both above zero."""
    n = x + rest
    if x == 0.0:
        return n * log1p(-p) if p < q else n * log(q)
    if rest == 0.0:
        return n * log1p(-q) if q < p else n * log(p)
    error = stirling_error(n) - stirling_error(x) - stirling_error(rest)
    return error - deviance(x, n * p) - deviance(rest, n * q) - _HALF_LOG_2PI - 0.5 * (log(x) + log(rest) - log(n))


@njit(nogil=True, cache=True)
def log_negative_binomial(x: float, size: float, p: float, q: float) -> float:
    """Return ln of Γ(x + size) / (x! Γ(size)) p^size q^x; p + q = 1, both above zero, size > 0."""
    if x == 0.0:
        return size * (log1p(-q) if q < p else log(p))
    return log(size / (size + x)) + log_binomial(size, x, p, q)


@njit(nogil=True, cache=True)
def log_poisson(x: float, mean: float) -> float:
    """Return ln of the Poisson density of x, for mean > 0."""
    if x == 0.0:
        return -mean
    return -stirling_error(x) - deviance(x, mean) - _HALF_LOG_2PI - 0.5 * log(x)


@njit(nogil=True, cache=True)
def log_beta_binomial(x: float, trials: float, alpha: float, beta: float) -> float:
    """Return ln of C(trials, x) B(x + alpha, trials - x + beta) / B(alpha, beta), for alpha, beta > 0.

    Written as three negative binomial densities of one probability, which cancels: the one that makes each count its mean.
    """
    if x < 0.0 or x > trials:
        return -inf
    if trials == 0.0:
        return 0.0
    prior = alpha + beta
    p, q = prior / (prior + trials), trials / (prior + trials)
    parts = log_negative_binomial(x, alpha, p, q) + log_negative_binomial(trials - x, beta, p, q)
    return parts - log_negative_binomial(trials, prior, p, q)


@njit(nogil=True, cache=True)
def log_complement(log_part: float) -> float:
    """Return ln(1 - exp(log_part)); -inf where rounding makes the part greater than 1."""
    if log_part >= 0.0:
        return -inf
    return log(-expm1(log_part)) if log_part > _LOG_HALF else log1p(-exp(log_part))
