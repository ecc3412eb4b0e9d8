"""Local days in a time zone, and classes of age in days.

A day is its ordinal (`datetime.date.toordinal`); it begins at the zone's midnight, whatever its length.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.selection.selection import Selection, Window

AGE_LIMITS = (0, 3, 7, 30)
"""Largest age in days of each class but the last: today, up to three days, a week, a month, older."""

_YEARS_KEPT, _DAYS_KEPT = 300, 10_000
_DAY_S = 86_400
_AFTER_ALL = 0xFFFFFFFF

Instants = NDArray[np.uint32]
Days = NDArray[np.int64]


def local_days(seconds: Instants, zone: ZoneInfo) -> Days:
    """Return the local day of each instant (seconds since 1970).

    >>> days = local_days(np.array([1_700_000_000, 1_700_010_000], np.uint32), ZoneInfo("Europe/Moscow"))
    >>> [date.fromordinal(day).isoformat() for day in days.tolist()]
    ['2023-11-15', '2023-11-15']
    """
    if not len(seconds):
        return np.empty(0, np.int64)
    moments = seconds.astype(np.int64)
    # Only years that occur: one instant long ago must not cost all the days since.
    years = np.unique((moments[:, None] + [-_DAY_S, _DAY_S]).astype("datetime64[s]").astype("datetime64[Y]")).astype(int) + 1970
    midnights = np.concatenate([_midnights(zone, year) for year in years.tolist()])
    days = np.concatenate([_days(year) for year in years.tolist()])
    return days[np.searchsorted(midnights, moments, side="right") - 1]


def age_classes(days: Days, today: int) -> NDArray[np.int64]:
    """Return the age class of each day, seen from `today`; future days count as today."""
    return np.searchsorted(np.array(AGE_LIMITS), today - days, side="left")


@lru_cache(maxsize=_DAYS_KEPT)
def day_text(day: int) -> str:
    """Format a day as RFC 3339."""
    return date.fromordinal(day).isoformat()


def selections_by_age(selection: Selection, zone: ZoneInfo) -> Iterator[Selection | None]:
    """Yield for each age class the part of the selection that belongs to it; None where it is empty."""
    today = date.fromordinal(int(local_days(np.array([selection.now], np.uint32), zone)[0]))
    begins = [_midnight(today - timedelta(days=limit), zone) for limit in AGE_LIMITS]
    for low, high in zip([*begins, 0], [_AFTER_ALL, *begins], strict=True):
        start, stop = max(low, selection.window.start), min(high, selection.window.stop)
        yield replace(selection, window=Window(start, stop, selection.window.relative)) if start < stop else None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


@lru_cache(maxsize=_YEARS_KEPT)
def _midnights(zone: ZoneInfo, year: int) -> NDArray[np.int64]:
    """Return the first instant of each day of the year, seconds."""
    return np.array([_midnight(date.fromordinal(day), zone) for day in _days(year).tolist()], np.int64)


def _days(year: int) -> Days:
    return np.arange(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
