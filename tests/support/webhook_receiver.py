"""A receiver of webhooks on the loopback: records what comes, and answers as it is told to."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True)
class Received:
    """A request that has come."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(slots=True)
class Receiver:
    """What a receiver does: answers of None hang; after the last one all are 204."""

    answers: list[int | None] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Of each answer."""
    received: list[Received] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Address for the webhook."""
        return f"http://127.0.0.1:{self.port}/hook?token=hidden"

    async def wait_for(self, number: int) -> list[Received]:
        """Return what has come once there are so many."""
        async with asyncio.timeout(60):
            while len(self.received) < number:
                self.arrived.clear()
                await self.arrived.wait()
        return self.received

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.received.append(Received(head[0].split(" ")[1], headers, body))
                self.arrived.set()
                status = self.answers.pop(0) if self.answers else 204
                if status is None:
                    await asyncio.Event().wait()
                extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
                writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 0\r\n{extra}\r\n".encode())
                await writer.drain()


@asynccontextmanager
async def receiving(answers: Iterable[int | None] = (), **headers: str) -> AsyncIterator[Receiver]:
    """A receiver on a free port. headers: of its answers."""
    receiver = Receiver(list(answers), headers)
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            await receiver.handle(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
