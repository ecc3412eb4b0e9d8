"""Base maps: their archives, the tiles in them, and the style that draws them."""

import gzip
from asyncio import to_thread
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from geo_service.basemap.archive import Archive
from geo_service.basemap.ranges import ByteRange, read_range
from geo_service.basemap.registry import Basemap
from geo_service.basemap.style import BasemapRequest, attribution_html, render_basemap, tiles_address
from geo_service.core.errors import InputError, NotFound, NotReady
from geo_service.http.headers import choose_encoding, matches, request_header
from geo_service.queries.selection import collect_params, read_choice
from geo_service.routes.common.dependencies import PlainRoute, base_url, service_of
from geo_service.routes.common.responses import json_answer, problem_document
from geo_service.routes.schemas.basemap_docs import (
    ARCHIVE_RESPONSES,
    BASEMAP_STYLE_DOCS,
    PLACES,
    STYLE_RESPONSES,
    TILE_RESPONSES,
    VERSION_DOCS,
)
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.documents.palette import DEFAULT_SCHEME, SCHEMES
from geo_service.tiles.documents.style import LABELS, LANGUAGES
from geo_service.tiles.encoding.grid import read_tile

router = APIRouter(route_class=PlainRoute, tags=["base map"])

_CHUNK = 256 * 1024
_FOR_GOOD, _REVALIDATE = "public, max-age=31536000, immutable", "no-cache"
_MEDIA_TYPE = "application/vnd.pmtiles"
_ENCODINGS = ("gzip", "identity")


@router.get(
    "/styles/basemap.json", openapi_extra=BASEMAP_STYLE_DOCS, responses=STYLE_RESPONSES, summary="A MapLibre style of the base maps",
    operation_id="basemap_style",
)  # fmt: skip
async def get_style(request: Request) -> Response:
    """A complete style (version 8) of all base maps that `geo basemap add` has registered, without any numbers of the service."""
    params = collect_params(request.query_params.multi_items(), ("lang", "scheme", "labels", "places", "v"))
    wanted = BasemapRequest(
        base_url(request),
        read_choice(params, "lang", LANGUAGES, LANGUAGES[0]),
        read_choice(params, "scheme", list(SCHEMES), DEFAULT_SCHEME),
        read_choice(params, "labels", LABELS, LABELS[0]),
        read_choice(params, "places", PLACES, PLACES[0]) == PLACES[0],
    )
    basemaps = service_of(request).basemaps.all()
    if not basemaps:
        raise NotFound("there is no base map; add one with geo basemap add FILE.pmtiles")
    return json_answer(request, render_basemap(basemaps, wanted))


@router.get(
    "/basemaps/{name}.pmtiles", responses=ARCHIVE_RESPONSES, summary="A base map's PMTiles archive", operation_id="basemap_archive",
    response_class=Response, response_model=None,
)  # fmt: skip
async def get_archive(request: Request, name: str) -> Response:
    """The whole archive or a range of it, for the pmtiles protocol of map libraries, QGIS and GDAL."""
    collect_params(request.query_params.multi_items(), ())
    archive = service_of(request).basemaps.get(name).archive
    etag = f'"{archive.version}"'
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": _REVALIDATE}
    if matches(request_header(request.scope, b"if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = read_range(
        request_header(request.scope, b"range"), archive.size, request_header(request.scope, b"if-range"), etag
    )  # fmt: skip
    if wanted is not None and wanted.start >= wanted.stop:
        refusal = problem_document(416, "Range not satisfiable", f"the archive has {archive.size} bytes", "range-not-satisfiable")
        refusal.headers.update({"Content-Range": f"bytes */{archive.size}", "Accept-Ranges": "bytes"})
        return refusal
    return _send(request, archive, wanted, headers)


def _send(request: Request, archive: Archive, wanted: ByteRange | None, headers: dict[str, str]) -> Response:
    """Return the response with the range, or the whole, that is read piece by piece."""
    part = wanted or ByteRange(0, archive.size)
    headers["Content-Length"] = str(part.stop - part.start)
    if wanted:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{archive.size}"
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=_MEDIA_TYPE)
    return StreamingResponse(_pieces(archive, part), status, headers, _MEDIA_TYPE)


async def _pieces(archive: Archive, part: ByteRange) -> AsyncIterator[bytes]:
    at = part.start
    while at < part.stop:
        piece = await to_thread(archive.read_up_to, at, min(_CHUNK, part.stop - at))
        if not piece:
            # The file has been cut short meanwhile: the client sees fewer bytes than were announced.
            raise NotReady("the archive ends before its end")
        at += len(piece)
        yield piece


@router.get(
    "/basemaps/{name}.json", openapi_extra=VERSION_DOCS, summary="TileJSON 3.0.0 of a base map", operation_id="basemap_tilejson",
    responses=PROBLEM_RESPONSES,
)  # fmt: skip
async def get_tilejson(request: Request, name: str) -> Response:
    """What a client needs to show the base map's tiles in a style of its own."""
    collect_params(request.query_params.multi_items(), ("v",))
    return json_answer(request, _tilejson(service_of(request).basemaps.get(name), base_url(request)))


def _tilejson(basemap: Basemap, address: str) -> dict[str, Any]:
    archive = basemap.archive
    return {
        "tilejson": "3.0.0",
        "name": basemap.name,
        "scheme": "xyz",
        "tiles": [tiles_address(basemap, address)],
        "minzoom": archive.min_zoom,
        "maxzoom": archive.max_zoom,
        "bounds": list(archive.bounds),
        "attribution": attribution_html(basemap, LANGUAGES[1]),
        "vector_layers": archive.metadata["vector_layers"],
        "geo:schema": basemap.schema,
        "geo:archive": f"{address}/basemaps/{basemap.name}.pmtiles",
    }


@router.get(
    "/basemaps/{name}/{z}/{x}/{y}.mvt", openapi_extra=VERSION_DOCS, responses=TILE_RESPONSES, summary="A tile of a base map",
    operation_id="basemap_tile", response_class=Response, response_model=None,
)  # fmt: skip
async def get_tile(request: Request, name: str, z: str, x: str, y: str) -> Response:
    """A tile as the archive has it; 204 where it has none."""
    collect_params(request.query_params.multi_items(), ("v",))
    archive = service_of(request).basemaps.get(name).archive
    tile = read_tile(z, x, y, (archive.min_zoom, archive.max_zoom))
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"), _ENCODINGS) if archive.gzipped else "identity"
    current = request.query_params.get("v") == archive.version
    tag = f'"{archive.version}-{z}-{x}-{y}{"" if encoding == "identity" else "-gzip"}"'
    headers = {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": _FOR_GOOD if current else _REVALIDATE}
    if matches(request_header(request.scope, b"if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    body = await to_thread(_read_tile, archive, (tile.z, tile.x, tile.y), encoding)
    if body is None:
        return Response(status_code=204, headers=headers)
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(body, media_type=CONTENT_TYPES["mvt"], headers=headers)


def _read_tile(archive: Archive, place: tuple[int, int, int], encoding: str) -> bytes | None:
    try:
        body = archive.tile(*place)
        return gzip.decompress(body) if body is not None and archive.gzipped and encoding == "identity" else body
    except (InputError, OSError, EOFError) as error:
        raise NotReady(f"the base map's archive is damaged; geo basemap check says where ({type(error).__name__})") from None
