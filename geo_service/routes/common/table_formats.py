"""One table as JSON, CSV or GeoJSON, whichever is asked for by `format` or by `Accept`."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from geo_service.http.headers import request_header
from geo_service.queries.selection import read_choice
from geo_service.routes.common.responses import bytes_answer, json_answer

MEDIA_TYPES = {"json": "application/json", "csv": "text/csv", "geojson": "application/geo+json"}

_VARY = "Accept, Accept-Encoding"
_CACHE = "no-cache"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection."""


@dataclass(frozen=True, slots=True)
class Representations:
    """The forms one answer can take. The document for JSON; rows for CSV; features, where there is geometry, for GeoJSON."""

    document: Mapping[str, Any]
    rows: Callable[[], Sequence[Mapping[str, Any]]]
    features: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    columns: Sequence[str] = ()
    """Of the CSV, where it has them without any rows too."""


def read_format(request: Request, *, geometry: bool = False) -> str:
    """`format`, else the supported type that `Accept` likes best, else JSON."""
    known = [name for name in MEDIA_TYPES if geometry or name != "geojson"]
    query = dict(request.query_params)
    if "format" in query:
        return read_choice(query, "format", known)
    liked = _accept_weights(request_header(request.scope, b"accept"))
    best = max(known, key=lambda name: liked.get(MEDIA_TYPES[name], 0.0))
    return best if liked.get(MEDIA_TYPES[best], 0.0) > liked.get("application/json", 0.0) else "json"


def _accept_weights(accept: str) -> dict[str, float]:
    """Media types named in an Accept header and their weights (RFC 9110, 12.5.1); one that cannot be read counts as 0."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        media_type, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            found[media_type.lower()] = float(weight)
        except ValueError:
            found[media_type.lower()] = 0.0
    return found


def render(request: Request, form: str, forms: Representations) -> Response:
    """The answer in the form that `read_format` gave."""
    if form == "csv":
        units = forms.document.get("units", {})
        return bytes_answer(request, to_csv(forms.rows(), units, forms.columns), _CACHE, "text/csv; charset=utf-8; header=present", _VARY)
    if form == "geojson" and forms.features is not None:
        about = {
            name: value for name, value in forms.document.items() if name in ("window", "compare", "revision", "units", "measure", "level")
        }
        document = {"type": "FeatureCollection", **about, "features": forms.features()}
        return bytes_answer(request, orjson.dumps(document), _CACHE, MEDIA_TYPES["geojson"], _VARY)
    made = json_answer(request, forms.document)
    made.headers["Vary"] = _VARY
    return made


def to_csv(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Mapping[str, str]], columns: Sequence[str] = ()) -> bytes:
    """RFC 4180 in UTF-8, CRLF at the end of each line; a field that has a unit has it in brackets behind its name.

    Nested fields become columns joined by an underscore; null is an empty field. Names come from what people have written, and
    spreadsheets run what begins like a formula: such a text has an apostrophe before it.
    """
    flat = [flatten(row) for row in rows]
    columns = list(dict.fromkeys([*columns, *(name for row in flat for name in row)]))
    shown = {name.replace(".", "_"): unit["en"] for name, unit in units.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([f"{name} [{shown[name]}]" if name in shown else name for name in columns])
    writer.writerows([[_field(row.get(name)) for name in columns] for row in flat])
    return out.getvalue().encode()


def flatten(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as columns joined by an underscore."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= flatten(value, f"{prefix}{name}_") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _field(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return str(value).lower() if isinstance(value, bool) else value
