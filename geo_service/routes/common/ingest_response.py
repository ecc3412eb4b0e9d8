"""Answers to incidents that were sent: a document once all are dealt with, or a stream of lines while they are."""

from contextlib import aclosing
from typing import Any

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from geo_service.core.errors import GeoError
from geo_service.core.ingest_protocol import BatchResult, IngestSummary, ResultStream
from geo_service.routes.common.responses import problem_document

_REPEATED = "Idempotency-Replayed"
_FRESH = {"Cache-Control": "no-store"}

log = structlog.get_logger(__name__)


async def document_answer(pieces: ResultStream) -> Response:
    """200 with what became of each; 422 for a single incident that could not be used."""
    rows, summary = await collected(pieces)
    document = {**summary.document, "rows": rows}
    if summary.document["form"] == "object" and rows[0]["outcome"] == "rejected":
        answer = problem_document(422, "Rejected", rows[0]["detail"], "rejected", members=document)
    else:
        answer = Response(orjson.dumps(document), media_type="application/json", headers=_FRESH)
    if summary.repeated:
        answer.headers[_REPEATED] = "true"
    return answer


async def collected(pieces: ResultStream) -> tuple[list[dict[str, Any]], IngestSummary]:
    """All rows, and the summary."""
    rows: list[dict[str, Any]] = []
    summary = IngestSummary({})
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, IngestSummary):
                summary = piece
            else:
                rows += map(orjson.loads, piece.lines.splitlines())
    return rows, summary


class LineStream(Response):
    """NDJSON while the body is still being read: a line a row, and the summary as the last one.

    Not the framework's stream: that listens for the client's going, and would take the parts of the body for it.
    """

    def __init__(self, first: BatchResult | IngestSummary, rest: ResultStream) -> None:
        """first: the first piece, which has come already, so that what fails before it has its own status."""
        headers = _FRESH | ({_REPEATED: "true"} if first.repeated else {})
        super().__init__(media_type="application/x-ndjson", headers=headers)
        del self.headers["content-length"]
        self._first, self._rest = first, rest

    @classmethod
    async def of(cls, pieces: ResultStream) -> "LineStream":
        """Once the first piece is there."""
        return cls(await anext(pieces), pieces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces as they come."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send(_body(_line(self._first)))
        async with aclosing(self._rest):
            try:
                async for piece in self._rest:
                    await send(_body(_line(piece)))
            except GeoError as error:
                log.warning("ingest failed after some batches", reason=str(error))
                await send(_body(_failure(error)))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _line(piece: BatchResult | IngestSummary) -> bytes:
    return piece.lines if isinstance(piece, BatchResult) else orjson.dumps({"summary": {"complete": True, **piece.document}}) + b"\n"


def _failure(error: GeoError) -> bytes:
    told = {"type": f"/problems/{error.kind}", "title": error.title, "status": error.status, "detail": str(error)}
    return orjson.dumps({"summary": {"complete": False, **error.members(), "problem": told}}) + b"\n"


def _body(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": True}
