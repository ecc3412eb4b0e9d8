"""Themes of a batch's rows: by their theme and sector, and where they name neither by their text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.validate.entities import EntityResolver
from ingest.validate.row_errors import Mask
from ingest.write.reference_data import Theme


@dataclass(frozen=True, slots=True)
class Themed:
    """A theme for each row, None where the sector is unknown."""

    themes: list[Theme | None]
    asked: Mask
    """Rows whose text was looked at."""
    found: Mask
    """Of those, rows whose text spoke of a theme; the others have the default one."""


def theme_rows(sectors: Sequence[str], themes: Sequence[str], texts: Sequence[str], namer: EntityResolver) -> Themed:
    """The themes of rows with these values."""
    pairs = list(zip(sectors, themes, strict=True))
    known = {pair: namer.theme(*pair) for pair in set(pairs)}
    told = Themed([known[pair] for pair in pairs], np.zeros(len(pairs), np.bool_), np.zeros(len(pairs), np.bool_))
    if namer.by_text:
        for row, ((sector, theme), text) in enumerate(zip(pairs, texts, strict=True)):
            if text.strip() and not sector.strip() and not theme.strip():
                told.asked[row] = True
                if spoken_of := namer.by_text(text):
                    told.found[row], told.themes[row] = True, spoken_of
    return told
