"""Alerts: the list, one with its evidence, and the desk's verdict."""

import time
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geo_service.aggregation.alerts.model import AlertBoard, Episode, Verdict
from geo_service.alerts.board import REMEMBERED_S, AlertChange
from geo_service.alerts.documents import Context, describe_alert, describe_threshold, describe_verdict, write_feature, write_row
from geo_service.alerts.listing import AlertPage, count_groups, select_alerts
from geo_service.alerts.store import VerdictEntry, find_episode, read_episodes, write_verdict
from geo_service.core.errors import NotFound, UnsupportedType
from geo_service.core.instants import format_instant
from geo_service.core.integers import MAX_BIGINT, parse_int
from geo_service.http.api_keys import key_id
from geo_service.http.headers import request_header
from geo_service.queries.alerts import AlertQuery, parse_verdict, read_alert_query
from geo_service.queries.selection import collect_params
from geo_service.routes.common.auth import authenticate_writer
from geo_service.routes.common.dependencies import PlainRoute, Service, service_of
from geo_service.routes.common.request_body import read_body
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.alert_docs import (
    ALERT_DOCS,
    ALERT_RESPONSES,
    ALERTS_DOCS,
    ALERTS_RESPONSES,
    VERDICT_DOCS,
    VERDICT_RESPONSES,
)
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES

router = APIRouter(route_class=PlainRoute, prefix="/api/alerts", tags=["alerts"], responses=PROBLEM_RESPONSES)

_SLACK_S = 3600
"""What is so near the end of the board's memory is read from the database: the board may have been read a while ago."""
_STEP_S = 60
_MAX_BODY_BYTES = 65_536
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
            "alerts": alerts, "total": page.total, "state": query.state, "thresholds": thresholds, "checked": _checked(service),
            "time_zone": service.settings.time_zone,
        }  # fmt: skip
        return render(request, form, _represent(document, alerts))

    return await service.encoder.run(encode)


@router.get("/{id}", openapi_extra=ALERT_DOCS, responses=ALERT_RESPONSES, summary="One alert", operation_id="alert")
async def get_alert(request: Request, id: str) -> Response:  # noqa: A002  # the path parameter has this name
    """Return an alert, however old, with its evidence: messages along time, by agency and status, the neighbours, the newest ids."""
    service = service_of(request)
    collect_params(request.query_params.multi_items(), ("format",))
    number, form = parse_int("id", id, 1, MAX_BIGINT), read_format(request, geometry=True)
    board, episode = await fetch_alert(service, number)
    # In steps, so that who asks again within a minute is told that nothing has changed; rounded up, so that the newest message counts.
    now = int(time.time()) // _STEP_S * _STEP_S + _STEP_S

    def encode(evidence: dict[str, Any]) -> Response:
        alert = describe_alert(episode, alert_context(service), count_groups(board.episodes))
        return render(request, form, _represent({**alert, "evidence": evidence}, [alert]))

    return await service.replica.run_and_encode(encode, service.evidence.collect, episode, now)


@router.post(
    "/{id}/verdict", openapi_extra=VERDICT_DOCS, responses=VERDICT_RESPONSES, summary="Say what an alert has been", operation_id="verdict"
)
async def post_verdict(request: Request, id: str) -> Response:  # noqa: A002  # the path parameter has this name
    """Store the desk's verdict on an alert, in place of an earlier one. Sending the same again changes nothing."""
    key = authenticate_writer(request, act="give a verdict")
    collect_params(request.query_params.multi_items(), ())
    number = parse_int("id", id, 1, MAX_BIGINT)
    value, note = await _read_verdict(request)
    service = service_of(request)
    catalogue, entry = service.catalogue, VerdictEntry(value, note, key_id(key), int(time.time()))
    async with service.connect("store the verdict") as connection, connection.transaction():
        found, changed = await write_verdict(connection, number, entry)
        episode = await find_episode(connection, catalogue, number) if found else None
        if episode is None:
            raise NotFound(f"there is no alert {number}")
        if changed:
            await service.outbox.announce(connection, [AlertChange(0, "verdict", episode)])
    if changed:
        service.alerts.put(episode)
    document = {"alert": number, "verdict": describe_verdict(episode), "changed": changed}
    return Response(orjson.dumps(document), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _read_verdict(request: Request) -> tuple[Verdict | None, str]:
    """Return value and note of the body. Raises `UnsupportedType`, `BodyTooLarge` and `InputError`, which names the member."""
    media_type = request_header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedType(f"unsupported Content-Type {media_type[:60]!r}; allowed: application/json")
    return parse_verdict(b"".join([part async for part in read_body(request, _MAX_BODY_BYTES)]))


def _checked(service: Service) -> str | None:
    """Return when it was last looked for alerts, in whole minutes, so that who asks again within one is told that nothing has changed."""
    at = service.alerts.checked_at
    return None if at is None else format_instant(int(at) // _STEP_S * _STEP_S)


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
