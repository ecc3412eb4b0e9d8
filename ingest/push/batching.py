"""Split the body of a request into batches as it arrives, reading no further ahead than the batch that is being written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from ingest.push.parsing import Parser, PushedRow

MOST = 1000
"""Rows to a transaction: fewer than of a file, so that the sender gets its results sooner and little is held in memory."""

PAUSE_S = 0.2
"""A pause after which an incomplete batch is written: an occasional sender does not wait until the batch is full."""


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Rows that are written in one transaction."""

    rows: Sequence[PushedRow]
    is_last: bool = False
    """Whether the body has ended with them, as far as is known."""


async def batches(body: AsyncIterator[bytes], parser: Parser) -> AsyncGenerator[RowBatch, None]:
    """The rows of `body` in order, at most `MOST` at a time."""
    pending: list[PushedRow] = []
    async with aclosing(_with_pauses(body)) as parts:
        async for part in parts:
            if part is not None:
                pending += parser.feed(part)
            while len(pending) >= MOST or (pending and part is None):
                yield RowBatch(pending[:MOST])
                del pending[:MOST]
    pending += parser.finish()
    for start in range(0, len(pending), MOST):
        yield RowBatch(pending[start : start + MOST], is_last=start + MOST >= len(pending))


async def _with_pauses(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes | None, None]:
    """The parts of `body`, and None where none has arrived for a while."""
    upcoming = asyncio.ensure_future(anext(body, None))
    try:
        while True:
            await asyncio.wait({upcoming}, timeout=PAUSE_S)
            if not upcoming.done():
                yield None
                continue
            part = upcoming.result()
            if part is None:
                return
            # The next one is requested only when this one is processed: back pressure on a fast sender.
            yield part
            upcoming = asyncio.ensure_future(anext(body, None))
    finally:
        upcoming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await upcoming
