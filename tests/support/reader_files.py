"""Files of every format with the same rows, and reading them."""

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.cell import WriteOnlyCell

from ingest.mapping.mapping import FileFormat
from ingest.readers import Column, RawBatch
from ingest.readers.detect import open_file
from tests.support import reader_conformance as conformance

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
