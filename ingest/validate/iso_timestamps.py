"""Instants in the usual spelling of ISO 8601, a whole column at once: what is spelt otherwise is left to slower means.

2026-11-24T10:15:00Z and 2026-11-24 10:15:00+03:00; by far the most of what machines write.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LONGEST = len("2026-11-24T10:15:00+03:00")
_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)
_SIGNS = {4: "-", 7: "-", 13: ":", 16: ":"}
_ZONE = 19
"""Where Z or the sign of the offset stands."""

Codes = NDArray[np.int32]
"""(rows, characters) code points, 0 beyond the end."""
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]


def read_iso(values: Sequence[str]) -> tuple[Whole, Mask, Mask]:
    """Microseconds since 1970 in UTC; where they are good; where the text is empty.

    Good is only what `datetime.fromisoformat` reads alike, from 1970 on.
    """
    texts = np.array(values, f"U{_LONGEST + 1}")
    codes: Codes = texts.view(np.int32).reshape(len(texts), _LONGEST + 1)
    offset_min, good = _offset(codes)
    for place, sign in _SIGNS.items():
        good &= codes[:, place] == ord(sign)
    good &= (codes[:, 10] == ord("T")) | (codes[:, 10] == ord(" "))
    for place in _DIGITS:
        good &= _is_digit(codes[:, place])
    year, month, day = _number(codes, 0, 2) * 100 + _number(codes, 2, 2), _number(codes, 5, 2), _number(codes, 8, 2)
    hour, minute, second = (_number(codes, place, 2) for place in (11, 14, 17))
    good &= (year >= 1970) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    # Where it is not good the numbers mean nothing, and must not overflow either.
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first = _first_day(months)
    good &= (day >= 1) & (day <= _first_day(months + 1) - first)
    minutes = ((first + day - 1) * 24 + hour) * 60 + minute - offset_min
    return (minutes * 60 + second) * 1_000_000, good, codes[:, 0] == 0


def _offset(codes: Codes) -> tuple[Whole, Mask]:
    """Minutes east of UTC, and where an offset is all that follows."""
    sign = codes[:, _ZONE]
    zulu = (sign == ord("Z")) & (codes[:, _ZONE + 1] == 0)
    hour, minute = _number(codes, _ZONE + 1, 2), _number(codes, _ZONE + 4, 2)
    given = ((sign == ord("+")) | (sign == ord("-"))) & (codes[:, _ZONE + 3] == ord(":")) & (codes[:, _LONGEST] == 0)
    for place in (1, 2, 4, 5):
        given &= _is_digit(codes[:, _ZONE + place])
    given &= (hour < 24) & (minute < 60)
    return np.where(given, np.where(sign == ord("-"), -1, 1) * (hour * 60 + minute), 0), zulu | given


def _first_day(months: Whole) -> Whole:
    """Days since 1970 of the first of each month; months since January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _is_digit(codes: Codes) -> Mask:
    return (codes >= ord("0")) & (codes <= ord("9"))


def _number(codes: Codes, place: int, digits: int) -> Whole:
    found = np.zeros(len(codes), np.int64)
    for at in range(place, place + digits):
        found = found * 10 + (codes[:, at] - ord("0"))
    return found
