"""The map page, the page for frames, and their files, each under a strict content security policy."""

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from geo_service.errors import GeoError, NotReady, SettingsError
from geo_service.routes.documentation import EMBED_DOCS
from geo_service.routes.embed import check_embed

_INLINE_SCRIPT = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_SAFETY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
_SERVER_ERROR = 500


def mount_page(app: FastAPI, folder: Path, frame_ancestors: Sequence[str] = ("*",)) -> None:
    """Serve `folder`/index.html at /, embed.html at /embed, src/heat-map.js at /heat-map.js, and the folder's files below /static.

    frame_ancestors: origins whose pages may show /embed in a frame.
    """
    index, embed = _read(folder / "index.html"), _read(folder / "embed.html")
    router = APIRouter(tags=["map"])

    @router.get("/", summary="The map", response_class=HTMLResponse, operation_id="page")
    async def get_page() -> Response:
        """The map page."""
        return _page(index, ("none",))

    @router.get("/embed", openapi_extra=EMBED_DOCS, summary="A map for frames", response_class=HTMLResponse, operation_id="embed")
    async def get_embed(request: Request) -> Response:
        """The map of a selection, for a frame in another page. What is wrong with the address is said in the page as well."""
        return _page(embed, frame_ancestors, _status_of(request))

    @router.get("/heat-map.js", summary="The element <heat-map>", response_class=FileResponse, operation_id="heat_map_element")
    async def get_element() -> Response:
        """A module that defines the custom element; any origin may load it."""
        # The module is the same for everybody and tells nothing: GEO_CORS_ORIGINS guards the numbers, not this.
        headers = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache"}
        return FileResponse(folder / "src" / "heat-map.js", media_type="text/javascript", headers=headers)

    app.include_router(router)
    app.mount("/static", _Assets(directory=folder), name="static")


class _Assets(StaticFiles):
    """The pages' files, but not the pages: from here they would come without their policy, and could be framed by anyone."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """The file's place; none for a page."""
        return ("", None) if path.endswith(".html") else super().lookup_path(path)


def content_security_policy(html: str, frame_ancestors: Sequence[str] = ("none",)) -> str:
    """Only our own origin, and of inline scripts only the page's import map, by its hash."""
    inline = _INLINE_SCRIPT.search(html)
    digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode() if inline else ""
    scripts = f"'self' 'sha256-{digest}'" if digest else "'self'"
    ancestors = " ".join(f"'{one}'" if one in ("none", "self") else one for one in frame_ancestors)
    return (
        f"default-src 'none'; script-src {scripts}; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        f"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )


def _read(file: Path) -> str:
    if not file.is_file():
        raise SettingsError(f"cannot serve the map page: {file} is missing; run ./dev demo or ./dev serve from the checkout")
    return file.read_text(encoding="utf-8")


def _page(html: str, frame_ancestors: Sequence[str], status: int = 200) -> Response:
    headers = {"Content-Security-Policy": content_security_policy(html, frame_ancestors), "Cache-Control": "no-cache"} | _SAFETY
    return HTMLResponse(html, status, headers=headers)


def _status_of(request: Request) -> int:
    """What the address deserves; 200 as well while the service is loading: the page waits by itself."""
    try:
        check_embed(request)
    except NotReady:
        return 200
    except GeoError as error:
        if error.status >= _SERVER_ERROR:
            raise
        return error.status
    return 200
