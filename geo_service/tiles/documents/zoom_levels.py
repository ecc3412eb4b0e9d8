"""Which districts a zoom shows."""

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.model import ZOOM_BANDS, DistrictLevel

FIRST_ZOOM = {DistrictLevel.REGION: 0, DistrictLevel.DISTRICT: 5, DistrictLevel.SETTLEMENT: 10}
"""Where each level begins: a district about 60 km wide is 40 px wide at zoom 5, a settlement of 10 km 200 px at zoom 10."""


def level_at(zoom: int) -> DistrictLevel:
    """The level meant for a zoom."""
    return max(level for level, first in FIRST_ZOOM.items() if zoom >= first)


def shown_level(catalogue: Catalogue, zoom: int, asked: DistrictLevel | None = None) -> DistrictLevel:
    """The level asked for, else the one meant for the zoom, else the nearest that has any districts, the upper one of two."""
    if asked is not None:
        return asked
    meant = level_at(zoom)
    held = {one.level for one in catalogue.districts.all}
    return min(held, key=lambda level: (abs(level - meant), level), default=meant)


def band_at(zoom: int) -> int:
    """The band of simplified outlines that a zoom is drawn with."""
    return next(band.band for band in ZOOM_BANDS if band.min_zoom <= zoom <= band.max_zoom)
