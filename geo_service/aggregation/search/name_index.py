"""An index of names: which of many thousands match what was typed, the best first.

Among 12,300 names in two languages that takes half a millisecond at most, with mistakes about four.

Names and queries are compared token by token (`spelling.tokens_of`). Each word of the query must match a word of the name: equal, as its
beginning, or with small mistakes where these are allowed. How well a name matches is a number from 0 to 1.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from geo_service.aggregation.search.spelling import KIND_TOKENS, tokens_of

_LAST = chr(0x10FFFF)
"""Sorts behind every character of a token."""
_EXACT, _PREFIX, _FUZZY = 1.0, 0.8, 0.6
"""Quality of a word that is equal, that is the beginning, and that has a mistake."""
_PER_MISTAKE, _NOT_WHOLE = 0.15, 0.1
"""What each further mistake takes from it, and that only the beginning of the word is similar."""
_FULL_COVER = 0.8
"""What remains of the quality of a name of whose words next to none was typed."""
_KIND_MISSING = 0.97
"""Where a word for a kind («станица») was typed that the name does not have."""
_MIN_FUZZY, _TWO_MISTAKES = 4, 7
"""Letters from which one mistake is allowed, and two."""


class NameMatch(NamedTuple):
    """An entry whose name matches, by its position, and how well, 0 to 1."""

    entry: int
    quality: float


class NameIndex:
    """The names of entries. Immutable; may be used on any thread."""

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        """names: of each entry, in its languages."""
        self._names: list[tuple[int, tuple[str, ...]]] = []
        names_of: dict[str, set[int]] = defaultdict(set)
        for entry, texts in enumerate(names):
            for tokens in dict.fromkeys(tuple(tokens_of(text)) for text in texts):
                if not tokens:
                    continue
                # Written in one word, too: «Усть Лабинск», Ustlabinsk.
                for token in (*tokens, "".join(tokens)):
                    names_of[token].add(len(self._names))
                self._names.append((entry, tokens))
        self._vocabulary = sorted(names_of)
        self._names_of = [np.fromiter(sorted(names_of[token]), np.int32) for token in self._vocabulary]

    def find(self, text: str, *, with_mistakes: bool = False) -> list[NameMatch]:
        """Return the entries with a name that matches the text; each once."""
        tokens = tokens_of(text)
        wanted = [token for token in tokens if token not in KIND_TOKENS] or tokens
        if not wanted:
            return []
        kinds = [token for token in tokens if token in KIND_TOKENS and wanted is not tokens]
        qualities = self._fuzzy_qualities if with_mistakes else self._strict_qualities
        return [NameMatch(*item) for item in self._match([qualities(token) for token in wanted], wanted, kinds).items()]

    def _strict_qualities(self, token: str) -> dict[int, float]:
        """Return the words of the vocabulary that begin with a token, by position, with their qualities."""
        low, high = bisect_left(self._vocabulary, token), bisect_left(self._vocabulary, token + _LAST)
        return {
            at: _EXACT if self._vocabulary[at] == token else _PREFIX * (1 + 0.1 * len(token) / len(self._vocabulary[at]))
            for at in range(low, high)
        }

    def _fuzzy_qualities(self, token: str) -> dict[int, float]:
        """Return those that are like the token or begin like it, too."""
        strict = self._strict_qualities(token)
        most = 0 if len(token) < _MIN_FUZZY else 1 if len(token) < _TWO_MISTAKES else 2
        if not most or token.isdigit():
            return strict
        similar: dict[int, float] = {}
        for choices in (self._vocabulary, [word[: len(token)] for word in self._vocabulary]):
            mistakes = process.cdist([token], choices, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8)[0]
            whole = choices is self._vocabulary
            for at in np.flatnonzero(mistakes <= most).tolist():
                quality = _FUZZY - _PER_MISTAKE * (int(mistakes[at]) - 1) - (0.0 if whole else _NOT_WHOLE)
                similar[at] = max(quality, similar.get(at, 0.0))
        return similar | strict

    def _match(self, qualities: Sequence[Mapping[int, float]], wanted: Sequence[str], kinds: Sequence[str]) -> dict[int, float]:
        """Return the entries with a name that has a word for each of the query's, and how well the best of their names matches.

        qualities: for each word of the query, of the words of the vocabulary by position.
        """
        matching = sorted((self._best_by_name(one) for one in qualities), key=len)
        common = [name for name in matching[0] if all(name in other for other in matching[1:])]
        best: dict[int, float] = {}
        for name in common:
            entry, tokens = self._names[name]
            quality = sum(one[name] for one in matching) / len(matching)
            quality *= self._cover(tokens, wanted, kinds)
            best[entry] = max(quality, best.get(entry, 0.0))
        return best

    def _best_by_name(self, qualities: Mapping[int, float]) -> dict[int, float]:
        best: dict[int, float] = {}
        for at, quality in qualities.items():
            for name in self._names_of[at].tolist():
                if quality > best.get(name, 0.0):
                    best[name] = quality
        return best

    @staticmethod
    def _cover(tokens: Sequence[str], wanted: Sequence[str], kinds: Sequence[str]) -> float:
        """Return what remains of a quality by how much of the name was typed; kinds in the name need not be typed."""
        named_kinds = [token for token in tokens if token in KIND_TOKENS]
        length = max(len(tokens) - len(named_kinds), 1)
        covered = min(len(wanted) / length, 1.0) if "".join(tokens) != wanted[0] else 1.0
        share = _FULL_COVER + (1 - _FULL_COVER) * covered
        begins = 1.0 if tokens[0].startswith(wanted[0]) or tokens[0] in KIND_TOKENS else 0.97
        missing = _KIND_MISSING if any(kind not in named_kinds for kind in kinds) else 1.0
        # Of equal names, one with a word for a kind that nobody typed comes after one without.
        untyped = 1.0 if len(named_kinds) <= len(kinds) else 0.995
        return share * begins * missing * untyped
