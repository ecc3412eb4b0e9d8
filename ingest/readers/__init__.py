"""Readers: from the bytes of an input to columns of text with line numbers. One file a format.

A new format is a class with the shape of `Reader`; it passes the conformance test in tests/unit/test_readers.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


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
    lines: Sequence[int]
    """Line at which each row begins, from 1."""
    texts: Sequence[str]
    """Each row as it came, for rejects."""
    broken: Sequence[BrokenRow]
    bytes_read: int
    """Of the input until now."""


class Reader(Protocol):
    """Something with rows."""

    size: int
    """Bytes of the whole input."""

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time; memory does not grow with the input.

        `InputError` when the input as a whole cannot be read.
        """
        ...
