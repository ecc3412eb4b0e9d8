"""What the members of a sent incident mean: those of the mapping `plain`, all but two of which may be left out."""

import asyncio
from collections.abc import Sequence
from functools import cache

import asyncpg

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.database import database_errors
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.core.named_queries import query
from ingest.mapping.mapping import Mapping, SourceEntry, load_mapping
from ingest.push.known_entities import KnownEntityResolver
from ingest.push.parsing import Row
from ingest.push.writer_pool import Writer
from ingest.readers import RawBatch
from ingest.readers.records import Record, gather_columns
from ingest.runs.run import required_columns
from ingest.validate.classifier import Classifier
from ingest.validate.validate import Checked, Validator
from ingest.write.reference_data import Source

MAPPING = "plain"

_MOST_IGNORED = 50
"""Names told of members that mean nothing here."""

_LONGEST_NAME = 60


@cache
def _plain() -> Mapping:
    return load_mapping(MAPPING)


class RowMapping:
    """Checks the rows of one request."""

    def __init__(self, mapping: Mapping, source: Source, namer: KnownEntityResolver, validator: Validator) -> None:
        self._namer, self._validator = namer, validator
        self._asked = required_columns(mapping)
        self._names = {one.name for one in self._asked}
        self.source = source
        self.ignored: set[str] = set()
        """Members that no incident has, of the first rows that had any."""

    @classmethod
    async def of(cls, delivery: IngestRequest, writer: Writer, classifier: Classifier, deadlines: Deadlines) -> "RowMapping":
        """For what is delivered; a source that is known keeps its names."""
        with database_errors("look up the source"):
            row = await writer.connection.fetchrow(query("ingest.get_source"), delivery.source)
        source = Source(**row) if row else Source(delivery.source, delivery.name, delivery.name)
        entry = SourceEntry(code=source.code, name_ru=source.name_ru, name_en=source.name_en)
        mapping = _plain().model_copy(update={"source": entry})
        namer = KnownEntityResolver(mapping, classifier)
        return cls(mapping, source, namer, Validator(mapping, namer, deadlines, writer.region))

    async def check(self, rows: Sequence[Row], connection: asyncpg.Connection) -> tuple[RawBatch, Checked]:
        """The rows as columns of text, and which of them are usable."""
        self._note_ignored(rows)
        raw = gather_columns(rows, self._asked)
        await self._namer.learn(connection, raw.columns["theme"], raw.columns["agency"])
        return raw, await asyncio.to_thread(self._validator.check, raw)

    def _note_ignored(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if len(self.ignored) >= _MOST_IGNORED:
                return
            if isinstance(row, Record) and row.values.get("type") != "Feature":
                self.ignored.update(name[:_LONGEST_NAME] for name in row.values if name.casefold() not in self._names)
