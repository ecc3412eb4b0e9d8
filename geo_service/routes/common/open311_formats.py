"""What the routes of Open311 share: parameters that mean nothing here, documents, and errors in the standard's form."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from geo_service.core.errors import GeoError, NotFound, Unauthorised
from geo_service.open311 import documents
from geo_service.queries.selection import collect_params
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.responses import bytes_answer

_ANY = ("jurisdiction_id", "api_key", "extensions", "locale")
"""Accepted everywhere, and without meaning where there is one jurisdiction."""


class Open311Route(PlainRoute):
    """Errors as the standard has them, in the form that was asked for."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # an awaitable is all that is needed
        """Call the endpoint, which gives a response."""
        handle = super().get_route_handler()

        async def handle_errors(request: Request) -> Response:
            form = request.path_params["form"]
            if form not in documents.MEDIA_TYPES:
                raise NotFound(f"there is no format {form[:20]!r}; formats: {', '.join(documents.MEDIA_TYPES)}")
            try:
                return await handle(request)
            except GeoError as error:
                return _failed(form, error)

        return handle_errors


def read_arguments(request: Request, *own: str) -> dict[str, str]:
    """The parameters; those that are not the standard's are refused."""
    return collect_params(request.query_params.multi_items(), (*own, *_ANY))


def respond(request: Request, form: str, name: str, content: Any) -> Response:
    """The document `name`, as it stands now."""
    return bytes_answer(request, documents.render(form, name, content), "no-cache", documents.MEDIA_TYPES[form])


def respond_created(form: str, name: str, content: Any, place: str) -> Response:
    """The document `name` of what has been made, which is at `place`."""
    headers = {"Cache-Control": "no-store", "Location": place}
    return Response(documents.render(form, name, content), 201, headers, documents.MEDIA_TYPES[form])


def _failed(form: str, error: GeoError) -> Response:
    # The standard knows no 401: a key that is missing or wrong is 403.
    status = 403 if isinstance(error, Unauthorised) else error.status
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(error.retry_after)} if error.retry_after else {})
    return Response(documents.errors(form, status, str(error)), status, headers, documents.MEDIA_TYPES[form])
