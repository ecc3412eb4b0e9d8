"""What the tests find, as columns, and the detections made of them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.detection.grouped_rows import Seconds, Whole
from geo_service.aggregation.alerts.history import History
from geo_service.aggregation.alerts.model import AlertLayer, Detection
from geo_service.aggregation.places.place import Place

Floats = NDArray[np.float64]


class Signals(NamedTuple):
    """What is unusual: columns, one entry for each test that has reached the limit, ordered by `stop`."""

    place: Whole
    """Local layer: number of the place. Totals layer: position among the regions, then the districts."""
    theme: Whole
    """Position in `Themes`; beyond them, the position of a sector in `Themes.sector_ids`."""
    stop: Seconds
    """End of the window, seconds since 1970."""
    window_s: Seconds
    """Length of the least probable window."""
    n: Whole
    expected: Floats
    log10_p: Floats
    """Comparable within a layer: that of a sector is ten times as great as it is (see `totals_scan`)."""
    since: Seconds
    """Receipt of the first message of the window."""
    distinct: Whole
    """Different addresses or positions in the window."""

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Signals":
        """Return some of them."""
        return Signals._make(column[chosen] for column in self)

    def notable(self) -> "Signals":
        """Return for each pair of place and theme the first, the last and the strongest signal, and the one of most messages.

        An episode follows from these: what lies between changes nothing.
        """
        chosen: set[int] = set()
        pair = self.place.astype(np.int64) << 32 | self.theme
        for ranking in (self.stop, -self.stop, self.log10_p, -self.n):
            order = np.lexsort([self.stop, ranking, pair])
            chosen.update(order[np.flatnonzero(np.diff(pair[order], prepend=-1))].tolist())
        return self.take(np.array(sorted(chosen), np.intp))


def list_detections(layer: AlertLayer, signals: Signals, history: History) -> Iterator[Detection]:
    """Yield signals as detections, in their order."""
    places = history.places if layer is AlertLayer.LOCAL else history.areas.places
    for place, number, stop, window_s, n, expected, log10_p, since, distinct in zip(*(column.tolist() for column in signals), strict=True):
        theme, sector = history.themes.name(number)
        where: Place = places[place]
        yield Detection(layer, where, theme, sector, stop, window_s, n, distinct, expected, log10_p, since)


@njit(nogil=True, cache=True)
def count_distinct(spots: NDArray[np.int64], begin: Whole, end: Whole) -> Whole:
    """Return how many different values each of `spots[begin:end]` has. int32."""
    out = np.empty(len(begin), np.int32)
    for i in range(len(begin)):
        out[i] = len(np.unique(spots[begin[i] : end[i]]))
    return out
