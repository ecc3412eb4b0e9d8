"""Load posted incidents, a transaction a batch, and answer with the outcome of each row."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from functools import cached_property
from typing import Any

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.database import database_errors
from geo_service.core.errors import BodyIncomplete, GeoError, PartialFailure
from geo_service.core.ingest_protocol import BatchResult, IngestRequest, IngestSummary, ResultStream
from ingest.push.batching import batches
from ingest.push.idempotency import HashingBody, IdempotencyStore
from ingest.push.new_entries import EntryAdmission, NewEntryLimits
from ingest.push.parsing import DocumentParser, LineParser, Parser, PushedRow
from ingest.push.request_locks import RequestLock, RequestLocks
from ingest.push.row_mapping import MAPPING, RowMapping, encode_row_results
from ingest.push.writer_pool import Lease, PushWriter, WriterPool, WriterSettings
from ingest.runs.run import IngestRun, RunCounts, end_run
from ingest.validate.classifier import Classifier, load_classifier
from ingest.write.incident_writer import WriteResult

MakeMapping = Callable[[IngestRequest, PushWriter], Awaitable[RowMapping]]

_RULES = "ru"


class PushService:
    """Implements `geo_service.core.ingest_protocol.IngestService`."""

    def __init__(self, settings: WriterSettings, deadlines: Deadlines, clock: Callable[[], float] = time.time) -> None:
        """clock: seconds since 1970, against which dates in the future are recognised."""
        self._writers = WriterPool(settings)
        self._locks = RequestLocks(settings.url, settings.statement_timeout_ms)
        self._limits, self._unknown_status = settings.new_entries, settings.unknown_status
        self._deadlines = deadlines
        self._clock = clock

    @cached_property
    def _classifier(self) -> Classifier:
        return load_classifier(_RULES)

    async def ingest(self, request: IngestRequest, body: AsyncIterator[bytes]) -> ResultStream:
        """Load the incidents in `body`; see `IngestService.ingest`."""
        hashing_body = HashingBody(request, body)
        lease = self._writers.leases(is_bulk=request.lines)
        async with self._locks.hold(request.key) as lock:
            store = IdempotencyStore(request.key) if request.key else None
            answered = await self._look_up(store, lease) if store else None
            results = (
                store.replay(answered, hashing_body, lease)
                if store and answered
                else self._load(lease, _Push(request, self._make_mapping, lock, store, self._limits), hashing_body)
            )
            async with aclosing(results):
                async for result in results:
                    yield result

    async def close(self) -> None:
        """Close the idle writers' connections, and the one that holds the locks."""
        await self._writers.close()
        await self._locks.close()

    async def _look_up(self, store: IdempotencyStore, lease: Lease) -> tuple[bytes, dict[str, Any]] | None:
        async with lease() as writer:
            return await store.lookup(writer.connection)

    async def _make_mapping(self, request: IngestRequest, writer: PushWriter) -> RowMapping:
        return await RowMapping.of(request, writer, self._classifier, self._deadlines, self._clock, self._unknown_status)

    async def _load(self, lease: Lease, push: "_Push", body: HashingBody) -> ResultStream:
        """Write the body batch by batch. A writer is held for a batch only: not while the body comes or the results are sent."""
        try:
            async with aclosing(batches(body.parts(), push.parser)) as row_batches:
                async for batch in row_batches:
                    async with lease() as writer:
                        lines = await push.write(writer, batch.rows)
                        if batch.is_last:
                            await push.finish(writer, body)
                    yield BatchResult(lines)
            if not push.summary:
                async with lease() as writer:
                    await push.finish(writer, body)
            yield IngestSummary(push.summary)
        except GeoError as error:
            # Cut off by its sender or by the end of the service, not at fault.
            await push.fail("interrupted" if isinstance(error, BodyIncomplete) else "failed")
            raise push.with_partial_result(error) from error
        except BaseException:
            await push.fail("interrupted")
            raise


class _Push:
    """One request as a run, which begins with its first batch."""

    def __init__(
        self, request: IngestRequest, make_mapping: MakeMapping, lock: RequestLock, store: IdempotencyStore | None, limits: NewEntryLimits
    ) -> None:
        self._request, self._make_mapping, self._lock, self._store = request, make_mapping, lock, store
        self._limits = limits
        self._admission: EntryAdmission | None = None
        self._mapping: RowMapping | None = None
        self._run: IngestRun | None = None
        self.parser: Parser = LineParser() if request.lines else DocumentParser()
        self.summary: dict[str, Any] = {}
        """Empty until the run has ended well."""

    async def write(self, writer: PushWriter, rows: Sequence[PushedRow]) -> bytes:
        """Write a batch in one transaction; the outcome of each row as NDJSON."""
        run, mapping = await self._begin(writer)
        raw, validated = await mapping.validate(rows, writer)
        validated = await self._admit(writer).admit(raw, validated)
        lines = b""

        async def keep_lines(result: WriteResult) -> None:
            nonlocal lines
            lines = encode_row_results(raw, validated, result)
            if self._store:
                await self._store.append(writer.connection, lines)

        await run.write(writer.pipeline, mapping.source, validated, with_results=keep_lines)
        return lines

    async def finish(self, writer: PushWriter, body: HashingBody) -> None:
        """End the run, and complete the stored response where there is an idempotency key."""
        run, _ = await self._begin(writer)
        summary = self._document()
        with database_errors("end a run"):
            async with writer.connection.transaction():
                await run.end("finished")
                if self._store:
                    await self._store.complete(writer.connection, body.digest, summary)
        self.summary = summary

    async def fail(self, state: str) -> None:
        """End the run early; the first failure is the one to report. Where its lock is lost, it is interrupted already."""
        run = self._run
        if run is not None and run.id and not self.summary:
            with suppress(GeoError):
                await asyncio.shield(self._lock.run(lambda session: end_run(session, run.id, state), "end a run"))

    def with_partial_result(self, error: GeoError) -> GeoError:
        """The error, with the counts of what is stored all the same."""
        return PartialFailure(error, self._document()) if self._run is not None and self._run.counts.read else error

    async def _begin(self, writer: PushWriter) -> tuple[IngestRun, RowMapping]:
        """Return the run, which uses the writer from now on, and the mapping; both are made for the first batch."""
        if self._mapping is None:
            self._mapping = await self._make_mapping(self._request, writer)
        if self._run is not None:
            self._run.connection = writer.connection
            await self._lock.check()
            return self._run, self._mapping
        await self._admit(writer).admit_source(self._mapping.source)
        await writer.pipeline.reference_data.ensure_source(self._mapping.source)
        run = IngestRun(writer.connection, self._request.input, MAPPING, self._request.sender)
        await run.mark_interrupted_runs()
        run.id = self._lock.run_id = await self._lock.run(run.insert, "begin a run")
        self._run = run
        return run, self._mapping

    def _admit(self, writer: PushWriter) -> EntryAdmission:
        """Return what limits the request's new entries of the catalogue, over this writer."""
        if self._admission is None:
            key_id = self._request.sender.key_id
            self._admission = EntryAdmission(writer.connection, writer.pipeline.reference_data, self._limits, key_id)
        self._admission.use(writer.connection, writer.pipeline.reference_data)
        return self._admission

    def _document(self) -> dict[str, Any]:
        run, ignored = self._run, self._mapping.ignored if self._mapping else ()
        counts = run.counts if run else RunCounts()
        outcomes = {name: getattr(counts, name) for name in ("new", "changed", "unchanged", "stale", "repeated")}
        outcomes["rejected"] = counts.rejected.total()
        return {
            "run": (run.id if run else 0) or None,
            "form": self.parser.form,
            "read": counts.read,
            "counts": outcomes,
            "ignored": sorted(ignored),
        }
