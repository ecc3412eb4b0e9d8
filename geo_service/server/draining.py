"""Connections when the server ends: what has arrived is answered, and what clients are about to send still is."""

import asyncio
import socket
from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_S = 0.5
"""How long an idle connection stays open when the server ends, and an answered one whose client goes on sending.

A client does not know that its connection is about to be closed. The request that it may be sending now is answered with
`Connection: close`; only one sent in the very moment of the close is lost, unread, and may be sent again (RFC 9112, 9.3.1).
"""


class DrainingProtocol(HttpToolsProtocol):
    """A connection that ends after the response under way, or else a little later than it is asked to."""

    is_draining = False

    def shutdown(self) -> None:
        """End the connection after the response under way; an idle one may bring one more request within `LINGER_S`."""
        self.is_draining = True
        if self._is_answering:
            self._make_last()
        else:
            self._unset_keepalive_if_required()
            self.loop.call_later(LINGER_S, self._close_if_idle)

    def on_headers_complete(self) -> None:
        """Begin to answer a request; the connection ends after it if the server does."""
        super().on_headers_complete()
        if self.is_draining and self.cycle is not None:
            self._make_last()

    def end_after_response(self) -> None:
        """Send the end of the connection, and read what the client still sends until it has seen it.

        A socket that is closed with bytes unread resets the connection, and the response may be lost on its way (RFC 9112, 9.6).
        """
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.set_protocol(_IgnoringProtocol(self))
        self.loop.call_later(LINGER_S, self.transport.close)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _make_last(self) -> None:
        self.cycle.keep_alive = False
        self.cycle.transport = _LastResponse(self)  # type: ignore[assignment]  # as much of a transport as a response needs

    def _close_if_idle(self) -> None:
        # A request whose headers are arriving has a scope without a method. The server itself does not wait for ever.
        is_receiving = self.scope is not None and "method" not in self.scope
        if is_receiving:
            self.loop.call_later(LINGER_S, self._close_if_idle)
        elif not self._is_answering and not self.transport.is_closing():
            self.transport.close()


class _LastResponse:
    """The transport of the last response of a connection."""

    def __init__(self, protocol: DrainingProtocol) -> None:
        self._protocol = protocol
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing

    def close(self) -> None:
        """End the connection so that the client receives the response."""
        self._protocol.end_after_response()


class _IgnoringProtocol(asyncio.Protocol):
    """Ignores what a client sends after its last response."""

    def __init__(self, before: DrainingProtocol) -> None:
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection's own protocol too."""
        self._before.connection_lost(exc)


def accept_pending(listeners: Iterable[socket.socket]) -> list[socket.socket]:
    """Return the connections that clients have opened and the server has not accepted yet.

    The kernel resets them when a listening socket is closed: call this immediately before.
    """
    accepted: list[socket.socket] = []
    for listener in listeners:
        listener.setblocking(False)
        try:
            while True:
                accepted.append(listener.accept()[0])
        except OSError:
            # None is left, or no file may be opened any more.
            continue
    return accepted
