"""Counting durations into classes, cheaply enough for every request."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence


class Histogram:
    """How many observations lie in each class, and their sum. Plain numbers without a lock: observed by one thread."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        """bounds: ascending upper ends of the classes, which belong to them; a last class is above all of them."""
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value.

        >>> waits = Histogram((0.1, 1.0))
        >>> for seconds in (0.05, 0.1, 0.5, 7.0):
        ...     waits.observe(seconds)
        >>> waits.counts, round(waits.total, 2)
        ([2, 1, 1], 7.65)
        """
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Yield each upper end as text, the last one `+Inf`, with the number of observations up to it.

        >>> waits = Histogram((0.1, 1.0))
        >>> waits.observe(0.5)
        >>> list(waits.cumulative())
        [('0.1', 0), ('1.0', 1), ('+Inf', 1)]
        """
        number = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            number += count
            yield bound, number
