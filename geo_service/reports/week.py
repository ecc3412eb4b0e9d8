"""The week of a report: Monday 00:00 to Monday 00:00 in the service's time zone, by its ISO 8601 number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from geo_service.aggregation.selection.selection import Window
from geo_service.aggregation.selection.time_buckets import year_before
from geo_service.core.errors import InvalidParameter
from geo_service.core.integers import shorten

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1972, 2105
"""The week a year and ninety days before must lie within what instants can say: 1970 to 2106."""
_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ReportWeek:
    """A week, and how much of it has passed."""

    monday: date
    zone: ZoneInfo
    now: int
    """The present minute, seconds since 1970, or the end of the week where that is earlier: overdue is judged at it."""

    @property
    def code(self) -> str:
        """ISO 8601: `2026-W48`."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def has_ended(self) -> bool:
        """Whether it is over: then the report is the same whenever it is made, as long as the data are."""
        return self.now >= self._midnight(1)

    @property
    def window(self) -> Window:
        """From Monday to the end of the week, or to now."""
        return Window(self._midnight(0), max(min(self.now, self._midnight(1)), self._midnight(0) + 1))

    def earlier(self, weeks: int) -> Window:
        """Return the same part of the week so many weeks earlier. The ends are moved by the calendar: a day may have 23 hours."""
        window = self.window
        return Window(self._midnight(-weeks), _move(window.stop, -weeks * _DAYS, self.zone))

    @property
    def year_earlier(self) -> Window:
        """The same dates a calendar year earlier, as `compare=year` means it."""
        window = self.window
        return Window(year_before(window.start, self.zone), year_before(window.stop, self.zone))

    def last_weeks(self, weeks: int) -> Sequence[Window]:
        """Return this and the weeks before it, whole ones but for the last, the earliest first."""
        whole = [Window(self._midnight(-back), self._midnight(1 - back)) for back in range(weeks - 1, 0, -1)]
        return [*whole, self.window]

    def last_days(self, days: int) -> Window:
        """Return the days up to the end of the window."""
        window = self.window
        return Window(_move(window.stop, -timedelta(days=days), self.zone), window.stop)

    def _midnight(self, weeks: int) -> int:
        return _midnight(self.monday + weeks * _DAYS, self.zone)


def read_week(text: str | None, zone: ZoneInfo, clock: float, parameter: str = "week") -> ReportWeek:
    """Parse a week such as 2026-W48; without a text the last whole week.

    clock: seconds since 1970. Raises `InvalidParameter` for what is no week, and for one that has not begun.
    """
    minute = int(clock) // 60 * 60
    today = datetime.fromtimestamp(minute, zone).date()
    present = today - timedelta(days=today.weekday())
    monday = present - _DAYS if text is None else _parse_monday(text, parameter, present)
    if monday > present:
        year, week, _ = present.isocalendar()
        raise InvalidParameter(parameter, f"{shorten(text or '')} has not begun", f"weeks up to the present one, {year}-W{week:02}")
    return ReportWeek(monday, zone, min(minute, _midnight(monday + _DAYS, zone)))


def _parse_monday(text: str, parameter: str, present: date) -> date:
    year, week, _ = (present - _DAYS).isocalendar()
    allowed = f"a year and the number of an ISO week such as {year}-W{week:02}, from {_FIRST_YEAR}-W01 on"
    match = _WEEK.fullmatch(text)
    if match is None or not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
        raise InvalidParameter(parameter, f"{shorten(text)!r} is not a week", allowed)
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise InvalidParameter(parameter, f"{shorten(text)!r} is not a week: {match[1]} has no week {match[2]}", allowed) from None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _move(seconds: int, step: timedelta, zone: ZoneInfo) -> int:
    """Return the same wall-clock time so many days away."""
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone) + step
    return int(moment.timestamp())
