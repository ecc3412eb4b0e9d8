"""The catalogue: what sectors, themes, sources, agencies and districts there are, by code and by id."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that incidents can be selected by. `parent` is a theme's sector or a district's upper district."""

    id: int
    code: str
    name_ru: str
    name_en: str
    parent: int | None = None

    @property
    def name(self) -> dict[str, str]:
        """Names by language."""
        return {"ru": self.name_ru, "en": self.name_en}


@dataclass(frozen=True, slots=True)
class Source(Entry):
    """Where messages come from."""

    synthetic: bool = False
    attribution: str = ""


E = TypeVar("E", bound=Entry)


class Entries(Generic[E]):
    """All entries of one kind, in their order."""

    def __init__(self, entries: Iterable[E] = ()) -> None:
        self.all: Sequence[E] = tuple(entries)
        self.by_code = {entry.code: entry for entry in self.all}
        self.by_id = {entry.id: entry for entry in self.all}
        self._below: dict[int, list[int]] = defaultdict(list)
        for entry in self.all:
            if entry.parent is not None:
                self._below[entry.parent].append(entry.id)

    def ids(self, codes: Iterable[str]) -> tuple[int, ...]:
        """The ids of known codes, sorted, each once."""
        return tuple(sorted({self.by_code[code].id for code in codes}))

    def unknown(self, codes: Iterable[str]) -> list[str]:
        """The codes that are not here."""
        return [code for code in codes if code not in self.by_code]

    def children(self, parents: Iterable[int]) -> set[int]:
        """Ids of the entries directly below any of the parents."""
        return {child for parent in parents for child in self._below.get(parent, ())}

    def with_descendants(self, ids: Iterable[int]) -> tuple[int, ...]:
        """The ids and everything below them, sorted."""
        found: set[int] = set()
        fresh = set(ids)
        while fresh:
            found |= fresh
            fresh = self.children(fresh) - found
        return tuple(sorted(found))


@dataclass(frozen=True)
class Catalogue:
    """Everything a request can name. Never changed: a change in the database makes a new one."""

    sectors: Entries[Entry]
    themes: Entries[Entry]
    sources: Entries[Source]
    agencies: Entries[Entry]
    districts: Entries[Entry]

    def theme_ids(self, sectors: Sequence[str] | None, themes: Sequence[str] | None) -> tuple[int, ...] | None:
        """Ids of the themes that lie in these sectors and are among these; None where neither is given."""
        if sectors is None and themes is None:
            return None
        inside = set(self.themes.by_id) if sectors is None else self.themes.children(self.sectors.ids(sectors))
        named = set(self.themes.by_id) if themes is None else set(self.themes.ids(themes))
        return tuple(sorted(inside & named))

    def sector_of_theme(self) -> list[int]:
        """For each theme id, the place of its sector in `sectors.all`; 0 for ids that are not there."""
        places = {entry.id: place for place, entry in enumerate(self.sectors.all)}
        table = [0] * (max(self.themes.by_id, default=0) + 1)
        for theme in self.themes.all:
            table[theme.id] = places[theme.parent] if theme.parent is not None else 0
        return table


EMPTY = Catalogue(Entries(), Entries(), Entries(), Entries(), Entries())
