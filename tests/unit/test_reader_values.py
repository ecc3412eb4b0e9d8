"""How values of each format become text and points, and how a format is recognised."""

import gzip
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from geo_service.core.errors import InputError
from ingest.readers import Column
from ingest.readers.detect import detect_format
from ingest.readers.file_content import read_head
from tests.support.reader_conformance import rows_of
from tests.support.reader_files import read


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
