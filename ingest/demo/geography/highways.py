"""Roads between neighbouring settlements, for what happens on the way."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import KM_PER_DEGREE, Floats, Ints, habitable, settlements
from ingest.demo.geography.streets import radius_km

_LEAST_PEOPLE = 3000
_NEIGHBOURS = 2
_FARTHEST_KM = 60.0
_SEED = 2305


@dataclass(frozen=True, slots=True)
class Highways:
    """Roads, one row each: from the larger settlement to the smaller."""

    start: Ints
    end: Ints
    """Rows of `settlements()`."""
    length: Floats
    """Kilometres."""
    bend: Floats
    """How far a road leaves the straight line, as a share of its length; the sign is the side."""
    reached: Floats
    """Running sums of the shares of traffic, up to 1."""

    def choose(self, chance: Floats) -> Ints:
        """A road for each uniform number."""
        return np.minimum(np.searchsorted(self.reached, chance, side="right"), len(self.start) - 1)

    def point(self, road: Ints, share: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude at `share` of the way."""
        towns = settlements()
        lng0, lat0 = towns.lng[self.start[road]], towns.lat[self.start[road]]
        lng1, lat1 = towns.lng[self.end[road]], towns.lat[self.end[road]]
        squeeze = np.cos(np.radians(lat0))
        aside = self.bend[road] * np.sin(2 * np.pi * share) * np.minimum(1, 3 * share * (1 - share) * 4)
        lng = lng0 + (lng1 - lng0) * share - (lat1 - lat0) / squeeze * aside
        return lng, lat0 + (lat1 - lat0) * share + (lng1 - lng0) * squeeze * aside


@cache
def highways() -> Highways:
    """Every settlement's roads to the nearest larger ones, except where they would cross water."""
    start, end, length = _pairs()
    bend = np.random.default_rng(_SEED).uniform(-0.07, 0.07, len(start))
    traffic = length * np.sqrt(settlements().population[end])
    every = Highways(start, end, length, bend, np.cumsum(traffic) / traffic.sum())
    dry = _dry(every)
    traffic = traffic[dry]
    return Highways(start[dry], end[dry], length[dry], bend[dry], np.cumsum(traffic) / traffic.sum())


def _pairs() -> tuple[Ints, Ints, Floats]:
    towns = settlements()
    rows = np.flatnonzero(towns.population >= _LEAST_PEOPLE)
    found: list[tuple[int, int, float]] = []
    for row in rows[1:].tolist():
        larger = rows[rows < row]
        squeeze = np.cos(np.radians(towns.lat[row]))
        away = np.hypot((towns.lng[larger] - towns.lng[row]) * squeeze, towns.lat[larger] - towns.lat[row]) * KM_PER_DEGREE
        apart = away - radius_km(towns.population[larger]) - radius_km(towns.population[row])
        near = [place for place in np.argsort(away, kind="stable")[:_NEIGHBOURS] if apart[place] > 3 and away[place] < _FARTHEST_KM]
        found += [(int(larger[place]), row, float(away[place])) for place in near]
    start, end, length = (np.array(column) for column in zip(*found, strict=True))
    return start, end, length


def _dry(roads: Highways) -> NDArray[np.bool_]:
    shares = np.linspace(0.02, 0.98, 49)
    road = np.repeat(np.arange(len(roads.start)), len(shares))
    points = roads.point(road, np.tile(shares, len(roads.start)))
    return np.asarray(habitable(*points).reshape(-1, len(shares)).all(axis=1))
