"""Which days are worked and which of them are shorter: the calendar of a country with its moved days.

The days come from the package `holidays`. Days that a government moves are known for the years it has decided
(Russia: up to next year); later years have the holidays of the law only.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import numpy as np
from numpy.typing import NDArray

FIRST_DAY, DAYS = date(1969, 12, 31), 49_715
"""Every day, in any time zone, of the instants that 32 bits of seconds since 1970 can name."""

_DATE_IN_NAME = re.compile(r"[0-9]+[./-][0-9]+[./-][0-9]+")
_LAST_YEAR = (FIRST_DAY + timedelta(days=DAYS)).year


@dataclass(frozen=True, slots=True)
class DayKinds:
    """(DAYS,) bool each, from FIRST_DAY on."""

    working: NDArray[np.bool_]
    short: NDArray[np.bool_]
    """Working days before a public holiday, which end earlier."""


def countries() -> list[str]:
    """Two-letter codes of the countries whose calendars are known."""
    return sorted(code for code in holidays.list_supported_countries() if len(code) == 2)


def day_kinds(country: str | None, weekdays: Collection[int], off: Collection[date] = (), on: Collection[date] = ()) -> DayKinds:
    """The kinds of all days.

    country: ISO 3166 code, None for no holidays at all; weekdays: those that are worked, Monday is 0; off, on: days that
    are free or worked whatever the calendar says. A day is short when the next one is a public holiday; a worked
    weekend day is as long as the day it was exchanged with (Russia: Labour Code art. 95, Ministry of Health order 588n).
    """
    weekday = (np.arange(DAYS) + FIRST_DAY.weekday()) % 7
    working = np.isin(weekday, list(weekdays))
    eve = np.zeros(DAYS, np.bool_)
    if country is not None:
        calendar = _calendar(country)
        working[_places(calendar)] = False
        working[_places(calendar.weekend_workdays)] = True
        eve[_places([day - timedelta(days=1) for day, name in calendar.items() if "(" not in name])] = True
        for worked, free in _exchanged(calendar).items():
            eve[_places([worked])] = eve[_places([free])]
    working[_places(off)] = False
    working[_places(on)] = True
    return DayKinds(working, eve & working)


def _calendar(country: str) -> holidays.HolidayBase:
    """The days off with their names in the country's own language, whatever the machine's is."""
    known = holidays.country_holidays(country)
    years = range(max(FIRST_DAY.year, known.start_year), min(_LAST_YEAR, known.end_year) + 1)
    return holidays.country_holidays(country, years=years, language=known.default_language)


def _exchanged(calendar: holidays.HolidayBase) -> dict[date, date]:
    """Each worked weekend day, and the day that is free instead of it."""
    form = str(getattr(calendar, "substituted_date_format", ""))
    found: dict[date, date] = {}
    for free, name in calendar.items():
        written = _DATE_IN_NAME.search(name)
        if written:
            worked = datetime.strptime(written[0], form).date()  # noqa: DTZ007  # a date has no zone
            if worked in calendar.weekend_workdays:
                found[worked] = free
    return found


def _places(days: Collection[date]) -> list[int]:
    """Places of those days that are in the table."""
    places = ((day - FIRST_DAY).days for day in days)
    return [place for place in places if 0 <= place < DAYS]
