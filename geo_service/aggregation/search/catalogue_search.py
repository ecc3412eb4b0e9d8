"""Search in the catalogue: settlements, districts, agencies, themes and sectors whose names match what was typed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entry
from geo_service.aggregation.catalogue.geometry import to_degrees, to_metres
from geo_service.aggregation.catalogue.settlements import Settlements
from geo_service.aggregation.search.name_index import NameIndex, NameMatch
from geo_service.aggregation.search.spelling import swap_layout
from geo_service.core.extent import Bounds, enclosing_bounds
from geo_service.core.model import DistrictLevel

KINDS = ("settlement", "district", "agency", "theme", "sector")
"""What can be found by name."""

_PRIOR = {"settlement": 0.05, "district": 0.08, "agency": 0.0, "theme": 0.04, "sector": 0.05}
"""Added to how well a name matches (0 to 1): of equally good names a place comes before an agency that is named after it."""
_IN_DISTRICT = 0.05
_PER_DIGIT = 0.02
"""For each digit of a settlement's population: of namesakes the largest comes first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found by its name."""

    kind: str
    entry: Entry | int
    """An entry of the catalogue, or the index of a settlement."""
    score: float


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to understand what was typed."""

    text: str
    with_mistakes: bool = False

    def find(self, index: NameIndex) -> list[NameMatch]:
        return index.find(self.text, with_mistakes=self.with_mistakes)


def _attempts(text: str) -> Iterator[_Attempt]:
    """Yield the ways to understand a text, the surest first: where something is called so, what is only similar stands in the way."""
    yield _Attempt(text)
    swapped = swap_layout(text)
    if swapped:
        yield _Attempt(swapped)
    yield _Attempt(text, with_mistakes=True)


class CatalogueSearch:
    """Indexes of names, made anew where the catalogue has changed. Used on one thread at a time."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, NameIndex]] = {}
        self._placed: tuple[object, NDArray[np.int64]] = ((), np.empty(0, np.int64))

    def find(self, catalogue: Catalogue, text: str, kinds: Sequence[str], limit: int, boxes: Sequence[Bounds]) -> list[Found]:
        """Return the best matches, at most `limit` of each kind, the best first.

        boxes: settlements outside of all districts are found only in one of these.
        """
        for attempt in _attempts(text):
            best = [self._find_kind(catalogue, kind, attempt, boxes) for kind in KINDS if kind in kinds]
            if any(best):
                return sorted((one for ranked in best for one in ranked[:limit]), key=lambda one: -one.score)
        return []

    def districts_of(self, catalogue: Catalogue) -> NDArray[np.int64]:
        """Return for each settlement the id of the deepest district that its point lies in, 0 for none."""
        basis = (catalogue.settlements.revision, catalogue.shapes.revision, catalogue.districts.all)
        if self._placed[0] != basis:
            self._placed = (basis, locate_settlements(catalogue))
        return self._placed[1]

    def _find_kind(self, catalogue: Catalogue, kind: str, attempt: "_Attempt", boxes: Sequence[Bounds]) -> list[Found]:
        if kind == "settlement":
            return self._find_settlements(catalogue, attempt, boxes)
        entries: Sequence[Entry] = getattr(catalogue, _ATTRIBUTES[kind]).all
        index = self._index(kind, entries, lambda: (tuple(entry.name.values()) for entry in entries))
        found = [Found(kind, entries[match.entry], match.quality + _PRIOR[kind]) for match in attempt.find(index)]
        return sorted(found, key=lambda one: -one.score)

    def _find_settlements(self, catalogue: Catalogue, attempt: "_Attempt", boxes: Sequence[Bounds]) -> list[Found]:
        settlements = catalogue.settlements
        index = self._index("settlement", settlements.revision, lambda: zip(settlements.name_ru, settlements.name_en, strict=True))
        districts = self.districts_of(catalogue)
        found = [
            Found("settlement", match.entry, match.quality + settlement_prior(settlements, districts, match.entry))
            for match in attempt.find(index)
            if districts[match.entry] or is_in_boxes(settlements, match.entry, boxes)
        ]
        return sorted(found, key=lambda one: -one.score)

    def _index(self, kind: str, basis: object, names: Callable[[], Any]) -> NameIndex:
        known = self._made.get(kind)
        # The same objects compare at once.
        if known is None or known[0] != basis:
            known = self._made[kind] = (basis, NameIndex(names()))
        return known[1]


_ATTRIBUTES = {"district": "districts", "agency": "agencies", "theme": "themes", "sector": "sectors"}


def is_in_boxes(settlements: Settlements, index: int, boxes: Sequence[Bounds]) -> bool:
    """Return whether a settlement lies in one of the boxes, none of which crosses the antimeridian."""
    lng, lat = float(settlements.lng[index]), float(settlements.lat[index])
    return any(west <= lng <= east and south <= lat <= north for west, south, east, north in boxes)


def settlement_prior(settlements: Settlements, districts: NDArray[np.int64], index: int) -> float:
    """Return what is added to the quality of a settlement's name: those of the loaded districts first, then the largest."""
    size = _PER_DIGIT * log10(int(settlements.population[index]) + 1)
    return _PRIOR["settlement"] + size + (_IN_DISTRICT if districts[index] else 0.0)


def locate_settlements(catalogue: Catalogue) -> NDArray[np.int64]:
    """Return for each settlement the id of the deepest district around its point, 0 for none, (settlements,) int64."""
    settlements, shapes = catalogue.settlements, catalogue.shapes
    located = np.zeros(len(settlements), np.int64)
    if not shapes.by_band or not len(settlements):
        return located
    ids, outlines = shapes.by_band[max(shapes.by_band)]
    levels = np.array([_level(catalogue, number) for number in ids.tolist()])
    points = shapely.points(to_metres(np.column_stack([settlements.lng, settlements.lat])))
    # The deepest last: it stays.
    order = np.argsort(levels, kind="stable")
    which, inside = shapely.STRtree(points).query(outlines[order], predicate="intersects")
    located[inside] = ids[order][which]
    return located


def _level(catalogue: Catalogue, number: int) -> int:
    district = catalogue.districts.by_id.get(number)
    return int(district.level) if district else 0


def bounds_of_districts(catalogue: Catalogue, districts: Sequence[District]) -> Mapping[int, Bounds]:
    """Return the bounds of districts by id, degrees, west > east across the antimeridian; those whose outline is not known are missing."""
    shapes = catalogue.shapes
    if not shapes.by_band or not districts:
        return {}
    ids, outlines = shapes.by_band[max(shapes.by_band)]
    wanted = {district.id for district in districts}
    return {int(number): _bounds(outline) for number, outline in zip(ids, outlines, strict=True) if int(number) in wanted}


def _bounds(outline: shapely.MultiPolygon) -> Bounds:
    boxes = shapely.bounds(shapely.get_parts(outline))
    corners = to_degrees(boxes.reshape(-1, 2))
    return enclosing_bounds(corners.reshape(-1, 4))


def level_code(district: District) -> str:
    """Return the public name of a district's level."""
    return DistrictLevel(district.level).code
