"""The runs of the ingest with their counts and senders, and the rejected rows: with an API key alone."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import asyncpg
import orjson
from fastapi import APIRouter, Path, Request, Response

from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import format_instant
from geo_service.core.integers import parse_int
from geo_service.core.model import RejectReason
from geo_service.core.sql.named_queries import query
from geo_service.queries.selection import collect_params, read_int
from geo_service.routes.common.auth import require_key
from geo_service.routes.common.dependencies import PlainRoute, Service, public_path, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import FORMAT_DOCS, PROBLEM_RESPONSES, TABLE_RESPONSES, parameter
from geo_service.routes.schemas.value_schemas import integer, pattern

router = APIRouter(route_class=PlainRoute, prefix="/api/ingest", tags=["ingest"], responses=PROBLEM_RESPONSES)

_WARNINGS = [reason.value for reason in RejectReason if reason.is_warning]
_COUNTS = ("read", "new", "changed", "unchanged", "repeated", "stale", "linked")
_COUNTS_BY_KIND = ("rejected", "warned", "located")
_MAX_NUMBER = 10**18 - 1
"""Greatest number of a run that is read. One more is still a bigint."""
_CURSOR = re.compile("([0-9]{1,18})-([0-9]{1,18})")
"""The line and the id of the last row of a page."""
_DEFAULT_RUNS, _MAX_RUNS, _MAX_ROWS = 50, 500, 5_000

_FORMAT = FORMAT_DOCS
_Run = Annotated[str, Path(description="A run's number.")]
_RUNS_DOCS = {
    "parameters": [
        parameter("limit", f"Runs in the response, 1 to {_MAX_RUNS}. Default {_DEFAULT_RUNS}.", schema=integer(1, _MAX_RUNS)),
        parameter("before", "Only runs with a lower number; `next` of the previous page has it.", schema=integer(0, _MAX_NUMBER)),
        _FORMAT,
    ],
    # Reading needs a key even where sending does not: runs name files and clients, and the rows may have personal data.
    "security": [{"writeKey": []}],
}
_RUN_DOCS = {"parameters": [_FORMAT], "security": [{"writeKey": []}]}
_REJECTS_DOCS = {
    "security": [{"writeKey": []}],
    "parameters": [
        parameter("limit", f"Rows in the response, 1 to {_MAX_ROWS}. Default {_MAX_ROWS}.", schema=integer(1, _MAX_ROWS)),
        parameter("after", "Only rows after this cursor; `next` of the previous page has it.", schema=pattern("[0-9]{1,18}-[0-9]{1,18}")),
        _FORMAT,
    ],
}
_AUTH_RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "The API key is missing or invalid.", "content": {"application/problem+json": {}}},
    403: {"description": "No API key is configured (GEO_WRITE_KEYS).", "content": {"application/problem+json": {}}},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such run.", "content": {"application/problem+json": {}}}}


@router.get(
    "/runs", openapi_extra=_RUNS_DOCS, responses=TABLE_RESPONSES | _AUTH_RESPONSES, summary="Runs of the ingest", operation_id="ingest_runs"
)
async def get_runs(request: Request) -> Response:
    """Return the runs, newest first: input, sender, counts of incidents, rejected rows by reason, and locations by precision.

    Runs name files, and the addresses of clients, so an API key is needed. `key_id` is the beginning of the SHA-256 of the
    sender's key; it and `client`, the sender's address, are null for files.
    """
    require_key(request, "read the runs")
    params, form = collect_params(request.query_params.multi_items(), ("limit", "before", "format")), read_format(request)
    limit = read_int(params, "limit", 1, _MAX_RUNS, _DEFAULT_RUNS)
    before = read_int(params, "before", 0, _MAX_NUMBER) if "before" in params else None
    service = service_of(request)
    async with service.connect("read the runs") as connection:
        rows = await connection.fetch(query("ingest.list_runs"), before, limit)

    def encode() -> Response:
        runs = [_to_run(row) for row in rows]
        next_url = _page_url(request, params, {"before": rows[-1]["id"]}) if len(rows) == limit else None
        return _keep_private(_add_link(render(request, form, Representations({"runs": runs, "next": next_url}, lambda: runs)), next_url))

    return await service.encoder.run(encode)


@router.get(
    "/runs/{run}", openapi_extra=_RUN_DOCS, responses=TABLE_RESPONSES | _NOT_FOUND | _AUTH_RESPONSES, summary="One run",
    operation_id="ingest_run",
)  # fmt: skip
async def get_run(request: Request, run: _Run) -> Response:
    """Return one run, and the address of its rejected rows. An API key is needed."""
    require_key(request, "read a run")
    collect_params(request.query_params.multi_items(), ("format",))
    form, fields = read_format(request), _to_run(await _fetch_run(service_of(request), run))
    document = {**fields, "rejects": f"{service_of(request).settings.public_path}/api/ingest/runs/{fields['id']}/rejects"}
    return _keep_private(render(request, form, Representations(document, lambda: [fields])))


@router.get(
    "/runs/{run}/rejects", openapi_extra=_REJECTS_DOCS, responses=TABLE_RESPONSES | _NOT_FOUND | _AUTH_RESPONSES, summary="Rejected rows",
    operation_id="ingest_rejects",
)  # fmt: skip
async def get_rejects(request: Request, run: _Run) -> Response:
    """Return the rows that this run rejected and no later run has read again, with line and reason.

    The rows may have personal data, so an API key is needed. CSV has the columns of the input, so that the rows can be
    corrected and loaded again.
    """
    require_key(request, "read rejected rows")
    service = service_of(request)
    params, form = collect_params(request.query_params.multi_items(), ("limit", "after", "format")), read_format(request)
    limit, after = read_int(params, "limit", 1, _MAX_ROWS, _MAX_ROWS), _read_cursor(params)
    record = await _fetch_run(service, run)
    async with service.connect("read rejected rows") as connection:
        rows = await connection.fetch(query("ingest.list_rejects"), record["id"], *after, _WARNINGS, limit)

    def encode() -> Response:
        rejects = [_to_reject(row, service.row_cutter(row["row_text"], orjson.loads(record["row_format"]))) for row in rows]
        next_url = _page_url(request, params, {"after": f"{rows[-1]['line']}-{rows[-1]['id']}"}) if len(rows) == limit else None
        document = {"run": record["id"], "rejects": rejects, "next": next_url}
        rendered = render(request, form, Representations(document, lambda: list(map(_to_csv_row, rejects))))
        return _keep_private(_add_link(rendered, next_url))

    return await service.encoder.run(encode)


def _read_cursor(params: Mapping[str, str]) -> tuple[int, int]:
    """Return the line and the id after which the page begins; a pair before all rows without a cursor."""
    text = params.get("after")
    if text is None:
        return -1, 0
    match = _CURSOR.fullmatch(text)
    if not match:
        raise InvalidParameter("after", "invalid cursor", "the one in the `next` address of the previous page")
    return int(match[1]), int(match[2])


async def _fetch_run(service: Service, run: str) -> asyncpg.Record:
    """Return the row of the run. Raises `InvalidParameter` and `NotFound`."""
    number = parse_int("run", run, 0, _MAX_NUMBER)
    async with service.connect("read the run") as connection:
        row = await connection.fetchrow(query("ingest.list_runs"), number + 1, 1)
    if row is None or row["id"] != number:
        raise NotFound(f"there is no run {number}")
    return row


def _to_run(row: asyncpg.Record) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "input", "mapping", "state", "key_id", "client")},
        "started_at": format_instant(row["started_at"]),
        "finished_at": format_instant(row["finished_at"]) if row["finished_at"] else None,
        **{name: row[name] for name in _COUNTS},
        **{name: orjson.loads(row[name]) for name in _COUNTS_BY_KIND},
    }


def _to_reject(row: asyncpg.Record, fields: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a rejected row. fields: its values by column; None if its text could not be split into columns."""
    # Requests pulled from an Open311 server have no line (0); their detail says on which page they were.
    reason = {"line": row["line"] or None, "reason": row["reason"], "detail": row["detail"]}
    return {**reason, "row": fields, "text": row["row_text"] if fields is None else None}


def _to_csv_row(reject: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with the same columns as `geo ingest rejects --csv`."""
    reason = {f"reject_{name}": reject[name] for name in ("line", "reason", "detail")}
    return {**reason, "reject_row": reject["text"], **(reject["row"] or {})}


def _page_url(request: Request, params: Mapping[str, str], position: Mapping[str, Any]) -> str:
    return f"{public_path(request)}?{urlencode({**params, **position})}"


def _keep_private(response: Response) -> Response:
    """Forbid caches to keep the response."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _add_link(response: Response, next_url: str | None) -> Response:
    """Add the address of the next page as a Link header (RFC 8288), because CSV has no room for it."""
    if next_url:
        response.headers["Link"] = f'<{next_url}>; rel="next"'
    return response
