"""The Atom feed of alerts."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from geo_service.alerts.feed import MEDIA_TYPE, write_feed
from geo_service.alerts.listing import changed_at
from geo_service.queries.alerts import read_alert_query
from geo_service.queries.selection import read_choice
from geo_service.routes.alerts import alert_context, list_alerts
from geo_service.routes.common.dependencies import PlainRoute, base_url, service_of
from geo_service.routes.common.responses import bytes_answer
from geo_service.routes.schemas.alert_docs import FEED_DOCS, FEED_RESPONSES
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["alerts"], responses=PROBLEM_RESPONSES)

_LANGUAGES = ("ru", "en")


@router.get("/alerts.atom", openapi_extra=FEED_DOCS, responses=FEED_RESPONSES, summary="Atom feed of alerts", operation_id="alerts_feed")
async def get_feed(request: Request) -> Response:
    """Return the alerts as an Atom feed, what changed last first: open ones, and those that closed in the last 30 days."""
    service = service_of(request)
    pairs = request.query_params.multi_items()
    query = read_alert_query(pairs, service.catalogue, service.zone, ("lang",), default_state="all")
    language = read_choice(dict(request.query_params), "lang", _LANGUAGES, "ru")
    # The entry of an alert must not vanish because another one leads its group now.
    _, page = await list_alerts(service, replace(query, merges_groups=False))
    base = base_url(request)
    address = f"{base}/api/alerts.atom{f'?{request.url.query}' if request.url.query else ''}"

    def encode() -> Response:
        newest_first = sorted(page.episodes, key=lambda episode: (-changed_at(episode), -episode.id))
        return bytes_answer(request, write_feed(newest_first, alert_context(service, base), address, language), "no-cache", MEDIA_TYPE)

    return await service.encoder.run(encode)
