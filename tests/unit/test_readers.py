"""What every reader keeps to, each shown the same rows in its own format; and what only one of them can meet."""

import gzip
import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import get_args

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import zstandard
from openpyxl.cell import WriteOnlyCell

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat, FormatName
from ingest.readers import Column, RawBatch
from ingest.readers.detect import FORMATS, detect_format, open_file
from ingest.readers.file_content import read_head
from tests.support import reader_conformance as conformance
from tests.support.reader_conformance import rows_of

Rows = list[dict[str, str]]
Writer = Callable[[Path, Rows], None]


def write_csv(path: Path, rows: Rows) -> None:
    lines = [",".join(f'"{value}"' for value in values) for values in ([*rows[0]], *(row.values() for row in rows))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ndjson(path: Path, rows: Rows) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_json(path: Path, rows: Rows) -> None:
    path.write_text(json.dumps({"count": len(rows), "tags": ["a"], "result": {"records": rows}}), encoding="utf-8")


def write_geojson(path: Path, rows: Rows) -> None:
    features = [{"type": "Feature", "geometry": None, "properties": row} for row in rows]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


def write_xlsx(path: Path, rows: Rows) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Лист")
    for values in ([*rows[0]], *(row.values() for row in rows)):
        cells = [WriteOnlyCell(sheet, value) for value in values]
        for cell in cells:
            cell.data_type = "s"
        sheet.append(cells)
    book.save(path)


def write_parquet(path: Path, rows: Rows) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2_000)


WRITERS: dict[str, Writer] = {
    "csv": write_csv,
    "ndjson": write_ndjson,
    "json": write_json,
    "geojson": write_geojson,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}
ROWS = [{"id": str(number), "адрес": f"ул. Мира, {number}", "text": f"=cmd|{number}"} for number in range(1, 8)]
every_format = pytest.mark.parametrize("name", WRITERS)


def made(folder: Path, name: str, rows: Rows = ROWS) -> Path:
    path = folder / f"input.{name}"
    WRITERS[name](path, rows)
    return path


def read(path: Path, wanted: list[Column] | None, size: int = 3, **form: str) -> list[RawBatch]:
    return list(open_file(path, FileFormat.model_validate(form), wanted).batches(size))


def opened(path: Path, **form: str) -> conformance.Opened:
    return lambda wanted: open_file(path, FileFormat.model_validate(form), wanted)


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


def test_values_of_json_become_text(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_text('[{"a": 5.0, "b": null, "c": true, "d": {"e": {"f": 0.1}}, "g": [1, "x"], "h": 12345678901234567890}]')
    (batch,) = read(path, None)
    values = {name: column[0] for name, column in batch.columns.items()}
    assert values == {"a": "5", "b": "", "c": "true", "d.e.f": "0.1", "g": '[1,"x"]', "h": "12345678901234567890"}


def test_the_list_of_rows_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "two.json"
    path.write_text('{"fields": [{"id": "text"}], "data": [{"id": 7}]}')
    assert rows_of(read(path, [Column("id")]), "id") == [("text",)]
    assert rows_of(read(path, [Column("id")], rows="data"), "id") == [("7",)]


SQUARE = shapely.box(38, 45, 39, 46)


@pytest.mark.parametrize("ending", ["geojson", "json", "ndjson"])
def test_a_geometry_gives_a_point_that_is_in_it(tmp_path: Path, ending: str) -> None:
    shapes = [shapely.Point(38.5, 45.25), SQUARE, shapely.LineString([(1, 2), (3, 4)]), None]
    features = [
        {"type": "Feature", "id": number, "properties": {"a": "b"}, "geometry": shape and json.loads(shapely.to_geojson(shape))}
        for number, shape in enumerate(shapes)
    ]
    path = tmp_path / f"shapes.{ending}"
    whole = "\n".join(map(json.dumps, features)) if ending == "ndjson" else json.dumps({"type": "FeatureCollection", "features": features})
    path.write_text(whole)
    found = rows_of(read(path, [Column("id"), Column("lng"), Column("lat")]), "id", "lng", "lat")
    assert found[0] == ("0", "38.5", "45.25")
    assert found[3] == ("3", "", "")
    for shape, (_, lng, lat) in zip(shapes[1:3], found[1:3], strict=True):
        assert shape is not None
        assert shape.distance(shapely.Point(float(lng), float(lat))) < 1e-9


@pytest.mark.parametrize("crs", ["absent", "EPSG:3857"])
def test_geoparquet_gives_degrees(tmp_path: Path, crs: str) -> None:
    from pyproj import CRS, Transformer

    degrees = [(38.5, 45.25), (131.9, 43.1)]
    there = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    shapes = [shapely.Point(there.transform(*place) if crs != "absent" else place) for place in degrees]
    column = {"encoding": "WKB", "geometry_types": ["Point"]} | ({"crs": CRS(crs).to_json_dict()} if crs != "absent" else {})
    told = {"version": "1.0.0", "primary_column": "shape", "columns": {"shape": column}}
    table = pa.table({"id": ["1", "2", "3"], "shape": [*map(shapely.to_wkb, shapes), None]})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(told)}), tmp_path / "points.parquet")
    found = rows_of(read(tmp_path / "points.parquet", [Column("id"), Column("lng"), Column("lat")]), "id", "lng", "lat")
    assert [(float(lng), float(lat)) for _, lng, lat in found[:2]] == [pytest.approx(place, abs=1e-9) for place in degrees]
    assert found[2] == ("3", "", "")


def test_values_of_parquet_become_text(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
    table = pa.table(
        {
            "at": pa.array([moment, None], pa.timestamp("us", "Europe/Moscow")),
            "local": pa.array([moment.replace(tzinfo=None), None], pa.timestamp("ns")),
            "day": pa.array([date(2026, 11, 24), None]),
            "place": [{"lng": 38.5, "lat": 45.0}, None],
            "kind": pa.array(["a", None]).dictionary_encode(),
            "code": pa.array([5, None], pa.int16()),
            "tags": [["x", "y"], None],
        }
    )
    pq.write_table(table, tmp_path / "values.parquet")
    (batch,) = read(tmp_path / "values.parquet", None)
    first, second = ({name: column[row] for name, column in batch.columns.items()} for row in (0, 1))
    assert datetime.fromisoformat(first.pop("at")) == moment
    assert datetime.fromisoformat(first.pop("local")) == moment.replace(tzinfo=None)
    assert first == {"day": "2026-11-24", "place.lng": "38.5", "place.lat": "45", "kind": "a", "code": "5", "tags": '["x","y"]'}
    assert set(second.values()) == {""}


def test_cells_of_a_workbook_become_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Обращения")
    sheet = book["Обращения"]
    sheet.append(["Отчёт за ноябрь"])
    sheet.append(["id", "at", "day", "lng", "flag", "formula", "text"])
    sheet.append([7, datetime(2026, 11, 24, 10, 15), date(2026, 11, 24), 38.5, True, "=1+1", "x"])  # noqa: DTZ001  # a workbook knows no zone
    sheet.append([])
    sheet.append([8])
    book.save(tmp_path / "cells.xlsx")
    wanted = [Column(name) for name in ("id", "at", "day", "lng", "flag", "formula", "text")]
    (batch,) = read(tmp_path / "cells.xlsx", wanted, sheet="Обращения", skip="1")
    assert rows_of([batch], *(one.name for one in wanted)) == [
        ("7", "2026-11-24T10:15:00", "2026-11-24T00:00:00", "38.5", "true", "", "x"),
        ("8", "", "", "", "", "", ""),
    ]
    assert list(batch.lines) == [3, 5]
    with pytest.raises(InputError, match="no sheet 'Лист9'; there are: Sheet, Обращения"):
        read(tmp_path / "cells.xlsx", wanted, sheet="Лист9")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("a", b"id;x\n", "csv"),
        ("a.tsv", b"id\tx\n", "csv"),
        ("a.dat", b'{"id": 1}\n{"id": 2}\n', "ndjson"),
        ("a.json", b'{"id": 1}\r\n{"id": 2}\r\n', "ndjson"),
        ("a", b' \n[{"id": 1}]', "json"),
        ("a.json", b'\xef\xbb\xbf{"type": "FeatureCollection", "features": []}', "geojson"),
        ("a.csv", b"PK\x03\x04", "xlsx"),
        ("a.jsonl.gz", gzip.compress(b"{}", mtime=0), "ndjson"),
    ],
)
def test_the_format_is_recognised(tmp_path: Path, file: str, content: bytes, expected: str) -> None:
    (tmp_path / file).write_bytes(content)
    assert detect_format(tmp_path / file, read_head(tmp_path / file)) == expected


def test_what_is_none_of_the_formats_is_told(tmp_path: Path) -> None:
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(InputError, match=r"Excel 2003 or before: save it as \.xlsx"):
        read(tmp_path / "old.xls", None)
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        file.write(b"PAR1")
    (tmp_path / "a.parquet.gz").write_bytes(packed.getvalue())
    with pytest.raises(InputError, match="damaged or no Parquet"):
        read(tmp_path / "a.parquet.gz", None)
