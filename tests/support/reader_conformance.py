"""What every reader keeps to, whatever it reads: called by the tests of each kind of input with the same rows."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from geo_service.core.errors import InputError
from ingest.readers import Column, RawBatch, Reader

Row = Mapping[str, str]
Opened = Callable[[list[Column] | None], Reader]
"""The reader of an input with these columns asked for."""


def rows_of(batches: Sequence[RawBatch], *names: str) -> list[tuple[str, ...]]:
    """The rows of some columns."""
    return [row for batch in batches for row in zip(*(batch.columns[name] for name in names), strict=True)]


def rows_come_in_order_and_batches_of_the_size_asked_for(opened: Opened, rows: Sequence[Row], size: int) -> None:
    """Columns in any order; each row with its line (0 for all where there is no order) and its text."""
    names = [*rows[0]]
    reader = opened([Column(name) for name in reversed(names)])
    batches = list(reader.batches(size))
    assert rows_of(batches, *names) == [tuple(row.values()) for row in rows]
    for batch in batches:
        assert len(batch.lines) == len(batch.texts) == len(batch.columns[names[0]]) <= size
        assert not batch.broken
    lines = [line for batch in batches for line in batch.lines]
    assert lines == sorted(set(lines)) or not any(lines)
    read = [batch.bytes_read for batch in batches]
    assert read == sorted(read)
    assert read[-1] <= reader.size


def without_a_choice_all_columns_are_given(opened: Opened, rows: Sequence[Row]) -> None:
    """Those of the input, and perhaps some of the format's own."""
    batches = list(opened(None).batches(100))
    assert set(rows[0]) <= set(batches[0].columns)
    assert rows_of(batches, *rows[0]) == [tuple(row.values()) for row in rows]


def a_column_may_have_another_name_or_be_absent(opened: Opened, rows: Sequence[Row]) -> None:
    """The first of its names that is there; blank where it is not and need not be."""
    name = next(iter(rows[0]))
    batches = list(opened([Column("number", ("nr", name)), Column("note", needed=False)]).batches(100))
    assert rows_of(batches, "number", "note") == [(row[name], "") for row in rows]


def an_input_of_another_kind_is_told_with_the_columns_it_has(opened: Opened, rows: Sequence[Row]) -> None:
    """None of the columns asked for."""
    with pytest.raises(InputError, match=r"no column east; there are: ") as caught:
        list(opened([Column("east"), Column("north", needed=False)]).batches(100))
    for name in rows[0]:
        assert name in str(caught.value)


def an_input_without_rows_has_no_batches(opened: Opened) -> None:
    """The input is empty."""
    assert list(opened([Column("id")]).batches(100)) == []
