"""Rewrite what keyboards and programs put in the place of Russian letters and hyphens, so that names can be compared.

Latin letters that look like Russian ones, transliterated names, decomposed letters, soft hyphens, and dashes for hyphens.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from ingest.geocoding.toponyms.naming.romanisation import transliterate
from ingest.mapping import normalise

NEEDS_REPAIR = re.compile("[A-Za-z\u00ad\u0300-\u036f\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff]")
"""Found in a text that is not plain Russian."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_DASH_IN_WORD = re.compile("(?<=[^\\W\\d_])[\u2010-\u2015\u2212](?=[^\\W_])")
_WORD = re.compile(r"(?<![\w@])(?<![A-Za-z\d][./])[A-Za-zА-Яа-яЁё]+(?:['’-][A-Za-zА-Яа-яЁё]+)*(?![\w@/]|\.[A-Za-z])")
"""Not a part of an address on the internet."""
_LATIN = re.compile("[A-Za-z]")
_CYRILLIC = re.compile("[А-Яа-яЁё]")
_ROMAN = {"I": "1", "II": "2", "III": "3", "IV": "4", "V": "5"}

_LOOK_ALIKES = str.maketrans("AaBCcEeHKkMOoPpTXxYyuë", "АаВСсЕеНКкМОоРрТХхУуиё")
_NOT_LOOK_ALIKE = re.compile("[^AaBCcEeHKkMOoPpTXxYyë-]")

_SOUNDS = (
    ("shch", "sch"), ("kh", "h"), ("tz", "c"), ("ts", "c"), ("yu", "u"), ("iu", "u"), ("ju", "u"), ("ya", "a"), ("ia", "a"),
    ("ja", "a"), ("yo", "e"), ("jo", "e"), ("ye", "e"), ("w", "v"), ("x", "ks"), ("q", "k"), ("'", ""), ("’", ""), ("j", "i"), ("y", "i"),
)  # fmt: skip
_DOUBLE_I = re.compile("i+")
_ENGLISH = {
    "in": "в",
    "near": "около",
    "from": "из",
    "street": "улица",
    "city": "город",
    "town": "город",
    "village": "село",
    "district": "район",
}
_OTHER_WORDS = "нет без не в из под до у около возле к от между и на по ст г гор пос п с х ул дом д улице улицы улицу"
_LEAST_LETTERS = 4
"""Of a transliterated name: shorter words in Latin letters are mostly something else."""


def repair_spelling(text: str, russian_words: Mapping[str, str]) -> str:
    """Return a text with Russian letters and hyphens; words in Latin letters that are no known names stay.

    russian_words: key of a transliterated word (`sound_key`) → the Russian word.
    """
    text = _DASH_IN_WORD.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    if not _LATIN.search(text):
        return text
    has_russian = bool(_CYRILLIC.search(text))
    return _WORD.sub(lambda match: _repair_word(match[0], russian_words, has_russian=has_russian), text)


def sound_key(word: str) -> str:
    """Return a key that is the same for the usual transliterations of a word.

    >>> sound_key("Kanevskaya") == sound_key("kanevskaja") == sound_key("Каневская")
    True
    """
    key = transliterate(normalise(word)) if _CYRILLIC.search(word) else word.lower()
    for written, unified in _SOUNDS:
        key = key.replace(written, unified)
    return _DOUBLE_I.sub("i", key)


def index_by_sound(words: Iterable[str]) -> dict[str, str]:
    """Return the key of each word, of the short words of addresses, and of a few English words → the Russian word."""
    by_key: dict[str, str] = {}
    for word in sorted(words):
        if len(word) >= _LEAST_LETTERS:
            by_key.setdefault(sound_key(word), word)
    return by_key | {sound_key(word): word for word in _OTHER_WORDS.split()} | _ENGLISH


def _repair_word(word: str, russian_words: Mapping[str, str], *, has_russian: bool) -> str:
    if not _LATIN.search(word):
        return word
    looks_russian = not _NOT_LOOK_ALIKE.search("".join(_LATIN.findall(word)))
    if _CYRILLIC.search(word):
        return word.translate(_LOOK_ALIKES) if looks_russian else word
    if has_russian and word in _ROMAN:
        return _ROMAN[word]
    if has_russian and len(word) == 1:
        return word.translate(_LOOK_ALIKES) if looks_russian else word
    if (russian := russian_words.get(sound_key(word))) or (russian := russian_words.get(word.lower())):
        return _copy_case(word, russian)
    return word.translate(_LOOK_ALIKES) if has_russian and looks_russian else word


def _copy_case(pattern: str, word: str) -> str:
    if pattern.isupper() and len(pattern) > 1:
        return word.upper()
    return "-".join(part.capitalize() for part in word.split("-")) if pattern[0].isupper() else word
