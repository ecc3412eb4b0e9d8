"""The installed page: its manifest, and the service worker that keeps it and its last numbers for when there is no connection.

Both belong to a build: sources change all the time and are not kept.
"""

from collections.abc import Callable
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound
from geo_service.http.headers import request_header
from geo_service.pages.asset_folder import Snapshot
from geo_service.pages.assets import REVALIDATE
from geo_service.queries.selection import collect_params, read_choice
from geo_service.routes.common.dependencies import PlainRoute
from geo_service.routes.common.responses import bytes_answer

WORKER = "src/offline/service_worker.js"
"""The file of a build that the worker is made of."""
_SCRIPT, _MANIFEST = "text/javascript; charset=utf-8", "application/manifest+json"
_WORKER_POLICY = "default-src 'none'; connect-src 'self'"
"""Of the worker's own script: it asks the service alone and loads no other script."""
_NOT_KEPT = ("embed", "src/", "icons/", "vendor/world/")
"""Beginnings of names of files that neither map nor wall begins with; tiles of the world are kept when they are seen."""
_KEPT_SUFFIXES = (".js", ".mjs", ".css", ".woff2", ".svg")
_LEAVE = (
    b"addEventListener('install',()=>skipWaiting());"
    b"addEventListener('activate',(event)=>event.waitUntil(caches.keys().then((names)=>Promise.all(names"
    b".filter((name)=>name.startsWith('geo '+registration.scope+' ')).map((name)=>caches.delete(name))))"
    b".then(()=>registration.unregister())));"
)
"""Takes back what an earlier build has kept, where the sources are served now."""

LANGUAGES = ("ru", "en")
_TEXTS: dict[str, dict[str, str]] = {
    "ru": {"name": "Карта сообщений граждан", "short_name": "Сообщения", "description": "Карта, показатели и отчёт по региону."},
    "en": {
        "name": "Map of citizens' messages",
        "short_name": "Messages",
        "description": "What goes on in the region: map, numbers, report.",
    },
}
_SHORTCUTS = {
    "ru": (("Отчёт за неделю", "report"), ("Экран на стену", "?view=wall")),
    "en": (("Weekly report", "report"), ("Wall", "?view=wall")),
}
_ICONS = (("icons/icon-192.png", 192, "any"), ("icons/icon-512.png", 512, "any"),
          ("icons/maskable-192.png", 192, "maskable"), ("icons/maskable-512.png", 512, "maskable"))  # fmt: skip
THEME_COLOR, _BACKGROUND = "#1c2329", "#f1f2ee"


def offline_router(scan: Callable[[], Snapshot]) -> APIRouter:
    """Return the routes of the manifest and of the service worker. scan: returns the page's files as they are now."""
    router = APIRouter(route_class=PlainRoute)

    @router.get("/service-worker.js", include_in_schema=False)
    async def get_worker(request: Request) -> Response:
        collect_params(request.query_params.multi_items(), ())
        answer = bytes_answer(request, service_worker(scan()), REVALIDATE, _SCRIPT)
        answer.headers["Content-Security-Policy"] = _WORKER_POLICY
        return answer

    @router.get("/manifest.webmanifest", include_in_schema=False)
    async def get_manifest(request: Request) -> Response:
        params = collect_params(request.query_params.multi_items(), ("lang",))
        spoken = "ru" if request_header(request.scope, b"accept-language").lower().startswith("ru") else "en"
        snapshot = scan()
        if not snapshot.is_build:
            raise NotFound("the page can be installed from a build only: npm run build makes it")
        document = manifest(read_choice(params, "lang", LANGUAGES, spoken), snapshot)
        return bytes_answer(request, orjson.dumps(document), REVALIDATE, _MANIFEST, "Accept-Encoding, Accept-Language")

    return router


def service_worker(snapshot: Snapshot) -> bytes:
    """Return the script of the worker for these files: the same files give the same bytes, others are another version."""
    if WORKER not in snapshot.assets or not snapshot.is_build:
        return _LEAVE
    build = {"digest": snapshot.digest, "files": kept_files(snapshot)}
    return b"self.GEO_BUILD=" + orjson.dumps(build) + b";" + snapshot.assets[WORKER].bodies["identity"]


def kept_files(snapshot: Snapshot) -> list[str]:
    """Return the names of the files that map and wall need without a connection."""
    return sorted(name for name in snapshot.assets if name.endswith(_KEPT_SUFFIXES) and not name.startswith(_NOT_KEPT))


def manifest(language: str, snapshot: Snapshot) -> dict[str, Any]:
    """Return the web app manifest (W3C Web Application Manifest); its addresses are relative to its own."""
    return {
        "id": "./",
        "lang": language,
        **_TEXTS[language],
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "theme_color": THEME_COLOR,
        "background_color": _BACKGROUND,
        "icons": [
            {"src": f"{snapshot.root[1:]}/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in _ICONS
        ],
        "shortcuts": [{"name": name, "url": f"./{path}"} for name, path in _SHORTCUTS[language]],
    }


def install_links(snapshot: Snapshot, address: str) -> str:
    """Return the elements by which a page can be installed and kept; nothing where sources are served. address: of the service."""
    if not snapshot.is_build:
        return ""
    return (
        f'<link rel="manifest" href="{address}/manifest.webmanifest" />\n  '
        f'<link rel="apple-touch-icon" href="{address}{snapshot.root}/icons/apple-touch-icon.png" />\n  '
        f'<meta name="geo-build" content="{snapshot.digest}" />\n  '
    )
