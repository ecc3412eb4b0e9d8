"""The local layer: is a theme more frequent in a place than its share of the region's messages of the theme lets expect?

Per place u and theme k, with windows of 24 hours, 3 and 7 days that end with a message of that pair, as evidence grows with messages
only: X messages of u and k and T of k in u's region in the window; from the baseline n_uk, N_k, n_u and N. u's share of k is a beta
distribution, drawn towards u's share of everything, s_u = n_u / N, by a prior worth m = 30 messages: α = n_uk + m s_u,
β = N_k + m - α, and P(X >= x) is that of the beta-binomial distribution of T trials, α and β.

T carries hour, weekday, season, weather and growth, so that no model of the calendar is needed. This is the idea of the space-time
permutation scan (M. Kulldorff and others 2005, "A space-time permutation scan statistic for disease outbreak detection", PLoS Med 2)
with a year as baseline, and an exact probability in place of simulations.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.detection.baseline import (
    GAP_S,
    LEAST_HISTORY_S,
    Baseline,
    Groups,
    count_groups,
    list_groups,
    start_of_day,
)
from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows, Seconds, Whole, find_first, group_rows
from geo_service.aggregation.alerts.detection.signals import Floats, Signals, count_distinct
from geo_service.aggregation.alerts.history import DAY_S, History
from geo_service.aggregation.probability.beta_binomial import log_beta_binomial_tail
from geo_service.aggregation.probability.binomial_density import log_beta_binomial

WINDOWS_S = (DAY_S, 3 * DAY_S, 7 * DAY_S)
LEAST_MESSAGES = 3
"""In a window, from as many different addresses or positions; fewer are not tested."""
PRIOR_MESSAGES = 30.0
"""m: how many messages the prior is worth."""
LEAST_PLACE_MESSAGES = 0.5
"""A place without any message in the baseline counts as half a one: its share is small, but not impossible."""

_LN_10 = float(np.log(10))
_WINDOWS = np.array(WINDOWS_S, np.int64)
_NO_WINDOW = -1
_ROUNDING = 1e-9
"""Of ln p."""


class _Candidates(NamedTuple):
    """Messages with which a pair has enough in a window; positions are those in the rows grouped by pair."""

    end: Whole
    """Position after the message."""
    begin: Whole
    """(candidates, windows) position of the first message of each window."""
    third: Whole
    """A window that begins here or earlier has three different addresses; -1 where none has."""


def group_history(history: History) -> tuple[GroupedRows, ...]:
    """Return the messages grouped in each of the ways of `Groups`."""
    received = history.incidents.received
    return tuple(group_rows(groups, size, received) for groups, size in zip(list_groups(history), count_groups(history), strict=True))


def scan_places(
    history: History, grouped: tuple[GroupedRows, ...], baseline: Baseline, start: int, stop: int, log10_limit: float
) -> Signals:
    """Return where P(X >= x) is at most 10 ** `log10_limit` with a message received in [start, stop), ordered by receipt.

    grouped: the history by `group_history`. It must reach back 7 days before `start`, besides what the baseline needs.
    """
    pairs = grouped[0]
    spots = history.incidents.spot[pairs.order]
    candidates = _find_candidates(pairs, spots, start, stop)
    groups = Groups(*(column[pairs.order[candidates.end - 1]] for column in list_groups(history)))
    at = pairs.times[candidates.end - 1]
    trials = np.column_stack([grouped[1].count(groups.theme, at + 1 - length, at + 1) for length in WINDOWS_S])
    days = start_of_day(at)
    counts = np.column_stack(baseline.count(groups, days))
    # The last theme is the unknown one; a region without a past has nothing to compare with.
    untested = days - GAP_S - baseline.begins[groups.region] < LEAST_HISTORY_S
    untested |= groups.theme % len(history.themes) == len(history.themes) - 1
    best, log_p, expected = _find_best_windows(*candidates, trials, counts, untested, log10_limit * _LN_10)
    chosen = np.flatnonzero(best != _NO_WINDOW)
    chosen = chosen[np.argsort(at[chosen], kind="stable")]
    window, end = best[chosen], candidates.end[chosen]
    begin = candidates.begin[chosen, window]
    place, theme = np.divmod(groups.pair[chosen], np.int32(len(history.themes)))
    return Signals(
        place, theme, at[chosen] + 1, _WINDOWS[window], end - begin, expected[chosen], log_p[chosen] / _LN_10, pairs.times[begin],
        count_distinct(spots, begin, end),
    )  # fmt: skip


def _find_candidates(pairs: GroupedRows, spots: NDArray[np.int64], start: int, stop: int) -> _Candidates:
    size = int(np.count_nonzero((pairs.times >= start) & (pairs.times < stop)))
    out = _Candidates(np.empty(size, np.int32), np.empty((size, len(WINDOWS_S)), np.int32), np.empty(size, np.int32))
    used = _fill_candidates(*out, pairs.starts, pairs.times, spots, start, stop)
    return _Candidates(*(column[:used] for column in out))


@njit(nogil=True, cache=True)
def _fill_candidates(
    out_end: Whole, out_begin: Whole, out_third: Whole, starts: NDArray[np.int64], times: Seconds, spots: NDArray[np.int64], start: int,
    stop: int,
) -> int:  # fmt: skip
    """Write the candidates and return their number. Of messages of the same second the last one stands for all."""
    used = 0
    begin = np.empty(len(_WINDOWS), np.int64)
    for group in range(len(starts) - 1):
        first, end = starts[group], starts[group + 1]
        if end - first < LEAST_MESSAGES:
            continue
        # Messages before the first test matter as far as its longest window reaches.
        first = find_first(times, first, end, start + 1 - _WINDOWS[-1])
        begin[:] = first
        latest = middle = oldest = -1
        for position in range(first, end):
            latest, middle, oldest = _remember_spot(spots, position, latest, middle, oldest)
            instant = times[position]
            if instant < start or (position + 1 < end and times[position + 1] == instant):
                continue
            if instant >= stop:
                break
            for window in range(len(_WINDOWS)):
                while times[begin[window]] <= instant - _WINDOWS[window]:
                    begin[window] += 1
            if position + 1 - begin[-1] >= LEAST_MESSAGES and oldest >= begin[-1]:
                out_end[used], out_third[used] = position + 1, oldest
                out_begin[used] = begin
                used += 1
    return used


@njit(nogil=True, cache=True)
def _remember_spot(spots: NDArray[np.int64], position: int, latest: int, middle: int, oldest: int) -> tuple[int, int, int]:
    """Return the last positions of the three addresses that were seen last, the latest first; -1 where there are fewer."""
    if latest < 0 or spots[position] == spots[latest]:
        return position, middle, oldest
    if middle < 0 or spots[position] == spots[middle]:
        return position, latest, oldest
    return position, latest, middle


@njit(nogil=True, cache=True)
def _find_best_windows(
    end: Whole, begin: Whole, third: Whole, trials: Whole, counts: Whole, untested: NDArray[np.bool_], log_limit: float
) -> tuple[NDArray[np.int8], Floats, Floats]:
    """Return for each candidate its least probable window, or -1 where none reaches the limit, with ln p and the expectation.

    counts: (candidates, 4) as of `BaselineCounts`. A tail is summed only where its first term is small enough.
    """
    best, log_p, expected = np.full(len(end), _NO_WINDOW, np.int8), np.zeros(len(end)), np.zeros(len(end))
    for i in range(len(end)):
        if untested[i]:
            continue
        alpha, beta = estimate_share(counts[i, 0], counts[i, 1], counts[i, 2], counts[i, 3])
        least = log_limit
        for window in range(trials.shape[1]):
            x, total = float(end[i] - begin[i, window]), float(trials[i, window])
            mean = total * alpha / (alpha + beta)
            if x < LEAST_MESSAGES or third[i] < begin[i, window] or x <= mean or log_beta_binomial(x, total, alpha, beta) > least:
                continue
            tail = log_beta_binomial_tail(x, total, alpha, beta)
            if tail <= least:
                best[i], log_p[i], expected[i] = window, tail, mean
                # A longer window must be less probable by more than rounding: the shorter one says better since when.
                least = tail - _ROUNDING
    return best, log_p, expected


@njit(nogil=True, cache=True)
def estimate_share(pair: int, theme: int, place: int, region: int) -> tuple[float, float]:
    """Return α and β of a place's share of a theme, from n_uk, N_k, n_u and N of the baseline.

    Of a place without a message in the baseline the share of everything is taken as that of half a message.
    """
    share = max(float(place), LEAST_PLACE_MESSAGES) / max(float(region), 1.0)
    alpha = pair + PRIOR_MESSAGES * min(share, 1.0)
    return alpha, theme + PRIOR_MESSAGES - alpha
