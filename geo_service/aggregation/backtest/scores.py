"""Scores of a list of places against what came next. Arrays of any equal shape; NaN where a score is not defined.

n: messages in the listed places; N: all messages; a, A: number of listed and of all occupied places.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Scores = NDArray[np.float64]

FORMULAS = {
    "hit": "n / N",
    "pai": "(n / N) / (a / A)",
    "pei": "n / n*, n* = the most that any choice of a places could have held",
    "rri": "(n2 / n1) / (N2 / N1), 1: what the ranking counted before the Monday, 2: what came after",
}
"""By the name of the score."""


def hit_rate(caught: Numbers, total: Numbers) -> Scores:
    """Return n / N: the share of the messages that the list held."""
    return _divide(caught, total)


def accuracy_index(hit: Numbers, area_share: float) -> Scores:
    """Return PAI = (n/N) / (a/A) (Chainey, Tompson and Uhlig 2008, Security Journal 21:4-28): 1 is what chance gives."""
    return np.asarray(hit, np.float64) / area_share


def efficiency_index(caught: Numbers, best: Numbers) -> Scores:
    """Return PEI* = n/n* (NIJ Real-Time Crime Forecasting Challenge, 2017): 1 is perfect foresight."""
    return _divide(caught, best)


def recapture_index(caught: Numbers, total: Numbers, share_before: Numbers) -> Scores:
    """Return RRI = (n2/n1) / (N2/N1) (Levine 2008, Security Journal 21:295-302): 1 means that the places have kept their share.

    share_before: n1/N1.
    """
    return _divide(hit_rate(caught, total), share_before)


def _divide(above: Numbers, below: Numbers) -> Scores:
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    undefined: Scores = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    return np.divide(above, below, out=undefined, where=below > 0)
