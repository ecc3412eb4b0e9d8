"""What the Open311 routes share: common parameters, documents, and errors in the format of the standard."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from geo_service.core.errors import GeoError, NotFound, Unauthorised
from geo_service.open311 import documents
from geo_service.queries.selection import collect_params
from geo_service.routes.common.dependencies import PlainRoute
from geo_service.routes.common.responses import bytes_answer

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


def respond(request: Request, extension: str, name: str, content: Any) -> Response:
    """Return a response with the document. name: of its root element."""
    return bytes_answer(request, documents.render(extension, name, content), "no-cache", documents.MEDIA_TYPES[extension])


def respond_created(extension: str, name: str, content: Any, location: str) -> Response:
    """Return the response to a request that created something. location: its URL."""
    headers = {"Cache-Control": "no-store", "Location": location}
    return Response(documents.render(extension, name, content), 201, headers, documents.MEDIA_TYPES[extension])


def _respond_with_error(extension: str, error: GeoError) -> Response:
    # The standard has no 401: a missing or invalid key is 403.
    status = 403 if isinstance(error, Unauthorised) else error.status
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(error.retry_after)} if error.retry_after else {})
    return Response(documents.render_error(extension, status, str(error)), status, headers, documents.MEDIA_TYPES[extension])
