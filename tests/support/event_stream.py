"""Reads the server-sent events of `/api/live`."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

_WAIT_S = 60


class EventStream:
    """The events of one response."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        """lines: of the body."""
        self._lines = lines

    async def next(self, event: str) -> dict[str, Any]:
        """Return the data of the next event with this name."""
        name = ""
        async with asyncio.timeout(_WAIT_S):
            async for line in self._lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == event:
                    data: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    return data
        raise AssertionError("the stream ended")
