"""Dates in the future: one that cannot be true is not used, one that a wrong clock explains is warned about.

An incident received in the future is in no relative window until then, and one changed in the future is never
overwritten by what really comes later.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ingest.mapping.mapping import InstantField

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far a date may be ahead without a warning: clocks of senders differ by seconds, seldom by minutes."""

MAX_AHEAD = timedelta(days=1)
"""How far a date may be ahead at all: a local time that is read in another time zone is up to 14 hours off."""

MAX_DUE_AHEAD = timedelta(days=20 * 365)
"""How far a deadline may be ahead: rules set at most 4,000 days, and 9999-12-31 or 2099 means "none"."""

_MICROSECOND = timedelta(microseconds=1)
_NO_WARNING = timedelta.max


@dataclass(frozen=True, slots=True)
class FutureLimits:
    """How far ahead of now the dates of a field may be."""

    field: InstantField
    warn: timedelta
    """Beyond it the row is warned about; `timedelta.max` for never."""
    impossible: timedelta
    """Beyond it the date cannot be true."""

    @property
    def impossible_text(self) -> str:
        """What is wrong with a date beyond `impossible`."""
        days = self.impossible.days
        return f"is more than {'a day' if days == 1 else f'{days // 365} years'} in the future"


@dataclass(frozen=True, slots=True)
class FutureDates:
    """Rows with a date of one field in the future, (rows,) bool each, and what to say of them."""

    field: InstantField
    impossible: NDArray[np.bool_]
    warned: NDArray[np.bool_]
    impossible_text: str
    warn_text: str = (
        f"is more than {CLOCK_TOLERANCE // timedelta(minutes=1)} minutes in the future; the sender's clock or time zone may be wrong"
    )


def future_limits(end_of_day: Sequence[InstantField]) -> list[FutureLimits]:
    """Return the limits of each field; end_of_day: fields whose dates without a time mean the end of that day, also of today."""
    fields: tuple[InstantField, ...] = ("received_at", "answered_at", "closed_at", "updated_at")
    warn = {field: _NO_WARNING if field in end_of_day else CLOCK_TOLERANCE for field in fields}
    return [*(FutureLimits(field, warn[field], MAX_AHEAD) for field in fields), FutureLimits("due_at", _NO_WARNING, MAX_DUE_AHEAD)]


def find_future_dates(
    columns: Mapping[InstantField, NDArray[np.int64]], limits: Sequence[FutureLimits], clock: Callable[[], float]
) -> list[FutureDates]:
    """Return the fields with dates in the future. columns: (rows,) microseconds since 1970; clock: seconds since 1970."""
    now = round(clock() * 1e6)
    found = []
    for limit in limits:
        ahead = columns[limit.field] > now + min(limit.warn, limit.impossible) // _MICROSECOND
        if ahead.any():
            impossible = columns[limit.field] > now + limit.impossible // _MICROSECOND
            found.append(FutureDates(limit.field, impossible, ahead & ~impossible, limit.impossible_text))
    return found
