"""The desk: takes what is sent, a transaction a batch, and tells of each row what became of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from copy import deepcopy
from functools import cached_property
from typing import Any

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.database import database_errors
from geo_service.core.errors import GeoError, PartialFailure
from geo_service.core.ingest_protocol import BatchResult, IngestRequest, IngestSummary, ResultStream
from ingest.push.batching import batches
from ingest.push.idempotency import HashingBody, IdempotencyStore
from ingest.push.parsing import DocumentParser, LineParser, Row
from ingest.push.row_mapping import MAPPING, RowMapping
from ingest.push.row_results import counts, row_results
from ingest.push.writer_pool import Writer, WriterPool, WriterSettings
from ingest.runs.run import begin_run, end_run, write_batch
from ingest.runs.run_counts import RunCounts
from ingest.validate.classifier import Classifier, load_classifier
from ingest.write.incident_writer import WriteResult

_RULES = "ru"


class PushService:
    """Implements `geo_service.core.ingest_protocol.IngestService`."""

    def __init__(self, terms: WriterSettings, deadlines: Deadlines) -> None:
        self._writers = WriterPool(terms)
        self._deadlines = deadlines

    @cached_property
    def _classifier(self) -> Classifier:
        return load_classifier(_RULES)

    async def ingest(self, delivery: IngestRequest, body: AsyncIterator[bytes]) -> ResultStream:
        """What became of the incidents; see `IngestService.take`."""
        digested = HashingBody(delivery, body)
        async with self._writers.acquire() as writer, aclosing(self._pieces(writer, delivery, digested)) as pieces:
            async for piece in pieces:
                yield piece

    async def close(self) -> None:
        """Close the idle writers' connections."""
        await self._writers.close()

    async def _pieces(self, writer: Writer, delivery: IngestRequest, body: HashingBody) -> ResultStream:
        memory = IdempotencyStore(writer.connection, delivery.key) if delivery.key else None
        if memory:
            await memory.acquire()
            if found := await memory.lookup():
                async for piece in memory.replay(found, body):
                    yield piece
                return
        meaning = await RowMapping.of(delivery, writer, self._classifier, self._deadlines)
        run = _Run(writer, delivery, meaning, memory)
        parser = LineParser() if delivery.lines else DocumentParser()
        try:
            async with aclosing(batches(body.parts(), parser)) as found_rows:
                async for rows in found_rows:
                    yield BatchResult(await run.write(rows))
            yield await run.finish(parser.form, body)
        except GeoError as error:
            await run.fail("failed")
            raise run.unfinished(error, parser.form) from error
        except BaseException:
            await run.fail("interrupted")
            raise


class _Run:
    """One request in the accounting of runs; begun with its first batch."""

    def __init__(self, writer: Writer, delivery: IngestRequest, meaning: RowMapping, memory: IdempotencyStore | None) -> None:
        self._writer, self._delivery, self._meaning, self._memory = writer, delivery, meaning, memory
        self._id: int | None = None
        self._tally = RunCounts()
        """Of what has been committed."""

    async def write(self, rows: Sequence[Row]) -> bytes:
        """Write a batch in one transaction; what became of its rows."""
        raw, checked = await self._meaning.check(rows, self._writer.connection)
        run, writer, tally, told = await self._begun(), self._writer, deepcopy(self._tally), b""

        async def keep(written: WriteResult) -> None:
            nonlocal told
            told = row_results(raw, checked, written)
            if self._memory:
                await self._memory.append(told)

        await write_batch(
            writer.connection, writer.incidents, writer.placer, run, self._delivery.input, self._source, checked, tally, each=keep,
        )  # fmt: skip
        self._tally = tally
        return told

    async def finish(self, form: str, body: HashingBody) -> IngestSummary:
        """The run is over, and its answer is kept where it may be asked for again."""
        run = await self._begun()
        document = self._document(form)
        with database_errors("end a run"):
            async with self._writer.connection.transaction():
                await end_run(self._writer.connection, run, "finished")
                if self._memory:
                    await self._memory.complete(body.digest, document)
        return IngestSummary(document)

    async def fail(self, state: str) -> None:
        """The run is over before its end; the first failure is the one to tell."""
        if self._id is not None:
            with suppress(GeoError):
                await asyncio.shield(end_run(self._writer.connection, self._id, state))

    def unfinished(self, error: GeoError, form: str) -> GeoError:
        """The error, with what is kept all the same."""
        return PartialFailure(error, self._document(form)) if self._tally.read else error

    async def _begun(self) -> int:
        if self._id is None:
            writer = self._writer
            self._source = await writer.incidents.ensure_source(self._meaning.source)
            self._id = await begin_run(writer.connection, self._delivery.input, MAPPING)
        return self._id

    def _document(self, form: str) -> dict[str, Any]:
        tally = self._tally
        outcomes = Counter({name: getattr(tally, name) for name in ("new", "changed", "unchanged", "stale", "repeated")})
        outcomes["rejected"] = tally.rejected.total()
        ignored = sorted(self._meaning.ignored)
        return {"run": self._id, "form": form, "read": tally.read, "counts": counts(outcomes), "ignored": ignored}
