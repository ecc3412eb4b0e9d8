"""Coordinates with one decimal against the words beside them."""

import pytest

from geo_service.core.model import GeocodedBy, LocationQuality
from ingest.geocoding import GeocodedPlace
from ingest.geocoding.coarse_coordinates import find_contradiction


@pytest.mark.parametrize(
    ("lng", "lat", "contradicts"),
    [
        (39.0, 45.0, False),
        # Cut off instead of rounded, and at the edge of the town: 12 km away.
        (38.9, 45.0, False),
        (39.1, 45.15, False),
        (38.6, 45.0, True),
        (39.0, 45.3, True),
        (39.7, 43.6, True),
    ],
)
def test_a_settlement_contradicts_coordinates_beyond_the_rounding_and_its_own_size(lng: float, lat: float, contradicts: bool) -> None:
    krasnodar = GeocodedPlace(38.98, 45.04, LocationQuality.SETTLEMENT, 0.9, GeocodedBy.GAZETTEER, "Краснодар")
    assert bool(find_contradiction(krasnodar, lng, lat)) == contradicts


def test_a_district_and_nothing_contradict_nothing() -> None:
    district = GeocodedPlace(38.98, 45.04, LocationQuality.DISTRICT, 0.8, GeocodedBy.GAZETTEER, "Динской район")
    assert find_contradiction(district, 30.0, 60.0) == ""
    assert find_contradiction(None, 30.0, 60.0) == ""


def test_a_contradiction_names_the_place_and_the_distance() -> None:
    sochi = GeocodedPlace(39.72, 43.6, LocationQuality.SETTLEMENT, 0.9, GeocodedBy.GAZETTEER, "Сочи")
    # Oracle: 1.4 degrees of latitude, and 0.72 degrees of longitude at 45° N.
    assert find_contradiction(sochi, 39.0, 45.0) == "the words name Сочи, 166 km away, which is used"
