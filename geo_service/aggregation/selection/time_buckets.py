"""Time buckets by the calendar of a time zone. All instants are whole seconds since 1970."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.core.errors import InvalidParameter

MAX_BUCKETS = 2000
_HOUR_S, _DAY_S = 3600, 86_400
_CHOSEN_UP_TO = ((3 * _DAY_S, "hour"), (120 * _DAY_S, "day"), (730 * _DAY_S, "week"))


def _days(first: date) -> Iterator[date]:
    while True:
        yield first
        first += timedelta(days=1)


def _weeks(first: date) -> Iterator[date]:
    first -= timedelta(days=first.weekday())
    while True:
        yield first
        first += timedelta(days=7)


def _months(first: date) -> Iterator[date]:
    first = first.replace(day=1)
    while True:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)


_BY_DATE: dict[str, Callable[[date], Iterator[date]]] = {"day": _days, "week": _weeks, "month": _months}
BUCKETS = ("hour", *_BY_DATE)
"""Weeks begin on Monday."""


def bucket_for(length: int) -> str:
    """Return the bucket that divides `length` seconds into a readable number of parts."""
    return next((bucket for most, bucket in _CHOSEN_UP_TO if length <= most), "month")


def bucket_edges(start: int, stop: int, bucket: str, zone: ZoneInfo) -> NDArray[np.int64]:
    """Return the edges of the buckets that cover [start, stop); the outer buckets may extend beyond it.

    Days, weeks and months begin at the zone's midnight, whatever their length; hours are those of the clock.
    Raises InvalidParameter when there would be more than MAX_BUCKETS.
    """
    edges: list[int] = []
    for edge in _hours(start, zone) if bucket == "hour" else _midnights(start, bucket, zone):
        edges.append(edge)
        if edge >= stop:
            return np.array(edges, np.int64)
        if len(edges) > MAX_BUCKETS:
            break
    detail = f"would divide the window into more than {MAX_BUCKETS:,} parts"
    raise InvalidParameter("bucket", detail, "a wider bucket, or a shorter window", "too-large")


def _midnights(start: int, bucket: str, zone: ZoneInfo) -> Iterator[int]:
    for day in _BY_DATE[bucket](datetime.fromtimestamp(start, zone).date()):
        yield int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _hours(start: int, zone: ZoneInfo) -> Iterator[int]:
    offset = datetime.fromtimestamp(start, zone).utcoffset() or timedelta()
    into_hour = (start + int(offset.total_seconds())) % _HOUR_S
    edge = start - into_hour
    while True:
        yield edge
        edge += _HOUR_S


def year_before(seconds: int, zone: ZoneInfo) -> int:
    """Return the same wall-clock time of the same date a year earlier; 28 February for the 29th."""
    moment = datetime.fromtimestamp(seconds, zone)
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return int(moment.replace(year=moment.year - 1, day=day).timestamp())


def local(seconds: int, zone: ZoneInfo) -> str:
    """Format as RFC 3339 with the zone's offset."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    return moment.isoformat()
