"""Reading and checking a long Parquet file: how fast, and how much memory the process that does it ever held."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.mapping.mapping import load_mapping
from ingest.readers.detect import open_reader
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Validator
from ingest.write.incident_writer import BATCH_SIZE
from tests.bench.bench import Bench
from tests.bench.report import Row
from tests.support.paths import CHECKOUT

ROWS = 10_000_000
_QUICK_ROWS = 20_000
_GROUP = 1_000_000
_MOST_MB = 600
_KIB = 1024
_ABSENT = ("theme", "agency", "due_at", "answered_at", "closed_at", "updated_at")


async def measure(bench: Bench) -> None:
    """In a process of its own, so that nothing else is in its memory."""
    rows = _QUICK_ROWS if bench.quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write(path, rows, bench.until)
        command = [sys.executable, "-m", "tests.bench.parquet", str(path)]
        done = await asyncio.to_thread(subprocess.run, command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    read, seconds, most_mb = json.loads(done.stdout)
    if read != rows:
        raise RuntimeError(f"of {rows} rows of Parquet {read} were usable")
    bench.report.add(
        Row(
            "parquet", f"{rows:,} rows, read and checked", f"{rows / seconds:,.0f} rows/s, {most_mb:.0f} MB at most",
            target=f"≤ {_MOST_MB} MB", met=most_mb <= _MOST_MB,
        ),
        rate=rows / seconds, most_mb=most_mb,
    )  # fmt: skip


def write(path: Path, rows: int, until: int) -> None:
    """A file of the service's own columns, every row different and usable."""
    chance = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, _GROUP):
        count = min(_GROUP, rows - start)
        table = pa.table(
            {
                "id": pa.array(np.arange(start, start + count)),
                "received_at": pa.array(until - chance.integers(1, 90_000_000, count)).cast(pa.timestamp("s", "UTC")),
                "lng": chance.uniform(37, 41, count),
                "lat": chance.uniform(44, 46, count),
                "sector": np.array(["roads", "housing", "waste"])[chance.integers(0, 3, count)],
                "status": np.array(["new", "closed"])[chance.integers(0, 2, count)],
                "address": [f"ул. Мира, {number}" for number in range(count)],
                **{name: pa.nulls(count, pa.string()) for name in _ABSENT},
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=_GROUP)
    if writer:
        writer.close()


def read_and_check(path: Path) -> tuple[int, float, float]:
    """Usable rows, seconds, and the most memory (MB) that this process ever held."""
    meant = load_mapping("plain")
    validator = Validator(meant, EntityResolver(meant, path))
    began = time.perf_counter()
    usable = sum(len(validator.validate(raw).rows) for raw in open_reader(path, meant).batches(BATCH_SIZE))
    return usable, time.perf_counter() - began, _most_mb()


def _most_mb() -> float:
    """From the kernel's account of this program: that of getrusage begins with what its parent held."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(status["VmHWM"].split()[0]) / _KIB


if __name__ == "__main__":
    print(json.dumps(read_and_check(Path(sys.argv[1]))))
