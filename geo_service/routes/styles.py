"""MapLibre styles of the layers."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import Bounds
from geo_service.queries.layer import read_layer_query
from geo_service.queries.selection import read_choice
from geo_service.routes.common.dependencies import PlainRoute, base_url, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import ALERT_DOCS, LAYER_DOCS, PROBLEM_RESPONSES, SCHEME_DOCS, parameter
from geo_service.routes.schemas.value_schemas import choice
from geo_service.tiles.documents.palette import DEFAULT_SCHEME, SCHEMES
from geo_service.tiles.documents.style import LABELS, LANGUAGES, OWN_PARAMETERS, StyleRequest, query_of_source, render_style
from geo_service.tiles.documents.tilejson import DENSITY, zoom_to_fit
from geo_service.tiles.documents.zoom_levels import FIRST_ZOOM
from geo_service.tiles.encoding.grid import FIRST_ZOOM_OF_RESOLUTION
from geo_service.tiles.layers.base import LegendRequest, Rendering, TileLayer

router = APIRouter(route_class=PlainRoute, tags=["tiles"], responses=PROBLEM_RESPONSES)

_DOCS = {
    "parameters": [
        *LAYER_DOCS["parameters"], *ALERT_DOCS, SCHEME_DOCS,
        parameter("lang", f"Of the labels: {' or '.join(LANGUAGES)}; default {LANGUAGES[0]}.", schema=choice(LANGUAGES)),
        parameter("labels", "service (the default): letters come from here; client: from the client's own fonts; none: no labels.",
                  schema=choice(LABELS)),
    ]
}  # fmt: skip


@router.get("/styles/{layer}.json", openapi_extra=_DOCS, summary="A MapLibre style of a layer", operation_id="style")
async def get_style(request: Request, layer: str) -> Response:
    """A complete style (version 8) that shows the layer for a selection, with its legend in `metadata`."""
    service = service_of(request)
    served = service.tiles_of(layer).layer
    parameters = request.query_params.multi_items()
    query, rendering = read_layer_query(parameters, service.catalogue, service.zone, served.description, OWN_PARAMETERS)
    params = dict(request.query_params)
    language = read_choice(params, "lang", LANGUAGES, LANGUAGES[0])
    scheme, labels = read_choice(params, "scheme", list(SCHEMES), DEFAULT_SCHEME), read_choice(params, "labels", LABELS, LABELS[0])

    def encode(shown: tuple[Bounds, list[dict[str, Any]]]) -> Response:
        bounds, legends = shown
        style_request = StyleRequest(
            served.description, base_url(request), query_of_source(request.url.query), query.measure, legends, bounds,
            " · ".join(served.attribution(service.replica.catalogue)), language, scheme, labels,
        )  # fmt: skip
        return json_answer(request, render_style(style_request))

    return await service.replica.run_and_encode(encode, _bounds_and_legends, served, query, rendering)


def _bounds_and_legends(
    state: ReplicaState, layer: TileLayer, query: Query, rendering: Rendering
) -> tuple[Bounds, list[dict[str, Any]]]:  # fmt: skip
    """The layer's bounds, and its legends: of each level, or of the zoom that shows everything."""
    bounds = layer.bounds(state)
    levelled = "level" in layer.description.parameters
    zooms = [*FIRST_ZOOM.values()] if levelled else [zoom_to_fit(bounds)]
    if layer.description is DENSITY:
        zooms = FIRST_ZOOM_OF_RESOLUTION
    legends = [layer.legend(state, LegendRequest(zoom, query, rendering)) for zoom in zooms]
    # The zooms of several levels may all show the same one.
    return bounds, list({(legend.get("level"), legend.get("kernel_km")): legend for legend in reversed(legends)}.values())[::-1]
