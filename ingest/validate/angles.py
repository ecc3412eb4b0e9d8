"""Parse one coordinate as people and programs write it: decimal degrees or degrees, minutes and seconds, with a hemisphere or without."""

import re
from typing import NamedTuple

_SIGNS = str.maketrans(
    dict.fromkeys("\u2212\u2013\u2014\u2012\u2010\u2011", "-")
    | dict.fromkeys("\u00a0\u202f\u2009\t\r\n", " ")
    | dict.fromkeys("\u2032\u2019\u2018`\u00b4", "'")
    | dict.fromkeys("\u2033\u201c\u201d", '"')
    | dict.fromkeys("\u00ba\u02da", "\u00b0")
)
"""Look-alikes → the signs of the grammar below."""

_UNITS = (
    (re.compile(r"град(?:ус(?:ов|а)?)?\.?|deg(?:rees)?\.?", re.IGNORECASE), "\u00b0"),
    (re.compile(r"мин(?:ут[аы]?)?\.?|min\.?|''(?=')", re.IGNORECASE), "'"),
    (re.compile(r"сек(?:унд[аы]?)?\.?|sec\.?|''", re.IGNORECASE), '"'),
)

_NORTH = r"n(?:orth)?|с\.?\s*ш\.?|с|сев(?:ер(?:н(?:ой|ая))?)?\.?(?:\s*широт[аы])?"
_SOUTH = r"s(?:outh)?|ю\.?\s*ш\.?|ю|юж(?:н(?:ой|ая))?\.?(?:\s*широт[аы])?"
_EAST = r"e(?:ast)?|в\.?\s*д\.?|в|вост(?:очн(?:ой|ая))?\.?(?:\s*долгот[аы])?"
_WEST = r"w(?:est)?|з\.?\s*д\.?|з|зап(?:адн(?:ой|ая))?\.?(?:\s*долгот[аы])?"
_LAT = r"lat(?:itude)?|широта|шир\.?|ш"
_LNG = r"(?:lon|long|lng)(?:itude)?|долгота|долг\.?|д"
HEMISPHERE = rf"(?P<north>{_NORTH})|(?P<south>{_SOUTH})|(?P<east>{_EAST})|(?P<west>{_WEST})|(?P<lat>{_LAT})|(?P<lng>{_LNG})"
_BEFORE = re.compile(rf"(?:{HEMISPHERE})\s*[:=]?\s*(?=[-+\d])", re.IGNORECASE)
_BEHIND = re.compile(rf"(?<=[\d\u00b0'\"\s])(?:{HEMISPHERE})$", re.IGNORECASE)
_AXES = {"north": ("lat", 1), "south": ("lat", -1), "east": ("lng", 1), "west": ("lng", -1), "lat": ("lat", 0), "lng": ("lng", 0)}
"""Name of a group → the axis, and the sign that it gives (0: none)."""

_NUMBER = r"\d{1,12}(?:[.,]\d{1,20})?"
_PARTS = re.compile(
    rf"(?P<sign>[-+])?\s*(?P<degrees>{_NUMBER})\s*\u00b0?(?:(?<=\u00b0)\s*|[\s:\-]\s*)?"
    rf"(?:(?P<minutes>{_NUMBER})\s*'?(?:(?<=')\s*|[\s:\-]\s*)?(?:(?P<seconds>{_NUMBER})\s*\"?)?)?"
)
_SIXTY = 60


class Angle(NamedTuple):
    """A coordinate."""

    degrees: float
    """South and west are negative."""
    axis: str
    """`lat` or `lng` where the text says so by a hemisphere or a label, otherwise blank."""


def clean_text(text: str) -> str:
    """The text with one sign for each meaning: minus, blank, minute, second, degree."""
    text = text.translate(_SIGNS)
    for unit, sign in _UNITS:
        text = unit.sub(sign, text)
    return text.strip()


def parse_angle(text: str) -> Angle | None:
    """The coordinate that the whole text is; None for any other text."""
    return parse_clean_angle(clean_text(text))


def parse_clean_angle(text: str) -> Angle | None:
    """As `parse_angle`, of a text that `clean_text` has returned."""
    text = text.strip()
    axis, sign = "", 0
    for found in (_BEFORE.match(text), _BEHIND.search(text)):
        if found and found.lastgroup:
            new_axis, new_sign = _AXES[found.lastgroup]
            if axis and axis != new_axis:
                return None
            axis, sign = new_axis, new_sign or sign
            text = (text[found.end() :] if found.start() == 0 else text[: found.start()]).strip()
    degrees = _parse_parts(text)
    if degrees is None:
        return None
    return Angle(abs(degrees) * sign if sign else degrees, axis)


def _parse_parts(text: str) -> float | None:
    found = _PARTS.fullmatch(text)
    if not found:
        return None
    parts = [found["degrees"], found["minutes"], found["seconds"]]
    given = [part for part in parts if part is not None]
    # Only the last part may have decimals, and 60 minutes are a degree.
    if any(not part.isdigit() for part in given[:-1]):
        return None
    numbers = [float(part.replace(",", ".")) for part in given]
    if any(number >= _SIXTY for number in numbers[1:]):
        return None
    degrees: float = sum(number / _SIXTY**power for power, number in enumerate(numbers))
    return -degrees if found["sign"] == "-" else degrees
