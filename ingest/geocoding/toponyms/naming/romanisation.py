"""Russian names in Latin letters (BGN/PCGN 1947, without the apostrophes of ь and ъ), and a key that all ways of writing share."""

import re
import unicodedata

_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SOUNDS = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch ' y ' e yu ya"
_LATIN = dict(zip(_LETTERS, _SOUNDS.split(" "), strict=True))
_E_AFTER = re.compile("(?<![бвгджзклмнпрстфхцчшщ])е")
"""«е» is `ye` at the beginning of a word and after a vowel, й, ъ and ь."""
_CARON = {"š": "sh", "č": "ch", "ž": "zh", "ë": "yo", "ß": "ss"}
_SPELLINGS = (
    ("tch", "ch"), ("-on-don", " na donu"), ("-on-amur", " na amur"), ("ye", "e"), ("je", "e"), ("yo", "e"), ("jo", "e"), ("io", "e"),
    ("j", "y"), ("iya", "ia"), ("yya", "ia"), ("w", "v"), ("ck", "tsk"), ("tz", "ts"), ("yy", "i"), ("iy", "i"), ("yi", "i"),
)  # fmt: skip
_ENDING = re.compile(r"(?<=[^aeiou\W])y\b")


def transliterate(russian: str) -> str:
    """Return the name in Latin letters as GeoNames writes Russian names, in lower case, without ь and ъ."""
    return "".join(_LATIN.get(letter, letter) for letter in russian.lower()).replace("'", "")


def romanise(russian: str) -> str:
    """Return the name in Latin letters by the system BGN/PCGN, with the capitals of the Russian one, `yo` for ё, without ь and ъ.

    >>> romanise("Благовещенская"), romanise("Ейск"), romanise("Славянск-на-Кубани"), romanise("Подъельник")
    ('Blagoveshchenskaya', 'Yeysk', 'Slavyansk-na-Kubani', 'Podyelnik')
    """
    spelt = _E_AFTER.sub("йе", russian.lower())
    words = re.split(r"([ \-]+)", transliterate(spelt))
    written = re.split(r"([ \-]+)", russian)
    return "".join(word[:1].upper() + word[1:] if model[:1].isupper() else word for word, model in zip(words, written, strict=True))


def sound_of(latin: str) -> str:
    """Return a key that is the same for the usual romanisations of one Russian name.

    >>> sound_of("Rostov-on-Don") == sound_of("Rostov-na-Donu"), sound_of("Yeyskoye") == sound_of("Eyskoe") == sound_of("Ejskoje")
    (True, True)
    """
    spelt = "".join(_CARON.get(letter, letter) for letter in unicodedata.normalize("NFC", latin.lower()))
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(letter))
    plain = re.sub("[’ʼ‘`']", "", plain)
    for one, other in _SPELLINGS:
        plain = plain.replace(one, other)
    return _ENDING.sub("i", plain).replace("-", " ")
