"""Waiting for an event loop instead of for time."""

import asyncio

_TURNS = 20
"""More than any chain of callbacks and tasks that a test sets off has links."""


async def everything_has_had_its_turn() -> None:
    """Return once all that waits for nothing but the event loop has run, with all that it set off."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
