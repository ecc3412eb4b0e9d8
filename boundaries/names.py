"""Find districts by name: «Абинский район», «Абинский муниципальный округ» and «абинский» are the same district."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_KIND_WORDS = frozenset(
    """
    муниципальный муниципального муниципальное муниципальная образование образования округ округа район района р-н
    городской городского городское сельское сельский поселение город города г мо го мр мко зато административный
    посёлок поселок пос пгт село деревня станица ст-ца хутор аул
    district city town urban municipal municipality okrug rayon raion
    """.replace("ё", "е").split()
)
"""Words for kinds of districts; they do not tell districts apart."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """The code and all names under which a district can be found."""

    code: str
    names: tuple[str, ...]
    """In all languages, with aliases."""
    parent: str | None = None
    """The parent's code."""


def normalise_name(name: str) -> str:
    """Return a name in lower case, with е for ё, and without quotes and double spaces."""
    return " ".join(_WORD.findall(name.casefold().replace("ё", "е")))


def strip_kind_words(name: str) -> str:
    """Return the normalised name without words for kinds of districts; unchanged if it has no other words."""
    words = normalise_name(name).split()
    return " ".join(word for word in words if word not in _KIND_WORDS) or " ".join(words)


class DistrictNames:
    """Finds districts by code, name or alias."""

    def __init__(self, districts: Iterable[NameMatch]) -> None:
        self._parents: dict[str, str | None] = {}
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_stripped_name: dict[str, set[str]] = defaultdict(set)
        for district in districts:
            self._parents[district.code] = district.parent
            for name in district.names:
                self._by_name[normalise_name(name)].add(district.code)
                self._by_stripped_name[strip_kind_words(name)].add(district.code)

    def find_all(self, name: str, within: str | None = None) -> list[str]:
        """Return the codes of the districts with this code or name, sorted. within: code of an ancestor that they must have.

        If no district has exactly this name, words for kinds of districts («район») are ignored.
        """
        name = name.strip()
        if name in self._parents and self._is_within(name, within):
            return [name]
        for index, key in ((self._by_name, normalise_name(name)), (self._by_stripped_name, strip_kind_words(name))):
            if codes := sorted(code for code in index.get(key, ()) if self._is_within(code, within)):
                return codes
        return []

    def find(self, name: str, within: str | None = None) -> str | None:
        """Return the code of the only district with this code or name; None if there are none or several."""
        codes = self.find_all(name, within)
        return codes[0] if len(codes) == 1 else None

    def _is_within(self, code: str, within: str | None) -> bool:
        return within is None or within in ancestors(code, self._parents)


def ancestors(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return the codes of a district's ancestors, nearest first. parents: the parent of each code."""
    codes: list[str] = []
    parent = parents.get(code)
    # A cycle in the data must not hang the process.
    while parent is not None and parent not in codes:
        codes.append(parent)
        parent = parents.get(parent)
    return codes
