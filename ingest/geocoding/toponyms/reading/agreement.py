"""Which words of a text belong together: an adjective and its noun agree in case, gender and number."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ingest.geocoding.toponyms.inflection import morphology

_AGREEING_ENDINGS = {"masc": ("ий", "ый", "ой", "ом", "ем"), "femn": ("ая", "яя", "ой", "ей", "ую"), "neut": ("ое", "ее", "ом", "ем")}

_LEAST_NOUN_SHARE = 0.5
"""Share of the readings of a word (pymorphy's estimate of their probability) that must be nouns or adjectives. «с», «в» and «стали»
have such readings too, but nobody means them."""

_LEAST_ORDINARY_SHARE = 0.1
"""The same for readings that are no place name: «сочи» is seldom the imperative of a verb."""

_PERSONAL = ("Name", "Surn", "Patr", "Abbr")
_NOT_ORDINARY = ("Geox", *_PERSONAL)
_MAX_ADJECTIVES = 3
"""Adjectives between a name and its noun: «в Каневской центральной районной больнице»."""

_Tag = tuple[str | None, str | None]
"""Case, and gender or "plur"."""
_NONE: frozenset[_Tag] = frozenset()


@lru_cache(100_000)
def agree(adjective: str, noun: str) -> bool:
    """Whether they agree in gender and case."""
    gender = morphology().parse(noun)[0].tag.gender
    return gender is None or (adjective.endswith(_AGREEING_ENDINGS[gender]) and bool(_cases(adjective) & _cases(noun)))


def describes_noun(name: str, following: Sequence[str], cases: frozenset[str]) -> bool:
    """Whether a name can be an adjective of a noun after it, other adjectives between them, in one of these cases.

    >>> cases = frozenset({"loct"})
    >>> [describes_noun("каневской", words, cases) for words in (["районной", "больнице"], ["с", "утра"], ["второй", "день"])]
    [True, False, False]
    """
    tags = {tag for tag in _adjective_tags(name) if tag[0] in cases}
    for word in following[: _MAX_ADJECTIVES + 1]:
        nouns, adjectives = _tags_of(word)
        if tags & nouns:
            return True
        tags &= adjectives
        if not tags:
            return False
    return False


@lru_cache(100_000)
def is_ordinary_word(word: str) -> bool:
    """Whether a word in small letters is more than the name of a place: «шире», «красном», «удобной»; but not «каневской»."""
    if not morphology().word_is_known(word):
        return False
    parses = [parse for parse in morphology().parse(word) if not any(mark in parse.tag for mark in _NOT_ORDINARY)]
    # «ленинградской» is made from a name itself, and seldom stands without its noun.
    ordinary = [parse for parse in parses if parse.tag.POS != "ADJF" or not parse.normal_form.endswith(("ский", "цкий"))]
    return bool(sum(parse.score for parse in ordinary) > _LEAST_ORDINARY_SHARE)


@lru_cache(100_000)
def counts_something(word: str) -> bool:
    """Whether a number before a word is a count or a date: «2 дня», «5 домов»; but not «2 нет»."""
    return bool(_tags_of(word)[0])


@lru_cache(100_000)
def _tags_of(word: str) -> tuple[frozenset[_Tag], frozenset[_Tag]]:
    """Return the tags of a word as a noun, and as an adjective."""
    parses = [
        parse
        for parse in morphology().parse(word)
        if parse.tag.POS in ("NOUN", "ADJF") and not any(mark in parse.tag for mark in _PERSONAL) and "Apro" not in parse.tag
    ]
    if sum(parse.score for parse in parses) < _LEAST_NOUN_SHARE:
        return _NONE, _NONE
    nouns = frozenset(_tag(parse.tag) for parse in parses if parse.tag.POS == "NOUN")
    return nouns, frozenset(_tag(parse.tag) for parse in parses if parse.tag.POS == "ADJF")


@lru_cache(100_000)
def _adjective_tags(word: str) -> frozenset[_Tag]:
    return frozenset(_tag(parse.tag) for parse in morphology().parse(word) if "ADJF" in parse.tag)


def _tag(tag: Any) -> _Tag:
    return tag.case, "plur" if tag.number == "plur" else tag.gender


def _cases(word: str) -> set[str]:
    return {parse.tag.case for parse in morphology().parse(word) if parse.tag.case}
