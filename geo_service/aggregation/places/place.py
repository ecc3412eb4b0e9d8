"""What a place is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alert is: a settlement, a part of one, a hexagon, a district or the region."""

    key: str
    """Stable: `d:` and a district's code, `s:` and a settlement's id, `h:` and an H3 index, `r:` for the whole region.

    A part of a divided place has its key, `-` and the H3 index of the part.
    """
    name_ru: str
    name_en: str
    lng: float
    lat: float
    cell: int = 0
    """An H3 cell that the place lies in or is, for the map; 0 for districts and the region."""
    district: int = 0
    """Id of its district; 0 where it lies in none."""
