"""Working time: Monday to Friday, 9 to 18 o'clock in the region. Holidays are not known here."""

import numpy as np

from ingest.demo.geography.region import Floats, Ints
from ingest.demo.messages.seasonality import UTC_OFFSET_S

DAY_S = 9 * 3600
"""Seconds of a working day."""

_OPENS_S = 9 * 3600
_CALENDAR_DAY_S = 86_400
_WEEK_S = 7 * _CALENDAR_DAY_S
_WORKING_WEEK_S = 5 * DAY_S
_TO_MONDAY_S = 3 * _CALENDAR_DAY_S
"""1970-01-01 was a Thursday: weeks are counted from the Monday before."""


def worked(instant: Ints) -> Ints:
    """Working seconds passed until an instant (seconds since 1970 in UTC)."""
    week, within = np.divmod(instant + UTC_OFFSET_S + _TO_MONDAY_S, _WEEK_S)
    day, second = np.divmod(within, _CALENDAR_DAY_S)
    today = np.clip(second - _OPENS_S, 0, DAY_S)
    passed: Ints = week * _WORKING_WEEK_S + np.minimum(day * DAY_S + today, _WORKING_WEEK_S)
    return passed


def instant_when(working: Ints | Floats) -> Ints:
    """The instant at which so many working seconds have passed: the inverse of `worked` within working hours."""
    week, within = np.divmod(np.asarray(working).astype(np.int64), _WORKING_WEEK_S)
    day, second = np.divmod(within, DAY_S)
    instant: Ints = week * _WEEK_S + day * _CALENDAR_DAY_S + _OPENS_S + second - _TO_MONDAY_S - UTC_OFFSET_S
    return instant
