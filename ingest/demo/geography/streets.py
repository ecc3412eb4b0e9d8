"""Streets of the settlements: grids of blocks; each quarter has its own direction, block size and density.

The GeoNames id of a settlement seeds its streets: they are the same on every day and on every machine.
A segment is the part of a street between two crossings.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, degrees_per_km, is_habitable, read_settlements

_SEED = 2301
_INHABITANTS_PER_QUARTER = 22_000
"""A smaller settlement has one grid."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Segments, one row each, grouped by settlement: `first[t]:first[t + 1]` are the segments of settlement t."""

    first: Ints
    lng: Floats
    lat: Floats
    """Start of the segment, degrees."""
    along_lng: Floats
    along_lat: Floats
    """Vector from start to end, degrees."""
    length: Floats
    """Kilometres."""
    name: Ints
    """Number of the street in its settlement: 0 is the main street."""
    block: Ints
    """Index of the segment in its street, from 0; house numbers continue from segment to segment."""
    cumulative_weight: Floats
    """Cumulative weight of the segments; the weight is the relative number of inhabitants."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Segments in kilometres from the centre of the settlement."""

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    line: Ints
    block: Ints


@cache
def build_streets() -> Streets:
    """Return all segments of the region."""
    towns = [_build_town(row) for row in range(len(read_settlements()))]
    lng, lat, along_lng, along_lat, length, weight, name, block = (np.concatenate(column) for column in zip(*towns, strict=True))
    first = np.cumsum([0, *(len(town[0]) for town in towns)])
    return Streets(
        first, lng, lat, along_lng, along_lat, length,
        name=name.astype(np.int64), block=block.astype(np.int64), cumulative_weight=np.cumsum(weight),
    )  # fmt: skip


def built_radius_km(population: NDArray[np.int64] | int) -> Floats:
    """Return the radius of the built-up area: about 600 inhabitants a km² in a village, 3,000 in a city."""
    thousands = np.asarray(population, np.float64) / 1000
    density = 600 * thousands**0.24
    return np.sqrt(thousands * 1000 / density / np.pi)


def _build_town(row: int) -> tuple[Floats | Ints, ...]:
    towns = read_settlements()
    stream = np.random.default_rng([_SEED, int(towns.geoname_id[row])])
    radius = float(built_radius_km(towns.population[row]))
    pieces = _build_quarters(stream, radius, int(towns.population[row]), towns.bearing[row], towns.stretch[row])
    x, y, dx, dy, density, line, block = (np.concatenate(column) for column in zip(*pieces, strict=True))
    east, north = degrees_per_km(towns.lat[row])
    lng, lat = towns.lng[row] + x * east, towns.lat[row] + y * north
    usable = is_habitable(lng, lat) & is_habitable(lng + dx * east, lat + dy * north)
    names = _rank_by_distance(np.hypot(x, y)[usable], line[usable])
    length = np.hypot(dx, dy)
    main = np.where(names == 0, 3.0, np.where(names < 4, 1.8, 1.0))
    weight = (density * length)[usable] * main
    return (
        lng[usable], lat[usable], (dx * east)[usable], (dy * north)[usable], length[usable],
        weight / weight.sum(), names, _renumber_blocks(names, block[usable]),
    )  # fmt: skip


def _build_quarters(
    stream: np.random.Generator, radius: float, population: int, bearing: float, stretch: float
) -> list[tuple[Floats | Ints, ...]]:
    """Return the grids of the quarters; a segment belongs to the quarter with the nearest centre."""
    count = 1 + population // _INHABITANTS_PER_QUARTER
    centre_distance = radius * np.sqrt(stream.random(count)) * (np.arange(count) > 0)
    centre_angle = stream.random(count) * 2 * np.pi
    centres = np.column_stack([centre_distance * np.cos(centre_angle), centre_distance * np.sin(centre_angle)])
    turn = np.radians(90 - bearing)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    edge = 1 + 0.22 * np.sin(np.arange(64)[:, None] / 64 * 2 * np.pi * np.arange(1, 6) + stream.random(5) * 6.3).sum(axis=1) / 1.5
    common = turn if stretch > 1 else stream.random() * np.pi
    pieces: list[tuple[Floats | Ints, ...]] = []
    for quarter in range(count):
        grid = _build_grid(stream, 1.3 * radius * stretch if count == 1 else 2.4 * radius * stretch / np.sqrt(count), count > 1, common)
        x, y = grid.x + centres[quarter, 0], grid.y + centres[quarter, 1]
        middle = np.column_stack([x + grid.dx / 2, y + grid.dy / 2])
        nearest = ((middle[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1) == quarter
        position = (middle @ axes.T) / [stretch, 1 / stretch]
        share = np.hypot(*position.T) / radius
        limit = edge[(np.arctan2(position[:, 1], position[:, 0]) / (2 * np.pi) * 64).astype(np.int64) % 64]
        built = stream.random(len(x)) < np.clip((limit - share) / 0.35, 0, 0.93)
        chosen = nearest & built
        crowding = np.exp(stream.normal(0, 0.45)) if quarter else 1.6
        density = crowding * np.exp(-1.3 * share**2)
        line = grid.line[chosen] + 1000 * quarter
        pieces.append((x[chosen], y[chosen], grid.dx[chosen], grid.dy[chosen], density[chosen], line, grid.block[chosen]))
    return pieces


def _build_grid(stream: np.random.Generator, reach: float, town: bool, common: float) -> _Grid:
    """Return crossing streets within `reach` km. Blocks of a town are shorter than those of a village, and its quarters are rotated."""
    turn = common + (stream.choice([0, 0, 0.2, -0.35, 0.6, 0.8]) if town else 0)
    depth, width = stream.uniform(0.13, 0.2), stream.uniform(0.2, 0.33) * (1 if town else 1.25)
    rows, columns = int(reach / depth) + 1, int(reach / width) + 1
    ys = (np.arange(-rows, rows + 1) + stream.uniform(-0.18, 0.18, 2 * rows + 1)) * depth
    xs = (np.arange(-columns, columns + 1) + stream.uniform(-0.18, 0.18, 2 * columns + 1)) * width
    along = _divide_lines(xs, ys, 0)
    across = _divide_lines(ys, xs, 500)
    x, y = np.concatenate([along[0], across[1]]), np.concatenate([along[1], across[0]])
    dx, dy = np.concatenate([along[2], 0 * across[2]]), np.concatenate([0 * along[2], across[2]])
    cos, sin = np.cos(turn), np.sin(turn)
    line, block = (np.concatenate([along[i], across[i]]).astype(np.int64) for i in (3, 4))
    return _Grid(x * cos - y * sin, x * sin + y * cos, dx * cos - dy * sin, dx * sin + dy * cos, line, block)


def _divide_lines(stops: Floats, offsets: Floats, first: int) -> tuple[Floats | Ints, ...]:
    """Return the segments between `stops` of parallel lines at `offsets`: start, offset, length, line, block."""
    count = len(stops) - 1
    line, block = (grid.ravel() for grid in np.meshgrid(np.arange(len(offsets)), np.arange(count), indexing="ij"))
    return stops[block], offsets[line], np.diff(stops)[block], line + first, block


def _rank_by_distance(distance: Floats, line: Ints) -> Ints:
    """Return the rank of each segment's line; the line nearest to the centre is 0."""
    lines, line_index = np.unique(line, return_inverse=True)
    nearest = np.full(len(lines), np.inf)
    np.minimum.at(nearest, line_index, distance)
    rank = np.empty(len(lines), np.int64)
    rank[np.argsort(nearest, kind="stable")] = np.arange(len(lines))
    return rank[line_index]


def _renumber_blocks(name: Ints, block: Ints) -> Ints:
    """Return the blocks counted from the first block of each street that has houses."""
    first = np.full(name.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, name, block)
    return block - first[name]
