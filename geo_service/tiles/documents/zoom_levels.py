"""Which level of districts, and which simplification of their outlines, a zoom shows."""

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.model import ZOOM_BANDS, DistrictLevel

FIRST_ZOOM = {DistrictLevel.REGION: 0, DistrictLevel.DISTRICT: 5, DistrictLevel.SETTLEMENT: 10}
"""Where each level begins: a district about 60 km wide is 40 px wide at zoom 5, a settlement of 10 km 200 px at zoom 10."""


def level_at(zoom: int) -> DistrictLevel:
    """Return the level meant for a zoom."""
    return max(level for level, first in FIRST_ZOOM.items() if zoom >= first)


def shown_level(catalogue: Catalogue, zoom: int, chosen: DistrictLevel | None = None, detail: int = 0) -> DistrictLevel:
    """Return the chosen level, else the one meant for the zoom, else the nearest that has districts, the upper one of two.

    detail: how many zooms further the level is taken from.
    """
    if chosen is not None:
        return chosen
    meant = level_at(zoom + detail)
    existing = {district.level for district in catalogue.districts.all}
    return min(existing, key=lambda level: (abs(level - meant), level), default=meant)


def band_at(zoom: int) -> int:
    """Return the band of simplified outlines that a zoom is drawn with."""
    return next(band.band for band in ZOOM_BANDS if band.min_zoom <= zoom <= band.max_zoom)
