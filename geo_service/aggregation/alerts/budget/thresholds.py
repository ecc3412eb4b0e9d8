"""How rare a p is, as "once in so many days": from the curve of a calibration, and what is assumed before there is one."""

from itertools import pairwise
from math import log10

from geo_service.aggregation.alerts.model import AlertLayer, Threshold

RAREST_DAYS = 1e9
"""Greater recurrences are given as this one."""

_DEFAULT_LOG10_P = {AlertLayer.LOCAL: log10(1.1e-4), AlertLayer.TOTALS: -4.0}
"""For one episode a week, as measured on a region with 200 messages a day; a sector's total is raised at 1e-5."""
_DEFAULT_SLOPE = 0.7
"""Of log10 (episodes a day) by log10 p; smaller than 1, because counts are discrete."""
_SLOPES = (0.3, 1.0)
"""Bounds of the slope that is fitted below the smallest p of a curve."""
_FITTED_DECADES = 1.5


def default_threshold(layer: AlertLayer, per_week: float, now: int) -> Threshold:
    """Return the threshold that is assumed while the history is too short for a replay."""
    log10_p = _DEFAULT_LOG10_P[layer] + log10(per_week) / _DEFAULT_SLOPE
    curve = tuple((log10_p + step, per_week / 7 * 10 ** (_DEFAULT_SLOPE * step)) for step in (-2.0, -1.0, 0.0, 1.0))
    return Threshold(layer, per_week, log10_p, 0, 0, curve, now)


def recurrence_days(threshold: Threshold, log10_p: float) -> float:
    """Return once in how many days chance alone gives an episode of this or a smaller p: 1 / (episodes a day).

    Between the points of the curve by their logarithms, below the smallest p by the slope of its lower end.
    """
    curve = threshold.curve
    if not curve:
        return RAREST_DAYS
    first, rate = curve[0]
    if log10_p < first:
        exponent = log10(rate) + _lower_slope(curve) * (log10_p - first)
        return float(min(10.0 ** min(-exponent, log10(RAREST_DAYS)), RAREST_DAYS))
    for (low, low_rate), (high, high_rate) in pairwise(curve):
        if log10_p <= high:
            part = (log10_p - low) / (high - low)
            return float(10.0 ** -(log10(low_rate) * (1 - part) + log10(high_rate) * part))
    return 1 / curve[-1][1]


def _lower_slope(curve: tuple[tuple[float, float], ...]) -> float:
    """Return the slope of the least squares through the lowest points of a curve."""
    points = [(x, log10(rate)) for x, rate in curve if x <= curve[0][0] + _FITTED_DECADES]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else _DEFAULT_SLOPE
    return min(max(slope, _SLOPES[0]), _SLOPES[1])
