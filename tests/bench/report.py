"""The one table of a run, and the same as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a part, what was measured, and the numbers as text."""

    part: str
    what: str
    figure: str
    beside: str = ""
    """What it is compared with, measured in the same run."""
    ratio: float | None = None
    """How many times better than that."""
    target: str = ""
    met: bool | None = None


@dataclass(slots=True)
class Report:
    """What was measured so far."""

    title: str
    rows: list[Row] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    """Every number by its name, for JSON."""

    def add(self, row: Row, **values: float) -> None:
        """Take in a line, and its numbers under names that begin with its part."""
        self.rows.append(row)
        self.values |= {f"{row.part}.{name}": round(float(value), 4) for name, value in values.items()}

    def print(self, console: Console) -> None:
        """Print the table."""
        table = Table(title=self.title, caption=machine(), title_justify="left", caption_justify="left")
        for heading in ("part", "measured", "figure", "beside", "times", "target", ""):
            table.add_column(heading, justify="right" if heading == "times" else "left")
        for row in self.rows:
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            met = {None: "", True: "met", False: "MISSED"}[row.met]
            table.add_row(row.part, row.what, row.figure, row.beside, ratio, row.target, met)
        console.print(table)

    def write(self, path: Path) -> None:
        """Write the table and every number as JSON."""
        document = {"title": self.title, "machine": machine(), "rows": [asdict(row) for row in self.rows], "values": self.values}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99 in milliseconds."""
    p50, p95, p99 = np.percentile(np.array(seconds) * 1000, [50, 95, 99]).tolist()
    return p50, p95, p99


def spread(seconds: Sequence[float]) -> str:
    """p50, p95 and p99 in milliseconds, as text."""
    return "p50 {:.2f}  p95 {:.2f}  p99 {:.2f} ms".format(*percentiles(seconds))


def machine() -> str:
    """The processor, its cores, the memory and Python's version."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = [line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"
