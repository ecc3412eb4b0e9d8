"""What a count was at each hour of the past."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HOUR_S = 3600
Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Half-open intervals of time, one for each message, in which it is counted; empty where the end is not later than the beginning."""

    begin: Instants
    end: Instants

    def take(self, chosen: NDArray[np.bool_]) -> "Spans":
        """Return the chosen ones."""
        return Spans(self.begin[chosen], self.end[chosen])


def list_hours(start: int, stop: int) -> Instants:
    """Return the full hours in [start, stop), seconds since 1970. int64."""
    return np.arange(-(-start // HOUR_S) * HOUR_S, stop, HOUR_S, dtype=np.int64)


def count_hourly(spans: Spans, group: NDArray[np.int32], groups: int, hours: Instants) -> NDArray[np.int64]:
    """Return (groups, hours) int64: how many intervals of each group hold each hour."""
    width = len(hours) + 1
    first, last = np.searchsorted(hours, spans.begin), np.searchsorted(hours, spans.end)
    counted = first < last
    rows = group[counted].astype(np.int64) * width
    begun, ended = (np.bincount(rows + at[counted], minlength=groups * width) for at in (first, last))
    return np.cumsum((begun - ended).reshape(groups, width), axis=1)[:, :-1]
