"""Parse the parameters of OGC API – Features: bbox, datetime, limit and offset."""

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite
from zoneinfo import ZoneInfo

from geo_service.core.errors import InvalidParameter
from geo_service.core.instants import LATEST, is_date, parse_instant, to_seconds
from geo_service.core.integers import shorten
from geo_service.queries.selection import read_int
from geo_service.tiles.documents.tilejson import Bounds

DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000
"""Features in a response, by default and at most."""

MAX_OFFSET = 1_000_000

_GREATEST_NUMBER = 999_999_999
"""Greatest limit that is read; limits above MAX_LIMIT mean MAX_LIMIT."""

_EDGES = {4: (0, 1, 2, 3), 6: (0, 1, 3, 4)}
"""Indexes of west, south, east and north in a bbox, by the number of its values. Heights are ignored: features have none."""
_BBOX_ALLOWED = "four numbers (west,south,east,north) or six (with the least and the greatest height), degrees of CRS84"
_DATETIME_ALLOWED = "an RFC 3339 instant, a date, or an interval of two of them, such as 2026-11-01T00:00:00Z/.. or 2026-11-01/2026-11-07"
_OPEN_END = ("", "..")


def read_bbox(params: Mapping[str, str]) -> tuple[Bounds, ...] | None:
    """Read the boxes of a bbox; None without one. Raises `InvalidParameter`.

    A bbox with west > east crosses the antimeridian and becomes two boxes, one on each side of it.
    """
    text = params.get("bbox")
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
        west, south, east, north = (numbers[index] for index in _EDGES[len(numbers)])
    except (ValueError, KeyError):
        raise InvalidParameter("bbox", f"{shorten(text, 60)!r} is not a box", _BBOX_ALLOWED) from None
    if not all(map(isfinite, numbers)) or south > north:
        raise InvalidParameter("bbox", f"{shorten(text, 60)!r} is not a box", f"{_BBOX_ALLOWED}, with south ≤ north")
    if west > east:
        return (west, south, 180.0, north), (-180.0, south, east, north)
    return ((west, south, east, north),)


def read_limit(params: Mapping[str, str]) -> int:
    """Read the greatest number of features in the response. Raises `InvalidParameter`.

    A limit above MAX_LIMIT is reduced to it, as the standard demands.
    """
    allowed = f"a whole number from 1; a value above {MAX_LIMIT} means {MAX_LIMIT}"
    return min(read_int(params, "limit", 1, _GREATEST_NUMBER, DEFAULT_LIMIT, allowed), MAX_LIMIT)


def read_offset(params: Mapping[str, str]) -> int:
    """Read the number of features to skip. Raises `InvalidParameter`."""
    return read_int(params, "offset", 0, MAX_OFFSET, 0)


def read_datetime(params: Mapping[str, str], zone: ZoneInfo) -> tuple[int, int] | None:
    """Read the instant or closed interval as a half-open window [start, stop), seconds since 1970; None without one.

    A date is the whole day in `zone`. The window is clipped to the years 1970 to 2106. Raises `InvalidParameter`.
    """
    text = params.get("datetime")
    if text is None:
        return None
    ends = text.split("/")
    if len(ends) > 2 or (len(ends) == 1 and ends[0] in _OPEN_END):
        raise _invalid_datetime(text)
    try:
        start = 0 if ends[0] in _OPEN_END else _to_interval(ends[0], zone)[0]
        stop = max(LATEST, start + 1) if ends[-1] in _OPEN_END else _to_interval(ends[-1], zone)[1]
    except (ValueError, OverflowError):
        raise _invalid_datetime(text) from None
    if start >= stop:
        raise InvalidParameter("datetime", f"{shorten(text, 60)!r} ends before it begins", _DATETIME_ALLOWED)
    # There are no incidents before 1970: of an interval that ends earlier, the first second of 1970 is left.
    stop = min(max(stop, 1), LATEST)
    return min(max(start, 0), stop - 1), stop


def _to_interval(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """Return the half-open interval of a date or an instant, seconds since 1970."""
    first = parse_instant(text, zone)
    # A day is added in local time: a day on which the clocks change is not 24 hours long.
    return to_seconds(first), to_seconds(first + timedelta(days=1)) if is_date(text) else to_seconds(first) + 1


def _invalid_datetime(text: str) -> InvalidParameter:
    return InvalidParameter("datetime", f"{shorten(text, 60)!r} is neither an instant nor an interval", _DATETIME_ALLOWED)
