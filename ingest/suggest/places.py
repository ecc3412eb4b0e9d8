"""What a suggested mapping says about coordinates: bounds, the order of pairs, and the reference system of numbers that are no degrees."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from ingest.mapping.projections import likely_systems
from ingest.suggest.column_guesses import Guess
from ingest.suggest.profile import Profile
from ingest.validate.points import parse_point

_QUANTILES = 0.01, 0.99
_MARGIN = 0.1
"""Share of the extent between the quantiles that bounds are wider than it."""

_LEAST_MARGIN = 0.05
"""Degrees, about 5 km: where all points are in one place."""

_POINTS = 200
"""Values by which the order of pairs is recognised."""

_LARGEST_LAT, _LARGEST_LNG = 90, 180


def suggest_bounds(guesses: dict[str, Guess]) -> Iterator[str]:
    """Bounds in a comment: a few points elsewhere, or exchanged ones, do not widen them."""
    lng, lat = _coordinates(guesses)
    if not len(lng) or _beyond_degrees(lng, lat):
        return
    (west, east), (south, north) = (_robust_range(values, most) for values, most in ((lng, _LARGEST_LNG), (lat, _LARGEST_LAT)))
    outside = int(np.count_nonzero((lng < west) | (lng > east))) + int(np.count_nonzero((lat < south) | (lat > north)))
    elsewhere = f"; {outside:,} of the different values are not: look at them first" if outside else ""
    yield "# With bounds rows outside west, south, east, north are rejected. These hold 98 % of the values looked at, and a tenth of their"
    yield f"# extent around{elsewhere}. Better are those of your region:"
    yield f"# bounds = [{west:.2f}, {south:.2f}, {east:.2f}, {north:.2f}]"


def suggest_order(guesses: dict[str, Guess]) -> Iterator[str]:
    """The order of pairs, where the values leave it open."""
    if "point" not in guesses:
        return
    texts = [text for text in guesses["point"].column.sample if not any(sign.isalpha() or sign in "{\u00b0" for sign in text)]
    if not texts:
        return
    # The number that is beyond 90 somewhere is no latitude.
    points = [point for point in (parse_point(text, "lat_lng") for text in islice(texts, _POINTS)) if point]
    other = any(abs(point.y) > _LARGEST_LAT for point in points)
    json_lists = any(text.startswith("[") for text in texts)
    sure = other or any(abs(point.x) > _LARGEST_LAT for point in points)
    json_lists &= not sure
    order = "lng_lat" if other or json_lists else "lat_lng"
    yield f"# {'Numbers beyond 90 are longitudes' if sure else 'A guess: which number of a pair comes first, its values do not say'}."
    yield f'point_order = "{order}"'


def suggest_crs(guesses: dict[str, Guess]) -> Iterator[str]:
    """The reference system of numbers that are no degrees."""
    lng, lat = _coordinates(guesses)
    if not len(lng) or not _beyond_degrees(lng, lat):
        return
    middle = np.array([np.median(lng)]), np.array([np.median(lat)])
    likely = likely_systems(*middle, None) or likely_systems(*middle[::-1], None)
    yield "# The coordinates look projected, in metres: lng is the easting, lat the northing."
    if likely:
        yield f"# A guess by their size: {' or '.join(likely)}."
        yield f"crs = {json.dumps(likely[0].partition(' ')[0])}"
    else:
        yield '# NOT KNOWN, and needed: ask who made the file for the EPSG code.\n# crs = "EPSG:…"'


def _coordinates(guesses: dict[str, Guess]) -> tuple[np.ndarray, np.ndarray]:
    if "point" in guesses:
        points = guesses["point"].column.points()
        return np.array([point.x for point in points]), np.array([point.y for point in points])
    if "lng" in guesses and "lat" in guesses:
        return _numbers(guesses["lng"].column), _numbers(guesses["lat"].column)
    return np.array([]), np.array([])


def _numbers(column: Profile) -> np.ndarray:
    """Of all rows where they have few different values: a number that many have weighs more than one that is wrong once."""
    numbers = column.numbers()
    if not column.few or len(numbers) != len(column.values):
        return np.array(numbers, np.float64)
    # Both are in the order in which the values came.
    return np.repeat(np.array(numbers, np.float64), list(column.values.values()))


def _beyond_degrees(lng: np.ndarray, lat: np.ndarray) -> bool:
    return bool(np.median(np.abs(lng)) > _LARGEST_LNG or np.median(np.abs(lat)) > _LARGEST_LNG)


def _robust_range(values: np.ndarray, most: float) -> Sequence[float]:
    low, high = np.quantile(values, _QUANTILES)
    margin = max((high - low) * _MARGIN, _LEAST_MARGIN)
    return max(low - margin, -most), min(high + margin, most)
