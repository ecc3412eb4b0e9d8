"""Server-sent events: a page learns that the incidents have changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.instants import format_instant
from geo_service.routes.common.dependencies import service_of

router = APIRouter(prefix="/api", tags=["live"])

_AT_MOST_EVERY_S = 1.0
_RECONNECT_MS = 3000


@router.get("/live", response_class=EventSourceResponse, summary="Changes as they come", operation_id="live")
async def get_live(request: Request) -> AsyncIterator[ServerSentEvent]:
    """An event `revision` at once and whenever incidents change, at most one a second, with how many did since the last."""
    replica = service_of(request).replica
    with replica.listening():
        told, revision = replica.total, replica.revision
        yield _event(replica, Change())
        while True:
            # What came while the last event was on its way, or during the pause behind it, rings no more.
            while replica.revision == revision:
                await replica.next_change()
            change, told, revision = _since(told, replica.total), replica.total, replica.revision
            yield _event(replica, change)
            await asyncio.sleep(_AT_MOST_EVERY_S)


def _event(replica: Replica, change: Change) -> ServerSentEvent:
    data: dict[str, Any] = {
        "revision": replica.revision,
        "new": change.new,
        "changed": change.changed,
        "deleted": change.deleted,
        "at": format_instant(replica.changed_at),
    }
    return ServerSentEvent(event="revision", id=str(replica.revision), data=data, retry=_RECONNECT_MS)


def _since(told: Change, total: Change) -> Change:
    return Change(total.new - told.new, total.changed - told.changed, total.deleted - told.deleted)
