"""Clients that ask again and again over connections of their own, and what they were given."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import count

ANSWERED, LAST, BROKEN, LOST, RACED = "answered", "last", "broken", "lost", "raced"
"""Answered to the end; of these, answers that announced the end of their connection; cut off after the first byte; a first
request of a connection without an answer; a later one that met the close of its connection, which HTTP cannot rule out."""


async def hammer(port: int, paths: Sequence[str], clients: int) -> Counter[str]:
    """So many clients ask for the paths in turn until they are refused a connection; count how their requests ended."""
    outcomes: Counter[str] = Counter()
    await asyncio.gather(*(_ask_until_refused(port, paths, number, outcomes) for number in range(clients)))
    return outcomes


async def _ask_until_refused(port: int, paths: Sequence[str], first: int, outcomes: Counter[str]) -> None:
    turn = count(first)
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        with_answers = 0
        while await _ask(reader, writer, paths[next(turn) % len(paths)], with_answers > 0, outcomes):
            with_answers += 1
        writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, is_reused: bool, outcomes: Counter[str]) -> bool:
    """Ask once, note how it ended, and return whether the connection stays."""
    head = b""
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        await _read_body(reader, head.lower())
    except (OSError, asyncio.IncompleteReadError) as error:
        has_begun = head or getattr(error, "partial", b"")
        outcomes[BROKEN if has_begun else RACED if is_reused else LOST] += 1
        return False
    outcomes[ANSWERED] += 1
    is_last = b"\r\nconnection: close\r\n" in head.lower()
    outcomes[LAST] += is_last
    return not is_last


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"\r\ncontent-length: " in head:
        await reader.readexactly(int(head.split(b"\r\ncontent-length: ")[1].split(b"\r\n")[0]))
    elif b"\r\ntransfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
