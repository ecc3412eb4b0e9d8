"""Tiles and their TileJSON."""

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from geo_service.core.errors import NotFound
from geo_service.http.headers import request_header
from geo_service.http.negotiation import choose_encoding
from geo_service.queries.layer import LayerQuery, read_layer_query
from geo_service.routes.common.dependencies import Service, base_url, service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import FORM_DOCS, LAYER_DOCS, tile_responses
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.documents.tilejson import LayerDescription, tilejson
from geo_service.tiles.encoding.grid import read_tile
from geo_service.tiles.layers.playback import described
from geo_service.tiles.server.cache import CachedTile
from geo_service.tiles.server.fast_path import send_tile

router = APIRouter(route_class=PlainRoute, tags=["tiles"])


class TileResponse(Response):
    """A tile that has just been computed, sent the way the cache sends it."""

    def __init__(self, tile: CachedTile) -> None:
        super().__init__()
        self._tile = tile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_tile(self._tile, scope, send)


async def get_tile(request: Request, form: str, layer: str, z: str, x: str, y: str) -> Response:
    """A tile in one of its forms. Raises NotFound where the layer has not got this form."""
    service = service_of(request)
    server = service.tiles_of(layer)
    about = server.layer.description
    if form not in about.forms:
        raise NotFound(f"there are no tiles of {layer} as {form}; forms: {', '.join(about.forms)}")
    tile = read_tile(z, x, y, (about.min_zoom, about.max_zoom))
    asked = layer_question(request, service, about)
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    key = (request.scope["path"], request.scope["query_string"], encoding)
    return TileResponse(await server.answer(key, asked.tile(tile, form, service.replica.revision), asked.question.valid_until))


def _add_form(form: str) -> None:
    """A route for the tiles of this form."""

    async def answer(request: Request, layer: str, z: str, x: str, y: str) -> Response:
        return await get_tile(request, form, layer, z, x, y)

    router.add_api_route(
        f"/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.{form}", answer, methods=["GET"], openapi_extra=LAYER_DOCS,
        responses=tile_responses(form), summary=FORM_DOCS[form][0], description=FORM_DOCS[form][1], response_class=Response,
        operation_id=f"tile_{form}",
    )  # fmt: skip


for _form in CONTENT_TYPES:
    _add_form(_form)


@router.get("/tiles/{layer}.json", openapi_extra=LAYER_DOCS, summary="TileJSON 3.0.0 of a layer", operation_id="tilejson")
async def get_tilejson(request: Request, layer: str) -> Response:
    """What a client needs to show the layer; the selection is passed on to the tiles' address."""
    service = service_of(request)
    served = service.tiles_of(layer).layer
    asked = layer_question(request, service, served.description)
    bounds = await service.replica.run(served.bounds)
    document = tilejson(
        served.description, base_url=base_url(request), query=request.url.query, bounds=bounds,
        attribution=" · ".join(served.attribution(service.replica.catalogue)), revision=service.replica.revision,
        playback=None if asked.frames is None else described(asked.question.selection.window, asked.frames),
    )  # fmt: skip
    return json_answer(request, document)


def layer_question(request: Request, service: Service, layer: LayerDescription, also: tuple[str, ...] = ()) -> LayerQuery:
    """What is asked of a layer; parameters in `also` are read by the caller."""
    return read_layer_query(request.query_params.multi_items(), service.catalogue, service.settings.zone, layer, also)
