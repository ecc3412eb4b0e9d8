"""Numbers and scores of agencies within channels, so that agencies are only compared under the same deadlines.

A channel is a source together with the deadline rule of its incidents. docs/ratings.md has the formula and its reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import Groups, SelectedRows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import ratio
from geo_service.aggregation.measures.quantiles import nested_quantiles
from geo_service.aggregation.measures.response_time import RuleTable, answer_seconds
from geo_service.aggregation.measures.rows import ranks
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection

Floats = NDArray[np.float64]

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class RatingChannels:
    """The pairs of a source and a deadline rule that occur."""

    sources: Sequence[int]
    """Id of each channel's source; 0 for sources that are not in the catalogue."""
    rules: Sequence[str | None]
    """Name of each channel's rule; None for no rule."""
    channel_of: NDArray[np.int32]
    """(sources, themes) index of the channel, by ids; greater ids belong to the last channel."""


@dataclass(frozen=True, slots=True, eq=False)
class AgencyNumbers:
    """Numbers of each agency in each channel: arrays (agencies, channels); times in hours, NaN without answers."""

    count: NDArray[np.int32]
    closed: NDArray[np.int32]
    returned: NDArray[np.int32]
    judged: NDArray[np.int32]
    on_time: NDArray[np.int32]
    late: NDArray[np.int32]
    overdue: NDArray[np.int32]
    answered: NDArray[np.int32]
    median: Floats
    p90: Floats
    pooled: tuple[Floats, Floats]
    """(agencies,) median and 90th percentile over all channels; meaningful only where these share a rule."""


@dataclass(frozen=True, slots=True, eq=False)
class AgencyScores:
    """Scores of each agency, and its ranks within the channels; NaN or None where it is not rated."""

    score: Floats
    """(agencies,) like `speed` and `punctuality`: from 0, the worst, to 1."""
    speed: Floats
    punctuality: Floats
    rank: list[int | None]
    channel_ranks: Floats
    """(agencies, channels) rank by median time, 1 for the quickest; equal agencies share the mean rank."""
    rated_counts: NDArray[np.int64]
    """(channels,) among how many agencies."""


def find_channels(catalogue: Catalogue, rules: RuleTable) -> RatingChannels:
    """Return the channels of a catalogue by source and then by rule, and behind them one for unknown sources and themes."""
    rule_of = rules.of(catalogue)
    known = np.zeros(rule_of.shape, np.bool_)
    known[np.ix_([source.id for source in catalogue.sources.all], [theme.id for theme in catalogue.themes.all])] = True
    # Rules count from 0 and "no rule" is -1: one more makes a number that can be packed with the source.
    keys = np.arange(rule_of.shape[0])[:, None] * (len(rules.deadlines.rules) + 1) + rule_of + 1
    occurring = np.unique(keys[known])
    sources, rule_numbers = np.divmod(occurring, len(rules.deadlines.rules) + 1)
    channel_of = np.where(known, np.searchsorted(occurring, keys), len(occurring)).astype(np.int32)
    names = [None if number == 0 else rules.deadlines.rules[number - 1].name for number in rule_numbers.tolist()]
    return RatingChannels([*sources.tolist(), 0], [*names, None], channel_of)


def compute_numbers(state: ReplicaState, selection: Selection, channels: RatingChannels) -> AgencyNumbers:
    """Compute the numbers of each agency in each channel; the last agency stands for incidents without one."""
    index_of = {agency.id: index for index, agency in enumerate(state.catalogue.agencies.all)}
    agency_of = np.full(max(state.columns.largest["agency"], *index_of, 0, 0) + 1, len(index_of), np.int32)
    for agency, index in index_of.items():
        agency_of[agency] = index
    shape = (len(index_of) + 1, len(channels.sources))

    def regroup(state: ReplicaState, _: Selection, selected: SelectedRows) -> SelectedRows:
        groups = np.empty(len(selected), np.int32)
        columns = state.columns
        tables = columns["agency"], columns["source"], columns["theme"], agency_of, channels.channel_of, shape[1]
        map_parts(lambda part: _assign_groups(groups[part], selected.rows[part], *tables), split_rows(len(selected)))
        return replace(selected, groups=groups)

    stats = GroupStats(state, selection, replace(EVERYTHING, size=shape[0] * shape[1]), regroup=regroup)
    seconds = answer_seconds(state, stats.taken.rows)
    by_channel, pooled, answered = nested_quantiles(stats.taken.groups, seconds, shape[0] * shape[1], shape[1], (0.5, 0.9))
    counts, punctuality = stats.counts, stats.punctuality
    return AgencyNumbers(
        count=counts[:, 0].reshape(shape),
        closed=counts[:, 3].reshape(shape),
        returned=punctuality.returned.reshape(shape),
        judged=punctuality.judged.reshape(shape),
        on_time=punctuality.on_time.reshape(shape),
        late=punctuality.late.reshape(shape),
        overdue=punctuality.overdue.reshape(shape),
        answered=answered.reshape(shape),
        median=by_channel[0].reshape(shape) / _HOUR_S,
        p90=by_channel[1].reshape(shape) / _HOUR_S,
        pooled=(pooled[0] / _HOUR_S, pooled[1] / _HOUR_S),
    )


def score_agencies(numbers: AgencyNumbers, min_incidents: int) -> AgencyScores:
    """Score the agencies with at least `min_incidents` incidents; scores are rounded to four decimal places."""
    rated = numbers.count.sum(axis=1) >= min_incidents
    # The last row is "without agency", which is not rated.
    rated[-1] = False
    time = np.where(rated[:, None], numbers.median, np.nan)
    late = np.where(rated[:, None], 1 - _ratio(numbers.on_time, numbers.judged), np.nan)
    speed, channel_ranks, rated_counts = _average_over_channels(time, numbers.answered)
    punctuality = _average_over_channels(late, numbers.judged)[0]
    both = np.stack([speed, punctuality])
    known = ~np.isnan(both)
    total = np.round(ratio(np.where(known, both, 0).sum(axis=0), known.sum(axis=0)), 4)
    return AgencyScores(total, np.round(speed, 4), np.round(punctuality, 4), ranks(total), channel_ranks, rated_counts)


def mean_ranks(values: Floats) -> Floats:
    """Rank the values from 1 for the least; equal values share the mean of their ranks, NaN stays NaN."""
    known = np.sort(values[~np.isnan(values)])
    low, high = (np.searchsorted(known, values, side=side) for side in ("left", "right"))
    return np.where(np.isnan(values), np.nan, (low + 1 + high) / 2)


def _average_over_channels(values: Floats, weights: NDArray[np.int32]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the weighted means (agencies,), the ranks (agencies, channels), and the number of ranked agencies (channels,).

    values, weights: (agencies, channels); a lesser value is better. What is averaged is q of docs/ratings.md: 1 for the
    best rank and 0 for the worst. Channels with fewer than two values do not count.
    """
    rank = np.stack([mean_ranks(column) for column in values.T], axis=1)
    count = np.count_nonzero(~np.isnan(values), axis=0)
    q = (count - rank) / np.maximum(count - 1, 1)
    weight = np.where(np.isnan(q) | (count < 2), 0, weights)
    return ratio((np.nan_to_num(q) * weight).sum(axis=1), weight.sum(axis=1)), rank, count


def _ratio(part: NDArray[np.int32], whole: NDArray[np.int32]) -> Floats:
    return ratio(part.ravel(), whole.ravel()).reshape(part.shape)


@njit(nogil=True, cache=True)
def _assign_groups(
    out: Groups, rows: NDArray[np.int32], agency: NDArray[np.uint32], source: NDArray[np.uint16], theme: NDArray[np.uint32],
    agency_of: NDArray[np.int32], channel_of: NDArray[np.int32], width: int,
) -> None:  # fmt: skip
    """Write the group of each row, agency × channel. width: the number of channels, the last of which is for unknown ids."""
    for i in range(len(rows)):
        row = rows[i]
        known = source[row] < channel_of.shape[0] and theme[row] < channel_of.shape[1]
        channel = channel_of[source[row], theme[row]] if known else width - 1
        out[i] = agency_of[agency[row]] * width + channel
