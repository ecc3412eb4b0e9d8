"""Instants from text, in a mapping's formats and time zone.

A local time that occurs twice (clocks set back) is taken as the first one; one that never occurs (clocks set forward)
is read with the offset from before the change.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from operator import attrgetter
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ingest.mapping.date_formats import is_date_alone, parse_date
from ingest.mapping.mapping import Dates

NONE = np.iinfo(np.int64).min
"""NaT as a number."""

UNREADABLE = NONE + 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime(2106, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
"""The schema allows instants between 1970 and 2106, both excluded."""

_END_OF_DAY = time(23, 59, 59)
_TIME_ZONE = attrgetter("tzinfo")


def read_instants(values: Sequence[str], dates: Dates, *, end_of_day: bool) -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, `NONE` for blank, `UNREADABLE` for text in none of the formats or out of range.

    A date without a time is midnight, or with `end_of_day` the last second of that day.
    """
    # Dates and local times repeat, and a time zone's rules are slow: each distinct one is read once.
    parse = cache(partial(_parse_instant, formats=dates.formats, zone=ZoneInfo(dates.time_zone), end_of_day=end_of_day))
    if dates.formats[0] == "iso":
        instants = _parse_iso_column(values)
        return np.fromiter((_parse_iso_instant(value, parse) for value in values), np.int64, len(values)) if instants is None else instants
    return np.fromiter(map(parse, values), np.int64, len(values))


def _parse_iso_column(values: Sequence[str]) -> NDArray[np.int64] | None:
    """As `_parse_iso_instant` for each value, several times as fast; None where one that is not blank is not ISO 8601 with an offset."""
    is_given = np.fromiter(map(bool, values), np.bool_, len(values))
    try:
        given = list(map(datetime.fromisoformat, filter(None, values)))
    except ValueError:
        return None
    if None in map(_TIME_ZONE, given):
        return None
    # Seconds as 64-bit floats are exact to a quarter of a microsecond until 2106.
    since = np.rint(np.fromiter(map(datetime.timestamp, given), np.float64, len(given)) * 1e6).astype(np.int64)
    instants = np.full(len(values), NONE)
    instants[is_given] = np.where((since > 0) & (since < _LAST), since, UNREADABLE)
    return instants


def _parse_iso_instant(value: str, parse_other: Callable[[str], int]) -> int:
    """ISO 8601 with an offset, which machines write, needs neither formats nor a zone and seldom repeats."""
    if not value:
        return NONE
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return parse_other(value)
    if instant.tzinfo is None:
        return parse_other(value)
    since = (instant - _EPOCH) // _MICROSECOND
    return since if 0 < since < _LAST else UNREADABLE


def _parse_instant(value: str, formats: Sequence[str], zone: ZoneInfo, end_of_day: bool) -> int:
    """By the first format in which the text is a date of the allowed time: digits can be dates of several formats."""
    value = value.strip()
    if not value:
        return NONE
    for date_format in formats:
        try:
            parsed = parse_date(value, date_format)
        except (ValueError, OverflowError):
            continue
        day_ends = end_of_day and is_date_alone(value, date_format)
        if (since := _to_microseconds(_to_end_of_day(parsed) if day_ends else parsed, zone)) != UNREADABLE:
            return since
    return UNREADABLE


def _to_microseconds(instant: datetime, zone: ZoneInfo) -> int:
    try:
        since = ((instant if instant.tzinfo else instant.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND
    except OverflowError:
        return UNREADABLE
    return since if 0 < since < _LAST else UNREADABLE


def _to_end_of_day(instant: datetime) -> datetime:
    return datetime.combine(instant.date(), _END_OF_DAY, instant.tzinfo)
