"""Readers: from the bytes of an input to columns of text with line numbers, one file a format.

A new format is a class with the shape of `Reader` and a line in `ingest/readers/detect.py`; it passes the conformance
tests in tests/support/reader_conformance.py, as tests/unit/test_readers.py shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

REJECT_COLUMNS = ("reject_line", "reject_reason", "reject_detail", "reject_row")
"""Columns before the input's own in an export of rejected rows: the row's line, the reason, the detail, and the whole row where it
cannot be split into columns. A file whose header begins with them is read as such an export, in whatever format it was before."""

RowFormat = Mapping[str, Any]
"""How an input's rows are split into columns: `columns`, `delimiter` and `quote` of a CSV file; where rows are objects, `asked`: the
columns that the mapping reads, each with all names that it may have."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column to read."""

    name: str
    """Also its key in `RawBatch.columns`, whichever name it has in the input."""
    other_names: tuple[str, ...] = ()
    """Names it may have instead; the first one that the input has is used."""
    needed: bool = True
    """Whether an input without it is refused; otherwise it is blank in every row."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not be split into fields."""

    line: int
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as text. `lines` and `texts` and each of `columns` are equally long; `broken` rows are not among them."""

    columns: Mapping[str, Sequence[str]]
    """By `Column.name`. Instants that the format itself knows are ISO 8601, numbers have a decimal point, null is blank."""
    lines: Sequence[int]
    """Line at which each row begins, from 1; in a format without lines the row's number in the file, from 1; 0 for all where
    rows have no lasting order."""
    texts: Sequence[str]
    """Each row as read, for rejects; rows of a binary format as a JSON object of the wanted columns."""
    broken: Sequence[BrokenRow]
    bytes_read: int
    """Of the input so far; seconds where the reader's `size` is in seconds."""
    origin: str = ""
    """Where in the input all these rows were, in words, where there are no line numbers."""
    in_degrees: frozenset[str] = frozenset()
    """Columns that are degrees whatever reference system the mapping names, because the input names its own."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Messages that are passed over because they are none that a citizen has written: reason → number. They are no rows."""


class Reader(Protocol):
    """An input with rows. Made from a path, a `FileFormat` and the wanted columns (None for all)."""

    size: int
    """Bytes of the whole input; for a server the seconds of the requested span of time."""

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time; memory does not grow with the input.

        `InputError` when the input as a whole cannot be read, or not to its end: batches before that are good.
        """
        ...
