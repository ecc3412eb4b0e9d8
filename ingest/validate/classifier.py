"""Classify messages by the words in them, with rules that anyone can read and change, and without a guess in unclear cases.

The weight of a theme is the sum of the weights of its phrases in the text. The theme of the greatest weight wins when that
weight is high enough and its sector leads the next one. Two themes of one sector with equal weights give the sector as a whole.
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
"""Other words allowed between two words of a phrase."""

LONGEST_TEXT = 2_000
"""Characters that are classified: the subject of a message is at its beginning."""

_WORDS = re.compile(r"\w+")
_CACHED_WORDS = 200_000
_SECTORS = {sector.code: Theme(sector.code, sector.code, sector.name_ru, sector.name_en) for sector in SECTORS}


class ThemeRule(Part):
    """A theme, the phrases that speak for it with their weights, and the phrases that exclude it."""

    code: Code
    sector: SectorCode
    ru: str
    en: str
    words: dict[str, float] = Field(min_length=1)
    not_: tuple[str, ...] = Field(default=(), alias="not")


class ClassifierRules(Part):
    """A rules file."""

    needed: float
    """The least weight of a theme."""
    lead: float
    """The least difference to the weight of any theme of another sector."""
    theme: tuple[ThemeRule, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    patterns: tuple[int, ...]
    """Numbers of its words' patterns."""
    theme: int
    weight: float
    """Minus infinity for a phrase that excludes the theme."""


class Classifier:
    """Finds the theme of texts by one rules file."""

    def __init__(self, rules: ClassifierRules) -> None:
        self._rules = rules
        self._patterns: dict[str, int] = {}
        self._by_first: dict[int, list[_Phrase]] = {}
        for index, rule in enumerate(rules.theme):
            for text, weight in (*rule.words.items(), *((text, float("-inf")) for text in rule.not_)):
                self._add_phrase(text, index, weight)
        self._compiled = [(re.compile(pattern), number) for pattern, number in self._patterns.items()]
        self._match_word = lru_cache(_CACHED_WORDS)(self._find_patterns)

    def theme(self, text: str) -> Theme | None:
        """The theme of the text, or its sector as a theme, or None where the rules are unclear."""
        weights = self._weigh_themes(text)
        if not weights:
            return None
        ranked = sorted(weights.items(), key=lambda pair: -pair[1])
        best, weight = ranked[0]
        sector = self._rules.theme[best].sector
        rival = next((other for index, other in ranked if self._rules.theme[index].sector != sector), 0.0)
        if weight < self._rules.needed or weight - rival < self._rules.lead:
            return None
        if len(ranked) > 1 and ranked[1][1] == weight:
            return _SECTORS[sector]
        rule = self._rules.theme[best]
        return Theme(rule.code, rule.sector, rule.ru, rule.en)

    def _add_phrase(self, text: str, theme: int, weight: float) -> None:
        patterns = tuple(self._patterns.setdefault(_word_pattern(word), len(self._patterns)) for word in text.split())
        self._by_first.setdefault(patterns[0], []).append(_Phrase(patterns, theme, weight))

    def _find_patterns(self, word: str) -> frozenset[int]:
        return frozenset(number for pattern, number in self._compiled if pattern.fullmatch(word))

    def _weigh_themes(self, text: str) -> dict[int, float]:
        """Weight by theme, of those above 0."""
        words = [self._match_word(word) for word in _WORDS.findall(normalise(text[:LONGEST_TEXT]))]
        phrases = {phrase for start in range(len(words)) for phrase in self._find_phrases(words, start)}
        weights: dict[int, float] = {}
        for phrase in phrases:
            weights[phrase.theme] = weights.get(phrase.theme, 0.0) + phrase.weight
        return {theme: weight for theme, weight in weights.items() if weight > 0}

    def _find_phrases(self, words: Sequence[frozenset[int]], start: int) -> Iterator[_Phrase]:
        """The phrases that begin at a word."""
        for number in words[start]:
            for phrase in self._by_first.get(number, ()):
                if _continues(words, start, phrase.patterns):
                    yield phrase


def _continues(words: Sequence[frozenset[int]], position: int, patterns: Sequence[int]) -> bool:
    """Whether the other words of a phrase follow the one at `position`."""
    for pattern in patterns[1:]:
        ahead = range(position + 1, min(position + 2 + WIDEST_GAP, len(words)))
        position = next((index for index in ahead if pattern in words[index]), -1)
        if position < 0:
            return False
    return True


def _word_pattern(word: str) -> str:
    """As a regular expression: `ям*` is any word that begins so, `вода/воды` one or the other."""
    forms = normalise(word).split("/")
    return "|".join(re.escape(form.removesuffix("*")) + (r"\w*" if form.endswith("*") else "") for form in forms)


def load_classifier(name: str) -> Classifier:
    """The shipped rules `name`, or those in the file at that path; `InputError` names the fault in them."""
    shipped = sorted(file.stem for file in SHIPPED.glob("*.toml"))
    path = SHIPPED / f"{name}.toml" if name in shipped else Path(name)
    return Classifier(
        read_toml(path, ClassifierRules, "the file of rules", InputError, f"{', '.join(shipped)}, or the path of a TOML file")
    )
