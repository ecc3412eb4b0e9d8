"""Highways between neighbouring settlements."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import KM_PER_DEGREE, Floats, Ints, is_habitable, read_settlements
from ingest.demo.geography.streets import built_radius_km

_MIN_POPULATION = 3000
_NEIGHBOURS = 2
_MAX_LENGTH_KM = 60.0
_SEED = 2305


@dataclass(frozen=True, slots=True)
class Highways:
    """Highways, one row each: from the larger settlement to the smaller one."""

    start: Ints
    end: Ints
    """Rows of `read_settlements()`."""
    length: Floats
    """Kilometres."""
    bend: Floats
    """Deviation from the straight line as a share of the length; the sign is the side."""
    cumulative_traffic: Floats
    """Cumulative shares of the traffic, up to 1."""

    def choose(self, chance: Floats) -> Ints:
        """Return the row of a highway for each uniform number in [0, 1), by traffic."""
        return np.minimum(np.searchsorted(self.cumulative_traffic, chance, side="right"), len(self.start) - 1)

    def locate(self, road: Ints, share: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude at `share` (0 to 1) of each road."""
        towns = read_settlements()
        lng0, lat0 = towns.lng[self.start[road]], towns.lat[self.start[road]]
        lng1, lat1 = towns.lng[self.end[road]], towns.lat[self.end[road]]
        squeeze = np.cos(np.radians(lat0))
        aside = self.bend[road] * np.sin(2 * np.pi * share) * np.minimum(1, 3 * share * (1 - share) * 4)
        lng = lng0 + (lng1 - lng0) * share - (lat1 - lat0) / squeeze * aside
        return lng, lat0 + (lat1 - lat0) * share + (lng1 - lng0) * squeeze * aside


@cache
def build_highways() -> Highways:
    """Return the highways of each settlement to the nearest larger ones, without those that would cross water."""
    start, end, length = _find_pairs()
    bend = np.random.default_rng(_SEED).uniform(-0.07, 0.07, len(start))
    traffic = length * np.sqrt(read_settlements().population[end])
    roads = Highways(start, end, length, bend, np.cumsum(traffic) / traffic.sum())
    dry = _avoid_water(roads)
    traffic = traffic[dry]
    return Highways(start[dry], end[dry], length[dry], bend[dry], np.cumsum(traffic) / traffic.sum())


def _find_pairs() -> tuple[Ints, Ints, Floats]:
    towns = read_settlements()
    rows = np.flatnonzero(towns.population >= _MIN_POPULATION)
    pairs: list[tuple[int, int, float]] = []
    for row in rows[1:].tolist():
        larger = rows[rows < row]
        squeeze = np.cos(np.radians(towns.lat[row]))
        distance = np.hypot((towns.lng[larger] - towns.lng[row]) * squeeze, towns.lat[larger] - towns.lat[row]) * KM_PER_DEGREE
        gap = distance - built_radius_km(towns.population[larger]) - built_radius_km(towns.population[row])
        nearest = np.argsort(distance, kind="stable")[:_NEIGHBOURS]
        near = [index for index in nearest if gap[index] > 3 and distance[index] < _MAX_LENGTH_KM]
        pairs += [(int(larger[index]), row, float(distance[index])) for index in near]
    start, end, length = (np.array(column) for column in zip(*pairs, strict=True))
    return start, end, length


def _avoid_water(roads: Highways) -> NDArray[np.bool_]:
    shares = np.linspace(0.02, 0.98, 49)
    road = np.repeat(np.arange(len(roads.start)), len(shares))
    points = roads.locate(road, np.tile(shares, len(roads.start)))
    return np.asarray(is_habitable(*points).reshape(-1, len(shares)).all(axis=1))
