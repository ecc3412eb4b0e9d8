"""Load an input: read → validate → geocode → write, in one run of the accounting and one transaction a batch.

While PostgreSQL works on a batch, a thread reads and validates the next one. A run that is killed has kept whole batches;
started again, it finds them unchanged and goes on with the rest.
"""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType

import asyncpg
import numpy as np
import orjson

from boundaries.locating.locate import NEAR_M
from geo_service.core.calendar.deadlines import Deadlines, read_deadlines
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import GeoError
from geo_service.core.ingest_protocol import Sender
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.settings import Settings
from geo_service.core.sql.named_queries import query
from ingest.geocoding.batch_geocoder import GeocodedBatch, check_coarse_rows, enqueue_waiting, geocode_rows
from ingest.geocoding.chain import Chain
from ingest.geocoding.configuration import GeocodingConfiguration, read_configuration
from ingest.geocoding.factory import make_chain
from ingest.mapping.mapping import LngLatBounds, Mapping
from ingest.readers import Reader, RowFormat
from ingest.readers.columns import required_columns
from ingest.readers.detect import open_reader, row_format
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Reject, ValidatedBatch, Validator
from ingest.write.incident_batch import IncidentBatch
from ingest.write.incident_writer import BATCH_SIZE, IncidentWriter, WriteResult
from ingest.write.reference_data import Source, read_aliases, read_region

_GC_THRESHOLD = 200_000
"""Objects between two passes of the garbage collector: about as many as the batch in hand and the next one have."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input to load."""

    name: str
    """In the accounting of runs."""
    open_reader: Callable[[], Reader]
    """Called within the run, so that an input that cannot be opened is a failed run."""
    mapping: Mapping
    mapping_name: str
    """In the accounting of runs."""
    base_path: Path
    """Files that the mapping names are beside this one."""
    on_batch: Callable[[asyncpg.Connection, int], Awaitable[None]] | None = None
    """Called in the transaction of each batch with `RawBatch.bytes_read`."""


def file_input(path: Path, mapping: Mapping, mapping_name: str) -> Input:
    """The file at `path` as an input."""
    return Input(path.name, partial(open_reader, path, mapping), mapping, mapping_name, path)


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How inputs are loaded."""

    batch_size: int = BATCH_SIZE
    """Rows to a transaction."""
    near_m: float = NEAR_M
    """How far outside a district a location may be and still be assigned to it, in metres."""
    deadlines: Deadlines | None = None
    """Rules for rows without a deadline."""
    geocoding: GeocodingConfiguration = field(default_factory=GeocodingConfiguration)
    """For rows without coordinates."""
    unknown_status: str | None = None
    """For rows with a status that the mapping does not know; None rejects them."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970, against which dates in the future are recognised."""


def ingest_options(settings: Settings, batch_size: int = BATCH_SIZE) -> IngestOptions:
    """The options that the settings name; `GeoError` where a file of them cannot be used."""
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    geocoding = read_configuration(settings.geocoding)
    return IngestOptions(batch_size, settings.district_near_m, deadlines, geocoding, settings.unknown_status)


@dataclass(frozen=True)
class RunCounts:
    """read = new + changed + unchanged + repeated + stale + all of `rejected`; `warned` rows were kept."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    stale: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    warned: Counter[str] = field(default_factory=Counter)
    bytes_read: int = 0
    near: int = 0
    """Rows whose location is only near their district."""
    without_district: int = 0
    """Rows with a location in no district; 0 where there are no districts at all."""
    linked: int = 0
    """How many more near-duplicates are linked than before."""
    by_text: int = 0
    """Rows whose theme was recognised in their text."""
    unsure: int = 0
    """Rows that have only a text, without a clear theme."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Messages that were passed over, by reason; they are not among `read`."""
    located: Counter[str] = field(default_factory=Counter)
    """Rows without usable coordinates by the precision of their geocoded location; `none` for "no location"."""

    def with_batch(self, batch: ValidatedBatch, result: WriteResult | None = None, written: IncidentBatch | None = None) -> "RunCounts":
        """The counts with one more batch; `result` and `written` are None for one that was only validated."""
        result = result or WriteResult()
        return RunCounts(
            read=self.read + batch.read,
            new=self.new + result.new,
            changed=self.changed + result.changed,
            unchanged=self.unchanged + result.unchanged,
            repeated=self.repeated + result.repeated,
            stale=self.stale + result.stale,
            rejected=self.rejected + _count_reasons(batch.rejects),
            warned=self.warned + _count_reasons(batch.warnings),
            bytes_read=batch.bytes_read,
            near=self.near + result.near,
            without_district=self.without_district + result.without_district,
            linked=self.linked + result.linked,
            by_text=self.by_text + batch.by_text,
            unsure=self.unsure + batch.unsure,
            skipped=self.skipped + Counter(batch.skipped),
            located=self.located + (_count_by_precision(written) if written is not None else Counter()),
        )

    def columns(self) -> tuple[object, ...]:
        """As the query `ingest.record_run_counts` takes them."""
        by_kind = (orjson.dumps(counter).decode() for counter in (self.rejected, self.warned, self.located))
        return self.read, self.new, self.changed, self.unchanged, self.repeated, self.stale, *by_kind, self.linked

    def summary_rows(self) -> Iterator[tuple[str, str]]:
        """A label and a count for people: themes by text, geocoded locations, messages passed over, rejects and warnings."""
        if texts := self.by_text + self.unsure:
            yield "theme recognised in the text", f"{self.by_text:,}"
            yield "theme unclear in the text", f"{self.unsure:,} ({self.unsure / texts:.0%} of those with only a text)"
        for quality, count in self.located.items():
            yield "not located" if quality == "none" else f"geocoded: {quality}", f"{count:,}"
        for label, counter in (("passed over", self.skipped), ("rejected", self.rejected), ("kept with a warning", self.warned)):
            for reason, count in counter.most_common():
                yield f"{label}: {reason}", f"{count:,}"


def _count_reasons(rejects: Sequence[Reject]) -> Counter[str]:
    return Counter(reject.reason.value for reject in rejects)


def _count_by_precision(batch: IncidentBatch) -> Counter[str]:
    """Count the rows without coordinates of their own: code of the location quality → rows; `none` counts those without a place."""
    counts: Counter[str] = Counter()
    for quality in LocationQuality:
        geocoded = (batch.location_quality == quality) & ((batch.geocoded_by >= GeocodedBy.GAZETTEER) | (batch.geocoded_by == 0))
        if count := int(np.count_nonzero(geocoded)):
            counts[quality.code] = count
    return counts


async def ingest_input(
    url: str, run_input: Input, on_progress: Callable[[RunCounts], None], options: IngestOptions | None = None
) -> tuple[int, RunCounts]:
    """Load an input into the migrated database at `url`; the run's id and its counts.

    `on_progress` gets the counts after each batch; without `options` the defaults apply.
    `InputError` for an input that cannot be read as a whole, `DatabaseUnavailable` when the database fails; the run has failed
    then, and the batches before that stay.
    """
    options = options or IngestOptions()
    async with open_connection(url) as connection:
        run = IngestRun(connection, run_input.name, run_input.mapping_name)
        await run.begin()
        try:
            with relaxed_gc():
                await _load_batches(run, run_input, on_progress, options)
        except BaseException:
            # The first failure is the one to report.
            with suppress(GeoError):
                await run.end("failed")
            raise
        await run.end("finished")
    return run.id, run.counts


async def _load_batches(run: "IngestRun", run_input: Input, on_progress: Callable[[RunCounts], None], options: IngestOptions) -> None:
    connection, mapping = run.connection, run_input.mapping
    reader = run_input.open_reader()
    region = mapping.bounds or await read_region(connection, options.geocoding.bounds)
    resolver = EntityResolver(mapping, run_input.base_path, await read_aliases(connection))
    validator = Validator(mapping, resolver, options.deadlines, region, options.clock, options.unknown_status)
    async with (
        BatchPipeline(connection, options.geocoding, options.near_m, region) as pipeline,
        aclosing(_read_ahead(reader, validator, options.batch_size)) as batches,
    ):
        source = Source(**mapping.source.model_dump())
        await pipeline.reference_data.ensure_source(source)
        async for validated in batches:
            if not run.counts.read:
                await run.set_row_format(row_format(reader, required_columns(mapping)))
            checkpoint = partial(run_input.on_batch, connection, validated.bytes_read) if run_input.on_batch else None
            await run.write(pipeline, source, validated, checkpoint)
            on_progress(run.counts)
        if not run.counts.read:
            await run.set_row_format(row_format(reader, required_columns(mapping)))


async def _read_ahead(reader: Reader, validator: Validator, batch_size: int) -> AsyncGenerator[ValidatedBatch, None]:
    """The validated batches of a reader; a thread works on the next one meanwhile."""
    batches = map(validator.validate, reader.batches(batch_size))
    upcoming = asyncio.create_task(asyncio.to_thread(next, batches, None))
    while validated := await upcoming:
        upcoming = asyncio.create_task(asyncio.to_thread(next, batches, None))
        yield validated


class BatchPipeline:
    """The stages of a validated batch over one connection: ids for names, places for words, then the writer with the districts.

    It uses the connection alone while it is entered.
    """

    def __init__(
        self, connection: asyncpg.Connection, geocoding: GeocodingConfiguration, near_m: float, region: LngLatBounds | None
    ) -> None:
        self._connection, self._geocoding = connection, geocoding
        self._writer = IncidentWriter(connection, near_m)
        self.reference_data = self._writer.reference_data
        self._region = region
        self._chain: Chain | None = None
        """Made when the first row needs it."""

    async def __aenter__(self) -> "BatchPipeline":
        await self._writer.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._writer.__aexit__(kind, error, trace)

    def set_region(self, region: LngLatBounds | None) -> None:
        """Geocode in this region, by the districts of now."""
        self._region, self._chain = region, None

    async def geocode(self, validated: ValidatedBatch, source: Source) -> GeocodedBatch:
        """The batch with the ids of its source, themes and agencies, and the places of its words."""
        batch = await self._with_ids(validated, source)
        rows, coarse_rows = batch.rows_to_geocode(), batch.rows_to_check()
        if not rows and not coarse_rows:
            return GeocodedBatch(batch)
        if self._chain is None:
            self._chain = await make_chain(self._connection, self._geocoding, self._region)
        geocoded = await geocode_rows(self._chain, batch, rows, validated.contexts)
        return await check_coarse_rows(self._chain, geocoded, coarse_rows) if coarse_rows else geocoded

    async def _with_ids(self, validated: ValidatedBatch, source: Source) -> IncidentBatch:
        reference_data, count = self.reference_data, len(validated.batch)
        revision = None
        # All ids of one revision of the catalogue.
        while revision != reference_data.revision:
            revision = reference_data.revision
            source_id = await reference_data.ensure_source(source)
            themes = await reference_data.ensure_themes(list(dict.fromkeys(validated.themes)))
            agencies = await reference_data.ensure_agencies([agency for agency in dict.fromkeys(validated.agencies) if agency])
        return replace(
            validated.batch,
            source_id=np.full(count, source_id, np.int16),
            theme_id=np.fromiter((themes[theme.code] for theme in validated.themes), np.int32, count),
            agency_id=np.fromiter((agencies[agency.code] if agency else 0 for agency in validated.agencies), np.int32, count),
        )

    async def write(self, geocoded: GeocodedBatch, *, each_row: bool) -> WriteResult:
        """Write the batch in the caller's transaction; with `each_row` the result has the outcome of every row."""
        result = await self._writer.write(geocoded.batch, with_rows=each_row)
        if geocoded.waiting:
            await enqueue_waiting(self._connection, geocoded)
        return result


class IngestRun:
    """One load in the accounting: its id, a transaction for each batch, and the counts of what is committed.

    The connection must live as long as the run, whose advisory lock it holds, unless another one holds it: then `connection` may be
    exchanged between batches.
    """

    def __init__(self, connection: asyncpg.Connection, input_name: str, mapping_name: str, sender: Sender | None = None) -> None:
        """sender: who sent the input over HTTP; None for a file or a pull."""
        self.connection, self._input_name, self._mapping_name = connection, input_name, mapping_name
        self._sender = sender or Sender()
        self.id = 0
        """0 until it has begun."""
        self.counts = RunCounts()

    async def begin(self) -> None:
        """Record the run as running; runs whose sessions are gone become interrupted."""
        await self.mark_interrupted_runs()
        with database_errors("begin a run"):
            self.id = await self.insert(self.connection)

    async def mark_interrupted_runs(self) -> None:
        """Mark the runs whose sessions are gone. Not over a connection that holds locks of runs: it would take these for gone."""
        with database_errors("begin a run"):
            await self.connection.execute(query("ingest.mark_interrupted_runs"))

    async def insert(self, lock_holder: asyncpg.Connection) -> int:
        """Insert the run and return its id; the connection holds the run's lock from then on."""
        values = self._input_name, self._mapping_name, self._sender.key_id, self._sender.client
        return int(await lock_holder.fetchval(query("ingest.begin_run"), *values))

    async def set_row_format(self, row_format: RowFormat) -> None:
        """Record how the input's rows are split."""
        with database_errors("begin a run"):
            await self.connection.execute(query("ingest.set_run_row_format"), self.id, orjson.dumps(row_format).decode())

    async def write(
        self,
        pipeline: BatchPipeline,
        source: Source,
        validated: ValidatedBatch,
        before_commit: Callable[[], Awaitable[None]] | None = None,
        with_results: Callable[[WriteResult], Awaitable[None]] | None = None,
    ) -> None:
        """Write a batch in one transaction: its rows, its rejects, and the counts with it.

        before_commit: called in the same transaction; with_results: likewise, with the outcome of every row.
        """
        while not await self._try_write(pipeline, await pipeline.geocode(validated, source), validated, before_commit, with_results):
            """An entry of the catalogue may have been merged or deleted since its id was read."""

    async def _try_write(
        self,
        pipeline: BatchPipeline,
        geocoded: GeocodedBatch,
        validated: ValidatedBatch,
        before_commit: Callable[[], Awaitable[None]] | None,
        with_results: Callable[[WriteResult], Awaitable[None]] | None,
    ) -> bool:
        """Write a batch; False without effect where the ids of its source, themes and agencies are no longer true."""
        with database_errors("write a batch"):
            async with self.connection.transaction():
                if not await pipeline.reference_data.confirm():
                    return False
                result = await pipeline.write(geocoded, each_row=with_results is not None)
                validated = validated.with_contradictions(geocoded.contradictions)
                await self._store_rejects([*validated.rejects, *validated.warnings])
                counts = self.counts.with_batch(validated, result, geocoded.batch)
                await self.connection.execute(query("ingest.record_run_counts"), self.id, *counts.columns())
                if before_commit:
                    await before_commit()
                if with_results:
                    await with_results(result)
        self.counts = counts
        return True

    async def _store_rejects(self, rejects: Sequence[Reject]) -> None:
        """Keep the rejected rows; those of an earlier run of the same input are not doubled."""
        if rejects:
            columns = zip(*((reject.line, reject.reason.value, reject.detail, reject.text) for reject in rejects), strict=True)
            with database_errors("keep rejected rows"):
                await self.connection.execute(query("ingest.insert_rejects"), self.id, self._input_name, *map(list, columns))

    async def end(self, state: str) -> None:
        """Record the end of the run; state: finished, failed or interrupted."""
        if not self.connection.is_closed():
            with database_errors("end a run"):
                await end_run(self.connection, self.id, state)


async def end_run(connection: asyncpg.Connection, run_id: int, state: str) -> None:
    """Record the end of a run; state as in `IngestRun.end`."""
    await connection.execute(query("ingest.end_run"), run_id, state)


@contextmanager
def relaxed_gc() -> Iterator[None]:
    """Collect garbage less often in this block: rows are very many objects without a cycle among them, and a pass after every
    700 of them took a quarter of an ingest's time."""
    before = gc.get_threshold()
    gc.set_threshold(_GC_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
