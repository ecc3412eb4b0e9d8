"""Districts as a file gives them: checked one by one, not yet against each other."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boundaries.district_arrays import Polygons

CODE = re.compile(r"[^\s,]{1,100}")
"""What a code may be; the database holds the same."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Which field of the file holds what."""

    code: str
    name: str
    name_en: str | None = None
    name_lang: Mapping[str, str] = field(default_factory=dict)
    """Language: field."""
    parent: str | None = None
    alias: str | None = None
    """One other name, or several with `;` between them."""

    def used(self) -> list[str]:
        """Every field that is named, each once."""
        named = (self.code, self.name, self.name_en, *self.name_lang.values(), self.parent, self.alias)
        return list(dict.fromkeys(one for one in named if one))


@dataclass(frozen=True, slots=True)
class DistrictRecord:
    """A district without its outline."""

    code: str
    name_ru: str
    name_en: str
    names: Mapping[str, str] = field(default_factory=dict)
    """Further languages: name."""
    parent: str | None = None
    """The parent's code."""
    aliases: tuple[str, ...] = ()
    population: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DistrictRecords:
    """The districts of a set."""

    units: Sequence[DistrictRecord]
    polygons: Polygons
    """One each: valid polygons or multipolygons in EPSG:4326, between -180° and 180°."""
    repaired: Sequence[str] = ()
    """Codes of those whose rings were repaired."""
    approximate: bool = False

    def __len__(self) -> int:
        return len(self.units)

    @property
    def codes(self) -> list[str]:
        """In the order of the file."""
        return [unit.code for unit in self.units]
