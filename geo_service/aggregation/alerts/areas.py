"""Regions, districts and themes as the positions that arrays of alerts use."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.places.place import Place
from geo_service.core.model import DistrictLevel

WHOLE_REGION = "r:"
"""Key of the place that holds all incidents."""


@dataclass(frozen=True, slots=True)
class Areas:
    """The regions and districts whose totals are watched.

    Where no more than one region is loaded, everything is one region; else each is compared with itself, and what lies in none of
    them makes one more.
    """

    regions: tuple[Place, ...]
    districts: tuple[Place, ...]
    """Of level district."""
    region_of_district: NDArray[np.int32]
    """(districts,) positions in `regions`."""
    region_table: NDArray[np.int32]
    """(ids + 1,) position in `regions` of each district id of any level; the last entry is for unknown ids."""
    district_table: NDArray[np.int32]
    """(ids + 1,) position in `districts` of each district id; their number for none."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Return the regions, then the districts."""
        return self.regions + self.districts

    def region_of(self, districts: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the region of each district id. int32."""
        return self.region_table[np.minimum(np.asarray(districts, np.int64), len(self.region_table) - 1)]

    def district_of(self, districts: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the district of level district of each district id. int32."""
        return self.district_table[np.minimum(np.asarray(districts, np.int64), len(self.district_table) - 1)]


@dataclass(frozen=True, slots=True)
class Themes:
    """Themes and their sectors. A theme that the catalogue does not have, not yet, is the last one."""

    ids: tuple[int, ...]
    sectors: tuple[int, ...]
    """(themes,) id of each theme's sector; 0 for the unknown theme."""
    table: NDArray[np.int32]
    """(ids + 1,) position of each theme id."""
    sector_ids: tuple[int, ...]
    """Sectors of more than one theme: the total of another one is that of its theme."""
    sector_positions: NDArray[np.int32]
    """(themes,) position in `sector_ids` of each theme's sector; their number where it is not there."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sector_series(self) -> NDArray[np.int32]:
        """(sectors,) the numbers that stand for whole sectors: those after the themes."""
        return len(self.ids) + np.arange(len(self.sector_ids), dtype=np.int32)

    def name(self, number: int) -> tuple[int, int]:
        """Return the ids of a theme and its sector; of a whole sector, 0 and its id."""
        if number < len(self.ids):
            return self.ids[number], self.sectors[number]
        return 0, self.sector_ids[number - len(self.ids)]

    def positions(self, ids: ArrayLike) -> NDArray[np.int32]:
        """Return the position of each theme id. int32."""
        return self.table[np.minimum(np.asarray(ids, np.int64), len(self.table) - 1)]


def list_areas(catalogue: Catalogue) -> Areas:
    """Return the areas of a catalogue."""
    regions, districts = catalogue.districts_at(DistrictLevel.REGION), catalogue.districts_at(DistrictLevel.DISTRICT)
    several = len(regions) > 1
    table = catalogue.group_index(regions if several else [])
    region_table = np.append(table, table[:1])
    district_table = catalogue.group_index(districts)
    places = [_to_place(district) for district in regions] if several else []
    return Areas(
        regions=(*places, _whole_region(regions if not several else [])),
        districts=tuple(map(_to_place, districts)),
        region_of_district=region_table[[district.id for district in districts]] if districts else np.empty(0, np.int32),
        region_table=region_table,
        district_table=np.append(district_table, district_table[:1]),
    )


def list_themes(catalogue: Catalogue) -> Themes:
    """Return the themes of a catalogue, and one for those that it does not have."""
    themes = catalogue.themes.all
    table = np.full(max(catalogue.themes.by_id, default=0) + 2, len(themes), np.int32)
    table[[theme.id for theme in themes]] = np.arange(len(themes))
    sectors = (*(theme.parent or 0 for theme in themes), 0)
    several = tuple(sector.id for sector in catalogue.sectors.all if sectors.count(sector.id) > 1)
    position = {sector: at for at, sector in enumerate(several)}
    positions = np.array([position.get(sector, len(several)) for sector in sectors], np.int32)
    return Themes((*(theme.id for theme in themes), 0), sectors, table, several, positions)


def _to_place(district: District) -> Place:
    lng, lat = district.label or (0.0, 0.0)
    return Place(f"d:{district.code}", district.name_ru, district.name_en, lng, lat, 0, district.id)


def _whole_region(regions: Sequence[District]) -> Place:
    """Return the place of all incidents, or of those outside of all regions: named after the only region there is."""
    if not regions:
        return Place(WHOLE_REGION, "Вся территория", "The whole area", 0.0, 0.0)
    region = regions[0]
    lng, lat = region.label or (0.0, 0.0)
    return Place(WHOLE_REGION, region.name_ru, region.name_en, lng, lat, 0, region.id)
