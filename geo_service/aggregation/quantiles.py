"""Exact quantiles within groups: linear between order statistics, like PostgreSQL's `percentile_cont` and NumPy's default.

A quantile q of n sorted values is the value at place q·(n − 1), counted from 0; between two places it is
interpolated (Hyndman and Fan 1996, definition 7).

Few groups: one pass counts the values' upper bits in a histogram a group, which says in which bins the wanted
places lie; a second pass gathers only the values of those bins. Many groups: values are put together by group, and
the places are found by selection. Both give the same numbers.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

NOTHING = np.uint32(0xFFFFFFFF)
"""Stands for "no value" among values, and is passed over."""

_BINS = 2048
_FEW_GROUPS = 256
"""Up to so many groups their histograms stay in the processor's cache."""
_SAMPLED = 4096
"""About how many values are looked at to choose the bins' width."""
_SMALL = 24
"""Stretches up to this long are sorted outright."""

Values = NDArray[np.uint32]
Groups = NDArray[np.int32]
Floats = NDArray[np.float64]


def grouped_quantiles(groups: Groups, values: Values, size: int, qs: Sequence[float]) -> Floats:
    """(len(qs), size) float64: the quantiles `qs` (0 to 1) of each group's values; NaN for a group without any.

    groups: int32 below `size`; values: uint32, `NOTHING` is passed over; equally long.
    """
    return quantiles_and_counts(groups, values, size, qs)[0]


def quantiles_and_counts(groups: Groups, values: Values, size: int, qs: Sequence[float]) -> tuple[Floats, NDArray[np.int32]]:
    """What `grouped_quantiles` gives, and (size,) int32 how many values each group has."""
    wanted = np.asarray(qs, np.float64)
    out = np.full((len(wanted), size), np.nan)
    if size <= _FEW_GROUPS and len(values) > size * _BINS:
        counts = _by_histogram(out, groups, values, wanted)
    else:
        counts = np.zeros(size, np.int32)
        _count_present(counts, groups, values)
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        _select_all(out, _put_together(groups, values, starts), starts, wanted)
    return out, counts


def _by_histogram(out: Floats, groups: Groups, values: Values, qs: Floats) -> NDArray[np.int32]:
    size = out.shape[1]
    shift = _bin_width(values, qs)
    histogram = np.zeros((size, _BINS), np.int32)
    _fill(histogram, groups, values, shift)
    upto = np.cumsum(histogram, axis=1)
    counts: NDArray[np.int32] = upto[:, -1].astype(np.int32)
    # The two places that each quantile lies between; a group's last place is its own neighbour.
    place = qs[:, None] * np.maximum(counts - 1, 0)
    low = np.floor(place).astype(np.int64)
    places = np.stack([low, np.minimum(low + 1, np.maximum(counts - 1, 0))])
    bins = np.empty(places.shape, np.int64)
    for group in range(size):
        bins[:, :, group] = np.searchsorted(upto[group], places[:, :, group], side="right")
    filled = counts > 0
    bins[:, :, ~filled] = 0
    # Each chosen (group, bin) gets a stretch of one array, into which a second pass gathers its values.
    key = np.arange(size) * _BINS + bins
    chosen, index = np.unique(key[:, :, filled], return_inverse=True)
    stretch_of = np.full(size * _BINS, -1, np.int32)
    stretch_of[chosen] = np.arange(len(chosen))
    starts = np.concatenate([[0], np.cumsum(histogram.ravel()[chosen], dtype=np.int64)])
    gathered = np.empty(int(starts[-1]), np.uint32)
    _gather(gathered, starts[:-1].copy(), stretch_of, groups, values, shift)
    _sort_stretches(gathered, starts)
    before = (upto - histogram).ravel()
    found = gathered[starts[index] + places[:, :, filled] - before[chosen][index]].astype(np.float64)
    share = (place - low)[:, filled]
    out[:, filled] = found[0] + (found[1] - found[0]) * share
    return counts


def _bin_width(values: Values, qs: Floats) -> int:
    """By how many bits a value is shifted to its bin, such that most of what may be wanted lies below the last bin.

    The last bin takes in all larger values, so any width gives the right numbers; a good one makes bins small.
    """
    sample = values[:: max(len(values) // _SAMPLED, 1)]
    sample = sample[sample != NOTHING]
    most = int(np.quantile(sample, min(qs.max(), 0.99))) * 2 if len(sample) else 0
    return max(most.bit_length() - _BINS.bit_length() + 1, 0)


@njit(nogil=True, cache=True)
def _bin(value: np.uint32, shift: int) -> int:
    return int(min(np.int64(value) >> shift, np.int64(_BINS - 1)))


@njit(nogil=True, cache=True)
def _fill(histogram: NDArray[np.int32], groups: Groups, values: Values, shift: int) -> None:
    for i in range(len(values)):
        if values[i] != NOTHING:
            histogram[groups[i], _bin(values[i], shift)] += 1


@njit(nogil=True, cache=True)
def _gather(
    gathered: Values, at: NDArray[np.int64], stretch_of: NDArray[np.int32], groups: Groups, values: Values, shift: int
) -> None:  # fmt: skip
    for i in range(len(values)):
        if values[i] != NOTHING:
            stretch = stretch_of[groups[i] * _BINS + _bin(values[i], shift)]
            if stretch >= 0:
                gathered[at[stretch]] = values[i]
                at[stretch] += 1


@njit(nogil=True, cache=True)
def _sort_stretches(values: Values, starts: NDArray[np.int64]) -> None:
    for i in range(len(starts) - 1):
        values[starts[i] : starts[i + 1]].sort()


@njit(nogil=True, cache=True)
def _count_present(counts: NDArray[np.int32], groups: Groups, values: Values) -> None:
    for i in range(len(values)):
        counts[groups[i]] += np.int32(values[i] != NOTHING)


@njit(nogil=True, cache=True)
def _put_together(groups: Groups, values: Values, starts: NDArray[np.int64]) -> Values:
    """The values of each group one behind the other."""
    out = np.empty(starts[-1], np.uint32)
    at = starts[:-1].copy()
    for i in range(len(values)):
        if values[i] != NOTHING:
            out[at[groups[i]]] = values[i]
            at[groups[i]] += 1
    return out


@njit(nogil=True, cache=True)
def _select_all(out: Floats, values: Values, starts: NDArray[np.int64], qs: Floats) -> None:
    """Find each group's quantiles; reorders the values within their groups."""
    for group in range(len(starts) - 1):
        first, end = starts[group], starts[group + 1]
        if first == end:
            continue
        for j in range(len(qs)):
            place = qs[j] * (end - first - 1)
            low = int(place)
            value = _select(values, first, end, first + low)
            out[j, group] = value
            if place > low:
                # Behind the selected place stands nothing smaller: the next in order is the least of them.
                following = values[first + low + 1]
                for i in range(first + low + 2, end):
                    following = min(following, values[i])
                out[j, group] += (np.float64(following) - value) * (place - low)


@njit(nogil=True, cache=True)
def _select(values: Values, low: int, high: int, wanted: int) -> float:
    """The value that would stand at `wanted` if [low, high) were sorted; smaller ones are put before it, larger ones behind.

    Hoare's selection with the median of three as pivot; after too many rounds (values made to be slow) it sorts.
    """
    rounds = 0
    while high - low > _SMALL and rounds < 64:
        rounds += 1
        a, b, c = values[low], values[(low + high) // 2], values[high - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high - 1
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j + 1
        elif wanted >= i:
            low = i
        else:
            return np.float64(values[wanted])
    values[low:high].sort()
    return np.float64(values[wanted])
