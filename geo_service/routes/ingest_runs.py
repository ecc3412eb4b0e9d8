"""What was read, what became of it, and (for those who hold a key) the rows that could not be used."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import asyncpg
import orjson
from fastapi import APIRouter, Request, Response

from geo_service.core.database import database_errors
from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import format_instant
from geo_service.core.model import RejectReason
from geo_service.core.named_queries import query
from geo_service.queries.selection import read_int, single_values
from geo_service.routes.common.auth import require_key
from geo_service.routes.common.dependencies import Service, service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import EXTRA_PARAMETERS, PROBLEM_RESPONSES, TABLE_RESPONSES, parameter

router = APIRouter(route_class=PlainRoute, prefix="/api/ingest", tags=["ingest"], responses=PROBLEM_RESPONSES)

_WARNINGS = [one.value for one in RejectReason if one.is_warning]
_COUNTS = ("read", "new", "changed", "unchanged", "repeated", "stale", "linked")
_BY_KIND = ("rejected", "warned", "located")
_NUMBER = re.compile("[0-9]{1,18}")
_NUMBER_ALLOWED = "a whole number of at most 18 digits"
_PLACE = re.compile("[0-9]{1,18}-[0-9]{1,18}")
_LIMIT, _MOST, _MOST_ROWS = 50, 500, 5_000

_FORMAT = parameter("format", EXTRA_PARAMETERS["format"])
_ID = {"name": "run", "in": "path", "required": True, "description": "A run's number.", "schema": {"type": "string"}}
_RUNS_DOCS = {
    "parameters": [
        parameter("limit", f"Runs in an answer, 1 to {_MOST}. Default {_LIMIT}."),
        parameter("before", "Only runs with a smaller number than this; `next` of the answer before leads there."),
        _FORMAT,
    ]
}
_RUN_DOCS = {"parameters": [_ID, _FORMAT]}
_REJECTS_DOCS = {
    # Who may send without a key may not read without one.
    "security": [{"writeKey": []}],
    "parameters": [
        _ID,
        parameter("limit", f"Rows in an answer, 1 to {_MOST_ROWS}. Default {_MOST_ROWS}."),
        parameter("after", "Only rows behind this place; `next` of the answer before leads there."),
        _FORMAT,
    ],
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "No key, or none of those that are known.", "content": {"application/problem+json": {}}},
    403: {"description": "No keys are set (GEO_WRITE_KEYS).", "content": {"application/problem+json": {}}},
}
_MISSING: dict[int | str, dict[str, Any]] = {404: {"description": "No such run.", "content": {"application/problem+json": {}}}}


@router.get("/runs", openapi_extra=_RUNS_DOCS, responses=TABLE_RESPONSES, summary="Runs of the ingest", operation_id="ingest_runs")
async def get_runs(request: Request) -> Response:
    """Each input that was read, the newest first: its counts, rejects by reason, and places found by precision."""
    given, form = single_values(request.query_params.multi_items(), ("limit", "before", "format")), read_format(request)
    limit = read_int(given, "limit", 1, _MOST, _LIMIT)
    before = _number("before", given["before"]) if "before" in given else None
    with database_errors("read the runs"):
        rows = await service_of(request).database.fetch(query("ingest.list_runs"), before, limit)
    runs = [_run(row) for row in rows]
    onward = _next(request, given, {"before": rows[-1]["id"]}) if len(rows) == limit else None
    return _paged(render(request, form, Representations({"runs": runs, "next": onward}, lambda: runs)), onward)


@router.get("/runs/{run}", openapi_extra=_RUN_DOCS, responses=TABLE_RESPONSES | _MISSING, summary="One run", operation_id="ingest_run")
async def get_run(request: Request, run: str) -> Response:
    """One run, and where its rejects are."""
    single_values(request.query_params.multi_items(), ("format",))
    form, found = read_format(request), _run(await _find(service_of(request), run))
    document = {**found, "rejects": f"/api/ingest/runs/{found['id']}/rejects"}
    return render(request, form, Representations(document, lambda: [found]))


@router.get(
    "/runs/{run}/rejects", openapi_extra=_REJECTS_DOCS, responses=TABLE_RESPONSES | _MISSING | _REFUSED, summary="Rows that were refused",
    operation_id="ingest_rejects",
)  # fmt: skip
async def get_rejects(request: Request, run: str) -> Response:
    """Rows that the run was the last to meet and could not use, with line and reason. They may hold personal text: a key is needed.

    As CSV: in the columns of the input, to be mended and loaded again.
    """
    require_key(request, "read rejected rows")
    service = service_of(request)
    given, form = single_values(request.query_params.multi_items(), ("limit", "after", "format")), read_format(request)
    limit, after = read_int(given, "limit", 1, _MOST_ROWS, _MOST_ROWS), _place(given)
    found = await _find(service, run)
    with database_errors("read rejected rows"):
        rows = await service.database.fetch(query("ingest.list_rejects"), found["id"], *after, _WARNINGS, limit)
    rejects = [_reject(row, service.row_cutter(row["row_text"], orjson.loads(found["row_format"]))) for row in rows]
    onward = _next(request, given, {"after": f"{rows[-1]['line']}-{rows[-1]['id']}"}) if len(rows) == limit else None
    document = {"run": found["id"], "rejects": rejects, "next": onward}
    made = _paged(render(request, form, Representations(document, lambda: list(map(_line, rejects)))), onward)
    made.headers["Cache-Control"] = "private, no-store"
    return made


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidParameter(name, f"{text[:40]!r} is not usable", _NUMBER_ALLOWED)
    return int(text)


def _place(given: Mapping[str, str]) -> tuple[int, int]:
    text = given.get("after")
    if text is None:
        return -1, 0
    if not _PLACE.fullmatch(text):
        raise InvalidParameter("after", f"{text[:40]!r} is not usable", "what `next` of the answer before says")
    line, _, number = text.partition("-")
    return int(line), int(number)


async def _find(service: Service, run: str) -> asyncpg.Record:
    number = _number("run", run)
    with database_errors("read the run"):
        row = await service.database.fetchrow(query("ingest.list_runs"), number + 1, 1)
    if row is None or row["id"] != number:
        raise NotFound(f"there is no run {number}")
    return row


def _run(row: asyncpg.Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "input", "mapping", "state")},
        "started_at": format_instant(row["started_at"]),
        "finished_at": format_instant(row["finished_at"]) if row["finished_at"] else None,
        **{name: row[name] for name in _COUNTS},
        **{name: orjson.loads(row[name]) for name in _BY_KIND},
    }


def _reject(row: asyncpg.Record, fields: Mapping[str, str] | None) -> dict[str, Any]:
    # Requests of a server have no lines: their detail says where they were.
    about = {"line": row["line"] or None, "reason": row["reason"], "detail": row["detail"]}
    return {**about, "row": fields, "text": row["row_text"] if fields is None else None}


def _line(reject: Mapping[str, Any]) -> dict[str, Any]:
    """As `geo ingest rejects --csv` writes it."""
    about = {f"reject_{name}": reject[name] for name in ("line", "reason", "detail")}
    return {**about, "reject_row": reject["text"], **(reject["row"] or {})}


def _next(request: Request, given: Mapping[str, str], where: Mapping[str, Any]) -> str:
    return f"{request.url.path}?{urlencode({**given, **where})}"


def _paged(made: Response, onward: str | None) -> Response:
    """The next page's address as a header (RFC 8288) too: CSV has no room for it."""
    if onward:
        made.headers["Link"] = f'<{onward}>; rel="next"'
    return made
