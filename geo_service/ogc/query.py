"""The standard's own parameters: bbox, datetime, limit and offset."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from zoneinfo import ZoneInfo

from geo_service.core.errors import InvalidParameter

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, west not beyond east."""

LIMIT, MOST = 100, 10_000
"""Features in an answer where nothing is said, and at most."""

FARTHEST = 1_000_000
"""Greatest offset."""

_LATEST = 0xFFFFFFFF
"""Instants are kept as unsigned 32-bit seconds."""

_NUMBERS = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}
"""How many numbers a bbox has, and which are west, south, east and north; heights are not looked at: all lies on the ground."""
_BBOX_ALLOWED = "four numbers (west,south,east,north) or six (with the least and the greatest height), degrees of CRS84"
_DATETIME_ALLOWED = "an RFC 3339 instant, a date, or an interval of two of them, such as 2026-11-01T00:00:00Z/.. or 2026-11-01/2026-11-07"
_OPEN_END = ("", "..")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")


def read_bbox(given: Mapping[str, str]) -> tuple[Box, ...] | None:
    """The boxes to look in: one, or one on each side of the antimeridian where west lies beyond east; None for everywhere."""
    text = given.get("bbox")
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
        west, south, east, north = (numbers[place] for place in _NUMBERS[len(numbers)])
    except (ValueError, KeyError):
        raise InvalidParameter("bbox", f"{text[:60]!r} is not a box", _BBOX_ALLOWED) from None
    if not all(map(isfinite, numbers)) or south > north:
        raise InvalidParameter("bbox", f"{text[:60]!r} is not a box", f"{_BBOX_ALLOWED}, south not beyond north")
    if west > east:
        return (west, south, 180.0, north), (-180.0, south, east, north)
    return ((west, south, east, north),)


def read_limit(given: Mapping[str, str]) -> int:
    """How many features at most. More than MOST is taken for MOST, as the standard asks."""
    return min(_read_int(given, "limit", 1, LIMIT, f"a whole number from 1; more than {MOST} is taken for {MOST}"), MOST)


def read_offset(given: Mapping[str, str]) -> int:
    """How many features to pass over."""
    offset = _read_int(given, "offset", 0, 0, f"a whole number from 0 to {FARTHEST}")
    if offset > FARTHEST:
        raise InvalidParameter("offset", f"{offset} is too great", f"a whole number from 0 to {FARTHEST}")
    return offset


def read_datetime(given: Mapping[str, str], zone: ZoneInfo) -> tuple[int, int] | None:
    """The half-open window [start, stop), seconds since 1970, that holds every second of the instant or closed interval.

    A date is the whole day in `zone`. What lies before 1970 or after 2106 is cut off.
    """
    text = given.get("datetime")
    if text is None:
        return None
    ends = text.replace(" ", "+").split("/")
    if len(ends) > 2 or (len(ends) == 1 and ends[0] in _OPEN_END):
        raise _not_a_time(text)
    try:
        start = 0 if ends[0] in _OPEN_END else _seconds(ends[0], zone)[0]
        stop = max(_LATEST, start + 1) if ends[-1] in _OPEN_END else _seconds(ends[-1], zone)[1]
    except (ValueError, OverflowError):
        raise _not_a_time(text) from None
    if start >= stop:
        raise InvalidParameter("datetime", f"{text[:60]!r} ends before it begins", _DATETIME_ALLOWED)
    # Nothing lies before 1970: an interval that ends there is an empty first second.
    stop = min(max(stop, 1), _LATEST)
    return min(max(start, 0), stop - 1), stop


def _seconds(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """The first second of a date or instant, and the one behind its last."""
    if _DATE.fullmatch(text):
        day = date.fromisoformat(text)
        return tuple(_floor(datetime(one.year, one.month, one.day, tzinfo=zone)) for one in (day, day + timedelta(days=1)))  # type: ignore[return-value]  # two of them
    if not _INSTANT.fullmatch(text):
        raise ValueError("neither a date nor RFC 3339")
    second = _floor(datetime.fromisoformat(text.upper()))
    return second, second + 1


def _floor(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def _read_int(given: Mapping[str, str], name: str, least: int, default: int, allowed: str) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise InvalidParameter(name, f"{text[:40]!r} is not usable", allowed)
    return int(text)


def _not_a_time(text: str) -> InvalidParameter:
    return InvalidParameter("datetime", f"{text[:60]!r} is neither an instant nor an interval", _DATETIME_ALLOWED)
