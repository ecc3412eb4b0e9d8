"""A made-up region the size of several Russian ones: towns by rank, streets in each, houses along the streets."""

from dataclasses import dataclass

import h3ronpy.vector as h3
import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION

Floats = NDArray[np.float64]

BOUNDS = (37.0, 43.5, 48.0, 51.5)
"""West, south, east, north: about 800 by 900 km."""
_TOWNS = 3_000
_LARGEST = 1_200_000
_RANK_EXPONENT = 0.85
"""People of the town of rank r: the largest divided by r to this power (Zipf's rule for settlements)."""
_KM_PER_ROOT = 0.009
"""A town's spread in km is this times the square root of its people: 10 km for the largest."""
_RURAL_SHARE = 0.15
_RURAL_KM = 15.0
_STREETS_KM = 0.15
_STREET_WIDTH_KM = 0.008
_KM_PER_DEGREE = 111.2


DISTRICTS_ACROSS, DISTRICTS_UP = 10, 5


def district_of(lng: Floats, lat: Floats) -> NDArray[np.int64]:
    """The made-up district of each point, a field of a grid over the region: 0 to 49, -1 outside."""
    w, s, e, n = BOUNDS
    across, up = (lng - w) / (e - w) * DISTRICTS_ACROSS, (lat - s) / (n - s) * DISTRICTS_UP
    inside = (across >= 0) & (across < DISTRICTS_ACROSS) & (up >= 0) & (up < DISTRICTS_UP)
    return np.where(inside, up.astype(np.int64) * DISTRICTS_ACROSS + across.astype(np.int64), -1)


@dataclass(frozen=True, slots=True)
class Houses:
    """Where incidents can happen; equally long columns."""

    lng: Floats
    lat: Floats
    cell: NDArray[np.int64]
    """H3 index at the finest resolution."""


def build_houses(count: int, rng: np.random.Generator) -> Houses:
    """`count` houses: most in towns along a grid of streets, some in the country around them."""
    w, s, e, n = BOUNDS
    town_lng, town_lat = rng.uniform(w, e, _TOWNS), rng.uniform(s, n, _TOWNS)
    people = _LARGEST / np.arange(1, _TOWNS + 1) ** _RANK_EXPONENT
    rural = rng.random(count) < _RURAL_SHARE
    town = np.where(rural, rng.integers(_TOWNS, size=count), rng.choice(_TOWNS, count, p=people / people.sum()))
    across = np.where(rural, _RURAL_KM, _KM_PER_ROOT * np.sqrt(people[town]))
    km = _along_streets(rng.standard_normal((count, 2)) * across[:, None], town, rng)
    lat = town_lat[town] + km[:, 1] / _KM_PER_DEGREE
    lng = town_lng[town] + km[:, 0] / (_KM_PER_DEGREE * np.cos(np.radians(lat)))
    cell = np.asarray(h3.coordinates_to_cells(lat, lng, FINEST_RESOLUTION)).astype(np.int64)
    return Houses(lng, lat, cell)


def _along_streets(km: Floats, town: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Each point moved to the nearest street of its town's grid, which has a direction of its own."""
    turn = rng.uniform(0, np.pi / 2, _TOWNS)[town]
    cos, sin = np.cos(turn), np.sin(turn)
    own = np.column_stack([km[:, 0] * cos + km[:, 1] * sin, km[:, 1] * cos - km[:, 0] * sin])
    axis = rng.integers(2, size=len(km))
    rows = np.arange(len(km))
    own[rows, axis] = np.rint(own[rows, axis] / _STREETS_KM) * _STREETS_KM + rng.normal(0, _STREET_WIDTH_KM, len(km))
    return np.column_stack([own[:, 0] * cos - own[:, 1] * sin, own[:, 0] * sin + own[:, 1] * cos])
