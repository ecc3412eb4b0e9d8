"""Resolve the values of an input to themes and agencies, which have codes of their own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from geo_service.core.model import SECTORS
from ingest.mapping.mapping import FileFormat, Lookup, Mapping
from ingest.readers import Column
from ingest.readers.csv import CsvReader
from ingest.validate.classifier import load_classifier
from ingest.validate.coordinate_columns import Mask
from ingest.write.reference_data import Agency, Aliases, Theme

LONGEST_CODE = 100
_SECTORS = {sector.code: sector for sector in SECTORS}
_SECTORS_BY_NAME = {name.casefold(): sector for sector in SECTORS for name in (sector.code, sector.name_ru, sector.name_en)}
_NOT_IN_CODES = re.compile(r"[\s,\0]+")
_LOOKUP_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class ThemeColumn:
    """A theme for each row, None where the sector is unknown."""

    themes: list[Theme | None]
    classified: Mask
    """Rows with nothing but a text, which the classifier has seen."""
    recognised: Mask
    """Of those, rows whose text has a clear theme; the others have the default one."""


class EntityResolver:
    """Resolves the themes of a mapping and, by the lookup file beside `input_path`, its agencies."""

    def __init__(self, mapping: Mapping, input_path: Path, aliases: Aliases | None = None) -> None:
        """aliases: of entries that were merged or renamed; None for none."""
        self._mapping = mapping
        self._prefix = mapping.source.code
        self._aliases = aliases or Aliases()
        self.source_code = self._aliases.sources.get(mapping.source.code, mapping.source.code)
        """Of the incidents' source as it is called now."""
        self._agency_names = _read_agency_names(mapping.agencies, input_path)
        self._sectors = _SECTORS_BY_NAME | {value.casefold(): _SECTORS[code] for value, code in mapping.sectors.items()}
        self.classify = load_classifier(mapping.classifier).theme if mapping.classifier else None
        """The theme of a text, None where it is unclear; None without a classifier in the mapping."""
        self.theme = cache(self._find_theme)
        self.agency = cache(self._find_agency)

    def theme_column(
        self, sectors: Sequence[str], themes: Sequence[str], texts: Sequence[str], codes: Sequence[str] | None = None
    ) -> ThemeColumn:
        """The theme of each row by its sector and theme, where both are blank by its text.

        codes: of the themes, where a column has them.
        """
        columns = (sectors, themes, codes) if codes else (sectors, themes)
        count = len(sectors)
        column = ThemeColumn(list(map(self.theme, *columns)), np.zeros(count, np.bool_), np.zeros(count, np.bool_))
        if self.classify:
            for row, (values, text) in enumerate(zip(zip(*columns, strict=True), texts, strict=True)):
                if text.strip() and not any(map(str.strip, values)):
                    column.classified[row] = True
                    if recognised := self.classify(text):
                        column.recognised[row], column.themes[row] = True, self._aliases.themes.get(recognised.code, recognised)
        return column

    def _find_theme(self, sector: str, value: str, code: str = "") -> Theme | None:
        theme = self._resolve_theme(sector, value, code)
        return theme and self._aliases.themes.get(theme.code, theme)

    def _find_agency(self, value: str, code: str = "") -> Agency | None:
        agency = self._resolve_agency(value, code)
        return agency and self._aliases.agencies.get(agency.code, agency)

    def _resolve_theme(self, sector: str, value: str, code: str = "") -> Theme | None:
        """The theme of a row with this sector, theme and code, each possibly blank; None when the sector is unknown.

        A theme without a name in the mapping is named by its value; a blank one is the sector as a whole.
        """
        value, sector = value.strip() or code.strip(), sector.strip()
        code = code.strip() or value
        if entry := self._mapping.themes.get(value) or self._mapping.themes.get(code):
            return Theme(_make_code(self._prefix, code), entry.sector, entry.ru, entry.en)
        known = self._sectors.get(sector.casefold()) if sector else _SECTORS[self._mapping.default_sector]
        if known is None:
            return None
        if not value:
            return Theme(known.code, known.code, known.name_ru, known.name_en)
        return Theme(_make_code(known.code, code), known.code, value, value)

    def _resolve_agency(self, value: str, code: str = "") -> Agency | None:
        value = value.strip() or code.strip()
        code = code.strip() or value
        return Agency(_make_code(self._prefix, code), self._agency_names.get(code, value)) if value else None


def _make_code(prefix: str, value: str) -> str:
    return _NOT_IN_CODES.sub("-", f"{prefix}-{value}".lower())[:LONGEST_CODE]


def _read_agency_names(lookup: Lookup | None, input_path: Path) -> dict[str, str]:
    if lookup is None or not input_path.with_name(lookup.file).exists():
        return {}
    reader = CsvReader(input_path.with_name(lookup.file), FileFormat(), [Column(lookup.key), Column(lookup.name)])
    return {
        key.strip(): name.strip()
        for batch in reader.batches(_LOOKUP_BATCH)
        for key, name in zip(batch.columns[lookup.key], batch.columns[lookup.name], strict=True)
    }
