"""Say why a text is no usable date: for the message of a reject or a warning."""

import re
from datetime import datetime
from functools import lru_cache

from ingest.mapping.date_formats import parse_date

_RELATIVE = re.compile(
    r"(сегодня|вчера|позавчера|завтра|сейчас|только что|today|yesterday|tomorrow|now)\b|.*\b(назад|ago)$|\d+\s*(мин|час|дн|д|ч)\.?$",
    re.IGNORECASE,
)
"""Words that name a day only together with the moment of writing."""
_WITHOUT_YEAR = re.compile(r"\d{1,2}[.\s\-/]+([а-я]{3,8}\.?|\d{1,2}\.?)(,?\s+(в\s+)?\d{1,2}:\d{2}(:\d{2})?)?", re.IGNORECASE)

_PLACEHOLDERS = {(1, 1, 1), (1753, 1, 1), (1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (1970, 1, 1), (9999, 12, 31)}
"""Dates that programs write where they have none: the first or last day that their calendar knows."""

_TRIED = ("iso", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "russian", "epoch", "epoch_ms", "excel")
"""Formats that a text may be in although the mapping does not name them."""


@lru_cache(maxsize=10_000)  # values repeat
def describe_unreadable(text: str, formats: tuple[str, ...]) -> str:
    """Why `text` is no date of these formats, to be read after the text itself."""
    text = text.strip()
    fault = "is no date between 1970 and 2106 in a known format"
    if _RELATIVE.fullmatch(text.split(",")[0].strip()) or _RELATIVE.match(text):
        return f"{fault}: it names a day only for its writer; write the date itself"
    found = _find_format(text, (*formats, *_TRIED))
    if found and (found[0].year, found[0].month, found[0].day) in _PLACEHOLDERS:
        return f"{fault}: it is a placeholder for a missing date"
    if _WITHOUT_YEAR.fullmatch(text):
        return f"{fault}: it names no year"
    if found and found[1] not in formats:
        return f"{fault}: it looks like {found[1]!r}, which dates.formats does not name"
    return fault


def _find_format(text: str, formats: tuple[str, ...]) -> tuple[datetime, str] | None:
    """The instant and the first format that can read the text, also outside of the allowed time."""
    for date_format in dict.fromkeys(formats):
        try:
            at = parse_date(text, date_format)
        except (ValueError, OverflowError):
            continue
        return at, date_format
    return None
