"""Exact quantiles within groups: linear between order statistics, like PostgreSQL's `percentile_cont` and NumPy's default.

A quantile q of n sorted values is the value at place q·(n − 1), counted from 0; between two places it is
interpolated (Hyndman and Fan 1996, definition 7).

Few groups: one pass counts the values' upper bits in a histogram a group, which says in which bins the wanted
places lie; a second pass gathers only the values of those bins. Many groups: values are put together by group, and
the places are found by selection, in long groups again after a look at the bins. All give the same numbers.
"""

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import map_parts, split_rows

MISSING = np.uint32(0xFFFFFFFF)
"""Stands for "no value" among values, and is passed over."""

_BINS = 2048
_FEW_GROUPS = 256
"""Up to so many groups their histograms stay in the processor's cache."""
_SAMPLED = 4096
"""About how many values are looked at to choose the bins' width."""
_SMALL = 24
"""Stretches up to this long are sorted outright."""
_LONG = 4 * _BINS
"""From so many values on, a group put together is divided into bins before anything is selected: 3 times as quick."""
_LOOKED_AT = 512
"""How many values of a long group are looked at to choose its bins' width."""

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
    if size <= _FEW_GROUPS and len(values) > size * _BINS:
        out = np.full((len(wanted), size), np.nan)
        return out, _by_histogram(out, groups, values, wanted)
    counts, starts, together = _by_group(groups, values, size)
    return _selected(together, starts, wanted), counts


def nested_quantiles(
    groups: Groups, values: Values, size: int, inner: int, qs: Sequence[float]
) -> tuple[Floats, Floats, NDArray[np.int32]]:  # fmt: skip
    """What `quantiles_and_counts` gives, and between the two (len(qs), size // inner) the same of each `inner` groups taken together."""
    wanted = np.asarray(qs, np.float64)
    counts, starts, together = _by_group(groups, values, size)
    # Selection moves values within their groups only, so that the wider groups still lie together.
    return _selected(together, starts, wanted), _selected(together, starts[::inner], wanted), counts


def _by_group(groups: Groups, values: Values, size: int) -> tuple[NDArray[np.int32], NDArray[np.int64], Values]:
    """(size,) how many values each group has, (size + 1,) where they begin, and the values, one group behind the other."""

    def count(piece: slice) -> NDArray[np.int32]:
        found = np.zeros(size, np.int32)
        _count_present(found, groups[piece], values[piece])
        return found

    pieces = split_rows(len(values), size)
    counted = map_parts(count, pieces)
    counts: NDArray[np.int32] = np.asarray(sum(counted))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    together = np.empty(starts[-1], np.uint32)
    map_parts(
        lambda piece, at: _put_together(together, at, groups[piece], values[piece]), pieces, _one_behind_the_other(starts[:-1], counted)
    )
    return counts, starts, together


def _one_behind_the_other(starts: NDArray[np.int64], counted: Sequence[NDArray[np.int32]]) -> list[NDArray[np.int64]]:
    """Where each piece of the rows begins to write in each group: behind what the piece before it has there."""
    return [starts.copy(), starts + counted[0]][: len(counted)]


def _selected(together: Values, starts: NDArray[np.int64], qs: Floats) -> Floats:
    out = np.full((len(qs), len(starts) - 1), np.nan)
    starts = np.ascontiguousarray(starts)
    # Two stretches of groups that hold about equally many values.
    bounds = [0, *(int(np.searchsorted(starts, piece.start)) for piece in split_rows(len(together))[1:]), len(starts) - 1]
    map_parts(lambda first, last: _select_all(out, together, starts, qs, first, last), bounds[:-1], bounds[1:])
    return out


def _by_histogram(out: Floats, groups: Groups, values: Values, qs: Floats) -> NDArray[np.int32]:
    size = out.shape[1]
    shift = _bin_width(values, qs)
    pieces = split_rows(len(values))

    def fill(piece: slice) -> NDArray[np.int32]:
        found = np.zeros((size, _BINS), np.int32)
        _fill(found, groups[piece], values[piece], shift)
        return found

    filled_by = map_parts(fill, pieces)
    histogram: NDArray[np.int32] = np.asarray(sum(filled_by))
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
    map_parts(
        lambda piece, at: _gather(gathered, at, stretch_of, groups[piece], values[piece], shift),
        pieces, _one_behind_the_other(starts[:-1], [found.ravel()[chosen] for found in filled_by]),
    )  # fmt: skip
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
    sample = sample[sample != MISSING]
    most = int(np.quantile(sample, min(qs.max(), 0.99))) * 2 if len(sample) else 0
    return max(most.bit_length() - _BINS.bit_length() + 1, 0)


@njit(nogil=True, cache=True)
def _bin(value: np.uint32, shift: int) -> int:
    return int(min(np.int64(value) >> shift, np.int64(_BINS - 1)))


@njit(nogil=True, cache=True)
def _fill(histogram: NDArray[np.int32], groups: Groups, values: Values, shift: int) -> None:
    for i in range(len(values)):
        if values[i] != MISSING:
            histogram[groups[i], _bin(values[i], shift)] += 1


@njit(nogil=True, cache=True)
def _gather(
    gathered: Values, at: NDArray[np.int64], stretch_of: NDArray[np.int32], groups: Groups, values: Values, shift: int
) -> None:  # fmt: skip
    for i in range(len(values)):
        if values[i] != MISSING:
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
        counts[groups[i]] += np.int32(values[i] != MISSING)


@njit(nogil=True, cache=True)
def _put_together(out: Values, at: NDArray[np.int64], groups: Groups, values: Values) -> None:
    """Write the values of each group one behind the other, from the place `at` on."""
    for i in range(len(values)):
        if values[i] != MISSING:
            out[at[groups[i]]] = values[i]
            at[groups[i]] += 1


@njit(nogil=True, cache=True)
def _select_all(out: Floats, values: Values, starts: NDArray[np.int64], qs: Floats, first: int, last: int) -> None:
    """Find the quantiles of the groups from `first` to before `last`; reorders the values within their groups."""
    bins = np.empty(_BINS, np.int32)
    for group in range(first, last):
        own = values[starts[group] : starts[group + 1]]
        if len(own) >= _LONG:
            _select_in_bins(out[:, group], own, bins, qs)
            continue
        for j in range(len(qs) if len(own) else 0):
            place = qs[j] * (len(own) - 1)
            low = int(place)
            value = _select(own, 0, len(own), low)
            # Behind the selected place stands nothing smaller: the next in order is the least of them.
            following = _least(own[low + 1 :]) if place > low else MISSING
            out[j, group] = _between(value, following, place - low)


@njit(nogil=True, cache=True)
def _select_in_bins(out: Floats, values: Values, bins: NDArray[np.int32], qs: Floats) -> None:
    """The same for one long group: only the values of the bin that a place lies in are put in order."""
    shift = _width_for(values)
    bins[:] = 0
    for i in range(len(values)):
        bins[_bin(values[i], shift)] += 1
    room = np.empty(bins.max() + 1, np.uint32)
    for j in range(len(qs)):
        place = qs[j] * (len(values) - 1)
        low = int(place)
        chosen, before = 0, 0
        while before + bins[chosen] <= low:
            before += int(bins[chosen])
            chosen += 1
        taken, above = _take_bin(room, values, chosen, shift)
        value = _select(room, 0, taken, low - before)
        out[j] = _between(value, min(_least(room[low - before + 1 : taken]), above), place - low)


@njit(nogil=True, cache=True)
def _take_bin(room: Values, values: Values, chosen: int, shift: int) -> tuple[int, np.uint32]:
    """Copy the values of a bin; how many there are, and the least value of any later bin. Without branches."""
    taken, above = 0, MISSING
    for i in range(len(values)):
        own = _bin(values[i], shift)
        room[taken] = values[i]
        taken += int(own == chosen)
        above = min(above, values[i] if own > chosen else MISSING)
    return taken, above


@njit(nogil=True, cache=True)
def _width_for(values: Values) -> int:
    """`_bin_width` for one long group: twice what nearly all of a sample are below is to fit into the bins."""
    sample = np.sort(values[:: len(values) // _LOOKED_AT])
    most, shift = np.int64(sample[len(sample) * 99 // 100]) * 2, 0
    while most >> shift >= _BINS:
        shift += 1
    return shift


@njit(nogil=True, cache=True)
def _least(values: Values) -> np.uint32:
    found = MISSING
    for i in range(len(values)):
        found = min(found, values[i])
    return found


@njit(nogil=True, cache=True)
def _between(value: float, following: np.uint32, share: float) -> float:
    return value + (np.float64(following) - value) * share if share > 0 else value


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
