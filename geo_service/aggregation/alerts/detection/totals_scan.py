"""The totals layer: does the region, or a district, have more messages of a theme or sector than on other days?

What comes everywhere at once, as snow does, changes no place's share of the region. Here a day's total is compared with the 56 days
that end 7 days before it. Days are counted back from the end of the tested one, which is a full hour: a partial day is harmless.

Mean of the 56 days × the weekday's factor (8 f + 4) / 12, where f is the mean of the 8 days of this weekday relative to all. Their
Pearson dispersion φ = Σ (c - μ)² / μ / (56 - 7), at least 1 (seven means are estimated), makes the count negative binomial with mean μ
and size μ / (φ - 1), and Poisson where φ is 1. With fewer weeks, w from 4 to 7 of them, w stands for the 8.

A sector has the messages of all its themes, and is less often unusual by itself. Its probability counts ten times: the layer needs one
threshold only.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows, Seconds, Whole, find_first, group_rows
from geo_service.aggregation.alerts.detection.signals import Signals, count_distinct
from geo_service.aggregation.alerts.history import DAY_S, History
from geo_service.aggregation.probability.negative_binomial import log_negative_binomial_tail

HOUR_S = 3600
WEEKS = 8
LEAST_WEEKS = 4
"""With a shorter history nothing is raised."""
LEAST_MESSAGES = 10
"""In a day. A few messages are no event of a whole district; where they are, they stand out in a place."""
SECTOR_PENALTY = 1.0
"""Added to log10 p of a sector."""
HISTORY_S = (7 * WEEKS + 7 + 1 + 7) * DAY_S
"""A test needs as much before its end, and a week more to tell that a history does not only begin there."""
LEAST_MEAN = 0.5
"""Messages in all the 56 days that are assumed where there are fewer: a theme that is new is rare, but not impossible."""

_LN_10 = float(np.log(10))
_HOURS_A_DAY, _HOURS_A_WEEK = 24, 168
_WEEKDAY_PRIOR = 4.0
"""Weeks that the factor 1 is worth."""

Floats = NDArray[np.float64]


class _Series(NamedTuple):
    """Groups whose totals are watched."""

    group: Whole
    """(messages,) number of the group; -1 for none."""
    place: Whole
    """(groups,) position among the regions and districts."""
    theme: Whole
    """(groups,) position of the theme, or beyond those of the sector."""
    region: Whole
    """(groups,) position of the region."""


def scan_totals(history: History, start: int, stop: int, log10_limit: float) -> Signals:
    """Return where P(X >= x) is at most 10 ** `log10_limit` in the 24 hours before a full hour of (start, stop], ordered by it.

    The history must reach back `HISTORY_S` before `start`.
    """
    hours = (start // HOUR_S + 1, stop // HOUR_S)
    begins = group_rows(history.incidents.region, len(history.areas.regions), history.incidents.received).beginnings()
    parts = [_scan_series(history, series, begins, hours, log10_limit) for series in _list_series(history)]
    joined = Signals(*map(np.concatenate, zip(*parts, strict=True)))
    return joined.take(np.argsort(joined.stop, kind="stable"))


def _list_series(history: History) -> list[_Series]:
    """Return themes and sectors, of the regions and of the districts."""
    incidents, themes, areas = history.incidents, history.themes, history.areas
    regions, districts = len(areas.regions), len(areas.districts)
    whole, parts = np.arange(regions, dtype=np.int32), regions + np.arange(districts, dtype=np.int32)
    subjects = (
        (incidents.theme, np.arange(len(themes), dtype=np.int32)),
        (themes.sector_positions[incidents.theme], themes.sector_series),
    )
    of_regions = [_cross(incidents.region, whole, whole, *subject) for subject in subjects]
    return of_regions + [_cross(incidents.district, parts, areas.region_of_district, *subject) for subject in subjects if districts]


def _cross(area: Whole, places: Whole, regions: Whole, subject: Whole, themes: Whole) -> _Series:
    """Return the series of each area and subject. area, subject: (messages,) positions; those beyond the areas are in none."""
    inside = (area < len(places)) & (subject < len(themes))
    group = np.where(inside, area * np.int32(len(themes)) + subject, np.int32(-1))
    return _Series(group, np.repeat(places, len(themes)), np.tile(themes, len(places)), np.repeat(regions, len(themes)))


def _scan_series(history: History, series: _Series, begins: Seconds, hours: tuple[int, int], log10_limit: float) -> Signals:
    penalty = np.where(series.theme >= len(history.themes), SECTOR_PENALTY, 0.0)
    # A theme that the catalogue does not know is none.
    penalty[series.theme == len(history.themes) - 1] = np.inf
    rows = group_rows(series.group, len(series.place), history.incidents.received)
    limits = (log10_limit - penalty) * _LN_10
    found = _scan_groups(rows.starts, rows.times, begins[series.region], limits, *hours)
    group, hour, n, mean, log_p = (np.array(column) for column in found)
    group = group.astype(np.int32)
    end = hour.astype(np.int64) * HOUR_S
    begin, until = _window_positions(rows, group, end)
    return Signals(
        series.place[group].astype(np.int32), series.theme[group].astype(np.int32), end, np.full(len(end), DAY_S), n.astype(np.int32), mean,
        log_p / _LN_10 + penalty[group], rows.times[begin], count_distinct(history.incidents.spot[rows.order], begin, until),
    )  # fmt: skip


def _window_positions(rows: GroupedRows, group: Whole, end: Seconds) -> tuple[Whole, Whole]:
    before = rows.starts[group].astype(np.int32)
    begin = before + rows.count(group, np.zeros_like(end), end - DAY_S)
    return begin, begin + rows.count(group, end - DAY_S, end)


@njit(nogil=True, cache=True)
def _scan_groups(
    starts: NDArray[np.int64], times: Seconds, begins: Seconds, limits: Floats, first_hour: int, last_hour: int
) -> tuple[list[int], list[int], list[int], list[float], list[float]]:
    """Return group, hour, x, mean and ln p of the tests at the full hours [first_hour, last_hour] that reach their group's limit.

    begins: (groups,) when the history of each begins; limits: (groups,) ln p.
    """
    groups, hours, counts = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    means, log_ps = [0.0 for _ in range(0)], [0.0 for _ in range(0)]
    origin = first_hour - _HOURS_A_DAY * (7 * WEEKS + 7)
    before = np.zeros(last_hour - origin + 1, np.int64)
    for group in range(len(starts) - 1):
        if starts[group + 1] - starts[group] < LEAST_MESSAGES or limits[group] == -np.inf:
            continue
        _fill_cumulative(before, times, starts[group], starts[group + 1], origin)
        for hour in range(max(first_hour, times[starts[group]] // HOUR_S), last_hour + 1):
            at = hour - origin
            n = before[at] - before[at - _HOURS_A_DAY]
            weeks = min((hour * HOUR_S - 7 * DAY_S - begins[group]) // (7 * DAY_S), WEEKS)
            if n < LEAST_MESSAGES or weeks < LEAST_WEEKS:
                continue
            mean, dispersion = estimate_day(before, at - _HOURS_A_WEEK, weeks)
            if n > mean:
                size = mean / (dispersion - 1.0) if dispersion > 1.0 else np.inf
                log_p = log_negative_binomial_tail(float(n), size, mean)
                if log_p <= limits[group]:
                    groups.append(group)
                    hours.append(hour)
                    counts.append(n)
                    means.append(mean)
                    log_ps.append(log_p)
    return groups, hours, counts, means, log_ps


@njit(nogil=True, cache=True)
def _fill_cumulative(before: NDArray[np.int64], times: Seconds, start: int, stop: int, origin: int) -> None:
    """Write how many of a group's messages, `times[start:stop]`, were received before each full hour from `origin` on."""
    before[:] = 0
    for position in range(find_first(times, start, stop, origin * HOUR_S), stop):
        slot = times[position] // HOUR_S - origin + 1
        if slot >= len(before):
            break
        before[slot] += 1
    for slot in range(1, len(before)):
        before[slot] += before[slot - 1]


@njit(nogil=True, cache=True)
def estimate_day(before: NDArray[np.int64], stop: int, weeks: int) -> tuple[float, float]:
    """Return the mean of a day and the dispersion of days, from whole weeks of hours that end at `before[stop]`.

    The day ends at the same hour of the same weekday.
    """
    days = 7 * weeks
    mean = max(float(before[stop] - before[stop - days * _HOURS_A_DAY]), LEAST_MEAN) / days
    dispersion, factor = 0.0, 1.0
    for weekday in range(6, -1, -1):
        total, squares = 0.0, 0.0
        for week in range(weeks):
            end = stop - (7 * week + weekday) * _HOURS_A_DAY
            count = float(before[end] - before[end - _HOURS_A_DAY])
            total += count
            squares += count * count
        factor = (total / mean + _WEEKDAY_PRIOR) / (weeks + _WEEKDAY_PRIOR)
        # Σ (c - μ)² / μ over the days of this weekday.
        expected = mean * factor
        dispersion += (squares - 2 * expected * total) / expected + weeks * expected
    return mean * factor, max(dispersion / (days - 7), 1.0)
