"""A dry run: read and validate a whole file as a load would, and write nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.markup import escape
from rich.table import Table

from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.settings import Settings
from ingest.mapping.mapping import Mapping
from ingest.readers.detect import open_reader
from ingest.runs.run import RunCounts, relaxed_gc
from ingest.validate.entities import EntityResolver
from ingest.validate.validate import Reject, ValidatedBatch, Validator
from ingest.write.incident_writer import BATCH_SIZE

_LONGEST_SHOWN = 200
"""Characters of a row or a cause in a table."""


@dataclass
class DryRunResult:
    """The counts of a file, and a few rows for each reason."""

    most_examples: int
    counts: RunCounts = field(default_factory=RunCounts)
    usable: int = 0
    without_coordinates: int = 0
    """Usable rows without usable coordinates: a load geocodes their words."""
    examples: dict[str, list[Reject]] = field(default_factory=dict)

    def add(self, validated: ValidatedBatch) -> None:
        """Count a batch."""
        self.counts = self.counts.with_batch(validated)
        self.usable += len(validated.batch)
        self.without_coordinates += int(np.count_nonzero(validated.batch.geocoded_by == 0))
        for reject in (*validated.rejects, *validated.warnings):
            examples = self.examples.setdefault(reject.reason.value, [])
            if len(examples) < self.most_examples:
                examples.append(reject)

    def tables(self, seconds: float) -> list[Table]:
        """The counts, and the example rows."""
        counts = self.counts
        table = Table("rows", "count", title=f"{counts.read:,} rows checked in {seconds:.1f} s, none loaded", title_justify="left")
        table.columns[1].justify = "right"
        table.add_row("read", f"{counts.read:,}")
        table.add_row("usable", f"{self.usable:,}")
        if self.without_coordinates:
            table.add_row("with words but no coordinates", f"{self.without_coordinates:,}")
        for label, count in counts.summary_rows():
            table.add_row(label, count)
        return [table, *(_examples_table(reason, examples) for reason, examples in self.examples.items() if examples)]


def _examples_table(reason: str, examples: list[Reject]) -> Table:
    table = Table("line", "cause", "row", title=reason, title_justify="left")
    for reject in examples:
        table.add_row(str(reject.line), escape(reject.detail[:_LONGEST_SHOWN]), escape(reject.text[:_LONGEST_SHOWN]))
    return table


def check_file(
    path: Path, mapping: Mapping, settings: Settings, on_progress: Callable[[RunCounts], None], most_examples: int
) -> DryRunResult:
    """Validate every row of the file at `path` by `mapping`; `on_progress` gets the counts after each batch.

    `InputError` for a file that cannot be read as a whole.
    """
    deadlines = read_deadlines(settings.deadlines, settings.zone)
    validator = Validator(mapping, EntityResolver(mapping, path), deadlines, unknown_status=settings.unknown_status)
    result = DryRunResult(most_examples)
    with relaxed_gc():
        for raw in open_reader(path, mapping).batches(BATCH_SIZE):
            result.add(validator.validate(raw))
            on_progress(result.counts)
    return result
