"""CSV: rows with their lines, and broken rows that cost nobody but themselves."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import Column, RawBatch
from ingest.readers.csv import CsvReader

field = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def read(path: Path, wanted: list[str], rows: int = 3, **form: str) -> list[RawBatch]:
    return list(CsvReader(path, FileFormat.model_validate(form), [Column(name) for name in wanted]).batches(rows))


def written(folder: Path, content: bytes) -> Path:
    path = folder / "input.csv"
    path.write_bytes(content)
    return path


def rows_of(batches: list[RawBatch], *names: str) -> list[tuple[str, ...]]:
    return [row for batch in batches for row in zip(*(batch.columns[name] for name in names), strict=True)]


def broken_of(batches: list[RawBatch]) -> list[tuple[int, str]]:
    return [(one.line, one.text) for batch in batches for one in batch.broken]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(field, field), max_size=20), st.integers(1, 7))
def test_what_the_csv_module_wrote_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], size: int) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    batches = read(written(tmp_path_factory.mktemp("csv"), text.getvalue().encode()), ["b", "a"], size)
    assert rows_of(batches, "a", "b") == rows
    assert all(len(batch.lines) == len(batch.texts) <= size for batch in batches)


def test_rows_after_a_quoted_line_break_have_the_right_line(tmp_path: Path) -> None:
    (batch,) = read(written(tmp_path, b'id,text\n1,"two\nlines"\n\n2,x\n'), ["id"])
    assert list(batch.columns["id"]) == ["1", "2"]
    assert batch.lines == [2, 5]
    assert batch.texts[0] == '1,"two\nlines"\n'


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert rows_of(read(written(tmp_path, b"\xef\xbb\xbfid\n7\n"), ["id"]), "id") == [("7",)]


def test_an_encoding_and_a_delimiter_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "id;имя\n1;ул. Мира\n".encode("cp1251"))
    assert rows_of(read(path, ["имя"], encoding="cp1251", delimiter=";"), "имя") == [("ул. Мира",)]


@pytest.mark.parametrize(
    ("row", "text", "detail"),
    [
        (b"2,b,c", "2,b,c", "3 fields where the header has 2"),
        (b"2", "2", "1 fields where the header has 2"),
        (b"2,\xff\xfe", "2,\\xff\\xfe", "bytes that are not utf-8"),
        (b"2,a\0b", "2,a\\x00b", "a NUL byte"),
        (b'2,"never closed', '2,"never closed', "unexpected end of data"),
        (b'2,"closed"early', '2,"closed"early', "',' expected after '\"'"),
    ],
)
def test_a_broken_row_is_told_with_its_line_and_costs_only_itself(tmp_path: Path, row: bytes, text: str, detail: str) -> None:
    batches = read(written(tmp_path, b"id,text\n1,a\n" + row + b"\n3,c\n4,d\n"), ["id", "text"], 10)
    assert rows_of(batches, "id") == [("1",), ("3",), ("4",)]
    assert [batch.lines for batch in batches] == [[2, 4, 5]]
    (broken,) = batches[0].broken
    assert (broken.line, broken.text, broken.detail) == (3, text, detail)


def test_two_stray_quotes_do_not_swallow_the_rows_between(tmp_path: Path) -> None:
    batches = read(written(tmp_path, b'id,text\n1,"a\n2,b\n3,c\n4,d"\n5,"e\n6,f\n'), ["id"], 10)
    read_and_broken = [row[0] for row in rows_of(batches, "id")] + [text[0] for _, text in broken_of(batches)]
    assert "6" in read_and_broken
    assert (6, '5,"e') in broken_of(batches)


TABLE = "№;Адрес;Сообщение\n1;ул. Мира, 1;Нет воды\n2;х. Красный;Яма | на дороге\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le+", "utf-16-be+", "cp1251", "koi8-r", "cp866"])
def test_the_encoding_is_recognised(tmp_path: Path, encoding: str) -> None:
    text = TABLE.replace("№", "Номер")
    marked = ("\ufeff" + text).encode(encoding[:-1]) if encoding.endswith("+") else text.encode(encoding)
    batches = read(written(tmp_path, marked), ["Номер", "Адрес"])
    assert rows_of(batches, "Номер", "Адрес") == [("1", "ул. Мира, 1"), ("2", "х. Красный")]


def test_a_few_damaged_places_do_not_make_utf_8_another_encoding(tmp_path: Path) -> None:
    content = TABLE.encode() + "3;Садовая;".encode() + "Свет".encode("cp1251") + b"\n" + "4;Садовая;Свет\n".encode()
    batches = read(written(tmp_path, content), ["№"], 10)
    assert rows_of(batches, "№") == [("1",), ("2",), ("4",)]
    assert batches[0].broken[0].detail == "bytes that are not utf-8"


def test_half_a_character_of_utf_16_is_a_broken_row(tmp_path: Path) -> None:
    content = "id,text\n1,а\n2,б\n".encode("utf-16-le")
    batches = read(written(tmp_path, b"\xff\xfe" + content[:-3] + b"\xd8"), ["id"], 10)
    assert rows_of(batches, "id") == [("1",)]
    assert batches[0].broken[0].detail == "bytes that are not utf-16"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(tmp_path: Path, delimiter: str) -> None:
    header, row = delimiter.join(["id", "a,b;c", "lng"]), delimiter.join(["7", "x", "38"])
    quoted = header.replace("a,b;c", '"a,b;c"')
    assert rows_of(read(written(tmp_path, f"{quoted}\n{row}\n".encode()), ["lng", "id"]), "id", "lng") == [("7", "38")]


def test_any_other_delimiter_and_quote_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, b"id^text\n1^'a^b'\n")
    assert rows_of(read(path, ["text"], delimiter="^", quote="'"), "text") == [("a^b",)]
    path = written(tmp_path, b'id\ttext\n1\t"open\n2\tx\n')
    assert rows_of(read(path, ["text"], quote=""), "text") == [('"open',), ("x",)]


def test_lines_before_the_header_can_be_skipped(tmp_path: Path) -> None:
    (batch,) = read(written(tmp_path, b"Report of 2026\n\nid;text\n1;a\n"), ["id"], skip=2)  # type: ignore[arg-type]
    assert (list(batch.columns["id"]), batch.lines) == (["1"], [4])


def test_a_file_whose_quotes_never_close_is_refused_and_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path, b"id\n" + b'y",z,"\n' * 100_000)
    with pytest.raises(InputError, match="more than 20 rows have a quote that is never closed"):
        read(path, ["id"], 1_000)


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    for header, told in (
        (",".join(f"c{number}" for number in range(1_000_000)), "first line has 1,048,576"),
        ("id" + "," * 20_000, "20,001"),
    ):
        with pytest.raises(InputError, match=told):
            read(written(tmp_path, header.encode() + b"\n1\n"), ["id"])


def test_a_formula_is_text(tmp_path: Path) -> None:
    assert rows_of(read(written(tmp_path, b"id,text\n1,\"=cmd|' /C calc'!A0\"\n"), ["text"]), "text") == [("=cmd|' /C calc'!A0",)]


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column lng; there are: id, lat"):
        read(written(tmp_path, b"id,lat\n"), ["id", "lng"])


def test_an_empty_file_and_an_absent_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are: none"):
        read(written(tmp_path, b""), ["id"])
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "absent.csv", ["id"])


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than one column is named id"):
        read(written(tmp_path, b"id,id\n1,2\n"), ["id"])


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path, b"id\n" + b"x" * 30_000_000 + b"\n5\n")
    batches = read(path, ["id"], 10)
    assert rows_of(batches, "id")[-1] == ("5",)
    assert broken_of(batches)[0][0] == 2
