"""Districts held against each other and against their parents: overlaps, gaps, enclaves, duplicate codes, children outside.

Lines between neighbours are compared as they are drawn, straight in degrees, so that a border with more points on one side
than on the other is no fault. Areas are measured on the ellipsoid.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import Polygons
from boundaries.gaps import find_gaps
from boundaries.geodesic import area_m2
from boundaries.records import DistrictRecords
from boundaries.report import Fault, Kind, Report

TOLERANCE_HA = 100.0
"""Default: OpenStreetMap's neighbours overlap by up to 15 ha, and a drawn region's holes have up to 30 ha."""
SHARE = 0.02
"""Of the smallest district concerned: what is small for a district may be large for a settlement."""
GAP_WIDTH_M = 300.0
"""A gap that is wider somewhere is an enclave, or the sea."""
HECTARE_M2 = 10_000.0
_LEAST_OVERLAP_M2 = 1.0
_LEAST_HOLE_M2 = 1000.0
_LEAST_OPEN_M2 = 10_000.0
"""Less is the rounded end of a bay: closing a gap of that width rounds every corner of the coast."""
_TOUCH_DEGREES = 1e-7
"""A centimetre: gaps are found to the millimetre."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What is known already around the districts that are checked."""

    parents: Polygons
    """One for each district: its parent's outline, or None."""
    neighbours: Polygons
    """Districts of the same level that stay."""
    names: Sequence[str]
    """The neighbours' names."""
    gapless: bool = True
    """Whether districts of this level cover the land; settlements do not."""

    @classmethod
    def nothing(cls, count: int, *, gapless: bool = True) -> "CheckContext":
        """Around a set that is alone in the world."""
        return cls(np.full(count, None, object), np.empty(0, object), (), gapless)


def check(units: DistrictRecords, around: CheckContext, tolerance_ha: float = TOLERANCE_HA) -> Report:
    """Everything that is wrong with the districts; what is larger than tolerated is marked as refused.

    Tolerated is what has at most `tolerance_ha` hectares and at most 2 % of the smallest district that it concerns.
    """
    judge = _CoverageChecker(units, around, tolerance_ha)
    faults = [*judge.overlaps(), *judge.outside()]
    if around.gapless:
        faults += judge.gaps()
    faults.sort(key=lambda fault: (not fault.refused, -fault.area_m2, fault.names))
    return Report(len(units), units.repaired, [*_duplicates(units), *faults])


def _duplicates(units: DistrictRecords) -> list[Fault]:
    counted = Counter(units.codes)
    named = {code: tuple(unit.name_ru for unit in units.units if unit.code == code) for code, count in counted.items() if count > 1}
    return [Fault(Kind.DUPLICATE, (code, *names), 0.0, refused=True) for code, names in named.items()]


class _CoverageChecker:
    def __init__(self, units: DistrictRecords, around: CheckContext, tolerance_ha: float) -> None:
        self._new = len(units)
        self._polygons: Polygons = np.concatenate([units.polygons, around.neighbours])
        self._names = [*(unit.name_ru for unit in units.units), *around.names]
        self._areas = area_m2(self._polygons)
        self._parents = around.parents
        self._tolerance_m2 = tolerance_ha * HECTARE_M2
        self._tree = shapely.STRtree(self._polygons)

    def overlaps(self) -> list[Fault]:
        """Pairs that share more than a border; at least one of each is new."""
        first, second = self._tree.query(self._polygons[: self._new], predicate="intersects")
        once = (first < second) | (second >= self._new)
        shared = shapely.intersection(self._polygons[first[once]], self._polygons[second[once]])
        # Good neighbours share lines alone, long to measure.
        areal = shapely.area(shared) > 0
        first, second, areas = first[once][areal], second[once][areal], area_m2(shared[areal])
        return [
            self._fault(Kind.OVERLAP, np.array([one, other]), area)
            for one, other, area in zip(first.tolist(), second.tolist(), areas.tolist(), strict=True)
            if area >= _LEAST_OVERLAP_M2
        ]

    def outside(self) -> list[Fault]:
        """Districts that reach out of their parents."""
        known = np.flatnonzero([parent is not None for parent in self._parents])
        areas = area_m2(shapely.difference(self._polygons[known], self._parents[known]))
        return [
            self._fault(Kind.OUTSIDE, np.array([row]), area)
            for row, area in zip(known.tolist(), areas.tolist(), strict=True)
            if area >= _LEAST_HOLE_M2
        ]

    def gaps(self) -> list[Fault]:
        """Slivers between neighbours, closed or open to one side, and holes."""
        gaps = find_gaps(self._polygons, GAP_WIDTH_M)
        areas = area_m2(gaps.polygons)
        large = np.flatnonzero(areas >= np.where(gaps.is_hole, _LEAST_HOLE_M2, _LEAST_OPEN_M2))
        which, beside = self._tree.query(gaps.polygons[large], predicate="dwithin", distance=_TOUCH_DEGREES)
        found = []
        for place, row in enumerate(large.tolist()):
            rows = np.sort(beside[which == place])
            if len(rows) and rows[0] < self._new and (gaps.is_hole[row] or len(rows) > 1):
                found.append(self._gap(gaps.polygons[row], float(areas[row]), rows, gaps.is_wide[row]))
        return found

    def _gap(self, gap: shapely.Geometry, area: float, beside: NDArray[np.intp], is_wide: bool) -> Fault:
        # A wide hole is another region's land, unless the parent says that it is its own.
        if is_wide and not self._in_parent(gap, beside):
            return Fault(Kind.ENCLAVE, self._called(beside), area, refused=False)
        return self._fault(Kind.GAP, beside, area)

    def _in_parent(self, gap: shapely.Geometry, beside: NDArray[np.intp]) -> bool:
        inside = gap.representative_point()
        parents = [self._parents[row] for row in beside if row < self._new]
        return any(parent is not None and parent.covers(inside) for parent in parents)

    def _fault(self, kind: Kind, rows: NDArray[np.intp], area: float) -> Fault:
        limit = min(self._tolerance_m2, SHARE * float(self._areas[rows].min()))
        return Fault(kind, self._called(rows), area, refused=area > limit)

    def _called(self, rows: NDArray[np.intp]) -> tuple[str, ...]:
        return tuple(self._names[row] for row in rows)
