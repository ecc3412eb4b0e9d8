"""Expected numbers and log likelihood ratios of scan statistics, the method that alerts are measured against in the literature.

M. Kulldorff 1997, "A spatial scan statistic" (Poisson); M. Kulldorff and others 2005, "A space-time permutation scan statistic for
disease outbreak detection": the expected number of a place and a time is row · column / total.
"""

from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def expected_counts(counts: ArrayLike) -> Floats:
    """Return what each cell of a matrix (times, places) would have if times and places were independent: row · column / C.

    >>> expected_counts([[1, 0], [2, 1], [0, 20]])[:2, 0]
    array([0.125, 0.375])
    """
    table = np.asarray(counts, np.float64)
    total = table.sum()
    if total == 0:
        return np.zeros_like(table)
    expected: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    return expected


def log_likelihood_ratio(cases: ArrayLike, expected: ArrayLike, total: ArrayLike) -> Floats:
    """Return c ln(c/E) + (C - c) ln((C - c) / (C - E)) where c > E, else 0; float64, arguments are broadcast.

    C is the total of all cases, which all expected numbers add up to. Infinite where cases lie in a place that expects none.

    >>> log_likelihood_ratio([3, 10, 2, 1], [0.5, 1, 1, 2], [24, 1175, 1175, 24]).round(6)
    array([ 3.013241, 14.060437,  0.38672 ,  0.      ])
    """
    arrays = np.broadcast_arrays(*(np.asarray(argument, np.float64) for argument in (cases, expected, total)))
    ratios: Floats = np.vectorize(_ratio, otypes=[np.float64])(*arrays)
    return ratios


def _ratio(c: float, e: float, total: float) -> float:
    if np.isnan(c + e + total):
        return np.nan
    if c <= e:
        return 0.0
    if e <= 0.0:
        return np.inf
    rest = total - c
    return c * log(c / e) + (rest * log(rest / (total - e)) if rest > 0.0 else 0.0)
