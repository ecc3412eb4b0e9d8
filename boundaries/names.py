"""Districts by name: «Абинский район», "Абинский муниципальный округ" and «абинский» are the same one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_KINDS = frozenset(
    """
    муниципальный муниципального муниципальное муниципальная образование образования округ округа район района р-н
    городской городского городское сельское сельский поселение город города г мо го мр мко зато административный
    посёлок поселок пос пгт село деревня станица ст-ца хутор аул
    district city town urban municipal municipality okrug rayon raion
    """.replace("ё", "е").split()
)
"""Words that say what kind of district it is, not which one."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """What a district can be called by."""

    code: str
    names: tuple[str, ...]
    """In all languages, aliases among them."""
    parent: str | None = None
    """The parent's code."""


def plain(name: str) -> str:
    """A name in one spelling: lower case, е for ё, no quotes or double spaces."""
    return " ".join(_WORD.findall(name.casefold().replace("ё", "е")))


def bare(name: str) -> str:
    """The plain name without the words that say what kind of district it is; as it is, where nothing else is left."""
    words = plain(name).split()
    return " ".join(word for word in words if word not in _KINDS) or " ".join(words)


class DistrictNames:
    """Finds districts by code, name or alias."""

    def __init__(self, districts: Iterable[NameMatch]) -> None:
        self._parents: dict[str, str | None] = {}
        self._plain: dict[str, set[str]] = defaultdict(set)
        self._bare: dict[str, set[str]] = defaultdict(set)
        for one in districts:
            self._parents[one.code] = one.parent
            for name in one.names:
                self._plain[plain(name)].add(one.code)
                self._bare[bare(name)].add(one.code)

    def find_all(self, name: str, within: str | None = None) -> list[str]:
        """Codes of the districts called so, below the district `within` if one is given: those that are called exactly so, else
        those whose names differ by words like «район» alone. In the order of codes."""
        wanted = name.strip()
        if wanted in self._parents and self._lies_in(wanted, within):
            return [wanted]
        for index, key in ((self._plain, plain(wanted)), (self._bare, bare(wanted))):
            if found := sorted(code for code in index.get(key, ()) if self._lies_in(code, within)):
                return found
        return []

    def find(self, name: str, within: str | None = None) -> str | None:
        """The code of the one district called so; None where there is none, or more than one."""
        found = self.find_all(name, within)
        return found[0] if len(found) == 1 else None

    def _lies_in(self, code: str, within: str | None) -> bool:
        return within is None or within in ancestors(code, self._parents)


def ancestors(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """The codes above a district, the nearest first."""
    above: list[str] = []
    upper = parents.get(code)
    while upper is not None and upper not in above:
        above.append(upper)
        upper = parents.get(upper)
    return above
