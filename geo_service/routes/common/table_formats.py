"""One table as JSON, CSV or GeoJSON, as the parameter `format` or the header `Accept` asks."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from geo_service.http.headers import choose_media_type, request_header
from geo_service.queries.selection import read_choice
from geo_service.routes.common.responses import bytes_answer, json_answer

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv", "geojson": "application/geo+json"}

_VARY = "Accept, Accept-Encoding"
_CACHE = "no-cache"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet read a cell as a formula: https://owasp.org/www-community/attacks/CSV_Injection."""


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
    names = [name for name in MEDIA_TYPES if geometry or name != "geojson"]
    query = dict(request.query_params)
    if "format" in query:
        return read_choice(query, "format", names)
    chosen = choose_media_type(request_header(request.scope, b"accept"), [MEDIA_TYPES[name] for name in names])
    return next(name for name in names if MEDIA_TYPES[name] == chosen)


def render(request: Request, form: str, forms: Representations) -> Response:
    """Return the response in the format that `read_format` gave."""
    if form == "csv":
        units = forms.document.get("units", {})
        return bytes_answer(request, to_csv(forms.rows(), units, forms.columns), _CACHE, "text/csv; charset=utf-8; header=present", _VARY)
    if form == "geojson" and forms.features is not None:
        about = {
            name: value for name, value in forms.document.items() if name in ("window", "compare", "revision", "units", "measure", "level")
        }
        document = {"type": "FeatureCollection", **about, "features": forms.features()}
        return bytes_answer(request, orjson.dumps(document), _CACHE, MEDIA_TYPES["geojson"], _VARY)
    response = json_answer(request, forms.document)
    response.headers["Vary"] = _VARY
    return response


def to_csv(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Mapping[str, str]], columns: Sequence[str] = ()) -> bytes:
    """Return a table as in RFC 4180, in UTF-8, each line ended by CRLF; a field with a unit has it in brackets behind its name.

    Nested fields become columns joined by an underscore; null is an empty field. Names come from what citizens have written, and
    spreadsheets run what begins like a formula: such a text gets an apostrophe before it.
    """
    flat = [flatten(row) for row in rows]
    columns = list(dict.fromkeys([*columns, *(name for row in flat for name in row)]))
    unit_of = {name.replace(".", "_"): unit["en"] for name, unit in units.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"{name} [{unit_of[name]}]" if name in unit_of else name for name in columns])
    writer.writerows([[_field(row.get(name)) for name in columns] for row in flat])
    return out.getvalue().encode()


def flatten(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one, names joined by an underscore."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= flatten(value, f"{prefix}{name}_") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _field(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return str(value).lower() if isinstance(value, bool) else value
