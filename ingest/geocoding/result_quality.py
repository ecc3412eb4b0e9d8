"""The location quality of a server's result, read from the result: for a house, a server may return only its street."""

from collections.abc import Mapping
from typing import Any

from geo_service.core.model import LocationQuality as Quality

CONFIDENCE = {Quality.HOUSE: 0.95, Quality.STREET: 0.85, Quality.SETTLEMENT: 0.8, Quality.DISTRICT: 0.7, Quality.REGION: 0.7}
"""Confidence of a server's result by its quality: a rank, not a measured probability."""

_NOMINATIM = {
    Quality.STREET: ("road", "pedestrian", "footway", "square", "bridge"),
    Quality.SETTLEMENT: (
        "city", "town", "village", "hamlet", "isolated_dwelling", "locality", "suburb", "quarter", "neighbourhood", "city_district",
        "borough", "postcode", "allotments", "farm", "residential",
    ),
    Quality.DISTRICT: ("county", "district", "municipality", "state_district"),
    Quality.REGION: ("state", "region", "province"),
}  # fmt: skip
"""Values of `addresstype`: https://nominatim.org/release-docs/latest/api/Output/."""

_PHOTON = {
    Quality.HOUSE: ("house",),
    Quality.STREET: ("street",),
    Quality.SETTLEMENT: ("locality", "district", "city"),
    Quality.DISTRICT: ("county",),
    Quality.REGION: ("state",),
}
"""Values of `type`: https://github.com/komoot/photon."""

_COARSER_THAN_REGION = frozenset(("country", "continent", "ocean", "sea"))


def nominatim_quality(raw: Mapping[str, Any]) -> Quality | None:
    """Return the quality of a Nominatim result; None if it is not an address."""
    kind, address = str(raw.get("addresstype", "")), raw.get("address")
    if isinstance(address, Mapping) and address.get("house_number"):
        return Quality.HOUSE
    if kind in _COARSER_THAN_REGION:
        return None
    quality = _find_quality(_NOMINATIM, kind)
    # Anything else on the map, such as a shop or a monument, is as precise as a house.
    return quality if quality is not None else Quality.HOUSE if kind else None


def photon_quality(raw: Mapping[str, Any]) -> Quality | None:
    """Return the quality of a Photon feature; None if it is not an address."""
    properties = raw.get("properties")
    kind = str(properties.get("type", "")) if isinstance(properties, Mapping) else ""
    return _find_quality(_PHOTON, kind)


def _find_quality(table: Mapping[Quality, tuple[str, ...]], kind: str) -> Quality | None:
    return next((quality for quality, kinds in table.items() if kind in kinds), None)
