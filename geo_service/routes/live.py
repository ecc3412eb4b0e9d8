"""Server-sent events that tell clients when incidents have changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.instants import format_instant
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.no_parameters import no_parameters

router = APIRouter(prefix="/api", tags=["live"], dependencies=[Depends(no_parameters)])

_MIN_INTERVAL_S = 1.0
"""Between two events, so that a bulk load does not make every page reload many times a second."""
_RECONNECT_MS = 3000


@router.get("/live", response_class=EventSourceResponse, summary="Changes as they come", operation_id="live")
async def get_live(request: Request) -> AsyncIterator[ServerSentEvent]:
    """An event `revision` at once, and then at most one a second when incidents change, with the number of changes since the last."""
    replica = service_of(request).replica
    reported, revision = replica.total, replica.revision
    yield _event(replica, Change())
    while True:
        # The revision is compared before waiting: changes while an event was sent, or during the pause, wake nobody.
        while replica.revision == revision:
            await replica.next_change()
        change, reported, revision = _subtract(replica.total, reported), replica.total, replica.revision
        yield _event(replica, change)
        await asyncio.sleep(_MIN_INTERVAL_S)


def _event(replica: Replica, change: Change) -> ServerSentEvent:
    data: dict[str, Any] = {
        "revision": replica.revision,
        "new": change.new,
        "changed": change.changed,
        "deleted": change.deleted,
        "at": format_instant(replica.changed_at),
    }
    return ServerSentEvent(event="revision", id=str(replica.revision), data=data, retry=_RECONNECT_MS)


def _subtract(total: Change, reported: Change) -> Change:
    return Change(total.new - reported.new, total.changed - reported.changed, total.deleted - reported.deleted)
