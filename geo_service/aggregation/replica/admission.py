"""Who waits for the replica's thread: more than can be answered in time are refused, and told when to come again."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from geo_service.core.errors import Overloaded

_SMOOTHING = 0.1
"""Share of the latest computation in the mean of how long one takes."""
_RETRY_AT_MOST_S = 30


class AdmissionQueue:
    """Entered and left on the event loop; `took` may be told by the thread that does the work."""

    def __init__(self, limit: int, longest_wait: float, clock: Callable[[], float] = time.monotonic) -> None:
        """limit: how many may wait. longest_wait: seconds after which an answer is of no use any more."""
        self._limit = limit
        self._longest_wait = longest_wait
        self._clock = clock
        self._entered: dict[object, float] = {}
        self._mean = 0.0

    def __len__(self) -> int:
        return len(self._entered)

    @property
    def expected_wait(self) -> float:
        """Seconds until whoever enters now has an answer: as many computations as wait, or as long as the first waits already."""
        first = next(iter(self._entered.values()), None)
        held_up = 0.0 if first is None else self._clock() - first
        return max(len(self._entered) * self._mean, held_up)

    def record_duration(self, seconds: float) -> None:
        """Hear how long a computation took."""
        self._mean += _SMOOTHING * (seconds - self._mean)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A place for as long as the block runs. Raises Overloaded where waiting would take too long."""
        wait = self.expected_wait
        if len(self._entered) >= self._limit or wait > self._longest_wait:
            raise Overloaded(
                f"{len(self._entered)} requests are waiting to be computed; try again shortly",
                retry_after=min(max(math.ceil(wait), 1), _RETRY_AT_MOST_S),
            )
        me = object()
        self._entered[me] = self._clock()
        try:
            yield
        finally:
            del self._entered[me]
