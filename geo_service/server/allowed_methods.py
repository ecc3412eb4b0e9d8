"""Which methods an address accepts, for responses that refuse another one."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import Scope

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> str:
    """Return the value of the header `Allow` (RFC 9110, 10.2.1) for the request's path: the methods of all its routes.

    HEAD is answered wherever GET is. The framework names only the methods of the first route that it finds.
    """

    def accepts(method: str) -> bool:
        asked = {**scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(asked)[0] is Match.FULL for route in routes)

    return ", ".join(filter(accepts, _METHODS))
