"""Find the one name that a misspelt or shortened word can mean: one letter too many, missing, wrong, or two exchanged.

Spelling by deletions (Garbe, SymSpell, 2012): two words one mistake apart are equal after at most one letter of each is deleted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from ingest.geocoding.toponyms.inflection import is_adjective, morphology

LEAST_LETTERS = 6
"""Of a name that is recognised with a mistake; shorter names are too often one letter apart."""

_CACHED_WORDS = 20_000

_KEPT_ENDING = {True: 3, False: 1}
"""Letters at the end of a name that is an adjective or not: a mistake there makes another name, as «Троицкий» and «Троицкая» are."""


class NameCorrector:
    """The forms of the names of one region, to correct words by."""

    def __init__(self, names_by_form: Mapping[str, frozenset[str]], other_stems: frozenset[str]) -> None:
        """names_by_form: form of a name → names that have it. other_stems: stems of place names that are not in the region."""
        self._names_by_form = {form: names for form, names in names_by_form.items() if len(form) >= LEAST_LETTERS}
        self._other_stems = other_stems
        self.correct = lru_cache(_CACHED_WORDS)(self._correct)
        """`_correct`, with a cache: the same words stand in many texts."""
        self._forms_by_deletion: dict[str, set[str]] = defaultdict(set)
        for form in self._names_by_form:
            for shorter in _deletions(form):
                self._forms_by_deletion[shorter].add(form)

    def _correct(self, word: str, stem: str) -> str | None:
        """Return the form of a name that a word is one mistake away from; None if there is none, or if forms of several names are.

        A word of the dictionary and a place of another region (`stem`) are no mistakes.
        """
        if len(word) < LEAST_LETTERS - 1:
            return None
        shorter = _deletions(word)
        candidates = {form for short in shorter for form in self._forms_by_deletion.get(short, ())}
        forms = [form for form in candidates if _is_one_mistake(word, form) and not _changes_ending(word, form)]
        names = {name for form in forms for name in self._names_by_form[form]}
        if len(names) != 1 or stem in self._other_stems or morphology().word_is_known(word):
            return None
        return min(forms)

    def complete(self, beginning: str) -> str | None:
        """Return the only name of the region that begins so, as «усть-лаб» does; None if the word is one of the dictionary."""
        if len(beginning) < LEAST_LETTERS - 1 or ("-" not in beginning and morphology().word_is_known(beginning)):
            return None
        names = {name for form, names in self._names_by_form.items() if form.startswith(beginning) for name in names}
        if len(names) != 1:
            return None
        return min((form for form in self._names_by_form if form.startswith(beginning)), key=len)


def _deletions(word: str) -> set[str]:
    """Return the word itself and the words with one letter less."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def _is_one_mistake(word: str, form: str) -> bool:
    """Whether one letter is missing, added or wrong, or two neighbours are exchanged; the first letter is seldom wrong."""
    if word[0] != form[0] or word == form:
        return False
    start = next((place for place, (x, y) in enumerate(zip(word, form, strict=False)) if x != y), min(len(word), len(form)))
    rest, form_rest = word[start:], form[start:]
    return (
        rest[1:] == form_rest[1:]
        or rest[1:] == form_rest
        or rest == form_rest[1:]
        or (rest[2:] == form_rest[2:] and rest[:2] == form_rest[:2][::-1])
    )


def _changes_ending(word: str, form: str) -> bool:
    if sorted(word) == sorted(form):
        return False
    kept = _KEPT_ENDING[is_adjective(form) or form.endswith(("ого", "ому", "ом", "ым", "им", "ую", "их", "ых"))]
    return word[-kept:] != form[-kept:] and word.replace("ь", "") != form.replace("ь", "")


def group_names(names_of_forms: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return form → names, of pairs of a form and a name."""
    grouped: dict[str, set[str]] = defaultdict(set)
    for form, name in names_of_forms:
        grouped[form].add(name)
    return {form: frozenset(names) for form, names in grouped.items()}
