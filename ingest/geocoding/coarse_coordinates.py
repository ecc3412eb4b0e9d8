"""Coordinates with one decimal, checked by the words beside them: where both name places too far apart, the words win."""

from math import cos, radians

from geo_service.core.model import LocationQuality
from ingest.geocoding import GeocodedPlace

STEP_DEGREES = 0.1
"""Between two coordinates with one decimal; whether they are rounded or cut off is not known."""
SETTLEMENT_KM = 5.0
"""From the point of a settlement to its edge."""
_KM_PER_DEGREE = 111.2
"""Length of a degree of latitude."""


def find_contradiction(place: GeocodedPlace | None, lng: float, lat: float) -> str:
    """Return what contradicts the coordinates: a settlement, or something finer, beyond what the rounding explains; else empty."""
    if place is None or place.quality > LocationQuality.SETTLEMENT:
        return ""
    narrowing = cos(radians(lat))
    east, north = abs(place.lng - lng) * narrowing * _KM_PER_DEGREE, abs(place.lat - lat) * _KM_PER_DEGREE
    step = STEP_DEGREES * _KM_PER_DEGREE
    if east <= step * narrowing + SETTLEMENT_KM and north <= step + SETTLEMENT_KM:
        return ""
    return f"the words name {place.name}, {(east**2 + north**2) ** 0.5:.0f} km away, which is used"
