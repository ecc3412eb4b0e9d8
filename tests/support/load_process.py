"""A load in a process of its own, which tests may kill; this module is what such a process imports."""

import asyncio
from pathlib import Path

from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, file_input, ingest_input
from ingest.runs.run_counts import RunCounts


async def load(url: str, path: Path, batch_size: int, source: str = "plain") -> RunCounts:
    """Load a file of the service's own columns for this source."""
    plain = load_mapping("plain")
    mapping = plain.model_copy(update={"source": plain.source.model_copy(update={"code": source})})
    return (await ingest_input(url, file_input(path, mapping, "plain"), lambda _: None, IngestOptions(batch_size=batch_size)))[1]


def load_and_end(url: str, path: Path, batch_size: int) -> None:
    """The whole life of such a process."""
    asyncio.run(load(url, path, batch_size))
