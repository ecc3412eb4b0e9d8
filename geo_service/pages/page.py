"""The map page, the page for a wall screen and the page for iframes, each under a strict content security policy."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from geo_service.basemap.registry import Basemaps
from geo_service.core.errors import GeoError, NotReady, SettingsError
from geo_service.pages.asset_folder import AssetFolder, Snapshot
from geo_service.pages.assets import REVALIDATE, asset_response, asset_router
from geo_service.pages.embed import VIEW_PARAMETERS, check_embed, check_wall
from geo_service.pages.offline import install_links, offline_router
from geo_service.queries.selection import collect_params, read_choice
from geo_service.routes.common.responses import bytes_answer
from geo_service.routes.schemas.parameter_docs import EMBED_DOCS, parameter
from geo_service.routes.schemas.value_schemas import choice

_INLINE_SCRIPT = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Of these the map uses only where the reader is; a script that got into a page should not be able to ask for the others either.
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(self), microphone=(), payment=(), usb=()",
}
_OPENER_POLICY = {"Cross-Origin-Opener-Policy": "same-origin"}
"""No page that opened this one, or was opened by it, can reach its window. Has no effect in an iframe."""
_HTML = "text/html; charset=utf-8"
_INSTALLED = ("index.html", "wall.html")
"""Pages that can be installed and work without a connection: an iframe is a part of another page."""
_SERVER_ERROR = 500
_BEHIND_HASH = "As behind # in the address of the map page (docs/map.md); what is given there wins."
_PAGE_DOCS = {
    "parameters": [
        parameter("view", "wall: the page for a wall screen.", schema=choice(("wall",))),
        *(parameter(name, _BEHIND_HASH) for name in VIEW_PARAMETERS),
    ]
}
_PAGE_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter is unknown or malformed; the page says which.", "content": {"text/html": {}}},
}
_SCRIPT_DOCS: dict[int | str, dict[str, Any]] = {200: {"description": "The module.", "content": {"text/javascript": {}}}}


@dataclass(frozen=True, slots=True)
class Basemap:
    """The map that the pages draw below their own layers. hosts: other origins that it comes from. archives: where no style is named."""

    style: str | None = None
    hosts: Sequence[str] = ()
    archives: Basemaps | None = None

    def own_version(self) -> str:
        """Return the version of the archives, if they are drawn; else nothing."""
        return "" if self.style or self.archives is None else self.archives.version


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is sent. digest: of the files that it names. basemap: version of the service's own base maps."""

    digest: str
    basemap: str
    html: str
    headers: dict[str, str]


class Pages:
    """The pages of a folder, rendered anew when its files change."""

    def __init__(self, folder: AssetFolder, frame_ancestors: Sequence[str], basemap: Basemap, path: str) -> None:
        """frame_ancestors: origins whose pages may show the page for iframes. path: below which a proxy has put the service."""
        self._folder, self._basemap, self._path = folder, basemap, path
        own: tuple[tuple[str, ...], dict[str, str]] = (("none",), _OPENER_POLICY)
        self._policies = {"index.html": own, "wall.html": own, "embed.html": (tuple(frame_ancestors), {})}
        self._rendered: dict[str, Page] = {}
        for name in self._policies:
            if name not in folder.snapshot.pages:
                raise SettingsError(
                    f"cannot serve the map page: {folder.place / name} is missing; run ./dev demo or ./dev serve from the checkout"
                )
            self.page(name)

    def page(self, name: str) -> Page:
        """Return a page that names its files with their current digest."""
        snapshot = self._folder.scan()
        known = self._rendered.get(name)
        version = self._basemap.own_version()
        if known is None or (known.digest, known.basemap) != (snapshot.digest, version):
            known = self._rendered[name] = self._render(name, snapshot, version)
        return known

    def _render(self, name: str, snapshot: Snapshot, basemap: str) -> Page:
        html = snapshot.pages[name].replace('"/static/', f'"{self._path}{snapshot.root}/')
        html = _add_basemap(html, self._basemap.style, basemap)
        if name in _INSTALLED:
            html = html.replace("</head>", f"{install_links(snapshot, self._path)}</head>", 1)
        ancestors, headers = self._policies[name]
        policy = content_security_policy(html, ancestors, self._basemap.hosts)
        return Page(snapshot.digest, basemap, html, {"Content-Security-Policy": policy, **_SECURITY_HEADERS, **headers})


def mount_page(
    app: FastAPI,
    folder: Path,
    frame_ancestors: Sequence[str] = ("*",),
    basemap: Basemap = Basemap(),
    path: str = "",
    dev: bool | None = None,
) -> None:
    """Serve index.html at / and wall.html at /?view=wall, embed.html at /embed, src/heat-map.js at /heat-map.js.

    All other files of the folder are below /static.
    folder: of a build, or of the sources with perhaps a build in it.
    frame_ancestors: origins whose pages may show /embed in an iframe.
    path: below which a proxy has put the service, `/map`; the pages' other addresses are relative to their own.
    dev: whether a checkout serves the sources; None where they are newer than the build.
    """
    files = AssetFolder(folder, dev)
    pages = Pages(files, frame_ancestors, basemap, path)
    router = APIRouter(tags=["map"])

    @router.get(
        "/", openapi_extra=_PAGE_DOCS, responses=_PAGE_RESPONSES, summary="The map", response_class=HTMLResponse, operation_id="page"
    )
    async def get_page(request: Request) -> Response:
        """The map page; with `view=wall` the one for a wall screen."""
        name = "wall.html" if request.query_params.get("view") == "wall" else "index.html"
        return _answer(request, pages.page(name), _status_of(request, _check_map))

    @router.get(
        "/embed",
        openapi_extra=EMBED_DOCS,
        responses=_PAGE_RESPONSES,
        summary="A map for frames",
        response_class=HTMLResponse,
        operation_id="embed",
    )
    async def get_embed(request: Request) -> Response:
        """The map of a selection, for a frame in another page. What is wrong with the address is said in the page as well."""
        return _answer(request, pages.page("embed.html"), _status_of(request, check_embed))

    @router.get(
        "/heat-map.js",
        summary="The element <heat-map>",
        response_class=Response,
        operation_id="heat_map_element",
        responses=_SCRIPT_DOCS,
    )
    async def get_element(request: Request) -> Response:
        """A module that defines the custom element; any origin may load it."""
        answer = await asset_response(request, files.snapshot.assets["src/heat-map.js"], REVALIDATE)
        # The module is the same for everybody and holds no data: GEO_CORS_ORIGINS guards the numbers, not this.
        answer.headers.update({"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"})
        return answer

    app.include_router(router)
    app.include_router(asset_router(files))
    app.include_router(offline_router(files.scan))


def content_security_policy(html: str, frame_ancestors: Sequence[str] = ("none",), hosts: Sequence[str] = ()) -> str:
    """Return a policy that allows our own origin, and of inline scripts the page's import map, by its hash.

    hosts: origins of the base map's data.
    """
    inline = _INLINE_SCRIPT.search(html)
    digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode() if inline else ""
    scripts = f"'self' 'sha256-{digest}'" if digest else "'self'"
    ancestors = " ".join(f"'{one}'" if one in ("none", "self") else one for one in frame_ancestors)
    others = "".join(f" {one}" for one in hosts)
    return (
        f"default-src 'none'; script-src {scripts}; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:{others}; "
        "manifest-src 'self'; "
        f"font-src 'self'; connect-src 'self'{others}; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )


def _add_basemap(html: str, style: str | None, version: str) -> str:
    """Return the page with the address of the base map's style, or the version of the service's own one, for its scripts."""
    meta = f'<meta name="geo-basemap" content="{escape(style)}" />\n  ' if style else ""
    meta += f'<meta name="geo-basemap-version" content="{version}" />\n  ' if version else ""
    return html.replace("</head>", f"{meta}</head>", 1)


def _answer(request: Request, page: Page, status: int = 200) -> Response:
    if status != 200:
        return HTMLResponse(page.html, status, headers={"Cache-Control": "no-cache", **page.headers})
    answer = bytes_answer(request, page.html.encode(), "no-cache", _HTML)
    answer.headers.update(page.headers)
    return answer


def _check_map(request: Request) -> None:
    """Raise InvalidParameter where a parameter is unknown or its value is not allowed."""
    if request.query_params.get("view") == "wall":
        check_wall(request)
        return
    params = collect_params(request.query_params.multi_items(), ("view", *VIEW_PARAMETERS))
    if "view" in params:
        read_choice(params, "view", ("wall",))


def _status_of(request: Request, check: Callable[[Request], None]) -> int:
    """Return the status of the address; 200 also while the service is loading: the page waits by itself."""
    try:
        check(request)
    except NotReady:
        return 200
    except GeoError as error:
        if error.status >= _SERVER_ERROR:
            raise
        return error.status
    return 200
