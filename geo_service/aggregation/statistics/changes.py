"""What has changed: the entries of one or two dimensions, each in a window and in the one that it is compared with, by evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.rows_in_cell import rows_in_cell
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.measures.significance import share_of_time
from geo_service.aggregation.probability.poisson_comparison import Whole, expected_counts, log10_p_values, z_scores
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, Axis, Dimension
from geo_service.core.model import DistrictLevel

CHANGE_DIMENSIONS = {code: DIMENSIONS[code] for code in ("district", "theme", "sector", "agency", "source")}
"""By what changes are found. Not by status and deadline: these are as of now in both windows."""
DIRECTIONS = ("both", "up", "down")

FORMULA = {
    "ru": (
        "t и t0 — длительность окна и сравниваемого окна, без ещё не наступившего. Ожидается E = n0 · t / t0; "
        "z = (n − E) / √(t / t0 · (n + n0)), при равных окнах (n − n0) / √(n + n0). p — точный двусторонний условный тест двух "
        "пуассоновских счётов (Пшиборовский и Виленский, 1940): при неизменной частоте n биномиально из n + n0 с долей t / (t + t0), "
        "меньший хвост удваивается."
    ),
    "en": (
        "t and t0 are the lengths of the window and of the compared one, without what is still to come. Expected is E = n0 · t / t0; "
        "z = (n − E) / √(t / t0 · (n + n0)), with equal windows (n − n0) / √(n + n0). p is the exact two-sided conditional test of two "
        "Poisson counts (Przyborowski and Wilenski 1940): at the same rate n is binomial of n + n0 with the share t / (t + t0); the "
        "smaller tail is doubled."
    ),
}
UNITS = {
    **dict.fromkeys(("n", "n_compared", "expected"), MEASURES["count"].unit),
    "z": {"ru": "стандартных отклонений", "en": "standard deviations"},
    "p": {"ru": "вероятность", "en": "probability"},
    "log10_p": {"ru": "десятичный логарифм вероятности", "en": "decimal logarithm of a probability"},
}

_SIGNS_OF = {"both": (1, -1), "up": (1,), "down": (-1,)}
_DIRECTION_OF = {1: "up", -1: "down", 0: None}
_MOST_COUNTERS = 4_000_000
"""Up to so many pairs of entries have a counter each (32 MB for both windows); of more pairs, those that occur are found by sorting."""


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """Which changes are listed."""

    dimensions: Sequence[Dimension]
    level: DistrictLevel
    """Of districts."""
    min_incidents: int
    """In one of the two windows."""
    direction: str
    """One of DIRECTIONS."""
    limit: int
    cell: int | None = None
    """An H3 cell in which the incidents lie; None for everywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    """Equally long columns, one entry for each combination of the dimensions' entries."""

    keys: Whole
    """Which combination: a mixed-radix number of the positions in the axes."""
    n: Whole
    n0: Whole

    def take(self, where: NDArray[Any]) -> "_Comparison":
        return _Comparison(self.keys[where], self.n[where], self.n0[where])


def find_changes(state: ReplicaState, selection: Selection, compare: Selection, options: ChangeOptions) -> dict[str, Any]:
    """Return the combinations of entries whose number differs from what the compared window lets expect, the surest first.

    Combinations that occur in one window only are among them. Equal p are in the order of z, then of the dimensions' entries.
    """
    axes = [dimension.axis(state.catalogue, options.level) for dimension in options.dimensions]
    share = share_of_time(selection, compare)
    everything = _count_combinations(_find_keys(state, selection, axes, options.cell), _find_keys(state, compare, axes, options.cell), axes)
    enough = everything.take(np.maximum(everything.n, everything.n0) >= options.min_incidents)
    signs = _signs(z_scores(enough.n, enough.n0, share))
    found = enough.take(np.isin(signs, _SIGNS_OF[options.direction]))
    # Rounded, so that those that differ by rounding alone, as all with p = 1, are in the order of z.
    log10_p = log10_p_values(found.n, found.n0, share).round(9)
    order = np.lexsort((found.keys, -np.abs(z_scores(found.n, found.n0, share)), log10_p))[: options.limit]
    listed = found.take(order)
    shape = [len(axis.entries) for axis in axes]
    positions = [column.tolist() for column in np.unravel_index(listed.keys, shape)]
    entries = [[axis.entries[position] for position in column] for axis, column in zip(axes, positions, strict=True)]
    codes = [dimension.code for dimension in options.dimensions]
    numbers = _number_rows(listed, share)
    return {
        "by": codes,
        "dimensions": [{"code": dimension.code, "label": dimension.label} for dimension in options.dimensions],
        "changes": [dict(zip(codes, each, strict=True)) | row for *each, row in zip(*entries, numbers, strict=True)],
        "found": len(found.keys),
        "total": _number_rows(_sum_all(everything), share)[0],
        "min_incidents": options.min_incidents,
        "formula": FORMULA,
        "units": UNITS,
    }


def _find_keys(state: ReplicaState, selection: Selection, axes: Sequence[Axis], cell: int | None) -> Whole:
    """Return (rows,) int64 the combination of each selected row."""
    rows = rows_in_cell(state.columns, state.pyramid, select_rows(state.columns, selection, EVERYTHING), cell)
    keys = axes[0].groups(state, selection, rows).astype(np.int64)
    for axis in axes[1:]:
        keys *= len(axis.entries)
        keys += axis.groups(state, selection, rows)
    return keys


def _count_combinations(now: Whole, before: Whole, axes: Sequence[Axis]) -> _Comparison:
    """Return how often each combination that occurs is among the keys of either window."""
    size = int(np.prod([len(axis.entries) for axis in axes]))
    if size <= _MOST_COUNTERS:
        n, n0 = (np.bincount(keys, minlength=size) for keys in (now, before))
        occurs = np.flatnonzero(n + n0)
        return _Comparison(occurs, n[occurs], n0[occurs])
    occurs, which = np.unique(np.concatenate([now, before]), return_inverse=True)
    n, n0 = (np.bincount(keys, minlength=len(occurs)) for keys in (which[: len(now)], which[len(now) :]))
    return _Comparison(occurs, n, n0)


def _signs(z: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return 1 for more than expected, -1 for fewer, 0 for exactly as many: a ratio of windows such as 1/3 is rounded."""
    return np.sign(z.round(9)).astype(np.int8)


def _sum_all(table: _Comparison) -> _Comparison:
    return _Comparison(np.zeros(1, np.int64), *(column.sum(keepdims=True) for column in (table.n, table.n0)))


def _number_rows(table: _Comparison, share: float) -> list[Row]:
    """Return the numbers of each combination as they are sent, rounded."""
    z, log10_p = z_scores(table.n, table.n0, share), log10_p_values(table.n, table.n0, share)
    columns = (table.n, table.n0, expected_counts(table.n0, share).round(3), z.round(3), 10.0**log10_p, log10_p.round(3) + 0.0)
    names = ("n", "n_compared", "expected", "z", "p", "log10_p")
    rows = [dict(zip(names, values, strict=True)) for values in zip(*(column.tolist() for column in columns), strict=True)]
    return [
        {**row, "p": float(f"{row['p']:.4g}"), "direction": _DIRECTION_OF[sign]} for row, sign in zip(rows, _signs(z).tolist(), strict=True)
    ]
