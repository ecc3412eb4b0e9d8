"""Integers in query strings, paths and lists of ids, parsed in one place."""

from geo_service.core.errors import InvalidParameter

MAX_BIGINT = 2**63 - 1
"""The greatest bigint of PostgreSQL, the type of its ids."""

_MAX_DIGITS = 19
"""As many as MAX_BIGINT has. Longer texts are refused unread: `int` needs quadratic time in the number of digits."""


def is_int(text: str, low: int, high: int) -> bool:
    """Return whether the text is an integer in [low, high]: 1 to 19 ASCII digits, without a sign or blanks.

    >>> is_int("007", 1, 10), is_int("+7", 1, 10), is_int("٧", 1, 10)
    (True, False, False)
    """
    # `isdigit` alone is true for the digits of every script.
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and low <= int(text) <= high


def parse_int(name: str, text: str, low: int, high: int, allowed: str | None = None) -> int:
    """Parse the value of the parameter `name` as an integer in [low, high].

    allowed: what the message says instead of the range. Raises `InvalidParameter` for anything but such an integer.
    """
    if not is_int(text, low, high):
        allowed = allowed or f"a whole number from {low} to {high}"
        raise InvalidParameter(name, f"{shorten(text)!r} is invalid", allowed, value=shorten(text))
    return int(text)


def shorten(text: str, length: int = 40) -> str:
    """Return at most the first `length` characters of a value, for messages; an ellipsis stands for the rest.

    >>> shorten("abcdef", 3)
    'abc…'
    """
    return text if len(text) <= length else text[:length] + "…"
