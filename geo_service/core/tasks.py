"""Cancel background tasks within a limited time, and run long computations that nobody has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import structlog

_RETRY_S = 0.5
"""Seconds after which the cancellation is sent again."""

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


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


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return `work(…)`, computed on a thread of its own that the end of the process does not wait for.

    `asyncio.to_thread` would let the process end minutes late. A computation whose caller is cancelled goes on unheeded.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is None:
            result.set_result(value)  # type: ignore[arg-type]  # without an error there is a value
        else:
            result.set_exception(error)

    def compute() -> None:
        value, failure = None, None
        try:
            value = work(*args, **kwargs)
        except Exception as error:
            failure = error
        # The loop may have ended meanwhile, with everybody who waited.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=compute, name="computation", daemon=True).start()
    return await result
