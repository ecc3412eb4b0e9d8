"""What the Open311 routes share: common parameters, documents, and errors in the format of the standard."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from geo_service.core.errors import GeoError, NotFound, Unauthorised
from geo_service.http.headers import request_header
from geo_service.open311 import documents
from geo_service.open311.query import Cursor
from geo_service.queries.selection import collect_params
from geo_service.routes.common.dependencies import PlainRoute, base_url
from geo_service.routes.common.responses import bytes_answer

_PREFIX = "/open311/"

_COMMON_PARAMETERS = ("jurisdiction_id", "api_key", "extensions", "locale")
"""Parameters of the standard that every address accepts. They have no effect: the endpoint has one jurisdiction."""


class Open311Route(PlainRoute):
    """A route whose errors are documents of the standard, in the format that the address ends with."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # an awaitable is all that is needed
        """Return a handler that calls the endpoint and turns its errors into documents."""
        handle = super().get_route_handler()

        async def handle_errors(request: Request) -> Response:
            extension = request.path_params["extension"]
            if extension not in documents.MEDIA_TYPES:
                raise NotFound(f"there is no format {extension[:20]!r}; formats: {', '.join(documents.MEDIA_TYPES)}")
            try:
                return await handle(request)
            except GeoError as error:
                return _respond_with_error(extension, error)

        return handle_errors


def read_arguments(request: Request, *own: str) -> dict[str, str]:
    """Return the query parameters. own: those allowed beside the common ones. Raises `InvalidParameter` for others."""
    return collect_params(request.query_params.multi_items(), (*own, *_COMMON_PARAMETERS))


def respond(request: Request, extension: str, name: str, content: Any, *, is_private: bool = False) -> Response:
    """Return a response with the document. name: of its root element. is_private: with what is for operators, not for caches."""
    cache_control = "no-store" if is_private else "no-cache"
    vary = "Accept-Encoding, Authorization"
    return bytes_answer(request, documents.render(extension, name, content), cache_control, documents.MEDIA_TYPES[extension], vary)


def link_pages(request: Request, response: Response, following: Cursor | None) -> Response:
    """Add the header `Link` (RFC 8288) with the first and the next page to the response, and return it.

    following: where the next page begins; None after the last one. Pages that begin behind a request, and not at a number, lose
    and repeat nothing when requests come in meanwhile.
    """
    parameters = {name: value for name, value in request.query_params.items() if name not in ("api_key", "page", "after")}
    pages = {"first": parameters} | ({"next": {**parameters, "after": following.encode()}} if following else {})
    url = f"{base_url(request)}{request.url.path}"
    response.headers["Link"] = ", ".join(f'<{url}?{urlencode(query)}>; rel="{name}"' for name, query in pages.items())
    return response


def respond_created(extension: str, name: str, content: Any, location: str | None = None) -> Response:
    """Return the response to a request that created something. location: its URL."""
    headers = {"Cache-Control": "no-store"} | ({"Location": location} if location else {})
    return Response(documents.render(extension, name, content), 201, headers, documents.MEDIA_TYPES[extension])


def is_open311(request: Request) -> bool:
    """Whether the address is one of Open311, where all errors are the standard's."""
    return request.url.path.startswith(_PREFIX)


def respond_with_any_error(request: Request, problem: Response, description: str) -> Response:
    """Return the standard's document instead of a problem document, with the same headers, for an address without a route."""
    extension = documents.choose_extension(request.url.path, request_header(request.scope, b"accept"))
    # The standard has no 401: a missing or invalid key is 403.
    status = 403 if problem.status_code == Unauthorised.status else problem.status_code
    kept = {name: value for name, value in problem.headers.items() if name not in ("content-length", "content-type", "www-authenticate")}
    return Response(documents.render_error(extension, status, description), status, kept, documents.MEDIA_TYPES[extension])


def _respond_with_error(extension: str, error: GeoError) -> Response:
    # As above.
    status = 403 if isinstance(error, Unauthorised) else error.status
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(error.retry_after)} if error.retry_after else {})
    return Response(documents.render_error(extension, status, str(error)), status, headers, documents.MEDIA_TYPES[extension])
