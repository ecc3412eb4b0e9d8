"""Business days of a country: working days, short days, and days off that a government has moved.

The days come from the package `holidays`. Moved days are known only for the years that a government has decided
(Russia: up to next year); later years have only the holidays of the law.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import numpy as np
from numpy.typing import NDArray

FIRST_DAY, DAYS = date(1969, 12, 31), 49_715
"""First day and number of days: every local day, in any time zone, of the instants from 0 to 2**32 - 1 seconds since 1970."""

_DATE_IN_NAME = re.compile(r"[0-9]+[./-][0-9]+[./-][0-9]+")
_LAST_YEAR = (FIRST_DAY + timedelta(days=DAYS)).year


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Arrays of shape (DAYS,), bool; index 0 is FIRST_DAY."""

    working: NDArray[np.bool_]
    short: NDArray[np.bool_]
    """Working days that end earlier, because a public holiday follows."""


def list_countries() -> list[str]:
    """Return the two-letter codes of the countries that have a calendar."""
    return sorted(code for code in holidays.list_supported_countries() if len(code) == 2)


def classify_days(
    country: str | None, weekdays: Collection[int], days_off: Collection[date] = (), working_days: Collection[date] = ()
) -> BusinessDays:
    """Return which days are worked, and which of them are short.

    country: ISO 3166 code, None for no holidays. weekdays: working weekdays, Monday is 0. days_off, working_days: dates that
    override the calendar. A day is short if the next day is a public holiday; a working weekend day is as long as the day
    that it was exchanged for (Russia: Labour Code art. 95, Ministry of Health order 588n).
    """
    weekday = (np.arange(DAYS) + FIRST_DAY.weekday()) % 7
    working = np.isin(weekday, list(weekdays))
    short = np.zeros(DAYS, np.bool_)
    if country is not None:
        calendar = _calendar(country)
        working[_indexes(calendar)] = False
        working[_indexes(calendar.weekend_workdays)] = True
        short[_indexes([day - timedelta(days=1) for day, name in calendar.items() if "(" not in name])] = True
        for worked, day_off in _exchanged_days(calendar).items():
            short[_indexes([worked])] = short[_indexes([day_off])]
    working[_indexes(days_off)] = False
    working[_indexes(working_days)] = True
    return BusinessDays(working, short & working)


def _calendar(country: str) -> holidays.HolidayBase:
    """Return the days off with their names in the country's own language, whatever the locale is."""
    default = holidays.country_holidays(country)
    years = range(max(FIRST_DAY.year, default.start_year), min(_LAST_YEAR, default.end_year) + 1)
    return holidays.country_holidays(country, years=years, language=default.default_language)


def _exchanged_days(calendar: holidays.HolidayBase) -> dict[date, date]:
    """Return working weekend day → the day off instead of it."""
    date_format = str(getattr(calendar, "substituted_date_format", ""))
    exchanged: dict[date, date] = {}
    for day_off, name in calendar.items():
        match = _DATE_IN_NAME.search(name)
        if match:
            worked = datetime.strptime(match[0], date_format).date()  # noqa: DTZ007  # a date has no zone
            if worked in calendar.weekend_workdays:
                exchanged[worked] = day_off
    return exchanged


def _indexes(days: Collection[date]) -> list[int]:
    """Return the indexes of the days; days outside of the arrays are left out."""
    indexes = ((day - FIRST_DAY).days for day in days)
    return [index for index in indexes if 0 <= index < DAYS]
