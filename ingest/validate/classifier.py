"""What a message is about, by the words in it: rules that anyone can read and change, and no guess where they are unclear.

A theme's weight is the sum of its phrases that the text has; the theme of the greatest weight is taken when that is
enough and its sector leads the next one. Two themes of one sector that are equally heavy give the sector as a whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from geo_service.core.errors import InputError
from geo_service.core.model import SECTORS
from geo_service.core.resources import package_folder
from geo_service.core.toml_config import Part, read_toml
from ingest.mapping import normalise
from ingest.mapping.mapping import Code, SectorCode
from ingest.write.reference_data import Theme

SHIPPED = package_folder("ingest.validate") / "rules"

WIDEST_GAP = 2
"""Other words between two of a phrase."""

LONGEST_TEXT = 2_000
"""Characters looked at: what a message is about stands at its beginning."""

_WORDS = re.compile(r"\w+")
_KNOWN_WORDS = 200_000
_SECTORS = {sector.code: Theme(sector.code, sector.code, sector.name_ru, sector.name_en) for sector in SECTORS}


class ThemeRule(Part):
    """A theme and the phrases that speak for it, each with its weight, and against it."""

    code: Code
    sector: SectorCode
    ru: str
    en: str
    words: dict[str, float] = Field(min_length=1)
    not_: tuple[str, ...] = Field(default=(), alias="not")


class ClassifierRules(Part):
    """A rules file."""

    needed: float
    """The least weight with which a theme is believed."""
    lead: float
    """By how much a theme must outweigh those of other sectors."""
    theme: tuple[ThemeRule, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    parts: tuple[int, ...]
    """Numbers of its words' patterns."""
    theme: int
    weight: float
    """NaN-free; a phrase against the theme has minus infinity."""


class Classifier:
    """Finds the theme of texts by one file of rules."""

    def __init__(self, rules: ClassifierRules) -> None:
        self._rules = rules
        self._patterns: dict[str, int] = {}
        self._by_first: dict[int, list[_Phrase]] = {}
        for place, rule in enumerate(rules.theme):
            for text, weight in (*rule.words.items(), *((text, float("-inf")) for text in rule.not_)):
                self._add(text, place, weight)
        self._known = [(re.compile(pattern), number) for pattern, number in self._patterns.items()]
        self._meaning = lru_cache(_KNOWN_WORDS)(self._numbers)

    def theme(self, text: str) -> Theme | None:
        """The theme that the text speaks of, or only its sector, or None where the rules are not sure."""
        weights = self._weights(text)
        if not weights:
            return None
        ranked = sorted(weights.items(), key=lambda one: -one[1])
        best, weight = ranked[0]
        sector = self._rules.theme[best].sector
        rival = next((other for place, other in ranked if self._rules.theme[place].sector != sector), 0.0)
        if weight < self._rules.needed or weight - rival < self._rules.lead:
            return None
        if len(ranked) > 1 and ranked[1][1] == weight:
            return _SECTORS[sector]
        rule = self._rules.theme[best]
        return Theme(rule.code, rule.sector, rule.ru, rule.en)

    def _add(self, text: str, theme: int, weight: float) -> None:
        parts = tuple(self._patterns.setdefault(_pattern(word), len(self._patterns)) for word in text.split())
        self._by_first.setdefault(parts[0], []).append(_Phrase(parts, theme, weight))

    def _numbers(self, word: str) -> frozenset[int]:
        return frozenset(number for pattern, number in self._known if pattern.fullmatch(word))

    def _weights(self, text: str) -> dict[int, float]:
        """Weight by theme, of those above 0."""
        words = [self._meaning(word) for word in _WORDS.findall(normalise(text[:LONGEST_TEXT]))]
        met = {phrase for place in range(len(words)) for phrase in self._begun(words, place)}
        weights: dict[int, float] = {}
        for phrase in met:
            weights[phrase.theme] = weights.get(phrase.theme, 0.0) + phrase.weight
        return {theme: weight for theme, weight in weights.items() if weight > 0}

    def _begun(self, words: Sequence[frozenset[int]], place: int) -> Iterator[_Phrase]:
        """The phrases that begin at a word and go on after it."""
        for number in words[place]:
            for phrase in self._by_first.get(number, ()):
                if _goes_on(words, place, phrase.parts):
                    yield phrase


def _goes_on(words: Sequence[frozenset[int]], place: int, parts: Sequence[int]) -> bool:
    for part in parts[1:]:
        ahead = range(place + 1, min(place + 2 + WIDEST_GAP, len(words)))
        place = next((one for one in ahead if part in words[one]), -1)
        if place < 0:
            return False
    return True


def _pattern(word: str) -> str:
    """As a regular expression: `ям*` any word that begins so, `вода/воды` one or the other."""
    return "|".join(re.escape(one.removesuffix("*")) + (r"\w*" if one.endswith("*") else "") for one in normalise(word).split("/"))


def load_classifier(name: str) -> Classifier:
    """The rules shipped as `name`, or those in the file at that path; `InputError` says what is wrong with them."""
    shipped = sorted(file.stem for file in SHIPPED.glob("*.toml"))
    path = SHIPPED / f"{name}.toml" if name in shipped else Path(name)
    return Classifier(
        read_toml(path, ClassifierRules, "the file of rules", InputError, f"{', '.join(shipped)}, or the path of a TOML file")
    )
