"""Members of ASGI messages that parts of this service exchange."""

from starlette.types import Message

SHUTDOWN = "geo_service.http.messages.shutdown"
"""Member of a disconnect message that says that the server ends the connection, not the client."""


def is_shutdown(message: Message) -> bool:
    """Whether a disconnect message says that the server is shutting down."""
    return bool(message.get(SHUTDOWN, False))
