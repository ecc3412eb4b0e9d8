"""What stays above expectation for weeks: themes that keep coming back in a place, while a single burst does not count.

A theme is expected in a place by its share of all messages of the week: E = N_place · N_theme / N. It is lasting where the
count is above E in at least three of four weeks, and where chance does not explain it: the count of all weeks but the one with the
largest excess is tested against its expectation (upper Poisson tail), over all places and themes together at a false discovery
rate of 5 % (Benjamini and Hochberg 1995).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.probability.false_discovery import adjust_p_values
from geo_service.aggregation.probability.negative_binomial import poisson_tail

Counts = NDArray[np.int32]

WEEKS = 4
WEEKS_ABOVE = 3
MIN_INCIDENTS = 10
"""Over all weeks."""
FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True, slots=True)
class LastingExcess:
    """A place and theme, as indexes of the counts."""

    place: int
    theme: int
    counts: Sequence[int]
    """By week, the earliest first."""
    expected: float
    """Over all weeks."""
    weeks_above: int

    @property
    def n(self) -> int:
        """Incidents of all weeks."""
        return sum(self.counts)


def find_lasting_excess(counts: Counts, listed: NDArray[np.bool_] | None = None) -> list[LastingExcess]:
    """Return what is lasting, the largest excess over all weeks first.

    counts: (weeks, places, themes) int32; all incidents of a week, those without a place in a row of their own. listed: (places,) the
    places that are tested and returned; by default all.
    """
    total = counts.sum(axis=0)
    tested = total >= MIN_INCIDENTS
    if listed is not None:
        tested &= listed[:, None]
    # Most pairs have few incidents: from here on arrays are (weeks, pairs).
    places, themes = np.nonzero(tested)
    n, expected = counts[:, places, themes], _expect(counts, places, themes)
    weeks_above = np.count_nonzero(n > expected, axis=0)
    adjusted = adjust_p_values(poisson_tail(*_without_largest_week(n, expected)))
    lasting = np.flatnonzero((weeks_above >= WEEKS_ABOVE) & (adjusted <= FALSE_DISCOVERY_RATE))
    found = [
        LastingExcess(int(places[at]), int(themes[at]), tuple(n[:, at].tolist()), float(expected[:, at].sum()), int(weeks_above[at]))
        for at in lasting.tolist()
    ]
    return sorted(found, key=lambda one: (one.expected - one.n, one.place, one.theme))


def _expect(counts: Counts, places: NDArray[np.intp], themes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return (weeks, pairs) what each place would have with the themes' shares of the whole."""
    by_place, by_theme = counts.sum(axis=2, dtype=np.float64), counts.sum(axis=1, dtype=np.float64)
    whole = np.maximum(by_place.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(by_place[:, places] * by_theme[:, themes] / whole, np.float64)


def _without_largest_week(n: Counts, expected: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (pairs,) count and expectation of all weeks but the one with the largest excess."""
    pairs = np.arange(n.shape[1])
    largest = (n - expected).argmax(axis=0)
    rest = np.maximum(expected.sum(axis=0) - expected[largest, pairs], 0.0)
    return n.sum(axis=0, dtype=np.int64) - n[largest, pairs], rest
