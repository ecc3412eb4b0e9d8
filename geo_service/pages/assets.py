"""Serves the page's files below /static.

Files name each other relatively, so one digest of all of them in the address is enough: `/static/{digest}/main-X.js`. Who
got that address may keep the file for good; another build has another digest.
"""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from geo_service.core.errors import NotFound
from geo_service.http.headers import matches, request_header
from geo_service.pages.asset_folder import Asset, AssetFolder
from geo_service.routes.common.dependencies import PlainRoute

CACHE_FOR_GOOD = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

_TYPES = {
    ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json", ".map": "application/json",
    ".txt": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8", ".mvt": "application/vnd.mapbox-vector-tile",
}  # fmt: skip
_OTHER_TYPE = "application/octet-stream"
_TILE = ".mvt"


def asset_router(folder: AssetFolder) -> APIRouter:
    """Return the route of the files below /static, with their digest in the address or without."""
    router = APIRouter(route_class=PlainRoute)

    @router.get("/static/{path:path}", include_in_schema=False)
    async def get_asset(request: Request, path: str) -> Response:
        # A query is passed over: programs add versions to the addresses of files, as MapLibre does to its worker's.
        snapshot = folder.snapshot
        first, _, rest = path.partition("/")
        name, cache_control = (rest, CACHE_FOR_GOOD) if first == snapshot.digest else (path, REVALIDATE)
        if name not in snapshot.assets:
            if name.endswith(_TILE) and name.startswith(snapshot.archives):
                # There is nothing but sea: no error, and none for a browser's console.
                return Response(status_code=204, headers={"Cache-Control": cache_control})
            raise NotFound(f"there is no file {path[:80]!r}, or no longer in this version")
        return await asset_response(request, snapshot.assets[name], cache_control)

    return router


async def asset_response(request: Request, asset: Asset, cache_control: str) -> Response:
    """Return the asset in an encoding that the client accepts; 304 when it has this one already."""
    encoding = asset.encoding_for(request_header(request.scope, b"accept-encoding"))
    headers = {
        "ETag": asset.etag(encoding),
        "Vary": "Accept-Encoding",
        "Cache-Control": cache_control,
        "X-Content-Type-Options": "nosniff",
    }
    if matches(request_header(request.scope, b"if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    media_type = _TYPES.get(Path(asset.name).suffix, _OTHER_TYPE)
    return Response(await asset.encoded(encoding), media_type=media_type, headers=headers)
