"""Alerts: the list, one with its evidence, and the desk's verdict."""

import time
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.alerts.model import AlertBoard, Episode
from geo_service.alerts.board import REMEMBERED_S
from geo_service.alerts.documents import Context, describe_alert, describe_threshold, write_feature, write_row
from geo_service.alerts.listing import AlertPage, count_groups, select_alerts
from geo_service.alerts.store import find_episode, read_episodes
from geo_service.core.errors import NotFound
from geo_service.core.integers import MAX_BIGINT, parse_int
from geo_service.queries.alerts import AlertQuery, read_alert_query
from geo_service.queries.selection import collect_params
from geo_service.routes.common.dependencies import PlainRoute, Service, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.alert_docs import ALERT_DOCS, ALERT_RESPONSES, ALERTS_DOCS, ALERTS_RESPONSES
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES

router = APIRouter(route_class=PlainRoute, prefix="/api/alerts", tags=["alerts"], responses=PROBLEM_RESPONSES)

_SLACK_S = 3600
"""What is so near the end of the board's memory is read from the database: the board may have been read a while ago."""
_COLUMNS = ("id", "layer", "state")
"""Columns of the CSV where there are no alerts."""


@router.get("", openapi_extra=ALERTS_DOCS, responses=ALERTS_RESPONSES, summary="Alerts", operation_id="alerts")
async def get_alerts(request: Request) -> Response:
    """Return what is unusual: open alerts first, the rarest first, then the newest; each with its reason in a sentence."""
    service = service_of(request)
    query = read_alert_query(request.query_params.multi_items(), service.catalogue, service.zone, ("format",))
    form = read_format(request, geometry=True)
    board, page = await list_alerts(service, query)
    context = alert_context(service)

    def encode() -> Response:
        alerts = [describe_alert(episode, context, page.group_sizes) for episode in page.episodes]
        thresholds = {one.layer.value: describe_threshold(one) for one in board.thresholds}
        document = {
            "alerts": alerts, "total": page.total, "state": query.state, "thresholds": thresholds, "time_zone": service.settings.time_zone,
        }  # fmt: skip
        return render(request, form, _represent(document, alerts))

    return await service.encoder.run(encode)


@router.get("/{id}", openapi_extra=ALERT_DOCS, responses=ALERT_RESPONSES, summary="One alert", operation_id="alert")
async def get_alert(request: Request, id: str) -> Response:  # noqa: A002  # the path parameter has this name
    """Return an alert, however old, with its evidence."""
    service = service_of(request)
    collect_params(request.query_params.multi_items(), ("format",))
    number, form = parse_int("id", id, 1, MAX_BIGINT), read_format(request, geometry=True)
    board, episode = await fetch_alert(service, number)
    alert = describe_alert(episode, alert_context(service), count_groups(board.episodes))
    return render(request, form, _represent(alert, [alert]))


async def list_alerts(service: Service, query: AlertQuery) -> tuple[AlertBoard, AlertPage]:
    """Return the board and the alerts of a query: from memory, or from the database where they go back beyond the board."""
    board, catalogue = service.alerts.board, service.catalogue
    episodes: Sequence[Episode] = board.episodes
    oldest = time.time() - REMEMBERED_S + _SLACK_S
    if not board.read_at or (query.state != "open" and query.closed_since < oldest):
        async with service.connect("read the alerts") as connection:
            episodes = await read_episodes(connection, catalogue, query.closed_since)
    return board, select_alerts(episodes, query, catalogue)


async def fetch_alert(service: Service, number: int) -> tuple[AlertBoard, Episode]:
    """Return the board and an alert by its id, however old. Raises `NotFound`."""
    board, catalogue = service.alerts.board, service.catalogue
    episode = next((one for one in board.episodes if one.id == number), None)
    if episode is None:
        async with service.connect("read the alert") as connection:
            episode = await find_episode(connection, catalogue, number)
    if episode is None:
        raise NotFound(f"there is no alert {number}")
    return board, episode


def alert_context(service: Service, base: str | None = None) -> Context:
    """Return what alerts are worded with. base: beginning of addresses; by default the path that clients see."""
    return Context(service.catalogue, service.zone, service.settings.public_path if base is None else base)


def _represent(document: dict[str, Any], alerts: list[dict[str, Any]]) -> Representations:
    return Representations(document, lambda: list(map(write_row, alerts)), lambda: list(map(write_feature, alerts)), _COLUMNS)
