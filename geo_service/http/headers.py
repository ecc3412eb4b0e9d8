"""Request headers as ASGI gives them."""

from starlette.types import Scope


def request_header(scope: Scope, name: bytes) -> str:
    """A request header's value, repeated ones joined by commas; empty when it is absent. name: in lower case."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
