"""Themes and agencies of a mapping: from an input's values to named entries with codes of their own."""

import re
from functools import cache
from pathlib import Path

from geo_service.core.model import SECTORS
from ingest.mapping.mapping import FileFormat, Lookup, Mapping
from ingest.readers import Column
from ingest.readers.csv import CsvReader
from ingest.validate.classifier import load_classifier
from ingest.write.reference_data import Agency, Theme

LONGEST_CODE = 100
_SECTORS = {sector.code: sector for sector in SECTORS}
_SPELLINGS = {name.casefold(): sector for sector in SECTORS for name in (sector.code, sector.name_ru, sector.name_en)}
_NOT_IN_CODES = re.compile(r"[\s,\0]+")


class EntityResolver:
    """Knows a mapping's themes and, from the lookup file beside `input_path`, its agencies."""

    def __init__(self, mapping: Mapping, input_path: Path) -> None:
        self._mapping = mapping
        self._prefix = mapping.source.code
        self._agencies = _looked_up(mapping, mapping.agencies, input_path)
        self._sectors = _SPELLINGS | {value.casefold(): _SECTORS[code] for value, code in mapping.sectors.items()}
        self.by_text = load_classifier(mapping.classifier).theme if mapping.classifier else None
        """The theme that a text speaks of, when the mapping has a classifier; None where it is not sure."""
        self.theme = cache(self._theme)
        self.agency = cache(self._agency)

    def _theme(self, sector: str, value: str) -> Theme | None:
        """The theme of a row with this sector and theme, each perhaps blank; None when the sector is unknown.

        A theme without a name of its own is named by its value, and without a value it is the sector as a whole.
        """
        value, sector = value.strip(), sector.strip()
        if entry := self._mapping.themes.get(value):
            return Theme(_code(self._prefix, value), entry.sector, entry.ru, entry.en)
        found = self._sectors.get(sector.casefold()) if sector else _SECTORS[self._mapping.default_sector]
        if found is None:
            return None
        if not value:
            return Theme(found.code, found.code, found.name_ru, found.name_en)
        return Theme(_code(found.code, value), found.code, value, value)

    def _agency(self, value: str) -> Agency | None:
        value = value.strip()
        return Agency(_code(self._prefix, value), self._agencies.get(value, value)) if value else None


def _code(prefix: str, value: str) -> str:
    return _NOT_IN_CODES.sub("-", f"{prefix}-{value}".lower())[:LONGEST_CODE]


def _looked_up(mapping: Mapping, lookup: Lookup | None, input_path: Path) -> dict[str, str]:
    if lookup is None or not input_path.with_name(lookup.file).exists():
        return {}
    reader = CsvReader(input_path.with_name(lookup.file), FileFormat(), [Column(lookup.key), Column(lookup.name)])
    batches = reader.batches(10_000)
    return {
        key.strip(): name.strip()
        for batch in batches
        for key, name in zip(batch.columns[lookup.key], batch.columns[lookup.name], strict=True)
    }
