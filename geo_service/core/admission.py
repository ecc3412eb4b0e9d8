"""Admission control: no request waits for longer than a limit, in all queues together; who would, or has, is refused.

A request's clock runs from its arrival. Whatever it is not working, it is waiting, whether for a thread, for a connection of
the database or for the event loop. A queue refuses a request that would have to wait for too long, gives up one that has waited
for too long, and looks at the clock again when the work begins.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Final, ParamSpec, TypeVar

from geo_service.core.errors import Overloaded

P = ParamSpec("P")
T = TypeVar("T")

_SMOOTHING = 0.1
"""Share of the latest work in the mean of how long it takes."""
_RETRY_AT_MOST_S = 30
"""Longest `Retry-After`: a wait that is foreseen to be longer may well be over sooner."""


class RequestClock:
    """When a request arrived, and how long it has been worked on since; seconds."""

    __slots__ = ("arrived", "worked")

    def __init__(self, arrived: float) -> None:
        self.arrived = arrived
        self.worked = 0.0

    def waited(self, now: float) -> float:
        """Return how long it has waited in all."""
        return now - self.arrived - self.worked


_clock_of_request: ContextVar[RequestClock | None] = ContextVar("clock_of_request", default=None)


@contextmanager
def request_arrived(clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Let the clock of a request run in this block; without one, each queue counts from when it is entered."""
    token = _clock_of_request.set(RequestClock(clock()))
    try:
        yield
    finally:
        _clock_of_request.reset(token)


class Place:
    """A request in a queue."""

    __slots__ = ("_clock", "_queue", "_started", "_time", "entered", "is_given_up")

    def __init__(self, queue: "AdmissionQueue", clock: RequestClock, time_source: Callable[[], float], entered: float) -> None:
        self._queue, self._clock, self._time = queue, clock, time_source
        self._started: float | None = None
        self.entered = entered
        self.is_given_up = False

    @property
    def has_begun(self) -> bool:
        """Whether the request is worked on."""
        return self._started is not None

    @property
    def remaining_s(self) -> float:
        """Seconds for which the request may still wait."""
        return self._queue.longest_wait - self._clock.waited(self._time())

    def begin(self) -> None:
        """Stop waiting. Raises `Overloaded` where that has taken too long. Called where the work is done."""
        now = self._time()
        waited = self._clock.waited(now)
        if self.is_given_up or waited > self._queue.longest_wait:
            raise self._queue.refusal(waited)
        self._started = now
        self._queue.record_wait(waited)

    def end(self) -> None:
        """Count the time since `begin` as work."""
        if self._started is not None:
            duration = self._time() - self._started
            self._clock.worked += duration
            self._queue.record_duration(duration)

    def give_up(self, future: "asyncio.Future[T]") -> None:
        """Cancel the future where the work has not begun."""
        if self._started is None:
            self.is_given_up = True
            future.cancel()


class AdmissionQueue:
    """Who waits for one kind of worker. Entered and left on the event loop; `record_…` may be called by the worker.

    The counters only grow, and each is written by one thread.
    """

    def __init__(self, limit: int, longest_wait: float, clock: Callable[[], float] = time.monotonic, workers: int = 1) -> None:
        """limit: how many may wait. longest_wait: seconds after which a response is of no use any more. workers: at the same time."""
        self.longest_wait: Final = longest_wait
        self._limit = limit
        self._clock = clock
        self._workers = workers
        self._places: dict[Place, None] = {}
        self._mean = 0.0
        self.admitted = 0
        """Requests whose work has begun."""
        self.shed = 0
        """Requests that were refused, at once or after waiting."""
        self.waited_s = 0.0
        """How long those whose work has begun have waited, all together."""
        self.longest_waited_s = 0.0
        """The longest of these waits; never more than `longest_wait`."""
        self.on_wait: Callable[[float], None] | None = None
        """Called with each of these waits, seconds, perhaps on another thread."""

    def __len__(self) -> int:
        """Return how many wait or are worked on."""
        return len(self._places)

    @property
    def expected_wait(self) -> float:
        """Seconds until a request that enters now is answered: as long as those before it take, or as the first has been here."""
        if not self._places:
            return 0.0
        # Of several workers, one that takes long holds nobody up.
        first = next((place for place in self._places if self._workers == 1 or not place.has_begun), None)
        held_up = 0.0 if first is None else self._clock() - first.entered
        ahead = max(len(self._places) + 1 - self._workers, 0)
        return max(ahead * self._mean / self._workers, held_up)

    def record_duration(self, seconds: float) -> None:
        """Take how long some work took into the mean."""
        self._mean += _SMOOTHING * (seconds - self._mean)

    def record_wait(self, seconds: float) -> None:
        """Count a request whose work begins after a wait."""
        self.admitted += 1
        self.waited_s += seconds
        self.longest_waited_s = max(self.longest_waited_s, seconds)
        if self.on_wait:
            self.on_wait(seconds)

    def refusal(self, wait: float) -> Overloaded:
        """Return the error for a request that would have to wait, or has waited, for so many seconds."""
        return Overloaded(
            f"{len(self._places)} requests are waiting to be computed; try again shortly",
            retry_after=min(max(math.ceil(wait), 1), _RETRY_AT_MOST_S),
        )

    @contextmanager
    def slot(self) -> Iterator[Place]:
        """Hold a place in the queue while the block runs. Raises `Overloaded` where waiting would take too long."""
        now = self._clock()
        clock = _clock_of_request.get() or RequestClock(now)
        place = Place(self, clock, self._clock, now)
        try:
            wait = self.expected_wait
            if len(self._places) >= self._limit or wait > place.remaining_s:
                raise self.refusal(wait)
            self._places[place] = None
            yield place
        except Overloaded:
            self.shed += 1
            raise
        finally:
            self._places.pop(place, None)


class QueuedThread:
    """One thread that works off a queue, in the order of entry."""

    def __init__(self, name: str, queue: AdmissionQueue) -> None:
        self.queue = queue
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `work(…)`, computed on the thread. Raises `Overloaded`. Work whose caller is cancelled before its turn is not done."""
        loop = asyncio.get_running_loop()
        with self.queue.slot() as place:
            future = loop.run_in_executor(self.executor, partial(_work, place, work, *args, **kwargs))
            expiry = loop.call_later(max(place.remaining_s, 0), place.give_up, future)
            try:
                return await future
            except asyncio.CancelledError:
                if place.is_given_up and not _is_cancelled():
                    raise self.queue.refusal(self.queue.longest_wait) from None
                raise
            finally:
                expiry.cancel()

    def close(self) -> None:
        """End the thread; work that waits is dropped."""
        self.executor.shutdown(wait=True, cancel_futures=True)


class QueuedPlaces:
    """A number of places, such as connections of a pool, that are given out in the order of entry."""

    def __init__(self, queue: AdmissionQueue, number: int) -> None:
        self.queue = queue
        self._free = asyncio.Semaphore(number)

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Hold a place while the block runs. Raises `Overloaded` where none becomes free in time."""
        with self.queue.slot() as place:
            try:
                async with asyncio.timeout(max(place.remaining_s, 0)):
                    await self._free.acquire()
            except TimeoutError:
                raise self.queue.refusal(self.queue.longest_wait) from None
            try:
                place.begin()
                yield
            finally:
                place.end()
                self._free.release()


def _work(place: Place, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    place.begin()
    try:
        return work(*args, **kwargs)
    finally:
        place.end()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
