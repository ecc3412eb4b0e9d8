"""How precise a server's answer is, read from the answer itself: asked for a house it may give a street, and not say so."""

from collections.abc import Mapping
from typing import Any

from geo_service.core.model import LocationQuality as Quality

CONFIDENCE = {Quality.HOUSE: 0.95, Quality.STREET: 0.85, Quality.SETTLEMENT: 0.8, Quality.DISTRICT: 0.7, Quality.REGION: 0.7}

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


def of_nominatim(raw: Mapping[str, Any]) -> Quality | None:
    """None for what is no address at all."""
    kind, address = str(raw.get("addresstype", "")), raw.get("address")
    if isinstance(address, Mapping) and address.get("house_number"):
        return Quality.HOUSE
    if kind in _COARSER_THAN_REGION:
        return None
    listed = _found(_NOMINATIM, kind)
    # Anything else that has a place of its own, a shop or a monument, stands where a house could.
    return listed if listed is not None else Quality.HOUSE if kind else None


def of_photon(raw: Mapping[str, Any]) -> Quality | None:
    """None for what is no address at all."""
    properties = raw.get("properties")
    kind = str(properties.get("type", "")) if isinstance(properties, Mapping) else ""
    return _found(_PHOTON, kind)


def _found(table: Mapping[Quality, tuple[str, ...]], kind: str) -> Quality | None:
    return next((quality for quality, kinds in table.items() if kind in kinds), None)
