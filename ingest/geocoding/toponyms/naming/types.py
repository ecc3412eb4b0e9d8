"""Types of settlements, as addresses abbreviate them: «ст-ца», «пос.», «с.»."""

import re
from collections.abc import Sequence

from ingest.geocoding.toponyms.naming.romanisation import sound_of, transliterate

_WORDS = (
    ("пгт", r"рабочий пос[её]лок|rabochiy pos[eë]lok|пос[её]лок городского типа|posëlok gorodskogo tipa"),
    ("пос.", "пос[её]лок|pos[eë]lok|posyolok|posjolok"),
    ("ст-ца", "станица|stanitsa"),
    ("с.", "село|selo"),
    ("дер.", "деревня|derevnya|derevnja"),
    ("х.", "хутор|khutor"),
    ("аул", "аул|aul"),
    ("г.", "город|gorod"),
)
"""Abbreviation → the words of GeoNames' alternative names, Russian and romanised."""
_TYPES = [(short, re.compile(rf"(?:{words}) (.+)", re.IGNORECASE)) for short, words in _WORDS]


def settlement_type(names: Sequence[str], latin: str) -> str | None:
    """Return the type that one of a settlement's names begins with, if the rest is its name `latin`; None where no name says it.

    >>> settlement_type(["Stanitsa Abadzekhskaya", "Abadzehskaja"], "Abadzekhskaya"), settlement_type(["Novoye Selo"], "Novoye Selo")
    ('ст-ца', None)
    """
    bare = split_type(latin)[1]
    found = (split_type(name) for name in [*names, latin] if " " in name)
    return next((short for short, rest in found if short and sound_of(transliterate(rest)) == sound_of(bare)), None)


def split_type(name: str) -> tuple[str | None, str]:
    """Return the type that a name begins with, abbreviated, and the name without it.

    >>> split_type("Posëlok Mar’ino"), split_type("Gorodok")
    (('пос.', 'Mar’ino'), (None, 'Gorodok'))
    """
    for short, pattern in _TYPES:
        if match := pattern.fullmatch(name):
            return short, match[1]
    return None, name
