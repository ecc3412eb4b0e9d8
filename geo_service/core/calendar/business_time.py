"""Arithmetic with business time over arrays of instants.

Seconds are whole seconds since 1970 in UTC; durations are whole business seconds.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.core.calendar.business_days import DAYS, FIRST_DAY, BusinessDays

Seconds = NDArray[np.int64]

_DAY_S = 86_400


@dataclass(frozen=True, slots=True, eq=False)
class BusinessCalendar:
    """The working hours of every day, as arrays."""

    opens: Seconds
    """(days,) instant at which work begins on each local day; also filled for days off."""
    length: NDArray[np.int64]
    """(days,) business seconds of each day, 0 on days off."""
    before: NDArray[np.int64]
    """(days + 1,) business seconds before each day; the last entry is the total."""
    midnights: Seconds
    """(days + 1,) instant at which each local day begins."""

    @classmethod
    def from_days(cls, days: BusinessDays, zone: ZoneInfo, opens: time, closes: time, short_by: int = 0) -> "BusinessCalendar":
        """Make the calendar of days worked from `opens` to `closes` in local time; short days end `short_by` seconds earlier."""
        begins, ends = (_on_each_day(clock, zone, DAYS) for clock in (opens, closes))
        length = np.where(days.working, ends - begins - np.where(days.short, short_by, 0), 0)
        return cls(begins, length, np.concatenate([[0], np.cumsum(length)]), _on_each_day(time(), zone, DAYS + 1))

    def seconds_before(self, instants: NDArray[np.uint32] | Seconds) -> NDArray[np.int64]:
        """Return the business seconds before each instant: non-decreasing, and constant through nights and days off."""
        out = np.empty(len(instants), np.int64)
        _seconds_before(out, instants.astype(np.int64, copy=False), self.opens, self.length, self.before)
        return out

    def find_instants(self, seconds: NDArray[np.int64]) -> Seconds:
        """Return the first instants with so many business seconds before them: the end of a day, not the start of the next."""
        day = np.clip(np.searchsorted(self.before, seconds, side="left") - 1, 0, len(self.length) - 1)
        return self.opens[day] + seconds - self.before[day]

    def add_seconds(self, instants: NDArray[np.uint32] | Seconds, seconds: int) -> Seconds:
        """Return the instants that lie `seconds` (above 0) of business time after each instant."""
        return self.find_instants(self.seconds_before(instants) + seconds)

    def end_of_business_day(self, instants: NDArray[np.uint32] | Seconds, days: int) -> Seconds:
        """Return the end of work on the `days`-th business day after the day of each instant; that day itself never counts."""
        worked = np.cumsum(self.length > 0)
        target = worked[self._local_day(instants)] + days
        day = np.minimum(np.searchsorted(worked, target, side="left"), len(self.length) - 1)
        return self.opens[day] + self.length[day]

    def end_of_calendar_day(self, instants: NDArray[np.uint32] | Seconds, days: int) -> Seconds:
        """Return the last second of the `days`-th calendar day after the day of each instant."""
        return self.midnights[np.minimum(self._local_day(instants) + days + 1, len(self.midnights) - 1)] - 1

    def _local_day(self, instants: NDArray[np.uint32] | Seconds) -> NDArray[np.int64]:
        return np.clip(np.searchsorted(self.midnights, instants.astype(np.int64), side="right") - 1, 0, len(self.length) - 1)


def _on_each_day(clock: time, zone: ZoneInfo, count: int) -> Seconds:
    """Return (count,) instants of a local time of day, one for each day from FIRST_DAY on."""
    days = (FIRST_DAY + timedelta(days=index) for index in range(count))
    return np.fromiter((datetime.combine(day, clock, zone).timestamp() for day in days), np.int64, count)


@njit(nogil=True, cache=True)
def seconds_before_one(instant: np.int64, opens: Seconds, length: NDArray[np.int64], before: NDArray[np.int64]) -> np.int64:
    """Return `BusinessCalendar.seconds_before` of one instant."""
    # Local days have 23 to 25 hours: the first guess is wrong by one day at most.
    last = len(opens) - 1
    day = min(max((instant - opens[0]) // _DAY_S, 0), last)
    while day > 0 and instant < opens[day]:
        day -= 1
    while day < last and instant >= opens[day + 1]:
        day += 1
    return np.int64(before[day] + min(max(instant - opens[day], 0), length[day]))


@njit(nogil=True, cache=True)
def _seconds_before(
    out: NDArray[np.int64], instants: NDArray[np.int64], opens: Seconds, length: NDArray[np.int64], before: NDArray[np.int64]
) -> None:  # fmt: skip
    for i in range(len(instants)):
        out[i] = seconds_before_one(instants[i], opens, length, before)
