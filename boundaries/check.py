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

from boundaries.areas import Polygons
from boundaries.measure import area_m2
from boundaries.report import Fault, Kind, Report
from boundaries.units import Units

TOLERANCE_HA = 100.0
"""Default: OpenStreetMap's neighbours overlap by up to 15 ha, and a drawn region's holes have up to 30 ha."""
SHARE = 0.02
"""Of the smallest district concerned: what is small for a district may be large for a settlement."""
GAP_WIDTH_M = 300.0
"""A gap that is wider somewhere is an enclave, or the sea."""
HECTARE_M2 = 10_000.0
_METRES_PER_DEGREE = 111_195.0
_LEAST_OVERLAP_M2 = 1.0
_LEAST_HOLE_M2 = 1000.0
_LEAST_OPEN_M2 = 10_000.0
"""Less is the rounded end of a bay: closing a gap of that width rounds every corner of the coast."""
_TOUCH_DEGREES = 1e-9


@dataclass(frozen=True, slots=True)
class Around:
    """What is known already around the districts that are checked."""

    parents: Polygons
    """One for each district: its parent's outline, or None."""
    neighbours: Polygons
    """Districts of the same level that stay."""
    names: Sequence[str]
    """The neighbours' names."""
    gapless: bool = True
    """Whether districts of this level cover the land; settlements do not."""


def nothing_around(count: int, *, gapless: bool = True) -> Around:
    """A set alone in the world."""
    return Around(np.full(count, None, object), np.empty(0, object), (), gapless)


def check(units: Units, around: Around, tolerance_ha: float = TOLERANCE_HA) -> Report:
    """Everything that is wrong with the districts; what is larger than tolerated is marked as refused.

    Tolerated is what has at most `tolerance_ha` hectares and at most 2 % of the smallest district that it concerns.
    """
    judge = _Judge(units, around, tolerance_ha)
    faults = [*judge.overlaps(), *judge.outside()]
    if around.gapless:
        faults += judge.gaps()
    faults.sort(key=lambda fault: (not fault.refused, -fault.area_m2, fault.names))
    return Report(len(units), units.repaired, [*_duplicates(units), *faults])


def _duplicates(units: Units) -> list[Fault]:
    counted = Counter(units.codes)
    named = {code: tuple(unit.name_ru for unit in units.units if unit.code == code) for code, count in counted.items() if count > 1}
    return [Fault(Kind.DUPLICATE, (code, *names), 0.0, refused=True) for code, names in named.items()]


class _Judge:
    def __init__(self, units: Units, around: Around, tolerance_ha: float) -> None:
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
        first, second = first[once], second[once]
        areas = area_m2(shapely.intersection(self._polygons[first], self._polygons[second]))
        return [
            self._fault(Kind.OVERLAP, np.array([one, other]), area)
            for one, other, area in zip(first.tolist(), second.tolist(), areas.tolist(), strict=True)
            if one != other and area >= _LEAST_OVERLAP_M2
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
        narrow = _narrow(self._polygons)
        flat = shapely.transform(self._polygons, lambda points: points * [narrow, 1.0])
        union = shapely.union_all(flat)
        holes = np.array([shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors], object)
        radius = GAP_WIDTH_M / 2 / _METRES_PER_DEGREE
        wide = ~shapely.is_empty(shapely.buffer(holes, -radius, quad_segs=4))
        closed = shapely.buffer(shapely.buffer(union, radius, quad_segs=4), -radius, quad_segs=4)
        slivers = shapely.get_parts(shapely.difference(closed, shapely.union_all([union, *holes])))
        found = np.concatenate([slivers, holes])
        back = shapely.transform(found, lambda points: points / [narrow, 1.0])
        is_hole = np.arange(len(found)) >= len(slivers)
        is_wide = np.concatenate([np.zeros(len(slivers), np.bool_), wide])
        return [fault for one in zip(back, is_hole, is_wide, strict=True) if (fault := self._gap(*one))]

    def _gap(self, gap: shapely.Geometry, is_hole: bool, is_wide: bool) -> Fault | None:
        area = float(area_m2(np.array([gap], object))[0])
        beside = np.sort(self._tree.query(gap, predicate="dwithin", distance=_TOUCH_DEGREES))
        if (
            area < (_LEAST_HOLE_M2 if is_hole else _LEAST_OPEN_M2)
            or not len(beside)
            or beside[0] >= self._new
            or (len(beside) < 2 and not is_hole)
        ):
            return None
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


def _narrow(polygons: Polygons) -> float:
    """The length of a degree of longitude by that of latitude, in the middle of the polygons."""
    _, south, _, north = shapely.total_bounds(polygons)
    return max(float(np.cos(np.radians((south + north) / 2))), 0.01)
