"""Validate posted incidents, whose JSON members are those of the mapping `plain` (only `id` and `received_at` are required),
and describe the outcome of each row."""

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.database import database_errors
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.core.sql.named_queries import query
from ingest.mapping.mapping import Mapping, MappingSource, load_mapping
from ingest.push.known_entities import KnownEntityResolver
from ingest.push.parsing import PushedRow
from ingest.push.writer_pool import PushWriter
from ingest.readers import RawBatch
from ingest.readers.columns import required_columns
from ingest.readers.records import Record, gather_columns
from ingest.validate.classifier import Classifier
from ingest.validate.validate import Reject, ValidatedBatch, Validator
from ingest.write.incident_writer import WriteResult
from ingest.write.reference_data import Source

MAPPING = "plain"

_ID = "id"

_MOST_IGNORED = 50
"""Names listed of members that no incident has."""

_LONGEST_NAME = 60


@cache
def posted_mapping() -> Mapping:
    """The mapping, which also knows what Russian systems call their statuses."""
    plain = load_mapping(MAPPING)
    return plain.model_copy(update={"status": plain.status | load_mapping("russian").status})


class RowMapping:
    """Validates the rows of one request."""

    def __init__(
        self, mapping: Mapping, source: Source, classifier: Classifier, deadlines: Deadlines, clock: Callable[[], float],
        unknown_status: str | None,
    ) -> None:  # fmt: skip
        """clock: seconds since 1970. unknown_status: as of `Validator`."""
        self._mapping, self._classifier, self._deadlines = mapping, classifier, deadlines
        self._clock, self._unknown_status = clock, unknown_status
        self._revisions: tuple[int, int] | None = None
        """Of the boundaries and the catalogue that the resolver and the validator are for."""
        self._columns = required_columns(mapping)
        self._names = {column.name for column in self._columns}
        self.source = source
        self.ignored: set[str] = set()
        """Members that no incident has, of the first rows that had any."""

    @classmethod
    async def of(
        cls,
        request: IngestRequest,
        writer: PushWriter,
        classifier: Classifier,
        deadlines: Deadlines,
        clock: Callable[[], float],
        unknown_status: str | None = None,
    ) -> "RowMapping":
        """For the source of a request; a known source keeps its names. clock: seconds since 1970."""
        with database_errors("look up the source"):
            row = await writer.connection.fetchrow(query("ingest.get_source"), request.source)
        source = Source(**row) if row else Source(request.source, request.name, request.name)
        # Codes of agencies begin with the code that the sender knows, also where it is an alias.
        entry = MappingSource(code=request.source, name_ru=source.name_ru, name_en=source.name_en)
        mapping = posted_mapping().model_copy(update={"source": entry})
        return cls(mapping, source, classifier, deadlines, clock, unknown_status)

    async def validate(self, rows: Sequence[PushedRow], writer: PushWriter) -> tuple[RawBatch, ValidatedBatch]:
        """The rows as columns of text, and validated."""
        self._note_ignored(rows)
        raw = gather_columns(rows, self._columns)
        self._follow(writer)
        await self._resolver.look_up_codes(writer.connection, raw.columns["theme"], raw.columns["agency"])
        return raw, await asyncio.to_thread(self._validator.validate, raw)

    def _follow(self, writer: PushWriter) -> None:
        """Make the resolver and the validator anew where the boundaries or the catalogue have changed, as during a long stream."""
        revisions = writer.revision, writer.catalogue_revision
        if revisions != self._revisions:
            self._resolver = KnownEntityResolver(self._mapping, self._classifier, writer.aliases)
            self._validator = Validator(self._mapping, self._resolver, self._deadlines, writer.region, self._clock, self._unknown_status)
            self._revisions = revisions

    def _note_ignored(self, rows: Sequence[PushedRow]) -> None:
        for row in rows:
            if len(self.ignored) >= _MOST_IGNORED:
                return
            if isinstance(row, Record) and row.values.get("type") != "Feature":
                self.ignored.update(name[:_LONGEST_NAME] for name in row.values if name.casefold() not in self._names)


def encode_row_results(raw: RawBatch, validated: ValidatedBatch, result: WriteResult) -> bytes:
    """NDJSON: the outcome of each row of the batch, in the order of the input."""
    documents: dict[int, dict[str, Any]] = {}
    for row, external_id, written in zip(validated.rows.tolist(), validated.batch.external_id, result.rows, strict=True):
        line = raw.lines[row]
        documents[line] = {"row": line, "id": external_id, "outcome": written.outcome, "incident": written.incident_id}
    ids = dict(zip(raw.lines, raw.columns[_ID], strict=True)) if validated.rejects else {}
    for reject in validated.rejects:
        documents[reject.line] = {
            "row": reject.line, "id": ids.get(reject.line) or None, "outcome": "rejected", **_reason_members(reject),
        }  # fmt: skip
    for warning in validated.warnings:
        document = documents[warning.line]
        document["warning"] = _join_warnings(document.get("warning"), _reason_members(warning))
    return b"".join(orjson.dumps(documents[line]) + b"\n" for line in sorted(documents))


def _join_warnings(earlier: dict[str, Any] | None, warning: dict[str, Any]) -> dict[str, Any]:
    """One warning for a row that has several: the last reason, with the fields and details of all."""
    if earlier is None:
        return warning
    fields = list(dict.fromkeys((*earlier["fields"], *warning["fields"])))
    return warning | {"fields": fields, "detail": f"{earlier['detail']}; {warning['detail']}"}


def _reason_members(reject: Reject) -> dict[str, Any]:
    return {"reason": reject.reason.value, "fields": list(reject.fields), "detail": reject.detail}
