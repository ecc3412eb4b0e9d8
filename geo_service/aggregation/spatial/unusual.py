"""More than usual: the evidence that a place has a greater part of all selected incidents than it had in the year before.

The conditional beta-binomial test: of the T incidents of the selection in the whole region, X lie in the disk of a hexagon and the
six around it (or in a district). The disk's share of the same filter in the baseline, shrunk to its share of everything, gives
α = n + m s and β = N + m - α, and p = P(X >= x) is beta-binomial. What changes everywhere (season, weekday, weather, an outage of a
source) is in T and needs no model. It is the idea of M. Kulldorff's space-time permutation scan (2005) with a year as the baseline
and an exact p. The evidence is -log10 p.
"""

from math import log
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import map_parts
from geo_service.aggregation.counting.grouping import NO_TABLE
from geo_service.aggregation.probability.beta_binomial import log_beta_binomial_tail
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.spatial.baseline import baselines, is_long_enough

Floats = NDArray[np.float64]
Whole = NDArray[np.int32]

PRIOR = 30.0
"""Incidents that the share of everything weighs: with fewer of the filter in the baseline it says more than these do."""
LEAST = 3
"""Incidents from which a place is tested: two may be two letters of one person."""
_LN_10 = log(10)
_SPLIT_FROM = 5000
"""Places from which a second thread pays: one takes about a microsecond."""


class _Counts(NamedTuple):
    """Incidents of each place, int32, under the selection, under its filter in the baseline, and of everything in the baseline."""

    n: Whole
    same: Whole
    everything: Whole


class _Totals(NamedTuple):
    """The same of the whole region."""

    n: float
    same: float
    everything: float


def cell_evidence(state: ReplicaState, selection: Selection, resolution: int, which: NDArray[np.intp]) -> Floats:
    """Return -log10 p of some cells of a level, given by index, with those that touch them; 0 below `LEAST` incidents.

    NaN for all of them where the baseline is too short.
    """
    chosen = selection, *baselines(selection)
    if not is_long_enough(state, chosen[-1]):
        return np.full(len(which), np.nan)
    counts = _Counts(*(_count_cells(state, one, resolution) for one in chosen))
    totals = _Totals(*(_total(state, one, n) for one, n in zip(chosen, counts, strict=True)))
    disks = state.pyramid.levels[resolution].disks(which)
    out, half = np.empty(len(which)), len(which) // 2
    parts = [slice(0, half), slice(half, None)] if len(which) >= _SPLIT_FROM else [slice(None)]
    map_parts(lambda part: _test_disks(out[part], which[part], disks, counts, totals), parts)
    return out


def district_evidence(state: ReplicaState, selection: Selection, n: Whole, group_of: Whole) -> Floats:
    """Return -log10 p of groups of districts, without those around them; otherwise as `cell_evidence`.

    n: incidents of the selection in each group; all of them are in one. group_of: the group of each district's id.
    """
    same, everything = baselines(selection)
    if not is_long_enough(state, everything):
        return np.full(len(n), np.nan)
    past = (_count_groups(state, one, group_of, len(n)) for one in (same, everything))
    counts = _Counts(np.ascontiguousarray(n), *past)
    out, totals = np.empty(len(n)), _Totals(*(float(part.sum()) for part in counts))
    alone = np.arange(len(n), dtype=np.int32)[:, None]
    _test_disks(out, np.arange(len(n)), alone, counts, totals)
    return out


def _count_cells(state: ReplicaState, selection: Selection, resolution: int) -> Whole:
    return np.ascontiguousarray(state.counter.per_cell(selection, resolution)[:, 0])


def _total(state: ReplicaState, selection: Selection, n: Whole) -> float:
    return state.counter.cached_value((selection, "incidents"), lambda: float(n.sum()))


def _count_groups(state: ReplicaState, selection: Selection, group_of: Whole, groups: int) -> Whole:
    """Return (groups,) incidents; they are counted once for all groupings of districts."""

    def count() -> Whole:
        return np.ascontiguousarray(state.counter.per_group(selection, "district", NO_TABLE, len(group_of))[:, 0])

    by_district = state.counter.cached_array((selection, len(group_of), "by district"), count)
    out = np.zeros(groups, np.int32)
    np.add.at(out, group_of, by_district)
    return out


@njit(nogil=True, cache=True)
def _test_disks(out: Floats, which: NDArray[np.intp], disks: Whole, counts: _Counts, totals: _Totals) -> None:
    for i in range(len(which)):
        disk = disks[which[i]]
        x = 0
        for j in disk:
            if j >= 0:
                x += counts.n[j]
        if x < LEAST:
            out[i] = 0.0
            continue
        before, share = 0.0, 0.0
        for j in disk:
            if j >= 0:
                before += counts.same[j]
                share += counts.everything[j]
        # A place that never had any would be impossible; it counts as if it had had one.
        alpha = before + PRIOR * max(share, 1.0) / max(totals.everything, 1.0)
        beta = max(totals.same + PRIOR - alpha, 0.0)
        out[i] = max(-log_beta_binomial_tail(float(x), totals.n, alpha, beta) / _LN_10, 0.0)
