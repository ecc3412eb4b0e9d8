"""Themes and agencies of what is sent: a code that is known already means what it means, anything else is a name."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.named_queries import query
from ingest.mapping.mapping import Mapping
from ingest.validate.classifier import Classifier
from ingest.validate.entities import EntityResolver
from ingest.write.reference_data import Agency, Theme


class KnownEntityResolver(EntityResolver):
    """Knows a mapping's themes, and those of the database once they have been looked up."""

    def __init__(self, mapping: Mapping, classifier: Classifier) -> None:
        """classifier: made once for all requests."""
        super().__init__(mapping, Path())
        self.by_text = classifier.theme
        self._known_themes: dict[str, Theme] = {}
        self._known_agencies: dict[str, Agency] = {}
        self._asked: set[str] = set()

    async def learn(self, connection: asyncpg.Connection, themes: Iterable[str], agencies: Iterable[str]) -> None:
        """Look up those of these values that are codes; called before they are named."""
        fresh = [sorted({value.strip() for value in values} - self._asked - {""}) for values in (themes, agencies)]
        if not any(fresh):
            return
        with database_errors("look up themes and agencies"):
            rows = await connection.fetch(query("ingest.find_known_codes"), *fresh)
        self._asked.update(*fresh)
        for row in rows:
            if row["kind"] == "theme":
                self._known_themes[row["code"]] = Theme(row["code"], row["sector"], row["name_ru"], row["name_en"])
            else:
                self._known_agencies[row["code"]] = Agency(row["code"], row["name_ru"])

    def _theme(self, sector: str, value: str) -> Theme | None:
        known = self._known_themes.get(value.strip())
        named = super()._theme(sector, value)
        # A sector that is given beside the code of another sector's theme makes it a name in that sector.
        return known if known and (not sector.strip() or (named and named.sector == known.sector)) else named

    def _agency(self, value: str) -> Agency | None:
        return self._known_agencies.get(value.strip()) or super()._agency(value)
