"""What was found as rows of a document: type, names, where it is and how many incidents there were."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entry
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.search.catalogue_search import Found, bounds_of_districts, level_code
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.extent import Bounds, split_arc

_CELL_RESOLUTION = 6
"""H3 resolution of a settlement's hexagon: about 36 km², a large village with its fields."""
_KM_PER_DEGREE = 111.2
_LEAST_KM, _KM_PER_ROOT = 1.5, 0.012
"""Radius of a settlement by its population: 2.6 km for 8,500 inhabitants, 13 km for 950,000, as in the towns of southern Russia."""

Counts = Mapping[str, NDArray[np.int32]]
"""By kind, the number of incidents for each id."""


@dataclass(frozen=True, slots=True)
class FoundEntries:
    """What was found by name, and what its rows are made of."""

    found: list[Found]
    districts: NDArray[np.int64]
    """Of each settlement, its district's id, 0 for none."""


def count_by_entry(state: ReplicaState, selection: Selection) -> Counts:
    """Return the number of selected incidents of each theme, sector, agency and district, those of its districts included."""
    catalogue = state.catalogue
    themes = _count(state, selection, "theme")
    sectors = np.zeros(max(catalogue.sectors.by_id, default=0) + 1, np.int32)
    for theme in catalogue.themes.all:
        if theme.parent is not None and theme.id < len(themes):
            sectors[theme.parent] += themes[theme.id]
    own = _count(state, selection, "district")
    districts = np.zeros(max(catalogue.districts.by_id, default=0) + 1, np.int32)
    for district in catalogue.districts.all:
        above: District | None = district
        while above is not None and district.id < len(own):
            districts[above.id] += own[district.id]
            above = catalogue.districts.by_id.get(above.parent or 0)
    return {"theme": themes, "sector": sectors, "agency": _count(state, selection, "agency"), "district": districts}


def _count(state: ReplicaState, selection: Selection, column: str) -> NDArray[np.int32]:
    size = state.columns.largest[column] + 1
    key: Hashable = (selection, "count by", column, size)
    counts = state.counter.cached_array(
        key, lambda: np.ascontiguousarray(state.counter.per_group(selection, column, np.arange(size, dtype=np.int32), size)[:, 0])
    )
    return np.asarray(counts, np.int32)


def describe_found(catalogue: Catalogue, entries: FoundEntries, counts: Counts) -> list[Row]:
    """Return the rows of what was found, in its order."""
    districts = [one.entry for one in entries.found if isinstance(one.entry, District)]
    bounds = bounds_of_districts(catalogue, districts)
    return [_describe(catalogue, one, entries.districts, counts, bounds) for one in entries.found]


def _describe(
    catalogue: Catalogue, found: Found, districts: NDArray[np.int64], counts: Counts, bounds: Mapping[int, Bounds]
) -> Row:  # fmt: skip
    score = {"score": round(found.score, 3)}
    if isinstance(found.entry, int):
        return _describe_settlement(catalogue, found.entry, int(districts[found.entry])) | score
    entry, by_id = found.entry, counts[found.kind]
    count = int(by_id[entry.id]) if entry.id < len(by_id) else 0
    row: Row = {
        "type": found.kind,
        "code": entry.code,
        "name": entry.name,
        "within": _within(catalogue, found.kind, entry),
        "incidents": count,
    }
    if isinstance(entry, District):
        row |= {"level": level_code(entry), "population": entry.population, **_point(entry.label), "bounds": bounds.get(entry.id)}
    return row | score


def _point(label: tuple[float, float] | None) -> Row:
    lng, lat = label or (None, None)
    return {"lng": lng, "lat": lat}


def _within(catalogue: Catalogue, kind: str, entry: Entry) -> Row | None:
    """Return the district or sector that an entry lies in."""
    above: Entry | None = None
    if kind == "district":
        above = catalogue.districts.by_id.get(entry.parent or 0)
    elif kind == "theme":
        above = catalogue.sectors.by_id.get(entry.parent or 0)
    return {"code": above.code, "name": above.name} if above else None


def _describe_settlement(catalogue: Catalogue, index: int, district_id: int) -> Row:
    named, district = catalogue.settlements, catalogue.districts.by_id.get(district_id)
    lng, lat, population = float(named.lng[index]), float(named.lat[index]), int(named.population[index])
    name = {"ru": named.name_ru[index] or named.name_en[index], "en": named.name_en[index] or named.name_ru[index]}
    return {
        "type": "settlement",
        "code": str(named.ids[index]),
        "name": name,
        "within": district and {"code": district.code, "name": district.name},
        "population": population,
        "lng": round(lng, 5),
        "lat": round(lat, 5),
        "h3": f"{h3.latlng_to_cell(lat, lng, _CELL_RESOLUTION):x}",
        "bounds": bounds_around(lng, lat, _LEAST_KM + _KM_PER_ROOT * population**0.5),
    }


def bounds_around(lng: float, lat: float, km: float) -> Bounds:
    """Return a box around a point, degrees; west > east across the antimeridian.

    >>> bounds_around(180.0, 60.0, 11.12)
    (179.8, 59.9, -179.8, 60.1)
    """
    height = km / _KM_PER_DEGREE
    width = min(height / max(float(np.cos(np.radians(lat))), 0.01), 180.0)
    arcs = split_arc(lng - width, lng + width)
    west, east = (arcs[0][0], arcs[-1][1]) if len(arcs) > 1 else arcs[0]
    return round(west, 5), round(max(lat - height, -90.0), 5), round(east, 5), round(min(lat + height, 90.0), 5)
