"""The layer of density: each hexagon's middle in one tile, and a ramp whose top is the greatest density of the kernel estimate."""

from itertools import pairwise
from math import cos, exp, hypot, pi, radians, sqrt

import numpy as np
import pytest

from geo_service.tiles.encoding.grid import project
from geo_service.tiles.layers.density import class_limits, greatest_density, kernel_km, kernel_radius

LAT, LNG = 45.0, 39.0
KM_OF_DEGREE = 40_075.016686 / 360


def middles(*places: tuple[float, float]) -> np.ndarray:
    """World units of places in km east and north of the middle."""
    lng = [LNG + east / (KM_OF_DEGREE * cos(radians(LAT))) for east, _ in places]
    lat = [LAT + north / KM_OF_DEGREE for _, north in places]
    return project(np.array(lng), np.array(lat))


@pytest.mark.parametrize("resolution", [3, 5, 7, 9])
def test_the_kernel_is_as_wide_as_neighbours_are_apart(resolution: int) -> None:
    # H3's cells are seven times smaller with each resolution.
    assert kernel_km(resolution) / kernel_km(resolution + 1) == pytest.approx(sqrt(7), rel=0.01)
    assert 0.5 * sqrt(3) * kernel_km(resolution) ** 2 == pytest.approx({3: 12_393, 5: 252.9, 7: 5.161, 9: 0.1053}[resolution], rel=0.001)


def test_the_radius_is_three_standard_deviations_of_the_ground_at_its_latitude() -> None:
    (radius,) = kernel_radius(5, middles((0, 0))[:, 1])
    km_per_px = 40_075.016686 * cos(radians(LAT)) / 512
    assert radius * km_per_px == pytest.approx(3 * kernel_km(5), rel=0.005)


def test_the_greatest_density_is_that_of_the_kernel_estimate() -> None:
    places, weights, sigma = [(0.0, 0.0), (2.0, 0.0), (0.0, -3.0), (40.0, 0.0)], [10, 40, 25, 60], 2.5
    estimates = [
        sum(n * exp(-(hypot(a - east, b - north) ** 2) / (2 * sigma**2)) for (a, b), n in zip(places, weights, strict=True))
        for east, north in places
    ]
    found = greatest_density(middles(*places), np.array(weights), sigma)
    expected = max(estimates) / (2 * pi * sigma**2)
    assert expected <= found * 1.001
    assert found == pytest.approx(expected, rel=0.06)


def test_without_incidents_there_is_no_density() -> None:
    assert greatest_density(np.empty((0, 2), np.int32), np.empty(0), 1.0) == 0
    assert class_limits(0.0, 5) == []


def test_classes_begin_at_limits_that_grow_evenly_below_the_peak() -> None:
    limits = class_limits(3.7, 5)
    assert limits == sorted(limits)
    assert limits[-1] < 3.7
    assert all(high / low == pytest.approx(2.5, rel=0.06) for low, high in pairwise(limits))
