"""Incidents in the hexagons around a place over more than a year, and slow computations of what is measured of them."""

from collections.abc import Callable, Mapping
from math import comb, erfc, sqrt

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import Status

DAY_S = 86_400
END = 20_000 * DAY_S
"""A midnight of UTC."""
RESOLUTION = 7
CELLS = h3.grid_disk(h3.latlng_to_cell(45.0, 39.0, RESOLUTION), 7)
"""169 hexagons, the middle one first, ring by ring."""
DISKS = [[CELLS.index(other) for other in h3.grid_disk(cell, 1) if other in CELLS] for cell in CELLS]
"""Numbers of each hexagon and of those that touch it."""

Row = dict[str, int]


def row(cell: int, received: int, **fields: int) -> Row:
    """An incident in one of CELLS, new, of theme 1, source 1 and district 1 unless told otherwise."""
    return {"cell": cell, "received": received, "theme": 1, "source": 1, "status": int(Status.NEW), "district": 1, **fields}


def random_rows(rng: np.random.Generator, count: int, days: int) -> list[Row]:
    """Incidents of the last days before END, more in some hexagons than in others."""
    shares = rng.dirichlet(np.full(len(CELLS), 0.6))
    cells, when = rng.choice(len(CELLS), count, p=shares), END - 1 - rng.integers(0, days * DAY_S, count)
    kinds = rng.integers(1, 4, count), rng.integers(0, 9, count), rng.integers(1, 3, count)
    columns = zip(cells.tolist(), when.tolist(), *(kind.tolist() for kind in kinds), strict=True)
    return [row(cell, received, theme=theme, status=status, district=district) for cell, received, theme, status, district in columns]


def batch_of_rows(rows: list[Row], first_id: int = 1) -> np.ndarray:
    """The rows as an array of type BATCH, in the middles of finest cells."""
    batch = np.zeros(len(rows), BATCH)
    for i, one in enumerate(rows):
        batch[i]["id"], batch[i]["cell"] = first_id + i, h3.cell_to_center_child(CELLS[one["cell"]], 10)
        for name in ("received", "theme", "source", "status", "district"):
            batch[i][name] = one[name]
    return batch


def state_of(rows: list[Row]) -> ReplicaState:
    """A replica that holds the rows."""
    return ReplicaState(batch_of_rows(rows), EMPTY, 10_000_000)


def by_cell_of(state: ReplicaState, values: np.ndarray) -> dict[int, float]:
    """Values of a level by number in CELLS."""
    cells = state.pyramid.levels[RESOLUTION].cells.tolist()
    return {CELLS.index(cell): value for cell, value in zip(cells, values.tolist(), strict=True)}


def slow_tail(x: int, trials: int, alpha: float, beta: float) -> float:
    """P(X >= x) of the beta-binomial: the density of x as a product of ratios, those of more from one to the next."""
    term = float(comb(trials, x))
    for i in range(trials):
        term *= ((alpha + i) if i < x else (beta + i - x)) / (alpha + beta + i)
    total = term
    for j in range(x, trials):
        term *= (trials - j) * (j + alpha) / ((j + 1) * (trials - j - 1 + beta))
        total += term
    return min(total, 1.0)


def slow_gi_star(values: Mapping[int, float], inside: list[int]) -> dict[int, float]:
    """Gi* of hexagons by the formula of Ord and Getis 1995, neighbours among `inside`."""
    n = len(inside)
    mean = sum(values[i] for i in inside) / n
    deviation = sqrt(max(sum(values[i] ** 2 for i in inside) / n - mean**2, 0))
    out, among = {}, set(inside)
    for i in inside:
        near = [j for j in DISKS[i] if j in among]
        weight = len(near)
        below = deviation * sqrt(max(n * weight - weight**2, 0) / (n - 1)) if n > 1 else 0
        out[i] = (sum(values[j] for j in near) - mean * weight) / below if below > 1e-12 else 0.0
    return out


def slow_significant(z: dict[int, float], rate: float) -> set[int]:
    """Benjamini and Hochberg's step-up procedure over two-sided p-values."""
    p = sorted((erfc(abs(value) / sqrt(2)), i) for i, value in z.items())
    last = max((rank for rank, (one, _) in enumerate(p, 1) if one <= rank * rate / len(p)), default=0)
    return {i for _, i in p[:last]}


def count_by_cell(rows: list[Row], chosen: Callable[[Row], bool]) -> dict[int, int]:
    """How many of the chosen rows are in each of CELLS."""
    counts = dict.fromkeys(range(len(CELLS)), 0)
    for one in rows:
        counts[one["cell"]] += chosen(one)
    return counts
