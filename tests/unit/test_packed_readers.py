"""Packed files, and files that would fill the memory if they were unpacked or read to their end."""

import gzip
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import Column
from ingest.readers.detect import open_file
from tests.support.reader_conformance import rows_of
from tests.support.reader_files import ROWS, made, read


@pytest.mark.parametrize("name", ["csv", "ndjson", "json", "geojson"])
@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_packed_file_is_read_by_its_content_whatever_its_name(tmp_path: Path, name: str, packing: str) -> None:
    content = made(tmp_path, name).read_bytes()
    half = len(content) // 2
    pack = gzip.compress if packing == "gz" else zstandard.compress
    for path in (tmp_path / f"input.{name}.{packing}", tmp_path / f"other.{name}"):
        path.write_bytes(pack(content[:half]) + pack(content[half:]))
        batches = read(path, [Column("id")])
        assert rows_of(batches, "id") == [(row["id"],) for row in ROWS]
        assert batches[-1].bytes_read == path.stat().st_size


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_cut_short_is_an_error(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "cut.csv"
    packed = pack(b"id\n" + "\n".join(str(hash(str(number))) for number in range(50_000)).encode())
    path.write_bytes(packed[: len(packed) * 3 // 4])
    with pytest.raises(InputError, match="to its end: it is cut short or damaged"):
        read(path, [Column("id")], 1_000)


@pytest.mark.parametrize("packing", ["gz", "zst"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"bomb.csv.{packing}"
    line = b"1" * (1 << 20) + b"\n"
    with gzip.open(path, "wb") if packing == "gz" else zstandard.open(path, "wb") as file:
        file.write(b"id\n")
        for _ in range(100):
            file.write(line)
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        for _ in open_file(path, FileFormat(), [Column("id")]).batches(10):
            pass


def test_a_workbook_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/worksheets/sheet9.xml", "w") as part:
        for _ in range(100):
            part.write(b" " * (1 << 20))
    with pytest.raises(InputError, match=r"sheet9.xml' unpacks to 104,857,600 bytes"):
        read(path, [Column("id")])


def test_a_workbook_whose_sheet_multiplies_entities_is_refused(tmp_path: Path) -> None:
    whole, bomb = made(tmp_path, "xlsx"), tmp_path / "bomb.xlsx"
    entities = '<!ENTITY a "haha">' + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghij"))
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as written:
        for part in parts.infolist():
            content = parts.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                sheet = content.decode().replace("<worksheet", f"<!DOCTYPE worksheet [{entities}]><worksheet", 1)
                content = sheet.replace("=cmd|5", "&j;").encode()
            written.writestr(part.filename, content)
    with pytest.raises(InputError, match=r"bomb\.xlsx to its end: it is cut short, damaged or no workbook"):
        read(bomb, [Column("id"), Column("text")])


@pytest.mark.parametrize("content", [b'[{"id": 1}, ' + b"[" * 2_000_000, b'[{"id": 1}, {"id": "' + b"x" * 3_000_000, b"[" * 100_000])
def test_json_without_end_does_not_fill_the_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"longer than|nested too deeply|no JSON"):
        read(path, [Column("id")])


def test_a_line_of_json_without_end_is_a_broken_row(tmp_path: Path) -> None:
    path = tmp_path / "long.ndjson"
    path.write_bytes(b'{"id": "' + b"x" * 3_000_000 + b'"}\n{"id": 5}\n[1]\n{"id"\n' + b"[" * 5_000 + b"\n")
    (batch,) = read(path, [Column("id")], 10)
    assert rows_of([batch], "id") == [("5",)]
    assert [(one.line, one.detail.partition(":")[0]) for one in batch.broken] == [
        (1, "longer than 1,048,576 bytes"),
        (3, "no object"),
        (4, "no JSON"),
        (5, "no JSON"),
    ]
