"""The body of a request cut into batches: as it comes, and no further ahead than the batch that is being written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress

from ingest.push.parsing import Parser, Row

MOST = 1000
"""Rows to a transaction: a sender learns of them sooner than of a file's, and few are held in memory."""

PAUSE_S = 0.2
"""When nothing has come for so long, what is there is written: a sender of now and then does not wait for the batch to be full."""


async def batches(body: AsyncIterator[bytes], parser: Parser) -> AsyncGenerator[Sequence[Row], None]:
    """The rows of `body` in order, at most `MOST` at a time."""
    waiting: list[Row] = []
    async with aclosing(_with_pauses(body)) as parts:
        async for part in parts:
            if part is not None:
                waiting += parser.feed(part)
            while len(waiting) >= MOST or (waiting and part is None):
                yield waiting[:MOST]
                del waiting[:MOST]
    waiting += parser.finish()
    for at in range(0, len(waiting), MOST):
        yield waiting[at : at + MOST]


async def _with_pauses(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes | None, None]:
    """The parts of `body`, and None where none has come for a while."""
    coming = asyncio.ensure_future(anext(body, None))
    try:
        while True:
            await asyncio.wait({coming}, timeout=PAUSE_S)
            if not coming.done():
                yield None
                continue
            part = coming.result()
            if part is None:
                return
            # Not asked for before the last one was worked off: that is what holds a fast sender back.
            yield part
            coming = asyncio.ensure_future(anext(body, None))
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await coming
