"""False discovery rate: of all that are called significant, which part is so by chance.

Y. Benjamini, Y. Hochberg 1995, "Controlling the false discovery rate: a practical and powerful approach to multiple testing".
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def adjust_p_values(p: ArrayLike, tests: int | None = None) -> NDArray[np.float64]:
    """Return Benjamini and Hochberg's adjusted p-values along the last axis: min over j >= i of p_(j) m / j, at most 1.

    Where an adjusted value is at most q, the test is significant at the false discovery rate q. NaN stays NaN and is no test.
    tests: how many there are in all where p has only the smallest, up to some limit: the results up to this limit are those of all.

    >>> adjust_p_values([0.01, 0.02, 0.03, 0.5])
    array([0.04, 0.04, 0.04, 0.5 ])
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, -1)
    number = np.sum(~np.isnan(values), axis=-1, keepdims=True) if tests is None else tests
    # NaN is sorted to the end, where `fmin` passes it over.
    scaled = ordered * number / np.arange(1, values.shape[-1] + 1)
    least = np.fmin.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(values)
    np.put_along_axis(adjusted, order, np.minimum(least, 1.0), -1)
    return np.where(np.isnan(values), np.nan, adjusted)
