"""Districts as read from a file: each one is checked, but not yet against the others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from boundaries.locating.district_arrays import Polygons

MAX_CODE = 100
"""Characters of a code."""

CODE = re.compile(rf"[^\s,]{{1,{MAX_CODE}}}")
"""A valid code; the database has the same constraint."""


@dataclass(frozen=True, slots=True)
class AttributeFields:
    """The names of the file's fields, by attribute."""

    code: str | None
    """None where codes are made from the names."""
    name: str
    name_en: str | None = None
    name_lang: Mapping[str, str] = field(default_factory=dict)
    """Names in further languages: language → field."""
    parent: str | None = None
    alias: str | None = None
    """Other names, separated by `;`."""

    def used(self) -> list[str]:
        """Return the names of all fields, each once."""
        fields = (self.code, self.name, self.name_en, *self.name_lang.values(), self.parent, self.alias)
        return list(dict.fromkeys(field for field in fields if field))


@dataclass(frozen=True, slots=True)
class DistrictRecord:
    """The attributes of a district."""

    code: str
    name_ru: str
    name_en: str
    names: Mapping[str, str] = field(default_factory=dict)
    """Names in further languages: language → name."""
    parent: str | None = None
    """Code or name of the parent."""
    aliases: tuple[str, ...] = ()
    population: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DistrictRecords:
    """The districts of a file."""

    units: Sequence[DistrictRecord]
    """In the order of the file."""
    polygons: Polygons
    """(units,) valid polygons or multipolygons in EPSG:4326, between -180° and 180°."""
    repaired: Sequence[str] = ()
    """Codes of the districts whose rings were repaired."""
    approximate: bool = False
    """Whether the outlines are not surveyed ones."""
    notes: Sequence[str] = ()
    """What the user should know about how the file was read."""

    def __len__(self) -> int:
        return len(self.units)

    @property
    def codes(self) -> list[str]:
        """The codes of the districts."""
        return [unit.code for unit in self.units]
