"""Working time as arithmetic over arrays of instants.

All instants are whole seconds since 1970 in UTC, all amounts whole working seconds, counted from the beginning of the table.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.core.calendar.business_days import DAYS, FIRST_DAY, DayKinds

Instants = NDArray[np.int64]

_DAY_S = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class WorkingTime:
    """Working hours of every day: the one table that all arithmetic looks into."""

    opens: Instants
    """(days,) when each local day's work begins; of days without work, when it would."""
    length: NDArray[np.int64]
    """(days,) seconds worked, 0 on days without work."""
    before: NDArray[np.int64]
    """(days + 1,) seconds worked before each day; the last entry is the sum."""
    midnights: Instants
    """(days + 1,) when each local day begins."""

    @classmethod
    def of(cls, days: DayKinds, zone: ZoneInfo, opens: time, closes: time, short_by: int = 0) -> "WorkingTime":
        """From `opens` to `closes` by the zone's clock, `short_by` seconds less on short days."""
        begins, ends = (_on_each_day(clock, zone, DAYS) for clock in (opens, closes))
        length = np.where(days.working, ends - begins - np.where(days.short, short_by, 0), 0)
        return cls(begins, length, np.concatenate([[0], np.cumsum(length)]), _on_each_day(time(), zone, DAYS + 1))

    def seconds_before(self, instants: NDArray[np.uint32] | Instants) -> NDArray[np.int64]:
        """Working seconds that have passed at each instant: never falling, and the same through nights and holidays."""
        out = np.empty(len(instants), np.int64)
        _seconds_before(out, instants.astype(np.int64, copy=False), self.opens, self.length, self.before)
        return out

    def instant_of(self, seconds: NDArray[np.int64]) -> Instants:
        """The first instant at which so many working seconds have passed; at the end of a day its closing, not the next opening."""
        day = np.clip(np.searchsorted(self.before, seconds, side="left") - 1, 0, len(self.length) - 1)
        return self.opens[day] + seconds - self.before[day]

    def after(self, instants: NDArray[np.uint32] | Instants, seconds: int) -> Instants:
        """The instant at which `seconds` (above 0) of work have been done since each instant."""
        return self.instant_of(self.seconds_before(instants) + seconds)

    def end_of_working_day(self, instants: NDArray[np.uint32] | Instants, days: int) -> Instants:
        """The closing of the `days`-th working day after each instant's own day, whether that one was worked or not."""
        worked = np.cumsum(self.length > 0)
        wanted = worked[self._local_day(instants)] + days
        day = np.minimum(np.searchsorted(worked, wanted, side="left"), len(self.length) - 1)
        return self.opens[day] + self.length[day]

    def end_of_day(self, instants: NDArray[np.uint32] | Instants, days: int) -> Instants:
        """The last second of the `days`-th calendar day after each instant's own day."""
        return self.midnights[np.minimum(self._local_day(instants) + days + 1, len(self.midnights) - 1)] - 1

    def _local_day(self, instants: NDArray[np.uint32] | Instants) -> NDArray[np.int64]:
        return np.clip(np.searchsorted(self.midnights, instants.astype(np.int64), side="right") - 1, 0, len(self.length) - 1)


def _on_each_day(clock: time, zone: ZoneInfo, count: int) -> Instants:
    """(count,) the instant of a local time on each day."""
    days = (FIRST_DAY + timedelta(days=place) for place in range(count))
    return np.fromiter((datetime.combine(day, clock, zone).timestamp() for day in days), np.int64, count)


@njit(nogil=True, cache=True)
def seconds_before_one(instant: np.int64, opens: Instants, length: NDArray[np.int64], before: NDArray[np.int64]) -> np.int64:
    """What `WorkingTime.seconds_before` gives for one instant."""
    # Days are nearly equally long: the guess is off by one at most.
    last = len(opens) - 1
    day = min(max((instant - opens[0]) // _DAY_S, 0), last)
    while day > 0 and instant < opens[day]:
        day -= 1
    while day < last and instant >= opens[day + 1]:
        day += 1
    return np.int64(before[day] + min(max(instant - opens[day], 0), length[day]))


@njit(nogil=True, cache=True)
def _seconds_before(
    out: NDArray[np.int64], instants: NDArray[np.int64], opens: Instants, length: NDArray[np.int64], before: NDArray[np.int64]
) -> None:  # fmt: skip
    for i in range(len(instants)):
        out[i] = seconds_before_one(instants[i], opens, length, before)
