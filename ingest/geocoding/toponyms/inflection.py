"""Inflect Russian place names: «в Каневской», «из Усть-Лабинска», «под Горячим Ключом».

Adjectives are declined by the tables in this module, nouns by the dictionary of pymorphy3, and nouns that it does not know
by the tables again. All forms are in lower case, with е for ё, words separated by one space.
"""

import re
from functools import cache
from itertools import product

import pymorphy3

from ingest.mapping import normalise

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")

_ADJECTIVES = (
    (("ский", "цкий", "кий", "гий", "хий"), 2, ("ий", "ого", "ому", "ий", "им", "ом")),
    (("жий", "ший", "чий", "щий", "ний"), 2, ("ий", "его", "ему", "ий", "им", "ем")),
    (("ый",), 2, ("ый", "ого", "ому", "ый", "ым", "ом")),
    (("ской", "цкой"), 2, ("ой", "ого", "ому", "ой", "им", "ом")),
    (("ной", "вой", "дой", "мой", "той", "лой"), 2, ("ой", "ого", "ому", "ой", "ым", "ом")),
    (("жая", "шая", "чая", "щая"), 2, ("ая", "ей", "ей", "ую", "ей", "ей")),
    (("ая",), 2, ("ая", "ой", "ой", "ую", "ой", "ой")),
    (("яя",), 2, ("яя", "ей", "ей", "юю", "ей", "ей")),
    (("ское", "цкое", "кое", "гое", "хое"), 2, ("ое", "ого", "ому", "ое", "им", "ом")),
    (("ое",), 2, ("ое", "ого", "ому", "ое", "ым", "ом")),
    (("ее",), 2, ("ее", "его", "ему", "ее", "им", "ем")),
    (("ские", "цкие", "кие", "гие"), 2, ("ие", "их", "им", "ие", "ими", "их")),
    (("ые",), 2, ("ые", "ых", "ым", "ые", "ыми", "ых")),
)
"""Endings of the nominative, the number of letters that are removed from it, and the endings of the six cases."""

_NOUNS = (
    (("ия",), 1, ("я", "и", "и", "ю", "ей", "и")),
    (("ие", "ье"), 1, ("е", "я", "ю", "е", "ем", "и")),
    (("ка", "га", "ха", "жа", "ша", "ча", "ща"), 1, ("а", "и", "е", "у", "ой", "е")),
    (("а",), 1, ("а", "ы", "е", "у", "ой", "е")),
    (("я",), 1, ("я", "и", "е", "ю", "ей", "е")),
    (("о",), 1, ("о", "а", "у", "о", "ом", "е")),
    (("е",), 1, ("е", "я", "ю", "е", "ем", "е")),
    (("й",), 1, ("й", "я", "ю", "й", "ем", "е")),
    (("ь",), 1, ("ь", "и", "и", "ь", "ью", "и")),
    (("ки", "ги", "хи"), 1, ("и", "ов", "ам", "и", "ами", "ах")),
    (("ы",), 1, ("ы", "ов", "ам", "ы", "ами", "ах")),
    (tuple("бвгдзклмнпрстфх"), 0, ("", "а", "у", "", "ом", "е")),
    (tuple("жшчщц"), 0, ("", "а", "у", "", "ем", "е")),
)
"""The same for nouns."""

_MIDDLE = re.compile(r"-(?:на|над|под|при|в)-")
_ADJECTIVE_PARTS = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие")

_VOWELS = tuple("аеиоуыэюя")

GENDERS = {"ый": "masc", "ий": "masc", "ой": "masc", "ая": "femn", "яя": "femn", "ое": "neut", "ее": "neut"}
"""Ending of a name that is an adjective → its gender: it agrees with the word for the kind of settlement."""


@cache
def morphology() -> pymorphy3.MorphAnalyzer:
    """Return the Russian dictionary, read once: 0.1 s, 15 MB."""
    return pymorphy3.MorphAnalyzer(lang="ru")


def inflect_name(name: str) -> set[str]:
    """Return all forms of a name, the nominative included; each with spaces instead of hyphens and the other way round.

    >>> sorted(inflect_name("Усть-Лабинск"))[:2]
    ['усть лабинск', 'усть лабинска']
    >>> "белой глине" in inflect_name("Белая Глина")
    True
    """
    words = name.split()
    if not words:
        return set()
    forms = {" ".join(parts) for case in range(len(CASES)) for parts in product(*(_forms_in_case(word, case) for word in words))}
    return forms | {form.replace("-", " ") for form in forms} | {form.replace(" ", "-") for form in forms}


def is_adjective(word: str) -> bool:
    """Whether a word of a name is declined like an adjective."""
    return normalise(word).endswith(tuple(ending for endings, _, _ in _ADJECTIVES for ending in endings))


def _forms_in_case(word: str, case: int) -> set[str]:
    return {paradigm[case] for paradigm in _paradigms(normalise(word)) if paradigm[case]}


@cache
def _paradigms(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the paradigms of a word: each has six forms, an empty one where there is none."""
    if middle := _MIDDLE.search(word):
        head, tail = word[: middle.start()], word[middle.start() :]
        return tuple(tuple(form + tail for form in paradigm if form) for paradigm in _paradigms(head))
    head, hyphen, last = word.rpartition("-")
    if not hyphen:
        return _decline(word)
    last_declined = [tuple(f"{head}-{form}" if form else "" for form in paradigm) for paradigm in _decline(last)]
    # «в Гусь-Хрустальном» and «в Каменске-Шахтинском»: if the last part is an adjective, the first may be declined too.
    both_declined = [
        tuple(f"{x}-{y}" for x, y in zip(first, second, strict=True)) for first in _decline(head) for second in _decline(last)
    ] if last.endswith(_ADJECTIVE_PARTS) else []  # fmt: skip
    return tuple(last_declined + both_declined)


@cache
def _decline(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the paradigms of a word without hyphens."""
    known = _decline_by_dictionary(word)
    # The dictionary does not decline some names that end in a consonant: «в Ики-Буруле».
    trusted = known and (len(set(known[0])) > 1 or word.endswith(_VOWELS))
    for endings, cut, cases in _ADJECTIVES if trusted else (*_ADJECTIVES, *_NOUNS):
        if word.endswith(endings):
            stem = word[: len(word) - cut]
            return (tuple(stem + ending for ending in cases), *_unchanged(word), *_bare_genitive(word))
    return (*known, *_bare_genitive(word)) if known else ((word,) * len(CASES),)


def _unchanged(word: str) -> tuple[tuple[str, ...], ...]:
    """«в Витязево»: names in -ово and -ино are often not declined."""
    return ((word,) * len(CASES),) if word.endswith(("ово", "ево", "ино", "ыно")) else ()


def _bare_genitive(word: str) -> tuple[tuple[str, ...], ...]:
    """«из Выселок», «из Челн»: the genitive of a plural may have no ending."""
    if word.endswith("ки"):
        return (("", f"{word[:-2]}ок", "", "", "", ""),)
    return (("", word[:-1], "", "", "", ""),) if word.endswith("ы") else ()


@cache
def _decline_by_dictionary(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the dictionary's paradigm of a place name, else of a noun; empty if the dictionary has neither."""
    if not morphology().word_is_known(word):
        return ()
    nouns = [parse for parse in morphology().parse(word) if "NOUN" in parse.tag and "nomn" in parse.tag and "Surn" not in parse.tag]
    nouns.sort(key=lambda noun: "Geox" not in noun.tag)
    if not nouns:
        return ()
    number = {"plur"} if "plur" in nouns[0].tag else {"sing"}
    forms = [nouns[0].inflect({case} | number) for case in CASES]
    return (tuple(normalise(form.word) if form else "" for form in forms),)
