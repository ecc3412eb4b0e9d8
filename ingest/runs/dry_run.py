"""A dry run: a whole file read and checked as it would be loaded, and nothing written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.markup import escape
from rich.table import Table

from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.settings import Settings
from ingest.mapping.mapping import Mapping
from ingest.runs.gc_tuning import relaxed_gc
from ingest.runs.run import open_reader
from ingest.runs.run_counts import RunCounts
from ingest.validate.entities import EntityResolver
from ingest.validate.row_errors import Reject
from ingest.validate.validate import Checked, Validator
from ingest.write.incident_writer import BATCH_SIZE

_LONGEST_SHOWN = 200


@dataclass
class DryRunResult:
    """What a file holds; of each reason a few rows."""

    most: int
    tally: RunCounts = field(default_factory=RunCounts)
    usable: int = 0
    worded: int = 0
    """Usable rows without usable coordinates: a load looks for their place in their words."""
    examples: dict[str, list[Reject]] = field(default_factory=dict)

    def add(self, checked: Checked) -> None:
        """Count a batch."""
        self.tally.add_checked(checked)
        self.usable += len(checked.rows)
        self.worded += int(np.count_nonzero(checked.places.geocoded_by == 0))
        for one in (*checked.rejects, *checked.warnings):
            kept = self.examples.setdefault(one.reason.value, [])
            if len(kept) < self.most:
                kept.append(one)

    def tables(self, seconds: float) -> list[Table]:
        """The counts, and the rows kept as examples."""
        tally = self.tally
        counts = Table("rows", "count", title=f"{tally.read:,} rows checked in {seconds:.1f} s, none loaded", title_justify="left")
        counts.columns[1].justify = "right"
        counts.add_row("read", f"{tally.read:,}")
        counts.add_row("usable", f"{self.usable:,}")
        if self.worded:
            counts.add_row("with a place only in words", f"{self.worded:,}")
        for told, count in tally.summary_rows():
            counts.add_row(told, count)
        return [counts, *(_rows(reason, kept) for reason, kept in self.examples.items() if kept)]


def _rows(reason: str, kept: list[Reject]) -> Table:
    table = Table("line", "cause", "row", title=reason, title_justify="left")
    for one in kept:
        table.add_row(str(one.line), escape(one.detail[:_LONGEST_SHOWN]), escape(one.text[:_LONGEST_SHOWN]))
    return table


def check_file(path: Path, mapping: Mapping, settings: Settings, told: Callable[[RunCounts], None], examples: int) -> DryRunResult:
    """Every row of the file at `path`, checked by `mapping`; `told` gets the counts after each batch.

    `InputError` for a file that cannot be read as a whole.
    """
    validator = Validator(mapping, EntityResolver(mapping, path), read_deadlines(settings.deadlines, settings.zone))
    found = DryRunResult(examples)
    with relaxed_gc():
        for raw in open_reader(path, mapping).batches(BATCH_SIZE):
            found.add(validator.check(raw))
            told(found.tally)
    return found
