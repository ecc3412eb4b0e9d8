"""Which of GeoNames' alternative names of a settlement is its Russian one.

GeoNames' extract says neither the language of a name nor whether it is the preferred one. The rule is therefore about letters,
endings and sounds; docs/geocoding.md describes it.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from ingest.geocoding.toponyms.inflection import morphology
from ingest.geocoding.toponyms.naming.romanisation import romanise, sound_of, transliterate

_RUSSIAN = re.compile(r"[А-ЯЁ][А-ЯЁа-яё0-9]*[а-яё][А-ЯЁа-яё0-9 .\-]*")
_ABBREVIATED = re.compile(r"\.(?! [А-ЯЁ]\.)(?=\S{2})")
"""«Нов.Свет», but not «имени М. И. Калинина»."""
_TYPE_WORDS = re.compile(r"(?:[Пп]ос[её]лок|[Сс]ело|[Сс]таница|[Хх]утор|[Дд]еревня|[Аа]ул|[Гг]ород|[Рр]абочий [Пп]ос[её]лок) (?=[А-ЯЁ])")
_OTHER_SLAVIC = re.compile("[сцз]ьк|шч|ьо|йо(?!ш)|[жчшщ]ы")
"""Letters that follow each other in Ukrainian, Belarusian and Bulgarian names but in no Russian ones."""
_OPEN_E = re.compile("[^аеиоуыэюя]э$")
"""«Шырокэ»: how Ukrainian and Belarusian names sound to a Russian."""
_UKRAINIAN = re.compile(
    r"(?:[оеи]в|ин)е\b|(?<!пол)(?<!мор)(?<!гор)(?<!озер)(?<!фрунз)(?<=[бвдзклмнпрст])е\b|[бвдзлмпрст]ий\b|ивка\b|"
    r"(?<!нижн)(?<!верхн)(?<!средн)(?<!дальн)(?<!ближн)(?<!крайн)(?<!задн)(?<!передн)(?<!син)(?<!летн)(?<!зимн)(?<!древн)(?<!осенн)(?<!весенн)"
    r"(?<!последн)(?<!соседн)(?<=н)ий\b|\b(?:нова|велика|мала|гола|стара|красна|сахарна|верхня|нижня|середня|комишова|великі|нові|велики) ",
    re.IGNORECASE,
)
"""Endings that Ukrainian names have and Russian ones have not."""
_UKRAINIAN_SOUNDS = (
    ("zh", "zh"),
    ("kh", "x"),
    ("h", "g"),
    ("x", "kh"),
    ("ie", "e"),
    ("y", "i"),
    ("ii", "i"),
    ("iv", "ov"),
    ("ske", "skoe"),
)
_E_AFTER_CONSONANT = re.compile("[бвгджзклмнпрстфхцчшщ]э")
_AZURE = re.compile("[іїєґІЇЄҐ]")


def russian_candidates(alternatives: Sequence[str], country: str = "RU") -> list[str]:
    """Return the alternative names that can be Russian: Russian letters only, no spelling of a neighbouring language, no abbreviation."""
    plain = [_TYPE_WORDS.sub("", other) for other in alternatives if _RUSSIAN.fullmatch(other)]
    russian = [other for other in plain if not _OTHER_SLAVIC.search(other) and not _ABBREVIATED.search(other)]
    # «Радужны» is how Belarusian and other languages shorten «Радужный»; but «Чаны» is no «Чаный».
    known = morphology().word_is_known
    russian = [other for other in russian if f"{other}й" not in russian or (country == "RU" and not known(f"{other}й".lower()))]
    if country in ("UA", "BY"):
        russian = [other for other in russian if not _OPEN_E.search(other)]
    return [other for other in russian if country != "UA" or not _UKRAINIAN.search(other)]


def ukrainian_candidates(alternatives: Sequence[str]) -> list[str]:
    """Return the alternative names in Cyrillic letters that have a letter or an ending of Ukrainian."""
    return [other for other in alternatives if _AZURE.search(other) or (_RUSSIAN.fullmatch(other) and _UKRAINIAN.search(other))]


def choose_russian_name(name: str, alternatives: Sequence[str], country: str = "RU") -> str | None:
    """Return the Russian one of a settlement's alternative names; None if there is none.

    The name that sounds most like `name` (GeoNames' own, in Latin letters) wins; among equals, the one of which `name` is the
    romanisation by BGN/PCGN, then one with the hyphens of `name`, then one that the Russian dictionary knows, then one with ё, then
    the longest (it has its soft signs).
    """
    candidates = russian_candidates([*alternatives, name], country)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    sounds = [similarity(other, name, country) for other in candidates]
    best = [other for other, sound in zip(candidates, sounds, strict=True) if sound == max(sounds)]
    return best[0] if len(best) == 1 else _choose_spelling(name, best, country)


def _choose_spelling(name: str, candidates: Sequence[str], country: str) -> str:
    """Return one of several names that sound alike."""
    plain = _remove_accents(name).lower()
    hyphens = name.replace("-on-", "-na-").count("-")
    is_known = morphology().word_is_known
    return max(
        candidates,
        key=lambda other: (
            SequenceMatcher(None, romanise(other).lower(), plain, autojunk=False).ratio() if country != "UA" else 0,
            other.count("-") == hyphens,
            is_known(other),
            not _E_AFTER_CONSONANT.search(other),
            "ё" in other.lower(),
            len(other),
            other,
        ),
    )


def similarity(russian: str, latin: str, country: str = "RU") -> float:
    """Return how alike two names sound, 0 to 1: `latin` is a romanisation, of the Ukrainian name in Ukraine."""
    one, other = sound_of(transliterate(russian)), sound_of(latin)
    if country == "UA":
        one, other = _ukrainian_sound(one), _ukrainian_sound(other)
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def choose_english_name(name: str, russian: str | None) -> str:
    """Return the name in English: GeoNames' own; the romanised Russian one (BGN/PCGN) where that has accents or other letters than English.

    russian: None where the Russian name is itself made from `name`.
    """
    plain = re.sub("[’ʼ‘`']", "", name)
    return plain if plain.isascii() or russian is None else romanise(russian)


def _remove_accents(name: str) -> str:
    return re.sub("[’ʼ‘`']", "", name.replace("ë", "yo").replace("Ë", "Yo"))


def _ukrainian_sound(sound: str) -> str:
    for one, other in _UKRAINIAN_SOUNDS:
        sound = sound.replace(one, other)
    return sound
