"""Routes that parse the request themselves, because errors of a selection name the parameter and what is allowed."""

from collections.abc import Awaitable, Callable

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class PlainRoute(APIRoute):
    """Documented as any other, but called with the request and the parts of the path, without the framework's reading of parameters.

    That reading takes 0.1 ms of the 1.1 ms that a request costs beside its computation.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # an awaitable is all that is needed
        """Call the endpoint, which returns a response, or as a tile does another ASGI application."""
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            answer: Response = await endpoint(request, **request.path_params)
            return answer

        return handle
