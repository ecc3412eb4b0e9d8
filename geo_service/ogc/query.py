"""Parse the parameters of OGC API – Features: bbox, datetime, limit and offset."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import isfinite
from zoneinfo import ZoneInfo

import numpy as np

from geo_service.core.errors import InvalidParameter
from geo_service.core.extent import Bounds, split_arc
from geo_service.core.instants import LATEST, is_date, parse_instant, to_seconds
from geo_service.core.integers import MAX_BIGINT, shorten
from geo_service.ogc.crs import CRS84, Crs
from geo_service.queries.selection import read_int

DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000
"""Features in a response, by default and at most."""

MAX_OFFSET = 1_000_000

_MAX_LIMIT_DIGITS = 18
"""Limits of more digits are above MAX_LIMIT for certain, and are not converted."""

_CORNERS = {4: (0, 2), 6: (0, 3)}
"""Where the two coordinates of each corner of a bbox begin, by the number of its values. Heights are ignored: features have none."""
_BBOX_ALLOWED = "four numbers (west,south,east,north) or six (with the least and the greatest height), in bbox-crs (degrees of CRS84)"
_DATETIME_ALLOWED = "an RFC 3339 instant, a date, or an interval of two of them, such as 2026-11-01T00:00:00Z/.. or 2026-11-01/2026-11-07"
_OPEN_END = ("", "..")
_DAY_S = 86_400
_END_OF_TIME = 253_402_300_800
"""The second after the year 9999, since 1970."""


def read_bbox(params: Mapping[str, str], crs: Crs = CRS84) -> tuple[Bounds, ...] | None:
    """Read the boxes of a bbox, whose coordinates are in `crs`, in degrees; None without one. Raises `InvalidParameter`.

    A box that crosses the antimeridian, with west > east or beyond ±180°, becomes two boxes, one on each side of it.
    """
    text = params.get("bbox")
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
        least, greatest = (numbers[at : at + 2] for at in _CORNERS[len(numbers)])
    except (ValueError, KeyError):
        raise InvalidParameter("bbox", f"{shorten(text, 60)!r} is not a box", _BBOX_ALLOWED) from None
    (west, south), (east, north) = crs.to_degrees(np.array([least, greatest])).tolist()
    if not all(map(isfinite, numbers)) or south > north:
        raise InvalidParameter("bbox", f"{shorten(text, 60)!r} is not a box", f"{_BBOX_ALLOWED}, with south ≤ north")
    return tuple((low, south, high, north) for low, high in split_arc(west, east))


def read_limit(params: Mapping[str, str]) -> int:
    """Read the greatest number of features in the response. Raises `InvalidParameter`.

    A limit above MAX_LIMIT is reduced to it, as the standard demands, however many digits it has.
    """
    text = params.get("limit", "")
    if text.isascii() and text.isdigit() and len(text.lstrip("0")) > _MAX_LIMIT_DIGITS:
        return MAX_LIMIT
    allowed = f"a whole number from 1; a value above {MAX_LIMIT} means {MAX_LIMIT}"
    return min(read_int(params, "limit", 1, MAX_BIGINT, DEFAULT_LIMIT, allowed), MAX_LIMIT)


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
    except ValueError:
        raise _invalid_datetime(text) from None
    if start >= stop:
        raise InvalidParameter("datetime", f"{shorten(text, 60)!r} ends before it begins", _DATETIME_ALLOWED)
    # There are no incidents before 1970: of an interval that ends earlier, the first second of 1970 is left.
    stop = min(max(stop, 1), LATEST)
    return min(max(start, 0), stop - 1), stop


def _to_interval(text: str, zone: ZoneInfo) -> tuple[int, int]:
    """Return the half-open interval of a date or an instant, seconds since 1970. Raises ValueError for anything else."""
    try:
        first = parse_instant(text, zone)
    except OverflowError:
        # The leap second at the end of the year 9999 is written well, but no datetime can hold the second after it.
        return _END_OF_TIME, _END_OF_TIME + 1
    begin = to_seconds(first)
    if not is_date(text):
        return begin, begin + 1
    if first.date() == date.max:
        return begin, begin + _DAY_S
    # A day is added in local time: a day on which the clocks change is not 24 hours long.
    return begin, to_seconds(first + timedelta(days=1))


def _invalid_datetime(text: str) -> InvalidParameter:
    return InvalidParameter("datetime", f"{shorten(text, 60)!r} is neither an instant nor an interval", _DATETIME_ALLOWED)
