"""Instants from text, in a mapping's formats and time zone.

A local time that happens twice (clocks set back) is taken as the first; one that never happens (clocks set forward)
is read with the offset from before the change.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ingest.mapping.mapping import Dates
from ingest.validate.iso_timestamps import read_iso

NONE = np.iinfo(np.int64).min
"""NaT as a number."""

UNREADABLE = NONE + 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime(2106, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
"""What the schema allows: between 1970 and 2106, both excluded."""

_END_OF_DAY = time(23, 59, 59)
_DATE_LENGTH = len("2026-11-24")


def read_instants(values: Sequence[str], dates: Dates, *, end_of_day: bool) -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, `NONE` for blank, `UNREADABLE` for text in none of the formats or out of range.

    A date without a time is midnight, or with `end_of_day` the last second of that day.
    """
    found, left = _usual(values) if dates.formats[0] == "iso" else (np.empty(len(values), np.int64), range(len(values)))
    zone, others = ZoneInfo(dates.time_zone), [values[row] for row in left]
    known = {value: _instant(value.strip(), dates.formats, zone, end_of_day) for value in set(others)}
    found[left] = np.fromiter(map(known.__getitem__, others), np.int64, len(others))
    return found


def _usual(values: Sequence[str]) -> tuple[NDArray[np.int64], Sequence[int]]:
    """What is spelt as usual, at once; and the rows that are not."""
    found, good, blank = read_iso(values)
    good &= (found > 0) & (found < _LAST)
    return np.where(blank, NONE, found), np.flatnonzero(~(good | blank)).tolist()


def _instant(value: str, formats: Sequence[str], zone: ZoneInfo, end_of_day: bool) -> int:
    if not value:
        return NONE
    for form in formats:
        try:
            read = datetime.fromisoformat(value) if form == "iso" else datetime.strptime(value, form)  # noqa: DTZ007  # zone below
        except ValueError:
            continue
        return _microseconds(_at_end(read) if end_of_day and _is_date(value, form) else read, zone)
    return UNREADABLE


def _microseconds(read: datetime, zone: ZoneInfo) -> int:
    try:
        since = ((read if read.tzinfo else read.replace(tzinfo=zone)) - _EPOCH) // _MICROSECOND
    except OverflowError:
        return UNREADABLE
    return since if 0 < since < _LAST else UNREADABLE


def _is_date(value: str, form: str) -> bool:
    return len(value) <= _DATE_LENGTH if form == "iso" else not any(sign in form for sign in ("%H", "%I", "%c", "%X"))


def _at_end(read: datetime) -> datetime:
    return datetime.combine(read.date(), _END_OF_DAY)
