"""A run: one input from its first line to its last, a transaction a batch.

While PostgreSQL works on a batch, a thread reads and checks the next one. A run that is killed has kept whole batches;
started again, it finds them unchanged and goes on with the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import asyncpg
import orjson

from boundaries.locate import NEAR_M
from geo_service.core.calendar.deadlines import Deadlines, read_deadlines
from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import GeoError
from geo_service.core.named_queries import query
from geo_service.core.settings import Settings
from ingest.geocoding.batch_geocoder import BatchGeocoder, count_by_precision
from ingest.geocoding.configuration import GeocodingConfiguration, read_configuration
from ingest.geocoding.factory import read_region
from ingest.mapping.mapping import Mapping
from ingest.readers import Column, Reader
from ingest.readers.detect import open_file
from ingest.runs.gc_tuning import relaxed_gc
from ingest.runs.reject_export import RowFormat, row_format
from ingest.runs.reject_store import store_rejects
from ingest.runs.run_counts import RunCounts
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Checked, Validator
from ingest.write.incident_writer import BATCH_SIZE, IncidentWriter, WriteResult
from ingest.write.reference_data import Source

RUN_LOCKS = 0x67656F << 32
"""Advisory locks of runs: this plus the run's id."""


def required_columns(mapping: Mapping) -> list[Column]:
    """The input's columns that a mapping reads, each once."""
    asked: dict[str, Column] = {}
    for member, name in mapping.columns.model_dump().items():
        if name:
            needed = member not in mapping.optional or (name in asked and asked[name].needed)
            asked[name] = Column(name, mapping.other_names.get(member, ()), needed)
    return list(asked.values())


def open_reader(path: Path, mapping: Mapping) -> Reader:
    """The reader for this input."""
    return open_file(path, mapping.file, required_columns(mapping))


@dataclass(frozen=True, slots=True)
class Input:
    """What a run reads."""

    name: str
    """In the accounts."""
    reader: Reader
    mapping: Mapping
    mapping_name: str
    """In the accounts."""
    base_path: Path
    """The files that a mapping names are beside this one."""
    on_batch: Callable[[asyncpg.Connection, int], Awaitable[None]] | None = None
    """Called in the transaction of each batch with `RawBatch.bytes_read`."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How inputs are taken in, whichever they are."""

    batch_size: int = BATCH_SIZE
    """Rows to a transaction."""
    near_m: float = NEAR_M
    """How far outside a district a place may be that is counted to it."""
    deadlines: Deadlines | None = None
    """For rows without a deadline."""
    geocoding: GeocodingConfiguration = field(default_factory=GeocodingConfiguration)
    """How places are found for rows without coordinates."""


def ingest_options(settings: Settings, batch_size: int = BATCH_SIZE) -> IngestOptions:
    """The rules that the settings name; `GeoError` where a file of them cannot be used."""
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    return IngestOptions(batch_size, settings.district_near_m, deadlines, read_configuration(settings.geocoding))


async def ingest(
    url: str,
    path: Path,
    mapping: Mapping,
    mapping_name: str,
    told: Callable[[RunCounts], None],
    rules: IngestOptions | None = None,
) -> tuple[int, RunCounts]:
    """Load the file at `path`; otherwise as `take_in`."""
    return await ingest_input(url, Input(path.name, open_reader(path, mapping), mapping, mapping_name, path), told, rules)


async def ingest_input(
    url: str, given: Input, told: Callable[[RunCounts], None], rules: IngestOptions | None = None
) -> tuple[int, RunCounts]:
    """Load an input into the migrated database at `url`; the run's id and its counts.

    `told` gets the counts after each batch; without `rules` those that are shipped hold.
    `InputError` for an input that cannot be read as a whole,
    `DatabaseUnavailable` when the database fails; what was written until then stays.
    """
    rules, mapping = rules or IngestOptions(), given.mapping
    async with open_connection(url) as held:
        region = mapping.bounds or await read_region(held, rules.geocoding)
        checks = _checks(
            given.reader, Validator(mapping, EntityResolver(mapping, given.base_path), rules.deadlines, region), rules.batch_size
        )
        first = await asyncio.to_thread(next, checks, None)
        run = await begin_run(held, given.name, given.mapping_name)
        await _store_row_format(held, run, row_format(given.reader, required_columns(mapping)))
        placer = BatchGeocoder(held, rules.geocoding, region)
        try:
            with relaxed_gc():
                tally = await _load(held, run, given, chain([first] if first else [], checks), told, rules.near_m, placer)
        except BaseException:
            # The first failure is the one to tell.
            with suppress(GeoError):
                await end_run(held, run, "failed")
            raise
        await end_run(held, run, "finished")
    return run, tally


def _checks(reader: Reader, validator: Validator, batch_size: int) -> Iterator[Checked]:
    return map(validator.check, reader.batches(batch_size))


async def _load(
    held: asyncpg.Connection,
    run: int,
    given: Input,
    checks: Iterator[Checked],
    told: Callable[[RunCounts], None],
    near_m: float,
    placer: BatchGeocoder,
) -> RunCounts:
    tally = RunCounts()
    async with IncidentWriter(held, near_m) as writer:
        source = await writer.ensure_source(Source(**given.mapping.source.model_dump()))
        ahead = asyncio.create_task(asyncio.to_thread(next, checks, None))
        while checked := await ahead:
            ahead = asyncio.create_task(asyncio.to_thread(next, checks, None))
            also = partial(given.on_batch, held, checked.bytes_read) if given.on_batch else None
            await write_batch(held, writer, placer, run, given.name, source, checked, tally, also)
            told(tally)
    return tally


async def write_batch(
    held: asyncpg.Connection,
    writer: IncidentWriter,
    placer: BatchGeocoder,
    run: int,
    name: str,
    source: int,
    checked: Checked,
    tally: RunCounts,
    also: Callable[[], Awaitable[None]] | None = None,
    each: Callable[[WriteResult], Awaitable[None]] | None = None,
) -> None:
    """Write a batch of the run in one transaction: its rows, its rejects, and the counts until then, added to `tally`.

    also: called in the same transaction; each: likewise, with what became of each row.
    """
    themes = await writer.ensure_themes(list(dict.fromkeys(checked.themes)))
    agencies = await writer.ensure_agencies([one for one in dict.fromkeys(checked.agencies) if one])
    placed = await placer.geocode(checked.batch(source, themes, agencies))
    with database_errors("write a batch"):
        async with held.transaction():
            written = await writer.write(placed.batch, each=each is not None)
            await placer.enqueue_waiting(placed)
            await store_rejects(held, run, name, [*checked.rejects, *checked.warnings])
            tally.add(checked, written)
            tally.located += count_by_precision(placed.batch)
            await held.execute(query("ingest.record_run_counts"), run, *_counts(tally))
            if also:
                await also()
            if each:
                await each(written)


def _counts(tally: RunCounts) -> tuple[object, ...]:
    by_kind = (orjson.dumps(counter).decode() for counter in (tally.rejected, tally.warned, tally.located))
    return tally.read, tally.new, tally.changed, tally.unchanged, tally.repeated, tally.stale, *by_kind, tally.linked


async def begin_run(held: asyncpg.Connection, name: str, mapping_name: str) -> int:
    """Begin a run of the input `name`, on this connection, which must live as long as the run; its id."""
    with database_errors("begin a run"):
        await held.execute(query("ingest.mark_interrupted_runs"), RUN_LOCKS)
        return int(await held.fetchval(query("ingest.begin_run"), name, mapping_name, RUN_LOCKS))


async def _store_row_format(held: asyncpg.Connection, run: int, form: RowFormat) -> None:
    with database_errors("begin a run"):
        await held.execute(query("ingest.set_run_row_format"), run, orjson.dumps(form).decode())


async def end_run(held: asyncpg.Connection, run: int, state: str) -> None:
    """The run is over; state: finished, failed or interrupted."""
    if not held.is_closed():
        with database_errors("end a run"):
            await held.execute(query("ingest.end_run"), run, state)
