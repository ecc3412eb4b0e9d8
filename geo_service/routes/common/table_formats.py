"""One table as JSON, CSV, a workbook or GeoJSON, as the parameter `format` or the header `Accept` asks."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from geo_service.http.headers import choose_media_type, request_header
from geo_service.queries.selection import read_choice
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.responses import bytes_answer, json_answer
from geo_service.routes.common.spreadsheets import Sheet, Value, describe_table, guard_text, write_excel_csv, write_workbook

EXCEL_CSV, WORKBOOK = "csv-excel", "xlsx"
"""What spreadsheets open by themselves; CSV is for programs."""

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CSV_TYPE = "text/csv; charset=utf-8; header=present"

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv", WORKBOOK: _WORKBOOK_TYPE, "geojson": "application/geo+json"}
"""Of the formats that `Accept` can name."""
FORMATS = ("json", "csv", EXCEL_CSV, WORKBOOK)
"""Of every table."""

_VARY = "Accept, Accept-Encoding"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_CACHE = "no-cache"


@dataclass(frozen=True, slots=True)
class Representations:
    """The contents of one response in each format: the document for JSON, rows for CSV, features, where there is geometry, for GeoJSON."""

    document: Mapping[str, Any]
    rows: Callable[[], Sequence[Mapping[str, Any]]]
    features: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    columns: Sequence[str] = ()
    """Columns that the CSV has even without rows."""


def read_format(request: Request, *, geometry: bool = False) -> str:
    """Return the format that the parameter `format` names, else the one that `Accept` gives most weight, else JSON."""
    names = (*FORMATS, "geojson") if geometry else FORMATS
    query = dict(request.query_params)
    if "format" in query:
        return read_choice(query, "format", names)
    types = {media_type: name for name, media_type in MEDIA_TYPES.items() if name in names}
    return types[choose_media_type(request_header(request.scope, b"accept"), list(types))]


def is_table(form: str) -> bool:
    """Return whether a format has rows alone, without what a document says about them."""
    return form in ("csv", EXCEL_CSV, WORKBOOK)


def render(request: Request, form: str, forms: Representations) -> Response:
    """Return the response in the format that `read_format` gave."""
    if form == "csv":
        return bytes_answer(request, to_csv(forms.rows(), forms.document.get("units", {}), forms.columns), _CACHE, _CSV_TYPE, _VARY)
    if is_table(form):
        return _render_spreadsheet(request, form, forms)
    if form == "geojson" and forms.features is not None:
        about = {
            name: value for name, value in forms.document.items() if name in ("window", "compare", "revision", "units", "measure", "level")
        }
        document = {"type": "FeatureCollection", **about, "features": forms.features()}
        return bytes_answer(request, orjson.dumps(document), _CACHE, MEDIA_TYPES["geojson"], _VARY)
    response = json_answer(request, forms.document)
    response.headers["Vary"] = _VARY
    return response


def _render_spreadsheet(request: Request, form: str, forms: Representations) -> Response:
    """Return the table as a file that is saved under the name of its address."""
    zone = service_of(request).zone
    sheet = to_sheet(forms.rows(), forms.document.get("units", {}), forms.columns)
    name = f"{request.url.path.rstrip('/').rpartition('/')[2]}.{'csv' if form == EXCEL_CSV else form}"
    if form == EXCEL_CSV:
        response = bytes_answer(request, write_excel_csv(sheet, zone), _CACHE, _CSV_TYPE, _VARY)
    else:
        about = describe_table(forms.document, request.url.query, zone)
        response = bytes_answer(request, write_workbook(sheet, about, zone), _CACHE, _WORKBOOK_TYPE, _VARY)
    response.headers["Content-Disposition"] = f'attachment; filename="{_NOT_IN_NAMES.sub("_", name)}"'
    return response


def to_sheet(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Mapping[str, str]], columns: Sequence[str] = ()) -> Sheet:
    """Return rows as a table: nested fields become columns joined by an underscore; a unit stands in brackets behind the name."""
    flat = [flatten(row) for row in rows]
    columns = list(dict.fromkeys([*columns, *(name for row in flat for name in row)]))
    unit_of = {name.replace(".", "_"): unit["en"] for name, unit in units.items()}
    heads = [f"{name} [{unit_of[name]}]" if name in unit_of else name for name in columns]
    return Sheet(heads, [[_to_value(row.get(name)) for name in columns] for row in flat])


def to_csv(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Mapping[str, str]], columns: Sequence[str] = ()) -> bytes:
    """Return a table as in RFC 4180, in UTF-8, each line ended by CRLF; null is an empty field. Otherwise as `to_sheet`.

    Names come from what citizens have written, and spreadsheets run what begins like a formula: see `guard_text`.
    """
    sheet = to_sheet(rows, units, columns)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.heads)
    writer.writerows([[_field(value) for value in row] for row in sheet.rows])
    return out.getvalue().encode()


def flatten(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, names joined by an underscore."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= flatten(value, f"{prefix}{name}_") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _to_value(value: Any) -> Value:
    """Return a field as one value; a list becomes its items joined by commas."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _field(value: Value) -> Value:
    if isinstance(value, str):
        return guard_text(value)
    return str(value).lower() if isinstance(value, bool) else value
