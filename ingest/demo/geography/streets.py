"""Streets of every settlement: grids of blocks, each quarter with a direction, block size and density of its own.

The same settlement has the same streets on every day and on every machine: they grow from its GeoNames id.
A segment is the piece of a street between two crossings.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ingest.demo.geography.region import Floats, Ints, degrees, habitable, settlements

_SEED = 2301
_QUARTER_PEOPLE = 22_000
"""Inhabitants to a quarter; a smaller settlement is one grid."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Segments, one row each, those of a settlement together; `first[t]:first[t + 1]` are settlement t's."""

    first: Ints
    lng: Floats
    lat: Floats
    """Where the segment begins."""
    along_lng: Floats
    along_lat: Floats
    """From its beginning to its end, degrees."""
    length: Floats
    """Kilometres."""
    name: Ints
    """The street's number in its settlement: 0 is the main street."""
    block: Ints
    """The segment's place in its street, from 0: houses are counted on."""
    reached: Floats
    """Sum of the weights of all segments up to this one: how many people live along them, relatively."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Segments in kilometres from the settlement's centre."""

    x: Floats
    y: Floats
    dx: Floats
    dy: Floats
    line: Ints
    block: Ints


@cache
def streets() -> Streets:
    """Every segment of the region."""
    towns = [_town(row) for row in range(len(settlements()))]
    lng, lat, along_lng, along_lat, length, weight, name, block = (np.concatenate(column) for column in zip(*towns, strict=True))
    first = np.cumsum([0, *(len(town[0]) for town in towns)])
    return Streets(
        first, lng, lat, along_lng, along_lat, length,
        name=name.astype(np.int64), block=block.astype(np.int64), reached=np.cumsum(weight),
    )  # fmt: skip


def radius_km(population: NDArray[np.int64] | int) -> Floats:
    """Of the built area: about 600 people to a square kilometre in a village, 3,000 in a city."""
    thousands = np.asarray(population, np.float64) / 1000
    density = 600 * thousands**0.24
    return np.sqrt(thousands * 1000 / density / np.pi)


def _town(row: int) -> tuple[Floats | Ints, ...]:
    towns = settlements()
    stream = np.random.default_rng([_SEED, int(towns.geoname_id[row])])
    radius = float(radius_km(towns.population[row]))
    pieces = _quarters(stream, radius, int(towns.population[row]), towns.bearing[row], towns.stretch[row])
    x, y, dx, dy, density, line, block = (np.concatenate(column) for column in zip(*pieces, strict=True))
    east, north = degrees(towns.lat[row])
    lng, lat = towns.lng[row] + x * east, towns.lat[row] + y * north
    kept = habitable(lng, lat) & habitable(lng + dx * east, lat + dy * north)
    names = _by_distance(np.hypot(x, y)[kept], line[kept])
    length = np.hypot(dx, dy)
    main = np.where(names == 0, 3.0, np.where(names < 4, 1.8, 1.0))
    weight = (density * length)[kept] * main
    return (
        lng[kept], lat[kept], (dx * east)[kept], (dy * north)[kept], length[kept],
        weight / weight.sum(), names, _from_first(names, block[kept]),
    )  # fmt: skip


def _quarters(
    stream: np.random.Generator, radius: float, population: int, bearing: float, stretch: float
) -> list[tuple[Floats | Ints, ...]]:
    """Grids around the centres of quarters; a segment belongs to the quarter whose centre is nearest."""
    count = 1 + population // _QUARTER_PEOPLE
    away = radius * np.sqrt(stream.random(count)) * (np.arange(count) > 0)
    towards = stream.random(count) * 2 * np.pi
    centres = np.column_stack([away * np.cos(towards), away * np.sin(towards)])
    turn = np.radians(90 - bearing)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    edge = 1 + 0.22 * np.sin(np.arange(64)[:, None] / 64 * 2 * np.pi * np.arange(1, 6) + stream.random(5) * 6.3).sum(axis=1) / 1.5
    common = turn if stretch > 1 else stream.random() * np.pi
    pieces: list[tuple[Floats | Ints, ...]] = []
    for quarter in range(count):
        grid = _grid(stream, 1.3 * radius * stretch if count == 1 else 2.4 * radius * stretch / np.sqrt(count), count > 1, common)
        x, y = grid.x + centres[quarter, 0], grid.y + centres[quarter, 1]
        middle = np.column_stack([x + grid.dx / 2, y + grid.dy / 2])
        nearest = ((middle[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1) == quarter
        across = (middle @ axes.T) / [stretch, 1 / stretch]
        share = np.hypot(*across.T) / radius
        limit = edge[(np.arctan2(across[:, 1], across[:, 0]) / (2 * np.pi) * 64).astype(np.int64) % 64]
        built = stream.random(len(x)) < np.clip((limit - share) / 0.35, 0, 0.93)
        kept = nearest & built
        crowd = np.exp(stream.normal(0, 0.45)) if quarter else 1.6
        density = crowd * np.exp(-1.3 * share**2)
        pieces.append((x[kept], y[kept], grid.dx[kept], grid.dy[kept], density[kept], grid.line[kept] + 1000 * quarter, grid.block[kept]))
    return pieces


def _grid(stream: np.random.Generator, reach: float, town: bool, common: float) -> _Grid:
    """Crossing streets within `reach` km; a town's blocks are shorter than a village's, its quarters more askew."""
    turn = common + (stream.choice([0, 0, 0.2, -0.35, 0.6, 0.8]) if town else 0)
    deep, wide = stream.uniform(0.13, 0.2), stream.uniform(0.2, 0.33) * (1 if town else 1.25)
    rows, columns = int(reach / deep) + 1, int(reach / wide) + 1
    ys = (np.arange(-rows, rows + 1) + stream.uniform(-0.18, 0.18, 2 * rows + 1)) * deep
    xs = (np.arange(-columns, columns + 1) + stream.uniform(-0.18, 0.18, 2 * columns + 1)) * wide
    along = _lines(xs, ys, 0)
    across = _lines(ys, xs, 500)
    x, y = np.concatenate([along[0], across[1]]), np.concatenate([along[1], across[0]])
    dx, dy = np.concatenate([along[2], 0 * across[2]]), np.concatenate([0 * along[2], across[2]])
    cos, sin = np.cos(turn), np.sin(turn)
    line, block = (np.concatenate([along[i], across[i]]).astype(np.int64) for i in (3, 4))
    return _Grid(x * cos - y * sin, x * sin + y * cos, dx * cos - dy * sin, dx * sin + dy * cos, line, block)


def _lines(stops: Floats, offsets: Floats, first: int) -> tuple[Floats | Ints, ...]:
    """Pieces between `stops` of parallel lines at `offsets`: begin, offset, length, line, block."""
    count = len(stops) - 1
    line, block = (grid.ravel() for grid in np.meshgrid(np.arange(len(offsets)), np.arange(count), indexing="ij"))
    return stops[block], offsets[line], np.diff(stops)[block], line + first, block


def _by_distance(distance: Floats, line: Ints) -> Ints:
    """Numbers of the lines, the line that comes nearest to the centre first."""
    lines, place = np.unique(line, return_inverse=True)
    nearest = np.full(len(lines), np.inf)
    np.minimum.at(nearest, place, distance)
    rank = np.empty(len(lines), np.int64)
    rank[np.argsort(nearest, kind="stable")] = np.arange(len(lines))
    return rank[place]


def _from_first(name: Ints, block: Ints) -> Ints:
    """Blocks counted from the first that is built on each street."""
    first = np.full(name.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, name, block)
    return block - first[name]
