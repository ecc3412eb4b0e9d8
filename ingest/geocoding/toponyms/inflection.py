"""The forms that a Russian place name takes in a sentence: «в Каневской», «из Усть-Лабинска», «под Горячим Ключом».

Adjectives are declined by the tables here, nouns by pymorphy3's dictionary and, where that does not know a name, by the
rules of the declensions here. All in lower case, with е for ё, words separated by one space.
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
"""Endings of the nominative, how many letters of it fall away, and the endings of the six cases."""

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

_MIDDLE = re.compile(r"-(?:на|над|под|при|в)-")
_ADJECTIVE_PARTS = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие")

_VOWELS = tuple("аеиоуыэюя")

GENDERS = {"ый": "masc", "ий": "masc", "ой": "masc", "ая": "femn", "яя": "femn", "ое": "neut", "ее": "neut"}
"""Of names that are adjectives: they agree with the word for the kind of settlement."""


@cache
def morphology() -> pymorphy3.MorphAnalyzer:
    """The dictionary, read once: 0.1 s, 15 MB."""
    return pymorphy3.MorphAnalyzer(lang="ru")


def forms(name: str) -> set[str]:
    """All forms of a name, the nominative among them; those of a name with hyphens also with spaces, and the other way round.

    >>> sorted(forms("Усть-Лабинск"))[:2]
    ['усть лабинск', 'усть лабинска']
    >>> "белой глине" in forms("Белая Глина")
    True
    """
    words = name.split()
    if not words:
        return set()
    found = {" ".join(parts) for case in range(len(CASES)) for parts in product(*(_case(word, case) for word in words))}
    return found | {form.replace("-", " ") for form in found} | {form.replace(" ", "-") for form in found}


def is_adjective(word: str) -> bool:
    """Whether a name's word is declined as an adjective."""
    return normalise(word).endswith(tuple(ending for endings, _, _ in _ADJECTIVES for ending in endings))


def _case(word: str, case: int) -> set[str]:
    return {one[case] for one in _paradigms(normalise(word)) if one[case]}


@cache
def _paradigms(word: str) -> tuple[tuple[str, ...], ...]:
    """Each six forms, empty where there is none."""
    if middle := _MIDDLE.search(word):
        head, tail = word[: middle.start()], word[middle.start() :]
        return tuple(tuple(form + tail for form in one if form) for one in _paradigms(head))
    head, hyphen, last = word.rpartition("-")
    if not hyphen:
        return _simple(word)
    whole = [tuple(f"{head}-{form}" if form else "" for form in one) for one in _simple(last)]
    # «в Гусь-Хрустальном» and «в Каменске-Шахтинском»: where the last part is an adjective, the first may be declined too.
    both = [
        tuple(f"{x}-{y}" for x, y in zip(first, second, strict=True)) for first in _simple(head) for second in _simple(last)
    ] if last.endswith(_ADJECTIVE_PARTS) else []  # fmt: skip
    return tuple(whole + both)


@cache
def _simple(word: str) -> tuple[tuple[str, ...], ...]:
    known = _in_dictionary(word)
    # The dictionary takes some names that end in a consonant for words without cases: «в Ики-Буруле».
    trusted = known and (len(set(known[0])) > 1 or word.endswith(_VOWELS))
    for endings, cut, cases in _ADJECTIVES if trusted else (*_ADJECTIVES, *_NOUNS):
        if word.endswith(endings):
            stem = word[: len(word) - cut]
            return (tuple(stem + ending for ending in cases), *_unchanged(word), *_bare_genitive(word))
    return (*known, *_bare_genitive(word)) if known else ((word,) * len(CASES),)


def _unchanged(word: str) -> tuple[tuple[str, ...], ...]:
    """«в Витязево»: names in -ово and -ино are often left as they are."""
    return ((word,) * len(CASES),) if word.endswith(("ово", "ево", "ино", "ыно")) else ()


def _bare_genitive(word: str) -> tuple[tuple[str, ...], ...]:
    """«из Выселок», «из Челн»: the genitive of a plural may have no ending."""
    if word.endswith("ки"):
        return (("", f"{word[:-2]}ок", "", "", "", ""),)
    return (("", word[:-1], "", "", "", ""),) if word.endswith("ы") else ()


@cache
def _in_dictionary(word: str) -> tuple[tuple[str, ...], ...]:
    """By the dictionary, where it knows the word as a name of a place or else as a noun."""
    if not morphology().word_is_known(word):
        return ()
    nouns = [one for one in morphology().parse(word) if "NOUN" in one.tag and "nomn" in one.tag and "Surn" not in one.tag]
    nouns.sort(key=lambda one: "Geox" not in one.tag)
    if not nouns:
        return ()
    number = {"plur"} if "plur" in nouns[0].tag else {"sing"}
    made = [nouns[0].inflect({case} | number) for case in CASES]
    return (tuple(normalise(one.word) if one else "" for one in made),)
