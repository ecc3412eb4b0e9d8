"""The binary COPY codec: bytes written by hand from PostgreSQL's description of the format, and streams in any pieces."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.core.sql.binary_copy import (
    HEADER,
    TRAILER,
    RecordFormat,
    RecordReader,
    Records,
    to_timestamps,
    to_unix_seconds,
    write_points,
)

FORMAT = RecordFormat({"id": "bigint", "near": "boolean"})


def by_hand(rows: list[tuple[int, bool]]) -> bytes:
    """The stream of FORMAT by `struct`."""
    fields = b"".join(struct.pack(">hiqi?", 2, 8, id_, 1, near) for id_, near in rows)
    return b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0) + fields + struct.pack(">h", -1)


def records_of(rows: list[tuple[int, bool]]) -> Records:
    records = FORMAT.allocate(len(rows))
    records["id"], records["near"] = [id_ for id_, _ in rows], [near for _, near in rows]
    return records


ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.booleans()), max_size=20)


@given(rows=ROWS)
def test_rows_are_written_as_postgresql_describes_them(rows: list[tuple[int, bool]]) -> None:
    assert FORMAT.encode(records_of(rows)) == by_hand(rows)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 600), max_size=6), takes=st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_stream_is_read_in_whatever_pieces_it_comes(rows: list[tuple[int, bool]], cuts: list[int], takes: list[bool]) -> None:
    stream, reader, found = by_hand(rows), RecordReader(FORMAT), []
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for begin, end, take in zip(bounds, bounds[1:], takes, strict=False):
        reader.feed(stream[begin:end])
        if take:
            found += reader.take().tolist()
    found += reader.take().tolist()
    assert len(reader) == 0
    assert [(id_, near) for _, _, id_, _, near in found] == rows


def test_a_null_is_refused_because_it_moves_all_that_follows() -> None:
    null = struct.pack(">hiqi", 2, 8, 1, -1)
    reader = RecordReader(FORMAT)
    reader.feed(HEADER + null + struct.pack(">hiqi?", 2, 8, 2, 1, True) * 2 + TRAILER)
    with pytest.raises(ValueError, match="does not consist of the fields id, near, each of a fixed width"):
        reader.take()


def test_nothing_fed_is_no_records() -> None:
    reader = RecordReader(FORMAT)
    assert (len(reader), len(reader.take())) == (0, 0)


def test_texts_follow_the_fields_of_a_fixed_width() -> None:
    form = RecordFormat({"id": "smallint"}, ["name", "note"])
    records = form.allocate(2)
    records["id"] = [1, 2]
    expected = b"".join(
        struct.pack(">hihi", 3, 2, id_, len(name)) + name + struct.pack(">i", len(note)) + note
        for id_, name, note in ((1, "ё".encode(), b""), (2, b"", b"note"))
    )
    assert form.names == ("id", "name", "note")
    assert form.encode(records, [["ё", ""], ["", "note"]]) == HEADER + expected + TRAILER


def test_columns_of_another_length_than_the_records_are_refused() -> None:
    form = RecordFormat({"id": "smallint"}, ["name", "note"])
    for texts in ([["one"], ["one", "two"]], [["one", "two"], ["one"]]):
        with pytest.raises(ValueError, match=r"shape|argument"):
            form.encode(form.allocate(3), texts)


def test_a_point_is_extended_wkb() -> None:
    records = RecordFormat({"location": "geometry(point, 4326)"}).allocate(1)
    write_points(records["location"], [38.5], [45.25])
    assert records["location"].tobytes() == struct.pack("<BIIdd", 1, 0x20000001, 4326, 38.5, 45.25)


def test_instants_are_microseconds_since_2000_and_none_is_the_unix_epoch() -> None:
    instants = np.array(["2000-01-01T00:00:01", "1999-12-31T23:59:59.999999", "NaT"], "datetime64[us]")
    assert to_timestamps(instants).tolist() == [1_000_000, -1, -946_684_800_000_000]
    assert to_unix_seconds(to_timestamps(instants)).tolist() == [946_684_801, 946_684_799, 0]
