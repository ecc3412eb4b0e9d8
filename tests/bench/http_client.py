"""A keep-alive HTTP/1.1 client that costs little: requests are bytes made beforehand, answers are only measured."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, its head as it came, its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """A header's value; empty when it is absent."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.lower() == name.encode():
                return value.strip().decode("latin-1")
        return ""


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are not of asyncio's class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Take bytes, and hand over the answer once it is whole."""
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        total = end + 4 + _content_length(head)
        if len(self._received) >= total and self._waiting:
            self._waiting.set_result(Answer(int(head[9:12]), head, bytes(self._received[end + 4 : total])))
            self._received.clear()

    async def ask(self, request: bytes) -> Answer:
        """The answer to a request made by `get`."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.close()


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def get(path: str, **headers: str) -> bytes:
    """A GET request; underscores in header names stand for hyphens."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{lines}\r\n".encode("latin-1")


async def connect(port: int) -> Connection:
    """A connection to this machine's port."""
    _, protocol = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return protocol


async def timed(connection: Connection, requests: Sequence[bytes], status: int = 200) -> list[float]:
    """Seconds of each request, one after the other; any other status is an error."""
    taken = []
    for request in requests:
        began = time.perf_counter()
        answer = await connection.ask(request)
        taken.append(time.perf_counter() - began)
        if answer.status != status:
            raise RuntimeError(f"expected {status}, got {answer.status}: {request!r} {answer.body[:300]!r}")
    return taken


async def throughput(port: int, requests: Sequence[bytes], concurrency: int, seconds: float, status: int = 200) -> float:
    """Requests a second over `concurrency` connections that go round the same requests."""
    connections = [await connect(port) for _ in range(concurrency)]
    began = time.perf_counter()

    async def keep_asking(connection: Connection, place: int) -> int:
        done = 0
        while time.perf_counter() - began < seconds:
            await timed(connection, [requests[(place + done) % len(requests)]], status)
            done += 1
        return done

    done = await asyncio.gather(*(keep_asking(connection, place) for place, connection in enumerate(connections)))
    taken = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return sum(done) / taken
