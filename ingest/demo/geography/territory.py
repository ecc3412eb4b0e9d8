"""Approximate areas of the region's municipalities, computed from its settlements; no surveyed border is used.

Each point belongs to the municipality of the nearest settlement (Voronoi cells). The cells of settlements in neighbouring
regions are removed: this puts the border half-way between the outermost settlements on both sides, and excludes Adygea, which
is completely surrounded by the krai. The coast is the hand-drawn line at which the demo's streets end. Where neither a
neighbour nor the sea limits it, in the mountains, the region ends `REACH_KM` outside of the hull of its settlements. The
outlines of Natural Earth are no alternative: they have countries but no regions of Russia.
"""

from functools import cache

import numpy as np
import shapely

from boundaries.locating.district_arrays import Polygons
from ingest.demo.geography.region import (
    KM_PER_DEGREE,
    Floats,
    read_municipalities,
    read_neighbours,
    read_settlements,
    read_uninhabited_areas,
)

REACH_KM = 25.0
"""Distance from the hull of the settlements to the border, at most."""
_MIDDLE_LAT = 45.2
"""Middle latitude of the region: distances on the plane are exact there, and 3 % wrong at its edges."""
_MARGIN_KM = 300.0
"""Margin of the Voronoi diagram around the outermost settlements; larger than REACH_KM."""
_DECIMALS = 6
"""Decimals of coordinates in degrees: a decimetre."""


@cache
def build_district_areas() -> Polygons:
    """Return the area of each municipality, in the order of `read_municipalities()`: valid, in degrees, without overlaps and gaps."""
    own = read_settlements()
    lng, lat = read_neighbours()
    points = _to_plane(np.column_stack([np.append(own.lng, lng), np.append(own.lat, lat)]))
    cells = _voronoi_cells(points)
    territory = [shapely.union_all(cells[: len(own)][own.municipality == row]) for row in range(len(read_municipalities()))]
    reach = shapely.buffer(shapely.convex_hull(shapely.multipoints(points[: len(own)])), REACH_KM)
    water = shapely.union_all(shapely.transform(np.array(read_uninhabited_areas(), object), _to_plane))
    land: Polygons = shapely.intersection(np.array(territory, object), shapely.difference(reach, water))
    # Neighbouring areas are clipped one by one, so their common corner on the coast can differ by a rounding error.
    rounded: Polygons = shapely.transform(shapely.coverage_clean(land), lambda points: np.round(_to_degrees(points), _DECIMALS))
    return rounded


def build_region_outline() -> shapely.Geometry:
    """Return the union of all municipalities, with exactly their corners."""
    return shapely.coverage_union_all(build_district_areas())


def _voronoi_cells(points: Floats) -> Polygons:
    """Return the Voronoi cell of each point."""
    sites = shapely.multipoints(points)
    extent = shapely.box(*(np.array(shapely.bounds(sites)) + _MARGIN_KM * np.array([-1, -1, 1, 1])))
    cells: Polygons = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=extent, ordered=True))
    return cells


def _to_plane(degrees: Floats) -> Floats:
    """Return kilometres east and north."""
    return degrees * _scale()


def _to_degrees(plane: Floats) -> Floats:
    return plane / _scale()


def _scale() -> Floats:
    return np.array([KM_PER_DEGREE * np.cos(np.radians(_MIDDLE_LAT)), KM_PER_DEGREE])
