"""What every reader keeps to, each shown the same rows in its own format; and what only one of them can meet."""

import json
import os
import tracemalloc
from pathlib import Path
from typing import get_args

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat, FormatName
from ingest.readers import Column
from ingest.readers.detect import FORMATS, open_file
from tests.support import reader_conformance as conformance
from tests.support.reader_conformance import rows_of
from tests.support.reader_files import ROWS, WRITERS, Rows, every_format, made, opened, read, write_xlsx


def test_every_format_of_a_mapping_has_its_reader_and_stands_in_this_test() -> None:
    assert {one.name for one in FORMATS} == set(get_args(FormatName)) == set(WRITERS)


@every_format
@pytest.mark.parametrize("size", [1, 3, 100])
def test_rows_come_in_order_and_batches_of_the_size_asked_for(tmp_path: Path, name: str, size: int) -> None:
    path = made(tmp_path, name)
    conformance.rows_come_in_order_and_batches_of_the_size_asked_for(opened(path), ROWS, size)
    batches = read(path, [Column("адрес"), Column("id"), Column("text")], size)
    assert 0 < batches[-1].bytes_read <= path.stat().st_size
    first = batches[0].texts[0]
    assert "ул. Мира, 1" in (json.dumps(json.loads(first), ensure_ascii=False) if first.startswith("{") else first)


@every_format
def test_without_a_choice_all_columns_are_given(tmp_path: Path, name: str) -> None:
    conformance.without_a_choice_all_columns_are_given(opened(made(tmp_path, name)), ROWS)


@every_format
def test_a_column_may_have_another_name_or_be_absent(tmp_path: Path, name: str) -> None:
    conformance.a_column_may_have_another_name_or_be_absent(opened(made(tmp_path, name)), ROWS)


@every_format
def test_a_file_of_another_kind_is_told_with_the_columns_it_has(tmp_path: Path, name: str) -> None:
    conformance.an_input_of_another_kind_is_told_with_the_columns_it_has(opened(made(tmp_path, name)), ROWS)


@every_format
def test_a_file_without_rows_has_no_batches(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    if name == "parquet":
        pq.write_table(pa.table({"id": pa.array([], pa.string())}), path)
    elif name == "xlsx":
        write_xlsx(path, ROWS[:1])
        book = openpyxl.load_workbook(path)
        book.worksheets[0].delete_rows(2)
        book.save(path)
    else:
        path.write_text({"csv": "id\n", "ndjson": "", "json": "[]"}.get(name, '{"type": "FeatureCollection", "features": []}'))
    conformance.an_input_without_rows_has_no_batches(opened(path, format=name))


@every_format
def test_an_absent_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"absent\..*No such file"):
        read(tmp_path / f"absent.{name}", [Column("id")])


@every_format
def test_a_file_cut_short_anywhere_is_an_error_or_a_broken_row_and_what_came_before_is_good(tmp_path: Path, name: str) -> None:
    whole = made(tmp_path, name, [{"id": str(number), "text": f"{number} слов"} for number in range(200)]).read_bytes()
    path = tmp_path / f"cut.{name}"
    for share in (0.02, 0.3, 0.7, 0.97):
        at = int(len(whole) * share)
        # Of CSV within a text: where a field has just begun or ended nothing is missing to be seen.
        path.write_bytes(whole[: whole.index("слов".encode(), at) + 3 if name == "csv" else at])
        good: list[tuple[str, ...]] = []
        broken = failed = 0
        try:
            for batch in open_file(path, FileFormat(format=name), [Column("id"), Column("text")]).batches(7):
                good += rows_of([batch], "id", "text")
                broken += len(batch.broken)
        except InputError as error:
            failed = str(path) in str(error)
        assert broken == 1 or failed
        assert good == [(str(number), f"{number} слов") for number in range(len(good))]


@every_format
def test_bytes_of_anything_are_never_another_error(tmp_path: Path, name: str) -> None:
    whole = bytearray(made(tmp_path, name).read_bytes())
    path = tmp_path / f"damaged.{name}"
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x5A
        path.write_bytes(damaged)
        try:
            read(path, [Column("id"), Column("text")], format=name)
        except InputError:
            continue
    path.write_bytes(os.urandom(5_000))
    try:
        read(path, [Column("id")], format=name)
    except InputError:
        return
    assert name in ("csv", "ndjson")


@pytest.mark.parametrize("name", ["csv", "ndjson", "json", "geojson", "parquet"])
def test_a_nul_is_a_broken_row(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name, [{"id": "1", "text": "a"}, {"id": "2", "text": "b\0c"}, {"id": "3", "text": "d"}])
    (batch,) = read(path, [Column("id"), Column("text")], 10)
    assert rows_of([batch], "id") == [("1",), ("3",)]
    assert [(one.line - batch.lines[0], "\0" in one.text) for one in batch.broken] == [(1, False)]
    assert len(batch.texts) == 2


@pytest.mark.parametrize("name", sorted(set(WRITERS) - {"xlsx"}))
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    few, many = (_peak(made(tmp_path, name, _plain(count))) for count in (6_000, 18_000))
    assert many < 1.3 * few


def test_a_workbook_grows_memory_by_its_shared_texts_and_little_else(tmp_path: Path) -> None:
    few, many = (_peak(made(tmp_path, "xlsx", _plain(count, 100))) for count in (1_000, 4_000))
    assert many - few < 3_000 * 400


def _plain(count: int, different: int = 1_000_000) -> Rows:
    return [{"id": str(number % different), "text": f"{number % different:060}"} for number in range(count)]


def _peak(path: Path) -> int:
    reader = open_file(path, FileFormat(), [Column("id"), Column("text")])
    tracemalloc.start()
    most = 0
    for _ in reader.batches(1_000):
        most = max(most, pa.total_allocated_bytes())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak + most
