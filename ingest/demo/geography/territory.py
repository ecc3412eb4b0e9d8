"""Approximate areas of the region's municipalities, made from its settlements alone: no surveyed border is used.

Every place belongs to the settlement that is nearest (Voronoi's areas), and so to that one's municipality. Settlements of
the neighbouring regions take part, and what is nearest to them is left out: that draws the border half-way between the
outermost settlements on both sides, and keeps Adygea, which lies wholly inside the krai, out of it. The coast is the hand-drawn
line beside which the demo's streets end. Where neither a neighbour nor the sea ends it, in the mountains, the region ends
`REACH_KM` beyond its settlements. Natural Earth's outlines, which the map page brings, have countries but no regions of
Russia, and a hull of the settlements alone would take in Adygea.
"""

from functools import cache

import numpy as np
import shapely

from boundaries.district_arrays import Polygons
from ingest.demo.geography.region import KM_PER_DEGREE, Floats, municipalities, neighbours, settlements, uninhabited

REACH_KM = 25.0
"""How far beyond the hull of its settlements the region may go."""
_MIDDLE = 45.2
"""Latitude of the region's middle: distances are measured on a plane that is true there, and 3 % off at its edges."""
_AROUND_KM = 300.0
"""Voronoi's areas reach at least so far beyond the outermost settlements; only what lies within reach is kept."""
_DECIMALS = 6
"""Of degrees: a decimetre."""


@cache
def areas() -> Polygons:
    """The area of each municipality, in the order of `municipalities()`: valid, in degrees, without overlaps and gaps."""
    own = settlements()
    lng, lat = neighbours()
    points = _plane(np.column_stack([np.append(own.lng, lng), np.append(own.lat, lat)]))
    cells = _nearest(points)
    territory = [shapely.union_all(cells[: len(own)][own.municipality == row]) for row in range(len(municipalities()))]
    reach = shapely.buffer(shapely.convex_hull(shapely.multipoints(points[: len(own)])), REACH_KM)
    water = shapely.union_all(shapely.transform(np.array(uninhabited(), object), _plane))
    land: Polygons = shapely.intersection(np.array(territory, object), shapely.difference(reach, water))
    # Neighbours are cut one by one, so where their border meets the coast they may differ by a rounding error.
    rounded: Polygons = shapely.transform(shapely.coverage_clean(land), lambda points: np.round(_degrees(points), _DECIMALS))
    return rounded


def outline() -> shapely.Geometry:
    """The region: all municipalities together, with their very corners."""
    return shapely.coverage_union_all(areas())


def _nearest(points: Floats) -> Polygons:
    """For each point the polygon of the places that it is nearest to."""
    sites = shapely.multipoints(points)
    around = shapely.box(*(np.array(shapely.bounds(sites)) + _AROUND_KM * np.array([-1, -1, 1, 1])))
    cells: Polygons = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=around, ordered=True))
    return cells


def _plane(degrees: Floats) -> Floats:
    """Kilometres east and north."""
    return degrees * _scale()


def _degrees(plane: Floats) -> Floats:
    return plane / _scale()


def _scale() -> Floats:
    return np.array([KM_PER_DEGREE * np.cos(np.radians(_MIDDLE)), KM_PER_DEGREE])
