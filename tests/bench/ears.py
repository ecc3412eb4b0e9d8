"""EARS C1, C2 and C3, the usual alarms on daily counts of one series, as a method that alerts are compared with.

L. Hutwagner and others 2003, "The bioterrorism preparedness and response Early Aberration Reporting System (EARS)", J Urban Health 80.
C1 and C2 compare a day with the mean and the standard deviation of seven days, which end on the day before (C1) or two days earlier
(C2). C3 adds up by how much C2 has exceeded 1 on the day and the two before it.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BASELINE_DAYS = 7
LEAST_DEVIATION = 0.5
"""Of a baseline's standard deviation: that of a village without messages is 0."""
_GAPS = {"C1": 0, "C2": 2}


def compute_statistic(counts: Floats, method: str, least_deviation: float = LEAST_DEVIATION) -> Floats:
    """Return the statistic of each day along the last axis; NaN where the baseline is not complete. method: C1, C2 or C3."""
    if method == "C3":
        excess = np.maximum(compute_statistic(counts, "C2", least_deviation) - 1, 0)
        out = np.full(counts.shape, np.nan)
        out[..., 2:] = excess[..., 2:] + excess[..., 1:-1] + excess[..., :-2]
        return out
    mean, deviation = _baseline(counts, _GAPS[method])
    return np.asarray((counts - mean) / np.maximum(deviation, least_deviation))


def compute_bound(counts: Floats, method: str, z: float) -> Floats:
    """Return the greatest count of each day that is no alarm; method: C1 or C2."""
    mean, deviation = _baseline(counts, _GAPS[method])
    return np.asarray(mean + z * deviation)


def _baseline(counts: Floats, gap: int) -> tuple[Floats, Floats]:
    mean, deviation = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(counts, BASELINE_DAYS, axis=-1)
    days = counts.shape[-1] - BASELINE_DAYS - gap
    mean[..., BASELINE_DAYS + gap :] = windows[..., :days, :].mean(axis=-1)
    deviation[..., BASELINE_DAYS + gap :] = windows[..., :days, :].std(axis=-1, ddof=1)
    return mean, deviation
