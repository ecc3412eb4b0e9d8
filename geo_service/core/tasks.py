"""Cancel background tasks within a limited time."""

import asyncio

import structlog

_RETRY_S = 0.5
"""Seconds after which the cancellation is sent again."""

log = structlog.get_logger(__name__)


async def cancel_and_wait(task: "asyncio.Task[None]", timeout_s: float) -> bool:
    """Cancel `task` and wait until it has ended, at most `timeout_s` seconds; return whether it has.

    A cancellation can be lost: a library may catch it, or it arrives just when the awaited result does. It is
    therefore sent again until the task ends. An error that ended the task is not raised here.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not task.done():
        remaining_s = deadline - asyncio.get_running_loop().time()
        if remaining_s <= 0:
            log.error("background task did not end", task=task.get_name(), waited_s=timeout_s)
            return False
        task.cancel()
        await asyncio.wait([task], timeout=min(remaining_s, _RETRY_S))
    return True
