"""Check districts against each other and against their parents: overlaps, gaps, enclaves, duplicate codes, children outside.

Borders are compared as straight lines in degrees, the way they are drawn: otherwise a border that has more points on one
side than on the other would be a fault. Areas are measured on the ellipsoid.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.geometry.gaps import find_gaps
from boundaries.geometry.geodesic import area_m2
from boundaries.locating.district_arrays import Polygons
from boundaries.records import DistrictRecords
from boundaries.report import Fault, FaultKind, Report

TOLERANCE_HA = 100.0
"""Default area of a fault that is tolerated: neighbours in OpenStreetMap overlap by up to 15 ha, and drawn regions have holes of
up to 30 ha."""
TOLERANCE_SHARE = 0.02
"""Tolerated share of the smallest district that a fault concerns: what is small for a district may be large for a settlement."""
GAP_WIDTH_M = 300.0
"""A gap that is wider anywhere is an enclave, or the sea."""
HECTARE_M2 = 10_000.0
_MIN_OVERLAP_M2 = 1.0
_MIN_HOLE_M2 = 1000.0
_MIN_SLIVER_M2 = 10_000.0
"""Smaller slivers are ends of bays: closing gaps of this width also rounds every corner of the coast."""
_TOUCH_DEGREES = 1e-7
"""About a centimetre; gaps are computed to the millimetre."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """The stored districts around those that are checked."""

    parents: Polygons
    """One for each district: its parent's outline, or None."""
    neighbours: Polygons
    """Districts of the same level that are not replaced."""
    names: Sequence[str]
    """The neighbours' names."""
    gapless: bool = True
    """Whether districts of this level must cover all land; settlements do not."""
    regions: Polygons = field(default_factory=lambda: np.empty(0, object))
    """Outlines of all loaded districts of higher levels, in which these should lie; empty if there are none."""

    @classmethod
    def empty(cls, count: int, *, gapless: bool = True) -> "CheckContext":
        """Return the context of `count` districts without parents and neighbours."""
        return cls(np.full(count, None, object), np.empty(0, object), (), gapless)


def check_districts(units: DistrictRecords, context: CheckContext, tolerance_ha: float = TOLERANCE_HA) -> Report:
    """Return all faults of the districts; those larger than the tolerance are marked as refused.

    A fault is tolerated if it has at most `tolerance_ha` hectares and at most 2 % of the smallest district that it concerns.
    """
    checker = _CoverageChecker(units, context, tolerance_ha)
    faults = [*checker.find_overlaps(), *checker.find_outside(), *checker.find_elsewhere(context.regions)]
    if context.gapless:
        faults += checker.find_gaps()
    faults.sort(key=lambda fault: (not fault.refused, -fault.area_m2, fault.names))
    return Report(len(units), units.repaired, [*_find_duplicates(units), *faults])


def _find_duplicates(units: DistrictRecords) -> list[Fault]:
    counts = Counter(units.codes)
    names_of = {code: tuple(unit.name_ru for unit in units.units if unit.code == code) for code, count in counts.items() if count > 1}
    return [Fault(FaultKind.DUPLICATE, (code, *names), 0.0, refused=True) for code, names in names_of.items()]


class _CoverageChecker:
    """Finds faults between districts. Rows are those of the new districts, then those of the neighbours."""

    def __init__(self, units: DistrictRecords, context: CheckContext, tolerance_ha: float) -> None:
        self._new_count = len(units)
        self._polygons: Polygons = np.concatenate([units.polygons, context.neighbours])
        self._names = [*(unit.name_ru for unit in units.units), *context.names]
        self._areas = area_m2(self._polygons)
        self._parents = context.parents
        self._tolerance_m2 = tolerance_ha * HECTARE_M2
        self._tree = shapely.STRtree(self._polygons)

    def find_overlaps(self) -> list[Fault]:
        """Return pairs with a common area; at least one district of each pair is new."""
        first, second = self._tree.query(self._polygons[: self._new_count], predicate="intersects")
        once = (first < second) | (second >= self._new_count)
        shared = shapely.intersection(self._polygons[first[once]], self._polygons[second[once]])
        # Most neighbours share only lines; measuring these on the ellipsoid would take long.
        has_area = shapely.area(shared) > 0
        first, second, areas = first[once][has_area], second[once][has_area], area_m2(shared[has_area])
        return [
            self._make_fault(FaultKind.OVERLAP, np.array(pair), area)
            for *pair, area in zip(first.tolist(), second.tolist(), areas.tolist(), strict=True)
            if area >= _MIN_OVERLAP_M2
        ]

    def find_outside(self) -> list[Fault]:
        """Return districts that are partly outside of their parents."""
        with_parent = np.flatnonzero([parent is not None for parent in self._parents])
        areas = area_m2(shapely.difference(self._polygons[with_parent], self._parents[with_parent]))
        return [
            self._make_fault(FaultKind.OUTSIDE, np.array([row]), area)
            for row, area in zip(with_parent.tolist(), areas.tolist(), strict=True)
            if area >= _MIN_HOLE_M2
        ]

    def find_elsewhere(self, regions: Polygons) -> list[Fault]:
        """Return districts that touch no loaded region: those that would with their axes swapped are refused."""
        if not len(regions):
            return []
        tree, polygons = shapely.STRtree(regions), self._polygons[: self._new_count]
        touching = np.unique(tree.query(polygons, predicate="intersects")[0])
        rows = np.setdiff1d(np.arange(self._new_count), touching)
        # Latitude and longitude change places.
        swapped = shapely.transform(polygons[rows], lambda points: points[:, ::-1])
        fits = np.isin(np.arange(len(rows)), tree.query(swapped, predicate="intersects")[0])
        return [
            Fault(FaultKind.SWAPPED if fit else FaultKind.ELSEWHERE, self._names_of(np.array([row])), float(self._areas[row]), refused=fit)
            for row, fit in zip(rows.tolist(), fits.tolist(), strict=True)
        ]

    def find_gaps(self) -> list[Fault]:
        """Return holes, and slivers between neighbours that may be open to one side."""
        gaps = find_gaps(self._polygons, GAP_WIDTH_M)
        areas = area_m2(gaps.polygons)
        large = np.flatnonzero(areas >= np.where(gaps.is_hole, _MIN_HOLE_M2, _MIN_SLIVER_M2))
        gap_index, neighbour = self._tree.query(gaps.polygons[large], predicate="dwithin", distance=_TOUCH_DEGREES)
        faults = []
        for index, gap in enumerate(large.tolist()):
            rows = np.sort(neighbour[gap_index == index])
            if len(rows) and rows[0] < self._new_count and (gaps.is_hole[gap] or len(rows) > 1):
                faults.append(self._make_gap(gaps.polygons[gap], float(areas[gap]), rows, gaps.is_wide[gap]))
        return faults

    def _make_gap(self, gap: shapely.Geometry, area: float, rows: NDArray[np.intp], is_wide: bool) -> Fault:
        # A wide hole is land of another region, unless it is in the parent's outline.
        if is_wide and not self._is_in_parent(gap, rows):
            return Fault(FaultKind.ENCLAVE, self._names_of(rows), area, refused=False)
        return self._make_fault(FaultKind.GAP, rows, area)

    def _is_in_parent(self, gap: shapely.Geometry, rows: NDArray[np.intp]) -> bool:
        point = gap.representative_point()
        parents = [self._parents[row] for row in rows if row < self._new_count]
        return any(parent is not None and parent.covers(point) for parent in parents)

    def _make_fault(self, kind: FaultKind, rows: NDArray[np.intp], area: float) -> Fault:
        limit = min(self._tolerance_m2, TOLERANCE_SHARE * float(self._areas[rows].min()))
        return Fault(kind, self._names_of(rows), area, refused=area > limit)

    def _names_of(self, rows: NDArray[np.intp]) -> tuple[str, ...]:
        return tuple(self._names[row] for row in rows)
