"""The domain's enumerations: sectors, statuses, location quality, reject reasons.

Numbers stored in the database and in the replica's columns are defined here and nowhere else; SQL names them, see
`geo_service.core.sql.named_queries`.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

FINEST_RESOLUTION = 10
"""H3 resolution of `incident.cell`: hexagons of about 66 m edge, a house and its neighbours."""

COARSEST_RESOLUTION = 1


@dataclass(frozen=True, slots=True)
class Sector:
    """A field of public services. `code` is the public name, `position` the order on the page."""

    code: str
    name_ru: str
    name_en: str


SECTORS = (
    Sector("health", "Здравоохранение", "Healthcare"),
    Sector("education", "Образование", "Education"),
    Sector("social", "Социальная защита", "Social protection"),
    Sector("housing", "ЖКХ", "Housing and utilities"),
    Sector("waste", "Отходы (ТКО)", "Solid waste"),
    Sector("energy", "Энергетика", "Energy"),
    Sector("roads", "Дороги", "Roads"),
    Sector("transport", "Транспорт", "Transport"),
    Sector("other", "Прочее", "Other"),
)
"""In the order of the page; the database id of a sector is its position in this tuple, from 1."""


class Status(IntEnum):
    """How far an incident is in being handled; the number is stored."""

    NEW = 0
    ASSIGNED = 1
    IN_WORK = 2
    INTERIM = 3
    ANSWERED = 4
    RETURNED = 5
    CLOSED = 6
    REJECTED = 7
    DUPLICATE = 8

    @property
    def code(self) -> str:
        """The public name, as in `status=in_work`."""
        return self.name.lower()


LINKED = 16
"""Added to the status of a duplicate in the replica's columns. Beyond every status, below 31 (a bit of a 32-bit mask)."""

OPEN_STATUSES = frozenset(Status) - {Status.CLOSED, Status.REJECTED, Status.DUPLICATE}


class DistrictLevel(IntEnum):
    """The levels of districts; the number is stored."""

    REGION = 1
    DISTRICT = 2
    SETTLEMENT = 3

    @property
    def code(self) -> str:
        """The public name, as in `level=district`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class ZoomBand:
    """Zooms at which districts are drawn with the same simplified outlines."""

    band: int
    min_zoom: int
    max_zoom: int


ZOOM_BANDS = tuple(ZoomBand(band, low, high) for band, (low, high) in enumerate(((0, 3), (4, 5), (6, 7), (8, 9), (10, 11), (12, 16))))
"""Coarsest first; the last one is hardly simplified at all."""


class LocationQuality(IntEnum):
    """How precisely an incident's location is known; the number is stored."""

    EXACT = 0
    HOUSE = 1
    STREET = 2
    SETTLEMENT = 3
    DISTRICT = 4
    REGION = 5
    NONE = 6

    @property
    def code(self) -> str:
        """The public name, as in `settlement`."""
        return self.name.lower()


class GeocodedBy(IntEnum):
    """How an incident was located; the number is stored, NULL where it is not located."""

    INPUT = 1
    SWAPPED = 2
    """The input, with longitude and latitude exchanged."""
    GAZETTEER = 3
    NOMINATIM = 4
    PHOTON = 5

    @property
    def code(self) -> str:
        """The public name, as in `gazetteer`."""
        return self.name.lower()

    @property
    def attribution(self) -> str:
        """The attribution of its data, to be shown wherever such points are drawn; empty for the input."""
        return _ATTRIBUTIONS.get(self, "")


_ATTRIBUTIONS = {
    GeocodedBy.GAZETTEER: "GeoNames, CC BY 4.0",
    GeocodedBy.NOMINATIM: "© OpenStreetMap contributors",
    GeocodedBy.PHOTON: "© OpenStreetMap contributors",
}


class RejectReason(StrEnum):
    """Why an input row could not be used or, for warnings, was used with a part left out or corrected."""

    UNREADABLE_DATE = "unreadable_date"
    FUTURE_DATE = "future_date"
    MISSING_COORDINATES = "missing_coordinates"
    OUTSIDE_WORLD = "outside_world"
    OUTSIDE_REGION = "outside_region"
    ZERO_COORDINATES = "zero_coordinates"
    UNKNOWN_STATUS = "unknown_status"
    BROKEN_ROW = "broken_row"
    NEW_ENTRY_LIMIT = "new_entry_limit"
    CLOSED_BEFORE_RECEIVED = "closed_before_received"
    SWAPPED_COORDINATES = "swapped_coordinates"
    COARSE_COORDINATES = "coarse_coordinates"
    COORDINATES_LEFT_OUT = "coordinates_left_out"
    DATE_LEFT_OUT = "date_left_out"
    STATUS_REPLACED = "status_replaced"
    DATE_AHEAD = "date_ahead"

    @property
    def is_warning(self) -> bool:
        """Whether the row itself was used."""
        return self in _WARNINGS


_WARNINGS = frozenset(
    {
        RejectReason.CLOSED_BEFORE_RECEIVED,
        RejectReason.SWAPPED_COORDINATES,
        RejectReason.COARSE_COORDINATES,
        RejectReason.COORDINATES_LEFT_OUT,
        RejectReason.DATE_LEFT_OUT,
        RejectReason.STATUS_REPLACED,
        RejectReason.DATE_AHEAD,
    }
)
