"""Whether two counts differ by more than chance: the conditional test of two Poisson counts.

Przyborowski and Wilenski 1940, "Homogeneity of results in testing samples from Poisson series" (Biometrika 31): where
two windows of t and t0 seconds have the same rate, then of all n + n0 incidents each lies in the first one with the
probability t / (t + t0), so that n is binomial. A change is significant where either tail, of n or fewer or of n or
more, is at most P_VALUE / 2: that is a two-sided exact test, the smaller tail doubled.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.selection.selection import Selection

P_VALUE = 0.05
"""Two-sided."""

Whole = NDArray[np.int32]

_EXACT_UP_TO = 1 << 16
"""Sums of two counts that are looked up; see `_beyond` for greater ones."""
_SHORT_TABLE = 1 << 10
"""Most levels have no greater sums: such a table is made in microseconds."""
_QUANTILE = 1.959963984540054
"""Of the standard normal distribution, at 1 - P_VALUE / 2."""
_TABLES_KEPT = 64
_STEP_S = 60
"""By which windows move: so far an end may lie beyond now, though nothing of the window is still to come."""


def significant(n: Whole, n0: Whole, share: float) -> NDArray[np.bool_]:
    """Whether each n differs from what n + n0 and `share`, the first window's part of the time of both, let expect.

    Sums above 65,536 are judged by a normal approximation that errs by one incident at most; all others exactly.
    """
    both = n.astype(np.int64) + n0
    most = int(both.max(initial=0))
    few, many = _tables(share, _SHORT_TABLE if most <= _SHORT_TABLE else _EXACT_UP_TO)
    looked_up = np.minimum(both, len(few) - 1)
    differs: NDArray[np.bool_] = (n <= few[looked_up]) | (n >= many[looked_up])
    if most > _EXACT_UP_TO:
        great = both > _EXACT_UP_TO
        below, above = _beyond(both[great].astype(np.float64), share), _beyond(both[great].astype(np.float64), 1 - share)
        differs[great] = (n[great] <= below) | (n0[great] <= above)
    return differs


def share_of_time(selection: Selection, compare: Selection) -> float:
    """The part of a selection's time in its time and the compared one's together; what is still to come is left out."""
    seconds, compared = (
        max(min(part.window.stop, selection.now + _STEP_S) - part.window.start, 1) for part in (selection, compare)
    )  # fmt: skip
    return seconds / (seconds + compared)


@lru_cache(maxsize=_TABLES_KEPT)
def _tables(share: float, size: int) -> tuple[Whole, Whole]:
    """For each sum from 0 to `size`: the greatest count that is significantly few (-1: none), the least that is significantly many."""
    few, rest_few = _cuts(share, size, P_VALUE / 2), _cuts(1 - share, size, P_VALUE / 2)
    return few, np.arange(size + 1, dtype=np.int32) - rest_few


@njit(nogil=True, cache=True)
def _cuts(share: float, size: int, tail: float) -> Whole:
    """(size + 1,) the greatest k whose binomial tail P(X <= k) is at most `tail`; -1 where there is none.

    From one sum m to the next the cut moves by one at most, and P(X <= k) by share * P(X = k).
    """
    cuts = np.full(size + 1, -1, np.int32)
    k = 0
    # Of the least k beyond the cut.
    at_k = upto_k = 1.0
    for m in range(size):
        upto_k -= share * at_k
        at_k *= (1.0 - share) * (m + 1) / (m + 1 - k)
        if upto_k <= tail:
            at_k *= (m + 1 - k) / (k + 1) * share / (1.0 - share)
            k += 1
            upto_k += at_k
        cuts[m + 1] = k - 1
    return cuts


def _beyond(both: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """The cut of great sums: normal, with continuity and skewness corrected (Cornish and Fisher 1938)."""
    skew = (1 - 2 * share) * (_QUANTILE**2 - 1) / 6
    return np.floor(both * share - _QUANTILE * np.sqrt(both * share * (1 - share)) + skew - 0.5)
