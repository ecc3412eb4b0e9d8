"""The formats that `dates.formats` of a mapping may name: ISO 8601, counts since an epoch, Russian words, and `strptime` formats."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_FIRST_EPOCH, _LAST_EPOCH = 100_000_000, 4_291_747_200
"""Seconds since 1970: from 1973 to 2105. Smaller numbers are counters and days rather than instants."""

_EXCEL_DAYS = 25_570, 75_242
"""Serial numbers of 1970-01-02 and of 2105-12-31, in days since 1899-12-30."""

_EXCEL_1900 = datetime(1899, 12, 30)  # noqa: DTZ001  # local time of the mapping's zone
"""Day 0. Excel counts 1900-02-29, which there was not: from March 1900 on it is a day ahead of a count from 1899-12-31."""

_EXCEL_1904 = datetime(1904, 1, 1)  # noqa: DTZ001  # local time of the mapping's zone
_DAYS_1904 = (_EXCEL_1904 - _EXCEL_1900).days
_DAY_S = 86_400
_CENTURY, _TWO_DIGITS = 2000, 99
"""Of Russian dates: what a year of two digits is added to, and the largest such year."""

_NUMBER = re.compile(r"\d{1,16}(?:[.,]\d{1,20})?")

_MONTHS = {
    form: month
    for month, forms in enumerate(
        (
            "янв январь января", "фев февр февраль февраля", "мар март марта", "апр апрель апреля", "май мая", "июн июнь июня",
            "июл июль июля", "авг август августа", "сен сент сентябрь сентября", "окт октябрь октября", "ноя нояб ноябрь ноября",
            "дек декабрь декабря",
        ),
        start=1,
    )
    for form in forms.split()
}  # fmt: skip
"""Full and short forms of Russian months → number."""

_TIME = r"(?P<{0}h>\d{{1,2}})(?:[:.]|\s*ч(?:ас(?:ов|а)?)?\.?\s*)(?P<{0}m>\d{{2}})(?:\s*м(?:ин(?:ут[аы]?)?)?\.?)?(?:[:.](?P<{0}s>\d{{2}}))?"
_RUSSIAN = re.compile(
    rf"""(?:(?:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс)\.?,?\s+)?
    (?:{_TIME.format("before_")}\s*,?\s+)?
    (?P<day>\d{{1,2}})(?:-?го)?
    (?:\s*[.\-/]?\s*(?P<word>[а-я]{{3,8}})\.?\s*[\-/,.]?\s*|(?P<mark>[.\-/])(?P<number>\d{{1,2}})(?P=mark))
    (?P<year>\d{{4}}|\d{{2}})
    \s*(?:г(?:од[а]?)?\.?)?
    (?:\s*[,—–]?\s*(?:в\s+)?{_TIME.format("")})?
    \s*(?P<zone>\(?мск\)?)?""",
    re.VERBOSE,
)

_SAMPLE = datetime(2026, 11, 24, 13, 47, 38, tzinfo=UTC)
"""Each part of it is different, so that a format that leaves one out is found."""


def _parse_count(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def _parse_epoch(text: str, per_second: int) -> datetime:
    seconds = _parse_count(text) / per_second
    if not _FIRST_EPOCH <= seconds < _LAST_EPOCH:
        raise ValueError(text)
    return datetime.fromtimestamp(seconds, UTC)


def _parse_excel(text: str, first_day: datetime) -> datetime:
    """A serial number of Excel, to the second: a cell's fraction of a day is no more exact."""
    days = _parse_count(text)
    shift = _DAYS_1904 if first_day == _EXCEL_1904 else 0
    if not _EXCEL_DAYS[0] <= days + shift < _EXCEL_DAYS[1]:
        raise ValueError(text)
    return first_day + timedelta(seconds=round(days * _DAY_S))


def _parse_russian(text: str) -> datetime:
    """A date with a Russian month or with «г.», «в» and «мск» around its numbers, with or without a time."""
    found = _RUSSIAN.fullmatch(" ".join(text.lower().split()))
    if not found:
        raise ValueError(text)
    month = _MONTHS.get(found["word"]) if found["word"] else int(found["number"])
    if month is None:
        raise ValueError(text)
    year = int(found["year"])
    hour, minute, second = (int(found[part] or found[f"before_{part}"] or 0) for part in "hms")
    zone = ZoneInfo("Europe/Moscow") if found["zone"] else None
    return datetime(year if year > _TWO_DIGITS else _CENTURY + year, month, int(found["day"]), hour, minute, second, tzinfo=zone)


NAMED_FORMATS: dict[str, Callable[[str], datetime]] = {
    "iso": datetime.fromisoformat,
    "epoch": lambda text: _parse_epoch(text, 1),
    "epoch_ms": lambda text: _parse_epoch(text, 1_000),
    "excel": lambda text: _parse_excel(text, _EXCEL_1900),
    "excel_1904": lambda text: _parse_excel(text, _EXCEL_1904),
    "russian": _parse_russian,
}
"""Name → parser, which returns local time where the text names no offset, and raises `ValueError` for any other text."""

_ISO_DATE_LENGTH = len("2026-11-24")


def parse_date(text: str, date_format: str) -> datetime:
    """The instant of a text in this format; naive where neither names an offset. `ValueError` for any other text."""
    named = NAMED_FORMATS.get(date_format)
    return named(text) if named else datetime.strptime(text, date_format)  # noqa: DTZ007  # the caller adds the zone


def is_date_alone(text: str, date_format: str) -> bool:
    """Whether a text that this format has read names a day without a time."""
    if date_format == "iso":
        return len(text) <= _ISO_DATE_LENGTH
    if date_format.startswith("excel"):
        return text.partition(",")[0].partition(".")[0] == text or not float(text.replace(",", ".")) % 1
    if date_format == "russian":
        found = _RUSSIAN.fullmatch(" ".join(text.lower().split()))
        return found is not None and not (found["h"] or found["before_h"])
    return date_format not in NAMED_FORMATS and not any(sign in date_format for sign in ("%H", "%I", "%c", "%X"))


def check_date_format(date_format: str) -> str:
    """The format; `ValueError` where no text can ever match it, or no date between 1970 and 2106 can come of it."""
    if date_format in NAMED_FORMATS:
        return date_format
    allowed = f"allowed: {', '.join(NAMED_FORMATS)}, or a strptime format such as %d.%m.%Y %H:%M"
    if "%" not in date_format:
        raise ValueError(f"{date_format!r} names no part of a date; {allowed}")
    try:
        read = datetime.strptime(_SAMPLE.strftime(date_format), date_format)  # noqa: DTZ007  # only whether it can be read
    except (ValueError, re.error) as error:
        hint = "; Unix time is epoch or epoch_ms" if "%s" in date_format else ""
        raise ValueError(f"{date_format!r} can match no text ({error}){hint}; {allowed}") from error
    if read.year != _SAMPLE.year:
        raise ValueError(f"{date_format!r} names no year, so that no date can be read by it; {allowed}")
    return date_format
