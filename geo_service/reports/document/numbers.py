"""Numbers, dates and lists as a reader of Russian or English writes them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from geo_service.core.wording import MONTHS, NBSP, format_number, plural_ru
from geo_service.reports.document.model import Kind
from geo_service.reports.request import Language

_LEAST_P = 0.001
"""Smaller probabilities are written as "less than" this."""
NOTHING = "—"


def format_value(value: float | int | str | None, kind: Kind, language: Language, decimals: int = 1) -> str:
    """Return a value as text; a dash for None. INSTANT is formatted by `format_moment`.

    >>> format_value(1562, Kind.COUNT, "ru"), format_value(-0.521, Kind.CHANGE, "ru"), format_value(0.8408, Kind.SHARE, "en")
    ('1\\xa0562', '−52\\xa0%', '84%')
    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if kind is Kind.COUNT:
        return format_number(value, language, 0)
    if kind is Kind.DECIMAL:
        return format_number(value, language, decimals)
    if kind is Kind.P:
        return ("<" + NBSP if value < _LEAST_P else "") + format_number(max(value, _LEAST_P), language, 3)
    percent = round(100 * value)
    sign = "+" if kind is Kind.CHANGE and percent > 0 else ""
    return f"{sign}{format_number(percent, language, 0)}{NBSP if language == 'ru' else ''}%"


def format_moment(seconds: int, zone: ZoneInfo, language: Language) -> str:
    """Return a day and time: `29 ноября 2026, 06:06`."""
    moment = datetime.fromtimestamp(seconds, zone)
    return f"{format_day(moment.date(), language)}, {moment:%H:%M}"


def format_day(day: date, language: Language) -> str:
    """Return `29 ноября 2026`."""
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"


def format_days(first: date, language: Language) -> str:
    """Return the seven days from `first` on, naming month and year as often as necessary: `23–29 ноября 2026`."""
    last = first + timedelta(days=6)
    months = MONTHS[language]
    if first.year != last.year:
        return f"{format_day(first, language)} – {format_day(last, language)}"
    if first.month != last.month:
        return f"{first.day} {months[first.month - 1]} – {format_day(last, language)}"
    return f"{first.day}–{format_day(last, language)}"


def plural(number: int, forms: Sequence[str], language: Language) -> str:
    """Return the form of a noun after a number. forms: Russian after 1, 2 and 5; English after 1 and others.

    >>> [plural(n, ("сообщение", "сообщения", "сообщений"), "ru") for n in (1, 3, 11, 25)]
    ['сообщение', 'сообщения', 'сообщений', 'сообщений']
    """
    if language == "en":
        return forms[0] if number == 1 else forms[1]
    return plural_ru(number, forms)
