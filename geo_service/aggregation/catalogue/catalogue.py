"""The catalogue: what sectors, themes, sources, agencies and districts there are, by code and by id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.core.model import DistrictLevel, GeocodedBy


@dataclass(frozen=True, slots=True)
class Entry:
    """A sector, theme, source, agency or district. `parent` is a theme's sector or a district's upper district."""

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
class SourceEntry(Entry):
    """Where incidents come from."""

    synthetic: bool = False
    attribution: str = ""
    geocoded_by: tuple[GeocodedBy, ...] = ()
    """Which geocoders have located its incidents, beside the input itself."""


@dataclass(frozen=True, slots=True)
class District(Entry):
    """An administrative unit of any level."""

    level: DistrictLevel = DistrictLevel.DISTRICT
    population: int | None = None
    area_km2: float | None = None
    label: tuple[float, float] | None = None
    """Longitude and latitude of a point well inside."""
    approximate: bool = False
    attribution: str = ""
    other_names: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    """Names in further languages, by language."""
    region_names: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    """Names of the region that it lies in, by language; empty for a region, and where only one is loaded."""

    @property
    def name(self) -> dict[str, str]:
        """Names by language, with the region's where several are loaded: `Лабинский район, Краснодарский край`.

        Maps show `name_ru` and `name_en`: they show where a district lies.
        """
        own = {"ru": self.name_ru, "en": self.name_en, **self.other_names}
        regions = self.region_names
        return {language: f"{text}, {regions[language]}" if text and regions.get(language) else text for language, text in own.items()}


def with_regions(districts: Sequence[District]) -> list[District]:
    """Return the districts with the names of their regions, where there are several regions."""
    by_id = {district.id: district for district in districts}
    if sum(district.level is DistrictLevel.REGION for district in districts) < 2:
        return list(districts)
    return [replace(district, region_names=_region_names(district, by_id)) for district in districts]


def _region_names(district: District, by_id: Mapping[int, District]) -> dict[str, str]:
    above = by_id.get(district.parent or 0)
    while above is not None and above.level is not DistrictLevel.REGION:
        above = by_id.get(above.parent or 0)
    return {} if above is None else {"ru": above.name_ru, "en": above.name_en, **above.other_names}


@dataclass(frozen=True, slots=True, eq=False)
class DistrictShapes:
    """Outlines for drawing. by_band: zoom band → ids of districts and their multipolygons in EPSG:3857, as shapely objects."""

    revision: int = -1
    """Revision of the boundaries; -1 before any were read."""
    by_band: Mapping[int, tuple[NDArray[np.int64], NDArray[Any]]] = field(default_factory=dict)


E = TypeVar("E", bound=Entry)


class Entries(Generic[E]):
    """All entries of one kind, in their order."""

    def __init__(self, entries: Iterable[E] = (), aliases: Mapping[str, str] | None = None) -> None:
        """aliases: former codes of entries that were merged or renamed, with the codes of today."""
        self.all: Sequence[E] = tuple(entries)
        own = {entry.code: entry for entry in self.all}
        self.aliases = {alias: code for alias, code in (aliases or {}).items() if alias not in own and code in own}
        self.by_code = own | {alias: own[code] for alias, code in self.aliases.items()}
        """Entries by their codes and aliases: addresses that name a former code still work."""
        self.by_id = {entry.id: entry for entry in self.all}
        self._below: dict[int, list[int]] = defaultdict(list)
        for entry in self.all:
            if entry.parent is not None:
                self._below[entry.parent].append(entry.id)

    def ids(self, codes: Iterable[str]) -> tuple[int, ...]:
        """Return the ids of known codes, sorted and unique."""
        return tuple(sorted({self.by_code[code].id for code in codes}))

    def unknown_codes(self, codes: Iterable[str]) -> list[str]:
        """Return the codes that do not exist."""
        return [code for code in codes if code not in self.by_code]

    def children(self, parents: Iterable[int]) -> set[int]:
        """Return the ids of the entries directly below any of the parents."""
        return {child for parent in parents for child in self._below.get(parent, ())}

    def with_descendants(self, ids: Iterable[int]) -> tuple[int, ...]:
        """Return the ids and those of all entries below them, sorted."""
        ids_below: set[int] = set()
        fresh = set(ids)
        while fresh:
            ids_below |= fresh
            fresh = self.children(fresh) - ids_below
        return tuple(sorted(ids_below))


@dataclass(frozen=True)
class Catalogue:
    """Everything that a request can name. Immutable: a change in the database makes a new one."""

    sectors: Entries[Entry]
    themes: Entries[Entry]
    sources: Entries[SourceEntry]
    agencies: Entries[Entry]
    districts: Entries[District]
    shapes: DistrictShapes = field(default_factory=DistrictShapes)
    settlements: Settlements = field(default_factory=Settlements)

    def equals(self, other: "Catalogue") -> bool:
        """Return whether both catalogues have the same content."""
        return self._content() == other._content()

    def _content(self) -> tuple[object, ...]:
        plain = (self.sectors.all, self.themes.all, self.sources.all, self.agencies.all, self.districts.all)
        aliases = (self.themes.aliases, self.sources.aliases, self.agencies.aliases)
        revisions = (self.shapes.revision, self.settlements.revision)
        return (*plain, *aliases, [district.other_names for district in self.districts.all], *revisions)

    def theme_ids(self, sectors: Sequence[str] | None, themes: Sequence[str] | None) -> tuple[int, ...] | None:
        """Return the ids of the themes that are in these sectors and among these codes; None where neither is given."""
        if sectors is None and themes is None:
            return None
        inside = set(self.themes.by_id) if sectors is None else self.themes.children(self.sectors.ids(sectors))
        named = set(self.themes.by_id) if themes is None else set(self.themes.ids(themes))
        return tuple(sorted(inside & named))

    def sector_of_theme(self) -> list[int]:
        """Return for each theme id the position of its sector in `sectors.all`; 0 for unknown ids."""
        position_of = {entry.id: position for position, entry in enumerate(self.sectors.all)}
        table = [0] * (max(self.themes.by_id, default=0) + 1)
        for theme in self.themes.all:
            table[theme.id] = position_of[theme.parent] if theme.parent is not None else 0
        return table

    def districts_at(self, level: DistrictLevel) -> list[District]:
        """Return the districts of one level, ordered by code."""
        return sorted((district for district in self.districts.all if district.level is level), key=lambda district: district.code)

    def group_index(self, chosen: Sequence[District]) -> NDArray[np.int32]:
        """Return for each district id the position in `chosen` of the district that it is or lies in; else `len(chosen)`.

        None of the chosen may lie in another. Entry 0 stands for incidents without a district.
        """
        group_of = {district.id: group for group, district in enumerate(chosen)}
        table = np.full(max(self.districts.by_id, default=0) + 1, len(chosen), np.int32)
        for district in self.districts.all:
            above: District | None = district
            while above is not None and above.id not in group_of:
                above = self.districts.by_id.get(above.parent or 0)
            if above is not None:
                table[district.id] = group_of[above.id]
        return table


def attributions(sources: Iterable[SourceEntry], districts: Iterable[District] = ()) -> list[str]:
    """Whose data the sources' incidents and the districts are, each told once."""
    sources = list(sources)
    own = sorted(({one.attribution for one in sources} | {one.attribution for one in districts}) - {""})
    places = sorted({step.attribution for one in sources for step in one.geocoded_by} - {""})
    return own + [whose for whose in places if not any(whose in told for told in own)]


EMPTY = Catalogue(Entries(), Entries(), Entries(), Entries(), Entries())
