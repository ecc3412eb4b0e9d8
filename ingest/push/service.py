"""Load posted incidents, a transaction a batch, and answer with the outcome of each row."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from functools import cached_property
from typing import Any

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.database import database_errors
from geo_service.core.errors import BodyIncomplete, GeoError, PartialFailure
from geo_service.core.ingest_protocol import BatchResult, IngestRequest, IngestSummary, ResultStream
from ingest.push.batching import batches
from ingest.push.idempotency import HashingBody, IdempotencyStore
from ingest.push.parsing import DocumentParser, LineParser, PushedRow
from ingest.push.row_mapping import MAPPING, RowMapping, encode_row_results
from ingest.push.writer_pool import PushWriter, WriterPool, WriterSettings
from ingest.runs.run import IngestRun
from ingest.validate.classifier import Classifier, load_classifier
from ingest.write.incident_writer import WriteResult

_RULES = "ru"


class PushService:
    """Implements `geo_service.core.ingest_protocol.IngestService`."""

    def __init__(self, settings: WriterSettings, deadlines: Deadlines) -> None:
        self._writers = WriterPool(settings)
        self._deadlines = deadlines

    @cached_property
    def _classifier(self) -> Classifier:
        return load_classifier(_RULES)

    async def ingest(self, request: IngestRequest, body: AsyncIterator[bytes]) -> ResultStream:
        """Load the incidents in `body`; see `IngestService.ingest`."""
        hashing_body = HashingBody(request, body)
        async with self._writers.acquire() as writer, aclosing(self._results(writer, request, hashing_body)) as results:
            async for result in results:
                yield result

    async def close(self) -> None:
        """Close the idle writers' connections."""
        await self._writers.close()

    async def _results(self, writer: PushWriter, request: IngestRequest, body: HashingBody) -> ResultStream:
        store = IdempotencyStore(writer.connection, request.key) if request.key else None
        if store:
            await store.acquire()
            if answered := await store.lookup():
                async for result in store.replay(answered, body):
                    yield result
                return
        mapping = await RowMapping.of(request, writer, self._classifier, self._deadlines)
        push = _Push(writer, request, mapping, store)
        parser = LineParser() if request.lines else DocumentParser()
        try:
            async with aclosing(batches(body.parts(), parser)) as row_batches:
                async for rows in row_batches:
                    yield BatchResult(await push.write(rows))
            yield await push.finish(parser.form, body)
        except GeoError as error:
            # Cut off by its sender or by the end of the service, not at fault.
            await push.fail("interrupted" if isinstance(error, BodyIncomplete) else "failed")
            raise push.with_partial_result(error, parser.form) from error
        except BaseException:
            await push.fail("interrupted")
            raise


class _Push:
    """One request as a run, which begins with its first batch."""

    def __init__(self, writer: PushWriter, request: IngestRequest, mapping: RowMapping, store: IdempotencyStore | None) -> None:
        self._writer, self._mapping, self._store = writer, mapping, store
        self._run = IngestRun(writer.connection, request.input, MAPPING)

    async def write(self, rows: Sequence[PushedRow]) -> bytes:
        """Write a batch in one transaction; the outcome of each row as NDJSON."""
        raw, validated = await self._mapping.validate(rows, self._writer.connection)
        await self._begin()
        lines = b""

        async def keep_lines(result: WriteResult) -> None:
            nonlocal lines
            lines = encode_row_results(raw, validated, result)
            if self._store:
                await self._store.append(lines)

        await self._run.write(self._writer.pipeline, self._source_id, validated, with_results=keep_lines)
        return lines

    async def finish(self, form: str, body: HashingBody) -> IngestSummary:
        """End the run, and complete the stored response where there is an idempotency key."""
        await self._begin()
        document = self._document(form)
        with database_errors("end a run"):
            async with self._writer.connection.transaction():
                await self._run.end("finished")
                if self._store:
                    await self._store.complete(body.digest, document)
        return IngestSummary(document)

    async def fail(self, state: str) -> None:
        """End the run early; the first failure is the one to report."""
        if self._run.id:
            with suppress(GeoError):
                await asyncio.shield(self._run.end(state))

    def with_partial_result(self, error: GeoError, form: str) -> GeoError:
        """The error, with the counts of what is stored all the same."""
        return PartialFailure(error, self._document(form)) if self._run.counts.read else error

    async def _begin(self) -> None:
        if not self._run.id:
            self._source_id = await self._writer.pipeline.reference_data.ensure_source(self._mapping.source)
            await self._run.begin()

    def _document(self, form: str) -> dict[str, Any]:
        counts = self._run.counts
        outcomes = {name: getattr(counts, name) for name in ("new", "changed", "unchanged", "stale", "repeated")}
        outcomes["rejected"] = counts.rejected.total()
        ignored = sorted(self._mapping.ignored)
        return {"run": self._run.id or None, "form": form, "read": counts.read, "counts": outcomes, "ignored": ignored}
