"""Ingest: a CSV file with everything that belongs to it, beside a bare binary COPY of the same rows."""

import csv
import tempfile
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np

from geo_service.core.database import open_connection
from geo_service.core.model import Status
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import file_input, ingest_input
from tests.bench.bench import Bench
from tests.bench.copying import COLUMNS, addresses, copy_bytes
from tests.bench.dataset import AGENCIES, THEMES, Incidents, Instants, generate
from tests.bench.report import Row
from tests.bench.store import ensure_catalogue, own_database

ROWS = 200_000
_QUICK_ROWS = 2_000
_ROUNDS = 3
_LEAST_SHARE = 0.5
_MAPPING = "plain"
_HEADER = (
    "id", "received_at", "lng", "lat", "sector", "theme", "status", "agency", "address", "due_at", "answered_at", "closed_at", "updated_at",
)  # fmt: skip
_STATUS_CODES = tuple(status.code for status in Status)


async def measure(bench: Bench) -> None:
    """Turn and turn about into two equal databases with all keys, indexes and triggers, which grow alike."""
    rows = _QUICK_ROWS if bench.quick else ROWS
    rounds = bench.times(_ROUNDS)
    parts = _parts(rows, rounds, bench.until)
    async with (
        own_database(bench.server, "geo_bench_ingest") as ours_url,
        own_database(bench.server, "geo_bench_copy") as bare_url,
    ):
        ours, bare = [], []
        for part in parts:
            ours.append(await _ingest(ours_url, part))
            bare.append(await _copy(bare_url, part))
        again = await _ingest(ours_url, parts[0], fresh=False)
    rate, most = rows / float(np.median(ours)), rows / float(np.median(bare))
    bench.report.add(
        Row(
            "ingest", f"CSV of {rows:,} rows, {rounds} times", f"{rate:,.0f} rows/s", f"bare binary COPY {most:,.0f} rows/s", rate / most,
            f"≥ {_LEAST_SHARE}", rate >= most * _LEAST_SHARE,
        ),
        rate=rate, copy_rate=most,
    )  # fmt: skip
    bench.report.add(Row("ingest", "the first file again, all unchanged", f"{rows / again:,.0f} rows/s"), again_rate=rows / again)


def _parts(rows: int, rounds: int, until: int) -> list[Incidents]:
    """One part a round, no row twice."""
    chunks = list(generate(rows * rounds, until))
    whole = Incidents(**{name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in Incidents.__dataclass_fields__})
    return [whole.part(start * rows, (start + 1) * rows) for start in range(rounds)]


async def _ingest(url: str, rows: Incidents, *, fresh: bool = True) -> float:
    """Seconds of the whole ingest of a file of these rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows-{rows.number[0]}.csv"
        write_csv(path, rows)
        began = time.perf_counter()
        _, tally = await ingest_input(url, file_input(path, load_mapping(_MAPPING), _MAPPING), lambda _: None)
        seconds = time.perf_counter() - began
    written = tally.new if fresh else tally.unchanged
    if written != len(rows):
        raise RuntimeError(f"the ingest of {len(rows)} rows wrote {written}: {tally}")
    return seconds


async def _copy(url: str, rows: Incidents) -> float:
    """Seconds of one COPY of these rows, whose bytes were made before."""
    async with open_connection(url) as held:
        stream = BytesIO(copy_bytes(rows, await ensure_catalogue(held), None))
        began = time.perf_counter()
        await held.copy_to_table("incident", source=stream, columns=COLUMNS[:-1], format="binary")
        return time.perf_counter() - began


def write_csv(path: Path, rows: Incidents) -> None:
    """The rows as a file of the service's own columns."""
    instants = [_texts(getattr(rows, name)) for name in ("received", "due", "answered", "closed", "updated")]
    received, due, answered, closed, updated = instants
    themes = [THEMES[place] for place in rows.theme.tolist()]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(
            zip(
                rows.number.tolist(), received, rows.lng.tolist(), rows.lat.tolist(), [one.sector for one in themes],
                [one.code for one in themes], [_STATUS_CODES[status] for status in rows.status.tolist()],
                [AGENCIES[place].name for place in rows.agency.tolist()], addresses(rows.number), due, answered, closed, updated,
                strict=True,
            )
        )  # fmt: skip


def _texts(seconds: Instants) -> list[str]:
    """RFC 3339, empty for "none"."""
    return [datetime.fromtimestamp(moment, UTC).isoformat() if moment else "" for moment in seconds.tolist()]
