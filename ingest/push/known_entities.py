"""Resolve the themes and agencies of posted incidents: a known code is that entry, any other value is a name."""

from collections.abc import Iterable
from pathlib import Path

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.sql.named_queries import query
from ingest.mapping.mapping import Mapping
from ingest.validate.classifier import Classifier
from ingest.validate.entities import EntityResolver
from ingest.write.reference_data import Agency, Aliases, Theme


class KnownEntityResolver(EntityResolver):
    """Resolves by a mapping and by the codes in the database, once those have been looked up."""

    def __init__(self, mapping: Mapping, classifier: Classifier, aliases: Aliases) -> None:
        """classifier: shared by all requests. aliases: of entries that were merged or renamed."""
        super().__init__(mapping, Path(), aliases)
        self.classify = classifier.theme
        self._known_themes: dict[str, Theme] = {}
        self._known_agencies: dict[str, Agency] = {}
        self._looked_up: set[str] = set()

    async def look_up_codes(self, connection: asyncpg.Connection, themes: Iterable[str], agencies: Iterable[str]) -> None:
        """Read the entries whose codes are among these values; called before the values are resolved."""
        unseen = [sorted({value.strip() for value in values} - self._looked_up - {""}) for values in (themes, agencies)]
        if not any(unseen):
            return
        with database_errors("look up themes and agencies"):
            rows = await connection.fetch(query("ingest.find_known_codes"), *unseen)
        self._looked_up.update(*unseen)
        for row in rows:
            if row["kind"] == "theme":
                self._known_themes[row["code"]] = Theme(row["code"], row["sector"], row["name_ru"], row["name_en"])
            else:
                self._known_agencies[row["code"]] = Agency(row["code"], row["name_ru"])

    def _resolve_theme(self, sector: str, value: str, code: str = "") -> Theme | None:
        known = self._known_themes.get(value.strip()) or self._aliases.themes.get(value.strip())
        named = super()._resolve_theme(sector, value, code)
        # With the sector of another theme beside it, a code is a name in that sector.
        return known if known and (not sector.strip() or (named and named.sector == known.sector)) else named

    def _resolve_agency(self, value: str, code: str = "") -> Agency | None:
        value = value.strip()
        return self._known_agencies.get(value) or self._aliases.agencies.get(value) or super()._resolve_agency(value, code)
