"""Numbers, plural forms and months as a reader of Russian or English writes them."""

from collections.abc import Mapping, Sequence

NBSP = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"

MONTHS: Mapping[str, Sequence[str]] = {
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
"""By language, as they stand behind a day."""


def plural_ru(number: int, forms: Sequence[str]) -> str:
    """Return the form of a noun after a number. forms: after 1, after 2 and after 5.

    >>> [plural_ru(number, ("день", "дня", "дней")) for number in (1, 3, 5, 11, 12, 21, 22, 111)]
    ['день', 'дня', 'дней', 'дней', 'дней', 'день', 'дня', 'дней']
    """
    if number % 100 in range(11, 15):
        return forms[2]
    return forms[0] if number % 10 == 1 else forms[1] if number % 10 in (2, 3, 4) else forms[2]


def format_number(value: float, language: str, decimals: int = 0) -> str:
    """Return a number with a real minus sign, its thousands set apart: by a no-break space in Russian, by a comma in English.

    >>> format_number(-1234.56, "ru", 1), format_number(1234.56, "en")
    ('−1\\xa0234,6', '1,235')
    """
    text = f"{abs(value):,.{decimals}f}"
    if language == "ru":
        text = text.replace(",", NBSP).replace(".", ",")
    return f"{_MINUS if value < 0 and text.strip('0,. ') else ''}{text}"
