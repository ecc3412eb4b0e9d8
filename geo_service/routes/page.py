"""The map page and its files, under a strict content security policy."""

import base64
import hashlib
import re
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from geo_service.errors import SettingsError

_INLINE_SCRIPT = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)


def mount_page(app: FastAPI, folder: Path) -> None:
    """Serve `folder`/index.html at / and the folder's files below /static."""
    index = folder / "index.html"
    if not index.is_file():
        raise SettingsError(f"cannot serve the map page: {index} is missing; run ./dev demo or ./dev serve from the checkout")
    html = index.read_text(encoding="utf-8")
    headers = {"Content-Security-Policy": content_security_policy(html), "Cache-Control": "no-cache"} | _SAFETY
    router = APIRouter(tags=["map"])

    @router.get("/", summary="The map", response_class=HTMLResponse, operation_id="page")
    async def get_page() -> Response:
        """The map page."""
        return HTMLResponse(html, headers=headers)

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=folder), name="static")


_SAFETY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def content_security_policy(html: str) -> str:
    """Only our own origin, and of inline scripts only the page's import map, by its hash."""
    inline = _INLINE_SCRIPT.search(html)
    digest = base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode() if inline else ""
    scripts = f"'self' 'sha256-{digest}'" if digest else "'self'"
    return (
        f"default-src 'none'; script-src {scripts}; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
