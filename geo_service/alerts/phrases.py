"""Numbers, dates and lengths of time in words, in Russian and English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from geo_service.core.wording import MONTHS, format_number, plural_ru

HOUR_S = 3600
DAY_S = 86_400
_YEAR_DAYS = 365
_RARE_YEARS = 10
"""Rarer than this, the year that is replayed says nothing more precise."""

HOURS_RU = ("час", "часа", "часов")
DAYS_RU = ("день", "дня", "дней")
YEARS_RU = ("год", "года", "лет")
MESSAGES_RU = ("сообщение", "сообщения", "сообщений")


def plural_en(number: int, noun: str) -> str:
    """Return the form of a regular noun after a number.

    >>> plural_en(1, "day"), plural_en(0, "day")
    ('day', 'days')
    """
    return noun if number == 1 else f"{noun}s"


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of time with its forms."""

    forms: Sequence[str]
    noun: str


_HOURS, _DAYS, _YEARS = _Unit(HOURS_RU, "hour"), _Unit(DAYS_RU, "day"), _Unit(YEARS_RU, "year")


def _count(number: int, unit: _Unit, language: str) -> str:
    """Return `3 дня` or `3 days`; for one only the unit, `день` or `day`."""
    noun = plural_ru(number, unit.forms) if language == "ru" else plural_en(number, unit.noun)
    return noun if number == 1 else f"{format_number(number, language)} {noun}"


def format_duration(seconds: int, language: str) -> str:
    """Return a length of time in hours below a day and a half, else in days; never less than an hour.

    >>> format_duration(18_000, "ru"), format_duration(3 * DAY_S + 7200, "ru"), format_duration(60, "en")
    ('5 часов', '3 дня', 'hour')
    """
    if seconds < 1.5 * DAY_S:
        hours = max(round(seconds / HOUR_S), 1)
        return _count(hours, _HOURS, language) if hours != DAY_S // HOUR_S else _count(1, _DAYS, language)
    return _count(round(seconds / DAY_S), _DAYS, language)


def format_moment(at: int, zone: ZoneInfo, language: str, reference: int) -> str:
    """Return day and time in a time zone, with the year where it is not that of `reference`. Both are seconds since 1970."""
    moment, other = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(reference, zone)
    month = MONTHS[language][moment.month - 1]
    year = "" if moment.year == other.year else f" {moment.year} года" if language == "ru" else f" {moment.year}"
    return f"{moment.day} {month}{year} {moment:%H:%M}"


def format_recurrence(days: float) -> dict[str, str]:
    """Return how rarely chance gives as much, in words by language.

    >>> format_recurrence(1.2)["ru"], format_recurrence(22)["ru"], format_recurrence(365)["ru"], format_recurrence(1e9)["ru"]
    ('раз в день', 'раз в 22 дня', 'раз в год', 'реже чем раз в 10 лет')
    """
    years = days / _YEAR_DAYS
    if not years < _RARE_YEARS:
        return {"ru": f"реже чем раз в {_RARE_YEARS} лет", "en": f"less than once in {_RARE_YEARS} years"}
    if days < 1:
        return {"ru": "чаще чем раз в день", "en": "more than once a day"}
    number, unit = (round(years), _YEARS) if years >= 1 else (_round_to_two_digits(days), _DAYS)
    in_english = f"once a {unit.noun}" if number == 1 else f"once in {_count(number, unit, 'en')}"
    return {"ru": f"раз в {_count(number, unit, 'ru')}", "en": in_english}


def format_expected(expected: float) -> dict[str, str]:
    """Return how many messages are usual, in words by language: no digits that mean nothing.

    >>> [format_expected(number)["ru"] for number in (0.1, 0.3, 0.97, 2.4, 54.4, 1234.5)]
    ['0', 'меньше одного', '1', '2', '54', '1\xa0200']
    """
    if 0.2 <= expected < 0.95:
        return {"ru": "меньше одного", "en": "less than one"}
    number = 0 if expected < 0.2 else _round_to_two_digits(expected)
    return {language: format_number(number, language) for language in ("ru", "en")}


def _round_to_two_digits(value: float) -> int:
    """Return a number rounded to an integer below 100, else to two significant digits."""
    step = 1
    while value >= 100 * step:
        step *= 10
    return round(value / step) * step
