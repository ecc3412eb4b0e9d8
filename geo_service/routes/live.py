"""Server-sent events that tell clients when incidents and alerts have changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.replica import Replica
from geo_service.alerts.board import AlertChange
from geo_service.alerts.documents import Context, describe_alert
from geo_service.alerts.listing import count_groups
from geo_service.core.instants import format_instant
from geo_service.http.headers import request_header
from geo_service.routes.common.dependencies import Service, service_of
from geo_service.routes.common.no_parameters import no_parameters

router = APIRouter(prefix="/api", tags=["live"], dependencies=[Depends(no_parameters)])

_MIN_INTERVAL_S = 1.0
"""Between two events, so that a bulk load does not make every page reload many times a second."""
_RECONNECT_MS = 3000
_REPEATED_S = 3600.0
"""So far back go the changes of alerts that a client is sent again when it comes back."""


@router.get("/live", response_class=EventSourceResponse, summary="Changes as they come", operation_id="live")
async def get_live(request: Request) -> AsyncIterator[ServerSentEvent]:
    """An event `revision` at once, and then at most one a second when incidents change, with the number of changes since the last.

    An event `alert` for each alert that opens, grows or closes, gets a verdict, or changes otherwise. A client that comes back with
    `Last-Event-ID` is sent the last change of each alert of the past hour again.
    """
    service = service_of(request)
    replica, alerts = service.replica, service.alerts
    reported, revision, told = replica.total, replica.revision, alerts.last_change
    yield _event(replica, Change())
    if request_header(request.scope, b"last-event-id"):
        for change in alerts.recent_changes(_REPEATED_S):
            yield _alert_event(service, change)
    while True:
        # Both are compared before waiting: changes while an event was sent, or during the pause, wake nobody.
        while replica.revision == revision and alerts.last_change == told:
            await replica.next_change()
        for change in alerts.changes_after(told):
            told = change.number
            yield _alert_event(service, change)
        if replica.revision != revision:
            difference, reported, revision = _subtract(replica.total, reported), replica.total, replica.revision
            yield _event(replica, difference)
        await asyncio.sleep(_MIN_INTERVAL_S)


def _alert_event(service: Service, change: AlertChange) -> ServerSentEvent:
    """Return the event of an alert. It has no id: the last one that a client has seen stays that of a revision."""
    context = Context(service.replica.catalogue, service.zone, service.settings.public_path)
    alert = describe_alert(change.episode, context, count_groups(service.alerts.board.episodes))
    return ServerSentEvent(event="alert", data={"id": change.episode.id, "event": change.event, "alert": alert})


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
