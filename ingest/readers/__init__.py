"""Readers: from the bytes of an input to columns of text with line numbers. One file a format.

A new format is a class with the shape of `Reader` and a line in `ingest/readers/detect.py`; it passes the conformance
tests in tests/support/reader_conformance.py, as tests/unit/test_readers.py shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

RETURNED = ("reject_line", "reject_reason", "reject_detail", "reject_row")
"""Columns that stand before the input's own where rejects are given back: where the row was, why it was refused, and the row as
it came if it cannot be cut into the columns. A file whose header begins with them is read as what it is."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is asked for."""

    name: str
    """Also its key in `RawBatch.columns`, whichever name it has in the input."""
    others: tuple[str, ...] = ()
    """Names it may have instead; the first that is there is taken."""
    needed: bool = True
    """Whether an input without it is refused; otherwise it is blank in every row."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not be cut into fields."""

    line: int
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows as text. `lines` and `texts` and each of `columns` are equally long; `broken` rows are not among them."""

    columns: Mapping[str, Sequence[str]]
    """Instants that the format itself knows come as ISO 8601, numbers with a point, nothing as blank text."""
    lines: Sequence[int]
    """Line at which each row begins, from 1; in a format without lines the row's number in the file, from 1; 0 for all where
    rows come in no lasting order."""
    texts: Sequence[str]
    """Each row as it came, for rejects; rows of a format that is no text as a JSON object of the columns asked for."""
    broken: Sequence[BrokenRow]
    bytes_read: int
    """Of the input until now; seconds where the reader's `size` is in seconds."""
    origin: str = ""
    """Where in the input all these rows were, in words, where no lines tell it."""


class Reader(Protocol):
    """Something with rows. Made from a path, a `FileFormat` and the columns asked for (None for all there are)."""

    size: int
    """Bytes of the whole input; of a server the seconds of the span of time that is asked for."""

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time; memory does not grow with the input.

        `InputError` when the input as a whole cannot be read, or not to its end: batches before that are good.
        """
        ...
