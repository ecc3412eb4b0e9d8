"""Files that are not what their names say, packed files, titles above a header, and encodings: read, or named for what they are."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import Column
from ingest.readers.detect import describe_encoding_doubt, open_file
from ingest.readers.encodings import guess_encoding

CSV = "id;text\n1;Яма\n2;Нет воды\n".encode()
FRENCH = "id;lieu\n" + "".join(f"{n};Montréal, où le chauffage est arrêté, forêt brûlée près du théâtre\n" for n in range(3))
RUSSIAN = "id;место\n" + "".join(f"{n};Краснодар, двор дома на улице Мира, нет воды\n" for n in range(3))


def read(path: Path, *names: str, **form: object) -> list[tuple[str, ...]]:
    wanted = [Column(name) for name in names] if names else None
    batches = list(open_file(path, FileFormat.model_validate(form), wanted).batches(100))
    return [row for batch in batches for row in zip(*batch.columns.values(), strict=True)]


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("rows", 0)
    for row in rows:
        sheet.append(list(row))
    book.save(content := io.BytesIO())
    return content.getvalue()


def parquet() -> bytes:
    pq.write_table(pa.table({"id": ["1", "2"], "text": ["Яма", "Нет воды"]}), content := io.BytesIO())
    return content.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(content := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


@pytest.mark.parametrize(
    "pack", [lambda name, body: zipped({f"folder/{name}": body, "__MACOSX/._x": b""}), lambda _, body: gzip.compress(body)]
)
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("rows.csv", lambda: CSV),
        ("rows.txt", lambda: CSV.decode().encode("cp1251") * 1),
        ("rows.ndjson", lambda: '{"id": 1, "text": "Яма"}\n{"id": 2, "text": "Нет воды"}\n'.encode()),
        ("rows.json", lambda: '[{"id": 1, "text": "Яма"}, {"id": 2, "text": "Нет воды"}]'.encode()),
        ("rows.xlsx", lambda: workbook(("id", "text"), ("1", "Яма"), ("2", "Нет воды"))),
        ("rows.parquet", parquet),
    ],
)
def test_a_packed_file_is_read_in_every_format(
    tmp_path: Path, pack: Callable[[str, bytes], bytes], name: str, make: Callable[[], bytes]
) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(pack(name, make()))
    assert read(path, "id", "text") == [("1", "Яма"), ("2", "Нет воды")]


def test_an_archive_with_several_files_names_them_and_other_archives_are_named(tmp_path: Path) -> None:
    for files, told in (
        ({"a.csv": CSV, "b/c.csv": CSV}, r"it is a zip archive with 2 files \(a\.csv, b/c\.csv\): unpack it and load one of them"),
        ({f"{n}.csv": CSV for n in range(12)}, r"it is a zip archive with 12 files \(0\.csv, .*9\.csv and 2 more\)"),
        ({"empty/": b""}, "it is a zip archive without files"),
        ({}, "it is a zip archive without files"),
        ({"mimetype": b"", "content.xml": b""}, r"it is an OpenDocument spreadsheet: save it as \.xlsx"),
        ({"[Content_Types].xml": b"", "word/document.xml": b""}, "it is a Word document"),
        ({"doc.kml": b"<kml/>"}, "it is KMZ"),
    ):
        (tmp_path / "some.zip").write_bytes(zipped(files))
        with pytest.raises(InputError, match=rf"cannot read .*some\.zip: {told}"):
            read(tmp_path / "some.zip")


def test_a_bomb_in_a_zip_is_refused_and_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(zipped({"a.csv": b"id\n" + b"0" * (80 << 20)}))
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        read(path, "id")
    body = zipped({"a.csv": b"id\n" + b"\n".join(f"{hash(str(n))}".encode() for n in range(20_000))})
    broken = bytearray(body)
    broken[5_000:5_100] = bytes(100)
    path.write_bytes(bytes(broken))
    with pytest.raises(InputError, match="cut short or damaged"):
        read(path, "id")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "it is empty"),
        ("a.xlsx", b"", "it is empty"),
        ("a.json", b"  \n", "it is empty"),
        ("a.csv", b"\xef\xbb\xbf\r\n", "it is empty"),
        ("report.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "it is an HTML page, whatever its name says"),
        ("report.xls", b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html>", "it is an HTML page"),
        ("report.xls", "<html>".encode("utf-16"), "it is an HTML page"),
        ("report.csv", b"<table><tr><td>1</td></tr></table>", "it is an HTML page"),
        ("report.xls", b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "an XML spreadsheet"),
        ("report.xls", b"MIME-Version: 1.0\nContent-Type: multipart/related", "it is a web archive"),
        ("a.csv", b'<?xml version="1.0"?><kml xmlns="x">', "it is KML"),
        ("a.csv", b"<?xml version='1.0'?><rows/>", "it is XML"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of Excel 2003 or before: save it as"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le"), "a workbook with a password"),
        ("a.csv", b"SQLite format 3\0", "it is a SQLite database"),
        ("a.csv", b"Rar!\x1a\x07", "it is a RAR archive"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [{}, {"format": "csv"}])
def test_a_file_of_another_kind_is_named_for_what_it_is(tmp_path: Path, name: str, content: bytes, told: str, form: dict[str, str]) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"cannot read .*{name}: .*{told}"):
        read(tmp_path / name, "id", **form)


def test_a_strict_workbook_is_named(tmp_path: Path) -> None:
    transitional, strict = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
    with zipfile.ZipFile(io.BytesIO(workbook(("id",), ("1",)))) as book, zipfile.ZipFile(tmp_path / "strict.xlsx", "w") as written:
        for name in book.namelist():
            written.writestr(name, book.read(name).replace(transitional.encode(), strict.encode()))
    with pytest.raises(InputError, match="it is a Strict Open XML workbook; save it as an ordinary one"):
        read(tmp_path / "strict.xlsx", "id")


@pytest.mark.parametrize(("line", "delimiter"), [("sep=;", ";"), ('"sep=|"', "|"), ("SEP=\\t", "\t"), ("sep=,", ","), ("sep=#", "#")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_the_line_by_which_excel_is_told_the_delimiter_is_kept_to(tmp_path: Path, line: str, delimiter: str, encoding: str) -> None:
    rows = f"{line}\r\nid{delimiter}текст\r\n1{delimiter}Яма, двор; дом\r\n".replace("Яма, двор; дом", '"Яма, двор; дом"')
    (tmp_path / "a.csv").write_bytes(rows.encode(encoding))
    assert read(tmp_path / "a.csv", "id", "текст", encoding=encoding) == [("1", "Яма, двор; дом")]
    assert read(tmp_path / "a.csv", "id", "текст", encoding=encoding, skip=1, delimiter=delimiter) == [("1", "Яма, двор; дом")]


TITLE = [("Отчёт по обращениям граждан", ""), ("", ""), ("за ноябрь 2026", ""), ("Номер", "Дата"), ("1", "24.11.2026")]


def test_a_header_below_a_title_is_named_in_the_error_and_skip_finds_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n".join(";".join(row) for row in TITLE), encoding="utf-8")
    (tmp_path / "a.xlsx").write_bytes(workbook(*[tuple(cell or None for cell in row) for row in TITLE]))
    for name, what in (("a.csv", "line"), ("a.xlsx", "row")):
        with pytest.raises(InputError, match=rf"no column Номер, Дата; there are: Отчёт.*; {what} 4 has them: set skip = 3 in \[file\]"):
            read(tmp_path / name, "Номер", "Дата")
        assert read(tmp_path / name, "Номер", "Дата", skip=3) == [("1", "24.11.2026")]
        with pytest.raises(InputError, match=r"no column Никакая; there are: [^;]*$"):
            read(tmp_path / name, "Никакая")


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (FRENCH, "cp1252", "cp1252"), (RUSSIAN, "cp1251", "cp1251"), (RUSSIAN, "koi8-r", "koi8_r"), (RUSSIAN, "cp866", "cp866"),
        (FRENCH, "utf-8", "utf-8-sig"), (RUSSIAN, "utf-8", "utf-8-sig"), (RUSSIAN, "utf-16", "utf-16"), ("id;text\n", "ascii", "utf-8-sig"),
        ("id;text\n1;Straße, Müllabfuhr, schön, größer\n", "cp1252", "cp1252"), ("id;text\n1;Año, niño, calle Cañón\n", "cp1252", "cp1252"),
    ],
)  # fmt: skip
def test_the_encoding_is_told_and_the_western_one_is_no_russian(tmp_path: Path, text: str, encoding: str, name: str) -> None:
    guess = guess_encoding(text.encode(encoding))
    assert (guess.name, bool(guess.reason)) == (name, True)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert "".join(";".join(row) for row in read(tmp_path / "a.csv")) == "".join(text.splitlines()[1:])


def test_a_load_says_what_is_doubtful_about_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(FRENCH.encode("cp1252"))
    assert describe_encoding_doubt(path, FileFormat()).startswith(
        "a.csv is read as windows-1252, its letters beyond ASCII stand in Latin words"
    )
    assert describe_encoding_doubt(path, FileFormat(encoding="cp1252")) == ""
    path.write_bytes(RUSSIAN.encode("cp1251"))
    assert describe_encoding_doubt(path, FileFormat()) == ""


def test_a_doubt_about_an_encoding_is_said() -> None:
    assert "only" in guess_encoding("id;text\n1;Яма\n".encode("cp1251")).doubt
    assert "Latin words" in guess_encoding((RUSSIAN + FRENCH[8:200]).encode("cp1251", "replace").replace(b"?", b"\xe9")).doubt
    assert guess_encoding(RUSSIAN.encode("cp1251")).doubt == ""
