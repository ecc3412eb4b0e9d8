"""Responses to incidents that were sent: one document at the end, or a stream of lines during the ingest."""

from contextlib import aclosing
from typing import Any

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from geo_service.core.errors import GeoError
from geo_service.core.ingest_protocol import BatchResult, IngestSummary, ResultStream
from geo_service.routes.common.responses import problem_document

_REPLAYED = "Idempotency-Replayed"
"""Header of a response that repeats the one to an earlier request with the same key."""
_NO_STORE = {"Cache-Control": "no-store"}

log = structlog.get_logger(__name__)


async def respond_with_document(results: ResultStream) -> Response:
    """Return 200 with the result of each incident, or 422 if a single incident was sent and rejected."""
    rows, summary = await collect_results(results)
    document = {**summary.document, "rows": rows}
    if summary.document["form"] == "object" and rows[0]["outcome"] == "rejected":
        response = problem_document(422, "Rejected", rows[0]["detail"], "rejected", members=document)
    else:
        response = Response(orjson.dumps(document), media_type="application/json", headers=_NO_STORE)
    if summary.repeated:
        response.headers[_REPLAYED] = "true"
    return response


async def collect_results(results: ResultStream) -> tuple[list[dict[str, Any]], IngestSummary]:
    """Return the results of all incidents, and the summary."""
    rows: list[dict[str, Any]] = []
    summary = IngestSummary({})
    async with aclosing(results):
        async for result in results:
            if isinstance(result, IngestSummary):
                summary = result
            else:
                rows += map(orjson.loads, result.lines.splitlines())
    return rows, summary


class LineStream(Response):
    """NDJSON that is sent while the body is still being read: one line for each incident, and the summary last.

    The framework's `StreamingResponse` reads messages to notice a disconnect; it would lose parts of the body.
    """

    def __init__(self, first: BatchResult | IngestSummary, rest: ResultStream) -> None:
        """first: the first result. It is there before the response begins, so that an error before it has its own status."""
        headers = _NO_STORE | ({_REPLAYED: "true"} if first.repeated else {})
        super().__init__(media_type="application/x-ndjson", headers=headers)
        del self.headers["content-length"]
        self._first, self._rest = first, rest

    @classmethod
    async def start(cls, results: ResultStream) -> "LineStream":
        """Wait for the first result and return the response."""
        return cls(await anext(results), results)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send each result as soon as there is one. An error after the first result becomes the last line."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send(_body_message(_to_lines(self._first)))
        async with aclosing(self._rest):
            try:
                async for result in self._rest:
                    await send(_body_message(_to_lines(result)))
            except GeoError as error:
                log.warning("ingest failed after some batches", reason=str(error))
                await send(_body_message(_error_line(error)))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _to_lines(result: BatchResult | IngestSummary) -> bytes:
    return result.lines if isinstance(result, BatchResult) else orjson.dumps({"summary": {"complete": True, **result.document}}) + b"\n"


def _error_line(error: GeoError) -> bytes:
    problem = {"type": f"/problems/{error.kind}", "code": error.kind, "title": error.title, "status": error.status, "detail": str(error)}
    return orjson.dumps({"summary": {"complete": False, **error.members(), "problem": problem}}) + b"\n"


def _body_message(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": True}
