"""Codes for districts whose file has none: made from their names, the same at each load."""

import hashlib

from boundaries.names import normalise_name
from boundaries.records import MAX_CODE

_LATIN = str.maketrans(
    dict(
        zip(
            "абвгдежзийклмнопрстуфхцчшщъыьэюя",
            (
                "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch",
                "sh", "shch", "", "y", "", "e", "yu", "ya",
            ),
            strict=True,
        )
    )
)  # fmt: skip
"""Russian letters as GOST R 52290-2004 writes them on road signs; letters of other alphabets stay."""
_DIGEST_LENGTH = 8


def make_code(level: str, name: str, parent: str | None = None) -> str:
    """Return a code for a district. It depends on level, name and parent alone, and not on case, ё and punctuation.

    >>> make_code("district", "Ейский район"), make_code("settlement", "Щербиновка", "Ейский район")
    ('district.eyskiy-rayon', 'settlement.eyskiy-rayon.shcherbinovka')
    """
    parts = [level, *(_to_slug(text) for text in (parent, name) if text)]
    code = ".".join(parts)
    if len(code) <= MAX_CODE:
        return code
    digest = hashlib.sha256(code.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{code[: MAX_CODE - _DIGEST_LENGTH - 1]}-{digest}"


def _to_slug(text: str) -> str:
    return normalise_name(text).translate(_LATIN).replace(" ", "-")
