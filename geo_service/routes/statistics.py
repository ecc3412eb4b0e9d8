"""Numbers of a selection: legend and summary."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.totals import summarise
from geo_service.parameters import Question, read_question, read_whole
from geo_service.routes.answers import instant, json_answer
from geo_service.routes.documentation import PROBLEM_RESPONSES, SELECTION_DOCS, parameter
from geo_service.routes.service import Service, service_of
from geo_service.tiles.grid import MAX_ZOOM
from geo_service.tiles.legend import legend

router = APIRouter(prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_LEGEND_DOCS = {"parameters": [*SELECTION_DOCS["parameters"], parameter("zoom", f"Zoom of the map, 0 to {MAX_ZOOM}.", required=True)]}


@router.get("/legend", openapi_extra=_LEGEND_DOCS, summary="Class breaks, colours and totals", operation_id="legend")
async def get_legend(request: Request) -> Response:
    """What the classes in the tiles of a zoom mean: least and greatest value, colour, number of hexagons."""
    service = service_of(request)
    question = _question(request, service, also=("zoom",))
    zoom = read_whole(dict(request.query_params), "zoom", 0, MAX_ZOOM)
    revision = service.replica.revision
    document = await service.replica.ask(legend, question.selection, question.measure, zoom)
    return json_answer(request, {**document, "window": _window(question), "revision": revision})


@router.get("/summary", openapi_extra=SELECTION_DOCS, summary="Totals of a selection", operation_id="summary")
async def get_summary(request: Request) -> Response:
    """Totals, whole and by sector and source, and from when to when incidents are held."""
    service = service_of(request)
    question = _question(request, service)
    revision = service.replica.revision
    summary = await service.replica.ask(summarise, question.selection)
    first, last = summary.extent or (None, None)
    document = {
        **summary.total,
        "window": _window(question),
        "data": {"first": first and instant(first), "last": last and instant(last)},
        "revision": revision,
        "generated_at": instant(time.time()),
        "time_zone": service.settings.time_zone,
        "synthetic": summary.synthetic,
        "attribution": " · ".join(summary.attribution),
        "sectors": summary.sectors,
        "sources": summary.sources,
    }
    return json_answer(request, document)


def _question(request: Request, service: Service, also: tuple[str, ...] = ()) -> Question:
    return read_question(request.query_params.multi_items(), service.replica.catalogue, service.settings.zone, also=also)


def _window(question: Question) -> dict[str, Any]:
    window = question.selection.window
    return {"from": instant(window.start), "to": instant(window.stop)}
