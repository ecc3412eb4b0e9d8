"""Kaplan–Meier estimate of how long something takes while some of it has not happened yet.

Waits that go on are right-censored: they are known to last longer than they have lasted so far. Leaving them out would make the
latest months look fast, because only what was quick can have ended in them.

E. L. Kaplan and P. Meier 1958, "Nonparametric Estimation from Incomplete Observations": S(t) = Π_{t_i ≤ t} (1 − d_i / n_i), with d_i
ends at t_i among n_i that still waited just before; the quantile q is the least t with S(t) ≤ 1 − q. Variance by M. Greenwood 1926:
Var ln S = Σ d_i / (n_i (n_i − d_i)). Confidence limits of the median: R. Brookmeyer and J. Crowley 1982, "A Confidence Interval
for the Median Survival Time", with limits of S on the scale ln(−ln S): S^exp(±1.96 · se / ln S).
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import map_parts, split_rows

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

_Z = 1.959963984540054
"""Of the normal distribution, for 95 % on both sides."""
_ROUNDING = 1e-9
"""A product of fractions that is exactly one half may come out a little above."""
_TIME_BITS = np.uint64(32)
_MEDIAN, _P90, _LOW, _HIGH = range(4)


class Waits(NamedTuple):
    """One number a group, float64; NaN where it is longer than anything that could be observed."""

    median: Floats
    p90: Floats
    median_low: Floats
    median_high: Floats


def estimate_waits(groups: NDArray[np.int32], seconds: NDArray[np.uint32], ended: NDArray[np.bool_], size: int) -> Waits:
    """Return the quantiles of waits of each group, in the unit of `seconds`.

    groups, seconds, ended: (waits,) the group of each, below `size`; how long it lasted, or has lasted so far, below 2**31; and whether
    it has ended. Of equal times those that ended come first: who still waits at t was waiting when the others ended.

    >>> waits = estimate_waits(np.zeros(4, np.int32), np.array([1, 3, 2, 9], np.uint32), np.array([True, True, False, True]), 1)
    >>> waits.median.tolist(), waits.p90.tolist()
    ([3.0], [9.0])
    """
    keys = np.empty(len(groups), np.uint64)
    map_parts(lambda piece: _fill_keys(keys[piece], groups[piece], seconds[piece], ended[piece]), split_rows(len(groups)))
    keys.sort()
    out = np.full((4, size), np.nan)
    starts = np.searchsorted(keys, np.arange(size + 1, dtype=np.uint64) << _TIME_BITS)
    _estimate(out, keys, starts)
    return Waits(*out)


@njit(nogil=True, cache=True)
def _fill_keys(keys: Keys, groups: NDArray[np.int32], seconds: NDArray[np.uint32], ended: NDArray[np.bool_]) -> None:
    """Write group, time and "goes on" into one number, so that a plain sort puts waits in order."""
    for i in range(len(keys)):
        keys[i] = (np.uint64(groups[i]) << np.uint64(32)) | (np.uint64(seconds[i]) << np.uint64(1)) | np.uint64(not ended[i])


@njit(nogil=True, cache=True)
def _estimate(out: Floats, keys: Keys, starts: NDArray[np.int64]) -> None:
    for group in range(out.shape[1]):
        _estimate_group(out[:, group], keys[starts[group] : starts[group + 1]])


@njit(nogil=True, cache=True)
def _estimate_group(out: Floats, keys: Keys) -> None:
    survival, greenwood, at, n = 1.0, 0.0, 0, len(keys)
    while at < n:
        key, waiting = keys[at], n - at
        if key & np.uint64(1):
            at += 1
            continue
        first = at
        while at < n and keys[at] == key:
            at += 1
        ends = at - first
        survival *= 1 - ends / waiting
        if ends < waiting:
            greenwood += ends / (waiting * (waiting - ends))
        _note(out, np.float64((key >> np.uint64(1)) & np.uint64(0x7FFFFFFF)), survival, greenwood)


@njit(nogil=True, cache=True)
def _note(out: Floats, time: float, survival: float, greenwood: float) -> None:
    """Write the time into each quantile that is reached with it for the first time."""
    low = high = survival
    if 0.0 < survival < 1.0:
        spread = np.exp(_Z * np.sqrt(greenwood) / abs(np.log(survival)))
        low, high = survival**spread, survival ** (1 / spread)
    reached = (survival - 0.5, survival - 0.1, low - 0.5, high - 0.5)
    for index in range(len(reached)):
        if np.isnan(out[index]) and reached[index] <= _ROUNDING:
            out[index] = time
