"""Locating points in districts: the five regions' 97 districts where their file is there, else made-up ones like them."""

import json
import os
import time
from pathlib import Path

import numpy as np
import shapely

from boundaries.locating.district_arrays import DistrictArrays, Polygons
from boundaries.locating.locate import Locator
from geo_service.core.model import DistrictLevel
from tests.bench.bench import Bench
from tests.bench.report import Row
from tests.support.paths import CHECKOUT

FILE = Path(os.environ.get("GEO_SHARED_DATA", CHECKOUT.parent / "shared" / "data")) / "boundaries" / "five_regions_districts.geojson"
POINTS = 1_000_000
_QUICK_POINTS = 20_000
_LEAST_RATE = 300_000
_ROUNDS = 7
_DISTRICTS, _VERTICES = 97, 130_000


async def measure(bench: Bench) -> None:
    """Points spread evenly over the districts' bounds: some inside, some near, some nowhere."""
    polygons, which = (_real(), "the five regions' file") if FILE.exists() else (made_up(), "made-up districts")
    count = len(polygons)
    areas = DistrictArrays(
        np.arange(1, count + 1, dtype=np.int32), np.full(count, DistrictLevel.DISTRICT, np.int16), np.zeros(count, np.int32), polygons
    )
    locator = Locator(areas)
    lng, lat = _points(polygons, _QUICK_POINTS if bench.quick else POINTS)
    seconds = []
    for _ in range(bench.times(_ROUNDS)):
        began = time.perf_counter()
        district, near = locator.locate(lng, lat)
        seconds.append(time.perf_counter() - began)
    rate = len(lng) / float(np.median(seconds))
    vertices = int(shapely.get_num_coordinates(polygons).sum())
    inside, snapped = np.count_nonzero((district > 0) & ~near) / len(lng), np.count_nonzero(near) / len(lng)
    bench.report.add(
        Row(
            "locate", f"{len(lng):,} points, {count} districts of {vertices:,} vertices ({which})", f"{rate:,.0f} points/s",
            f"{inside:.0%} inside, {snapped:.1%} near", None, f"≥ {_LEAST_RATE:,}", rate >= _LEAST_RATE,
        ),
        rate=rate, vertices=vertices,
    )  # fmt: skip


def _real() -> Polygons:
    features = json.loads(FILE.read_text(encoding="utf-8"))["features"]
    read: Polygons = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    return read


def made_up() -> Polygons:
    """As many Voronoi areas with as many vertices, their borders crooked as rivers."""
    rng = np.random.default_rng(97)
    spots = np.column_stack([rng.uniform(36, 42, _DISTRICTS), rng.uniform(43, 47, _DISTRICTS)])
    extent = shapely.box(36, 43, 42, 47)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=extent))
    clipped = shapely.intersection(cells, extent)
    step = float(shapely.length(clipped).sum()) / _VERTICES
    made: Polygons = shapely.make_valid(shapely.transform(shapely.segmentize(clipped, step), _crooked))
    return made


def _crooked(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The same shift for the same point, so that neighbours keep their border."""
    lng, lat = points.T
    return points + 0.004 * np.column_stack([np.sin(40 * lat) + np.sin(170 * lng), np.sin(40 * lng) + np.sin(150 * lat)])


def _points(polygons: Polygons, count: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    rng = np.random.default_rng(1)
    west, south, east, north = shapely.bounds(polygons)[rng.integers(0, len(polygons), count)].T
    return rng.uniform(west, east), rng.uniform(south, north)
