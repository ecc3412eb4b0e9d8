"""Inflect Russian place names: «в Каневской», «из Усть-Лабинска», «под Горячим Ключом».

Adjectives are declined by the tables in this module, nouns by the dictionary of pymorphy3, and nouns that it does not know
by the tables again. All forms are in lower case, with е for ё, words separated by one space.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product

import pymorphy3

from ingest.mapping import normalise

CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")

_ADJECTIVES = (
    (("ский", "цкий", "кий", "гий", "хий"), 2, ("ий", "ого", "ому", "ий", "им", "ом")),
    (("шой", "жой", "чой"), 2, ("ой", "ого", "ому", "ой", "им", "ом")),
    (("торой",), 2, ("ой", "ого", "ому", "ой", "ым", "ом")),
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
    (("чи", "жи", "ши"), 1, ("и", "ей", "ам", "и", "ами", "ах")),
    (("ы",), 1, ("ы", "ов", "ам", "ы", "ами", "ах")),
    (tuple("бвгдзклмнпрстфх"), 0, ("", "а", "у", "", "ом", "е")),
    (tuple("жшчщц"), 0, ("", "а", "у", "", "ем", "е")),
)
"""The same for nouns."""

_SECOND_PARADIGMS = (
    (("ок",), 2, ("ок", "ка", "ку", "ок", "ком", "ке")),
    (("ец",), 2, ("ец", "ца", "цу", "ец", "цом", "це")),
    (("ь",), 1, ("ь", "я", "ю", "ь", "ем", "е")),
    (("ж", "ш", "ч", "щ", "ц"), 0, ("", "а", "у", "", "ом", "е")),
    (("цы",), 1, ("ы", "ов", "ам", "ы", "ами", "ах")),
    (("нги",), 1, ("и", "", "ам", "и", "ами", "ах")),
)
"""The same for names of which people do not agree how they are declined, beside their other paradigm: «в Баксаненке», «в Яшкуле»,
«под Карагачом», «в Лабытнангах»."""

_MIDDLE = re.compile(r"-(?:на|над|под|при|в)-")
_JOINED_PREFIX = re.compile(r"(?:ново|старо|верхне|нижне|средне|мало|велико)(?=[а-я]{5})")
"""«Ново-Титаровская» is «Новотитаровская»."""
_ADJECTIVE_PARTS = ("ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие")

_ORDINALS = {"первый": "1", "второй": "2", "третий": "3", "четвертый": "4", "первая": "1", "вторая": "2", "первое": "1", "второе": "2"}

_VOWELS = tuple("аеиоуыэюя")
_INDECLINABLE_ENDINGS = tuple("еиоуэю")

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
    forms_in_case = _forms_in_case if len(words) == 1 else _forms_beside_words
    forms = {" ".join(parts) for case in range(len(CASES)) for parts in product(*(forms_in_case(word, case) for word in words))}
    return forms | {variant for form in forms for variant in _other_hyphens(form)}


def _forms_beside_words(word: str, case: int) -> set[str]:
    """Return the forms of a word in a name of several: a noun may stay as it is, as in «в Ики Буруле» or «в Вершине Тёи»."""
    return _forms_in_case(word, case) | (set() if is_adjective(word) else {normalise(word)})


def _other_hyphens(form: str) -> Iterator[str]:
    """Yield the form with spaces or nothing for hyphens, hyphens for spaces, and a hyphen after «ново» and the like."""
    if "-" in form:
        yield form.replace("-", " ")
    if " " in form:
        yield form.replace(" ", "-")
    if form.count("-") == 1:
        yield form.replace("-", "")
    elif form.count("-") == 2:
        first, second, third = form.split("-")
        yield f"{first}-{second} {third}"
        yield f"{first} {second}-{third}"
    if prefix := _JOINED_PREFIX.match(form):
        yield f"{prefix[0]}-{form[prefix.end() :]}"
        yield f"{prefix[0]} {form[prefix.end() :]}"


@lru_cache(100_000)
def cases_of(name: str, form: str) -> frozenset[int]:
    """Return the cases, as indexes of `CASES`, in which a name has a form; empty if it has it only with other hyphens."""
    return frozenset(case for case in range(len(CASES)) if form in _case_forms(name)[case])


@cache
def _case_forms(name: str) -> tuple[frozenset[str], ...]:
    forms_in_case = _forms_in_case if " " not in name else _forms_beside_words
    return tuple(
        frozenset(" ".join(parts) for parts in product(*(forms_in_case(word, case) for word in name.split()))) for case in range(len(CASES))
    )


def numbered_forms(name: str) -> set[str]:
    """Return the forms of a name with its number in digits: «Чегема-2» for «Чегем Второй»; empty for other names."""
    head, _, last = name.rpartition(" ")
    if not head or (number := _ORDINALS.get(normalise(last))) is None:
        return set()
    return {f"{form}{joint}{number}" for form in inflect_name(head) for joint in (" ", "-")}


def derive_adjectives(name: str) -> set[str]:
    """Return the adjectives that people may derive from the name of a town: «анапский» and «анапинский» of «Анапа».

    One of them is right; the others are no words, and do no harm.
    """
    first, _, last = normalise(name).rpartition(" ")
    if not last or " " in first:
        return set()
    if first:
        # «новоуренгойский», «горячеключевской»
        joint = "е" if first.endswith(("чий", "щий", "ший", "жий", "ний")) else "о"
        last = f"{first[:-2]}{joint}{last}"
    if last.endswith(("ск", "цк")):
        return {f"{last}ий"}
    root = last.rstrip("аеиоуыэюяь")
    return {f"{root}{suffix}" for suffix in ("ский", "инский", "овский", "ьский", "евский", "евской", "ковский")} | {f"{last}вский"}


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
    undeclined = [(word,) * len(CASES)] if last.endswith(_INDECLINABLE_ENDINGS) else []
    return tuple(last_declined + both_declined + undeclined)


@cache
def _decline(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the paradigms of a word without hyphens."""
    known = _decline_by_dictionary(word)
    # The dictionary does not decline some names that end in a consonant: «в Ики-Буруле».
    trusted = known and (len(set(known[0])) > 1 or word.endswith(_VOWELS))
    for endings, cut, cases in _ADJECTIVES if trusted else (*_ADJECTIVES, *_NOUNS):
        if word.endswith(endings):
            stem = word[: len(word) - cut]
            return (tuple(stem + ending for ending in cases), *_unchanged(word), *_bare_genitive(word), *_second_paradigm(word))
    return (*known, *_bare_genitive(word), *_second_paradigm(word)) if known else ((word,) * len(CASES),)


def _second_paradigm(word: str) -> tuple[tuple[str, ...], ...]:
    for endings, cut, cases in _SECOND_PARADIGMS:
        if word.endswith(endings):
            return (tuple(word[: len(word) - cut] + ending for ending in cases),)
    return ()


def _unchanged(word: str) -> tuple[tuple[str, ...], ...]:
    """«в Витязево», «в Сукко»: names in -о, -е and other vowels are often not declined."""
    return ((word,) * len(CASES),) if word.endswith(_INDECLINABLE_ENDINGS) and not is_adjective(word) else ()


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
