"""The description of the interface: as an OpenAPI document, and as a page without scripts that is rendered from it."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response

from geo_service.routes.common.dependencies import PlainRoute
from geo_service.routes.common.no_parameters import no_parameters
from geo_service.routes.common.responses import constant_answer

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}summary{cursor:pointer}details{border-top:1px solid;padding:.5rem 0}"
    "dt{font-weight:600}dd{margin-left:1.5rem}"
)
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page's content security policy: its own style and nothing else."""
_METHODS = ("get", "post", "put", "patch", "delete")

router = APIRouter(route_class=PlainRoute)


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request) -> Response:
    """Return the OpenAPI document."""
    await no_parameters(request)
    return constant_answer(request, _document(request.app), "application/json")


@router.get("/docs", include_in_schema=False)
async def get_docs(request: Request) -> Response:
    """Return the page, which loads nothing: it has no scripts, and its style is in it."""
    await no_parameters(request)
    response = constant_answer(request, _page(request.app), "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@lru_cache(maxsize=1)
def _document(app: FastAPI) -> bytes:
    return orjson.dumps(app.openapi())


@lru_cache(maxsize=1)
def _page(app: FastAPI) -> bytes:
    return render_interface(app.openapi()).encode()


def render_interface(document: Mapping[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    return "".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>',
            f"<body><h1>{title}</h1><p>{escape(document['info'].get('description', ''))}</p>",
            '<p>For programs: <a href="openapi.json">openapi.json</a></p>',
            *_render_groups(document["paths"]),
            "</body></html>",
        ]
    )


def _render_groups(paths: Mapping[str, Any]) -> Iterator[str]:
    """Yield the operations below a heading for each of their tags, in the order of the document."""
    groups: dict[str, list[str]] = {}
    for path, methods in paths.items():
        for method in _METHODS:
            if operation := methods.get(method):
                groups.setdefault(operation.get("tags", ["other"])[0], []).append(_render_operation(method, path, operation))
    for tag, operations in groups.items():
        yield f"<h2>{escape(tag)}</h2>{''.join(operations)}"


def _render_operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parameters = [(one["name"], one.get("description", "")) for one in operation.get("parameters", [])]
    responses = [(status, one.get("description", "")) for status, one in operation.get("responses", {}).items()]
    return (
        f"<details><summary><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"{_render_list('Parameters', parameters)}{_render_list('Responses', responses)}</details>"
    )


def _render_list(title: str, entries: list[tuple[str, str]]) -> str:
    rows = "".join(f"<dt><code>{escape(name)}</code></dt><dd>{escape(text)}</dd>" for name, text in entries)
    return f"<h3>{title}</h3><dl>{rows}</dl>" if rows else ""
