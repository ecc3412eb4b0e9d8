"""What a back-test repeats: on which Mondays it ranks, how far it looks ahead, and how much of the region it may name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY_S = 86_400
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class BacktestPlan:
    """When the places are ranked and scored. Instants are seconds since 1970."""

    mondays: tuple[int, ...]
    """00:00 of each Monday, ascending: ranked with what was received before, scored on what was received from then on."""
    horizon_s: int
    """Length of the time that is scored, seconds."""
    tops: tuple[Fraction, ...]
    """How much of the region a list may name, in percent of its occupied places."""

    @property
    def stop(self) -> int:
        """The end of the last time that is scored."""
        return self.mondays[-1] + self.horizon_s

    def instants(self) -> NDArray[np.int64]:
        """Return (weeks,) int64: the Mondays."""
        return np.array(self.mondays, np.int64)


def last_mondays(end: int, horizon_s: int, weeks: int, zone: ZoneInfo) -> tuple[int, ...]:
    """Return 00:00 in `zone` of the last `weeks` Mondays from which the whole horizon lies before `end`, ascending.

    >>> [datetime.fromtimestamp(at, ZoneInfo("Europe/Moscow")).isoformat() for at in last_mondays(1767225600, 7 * DAY_S, 2,
    ...     ZoneInfo("Europe/Moscow"))]
    ['2025-12-15T00:00:00+03:00', '2025-12-22T00:00:00+03:00']
    """
    day = datetime.fromtimestamp(end - horizon_s, zone).date()
    monday = day - timedelta(days=day.weekday())
    return tuple(int(datetime.combine(monday - _WEEK * back, datetime.min.time(), zone).timestamp()) for back in reversed(range(weeks)))


def list_length(top: Fraction, places: int) -> int:
    """Return how many places a list names: `top` percent of them, rounded down, and at least one.

    >>> list_length(Fraction(5), 2498), list_length(Fraction(1), 45), list_length(Fraction(100), 45)
    (124, 1, 45)
    """
    return max(1, int(places * top / 100))
