"""Where agencies stand: their numbers and places within channels that share a deadline, never pooled over different ones.

A channel is a source together with the rule of deadlines that its messages are under. Formula and reasons: docs/ratings.md.
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
    """Sources crossed with rules, as far as they occur."""

    sources: Sequence[int]
    """Id of each channel's source; 0 for those the catalogue does not know."""
    rules: Sequence[str | None]
    channel_of: NDArray[np.int32]
    """(sources, themes) channel by id; the last channel for ids beyond it."""


@dataclass(frozen=True, slots=True, eq=False)
class AgencyNumbers:
    """Of each agency in each channel, (agencies, channels); times are hours, NaN for "nothing"."""

    count: NDArray[np.int32]
    closed: NDArray[np.int32]
    returned: NDArray[np.int32]
    judged: NDArray[np.int32]
    on_time: NDArray[np.int32]
    answered: NDArray[np.int32]
    median: Floats
    p90: Floats
    pooled: tuple[Floats, Floats]
    """(agencies,) median and 90th percentile over all channels: only to be shown where these share a rule."""


@dataclass(frozen=True, slots=True, eq=False)
class AgencyScores:
    """Places in channels and what they add up to, NaN or None for "not rated"."""

    score: Floats
    speed: Floats
    punctuality: Floats
    rank: list[int | None]
    place: Floats
    """(agencies, channels) place by median time, ties share the mean."""
    of: NDArray[np.int64]
    """(channels,) among how many."""


def channels_of(catalogue: Catalogue, rules: RuleTable) -> RatingChannels:
    """The channels of a catalogue, by source and then in the order of the rules; behind them one for what is not known."""
    table = rules.of(catalogue)
    known = np.zeros(table.shape, np.bool_)
    known[np.ix_([one.id for one in catalogue.sources.all], [one.id for one in catalogue.themes.all])] = True
    key = np.arange(table.shape[0])[:, None] * (len(rules.deadlines.rules) + 1) + table + 1
    chosen = np.unique(key[known])
    sources, places = np.divmod(chosen, len(rules.deadlines.rules) + 1)
    channel_of = np.where(known, np.searchsorted(chosen, key), len(chosen)).astype(np.int32)
    names = [None if place == 0 else rules.deadlines.rules[place - 1].name for place in places.tolist()]
    return RatingChannels([*sources.tolist(), 0], [*names, None], channel_of)


def numbers_of(state: ReplicaState, selection: Selection, channels: RatingChannels) -> AgencyNumbers:
    """What the selection's incidents come to; the last agency stands for "without agency"."""
    places = {agency.id: place for place, agency in enumerate(state.catalogue.agencies.all)}
    agency_of = np.full(max(state.columns.largest["agency"], *places, 0, 0) + 1, len(places), np.int32)
    for agency, place in places.items():
        agency_of[agency] = place
    shape = (len(places) + 1, len(channels.sources))

    def regroup(state: ReplicaState, _: Selection, taken: SelectedRows) -> SelectedRows:
        groups = np.empty(len(taken), np.int32)
        columns = state.columns
        look_at = columns["agency"], columns["source"], columns["theme"], agency_of, channels.channel_of, shape[1]
        map_parts(lambda piece: _group(groups[piece], taken.rows[piece], *look_at), split_rows(len(taken)))
        return replace(taken, groups=groups)

    facts = GroupStats(state, selection, replace(EVERYTHING, size=shape[0] * shape[1]), regroup=regroup)
    seconds = answer_seconds(state, facts.taken.rows)
    alone, pooled, answered = nested_quantiles(facts.taken.groups, seconds, shape[0] * shape[1], shape[1], (0.5, 0.9))
    counts, punctuality = facts.counts, facts.punctuality
    return AgencyNumbers(
        count=counts[:, 0].reshape(shape),
        closed=counts[:, 3].reshape(shape),
        returned=punctuality.returned.reshape(shape),
        judged=punctuality.judged.reshape(shape),
        on_time=punctuality.on_time.reshape(shape),
        answered=answered.reshape(shape),
        median=alone[0].reshape(shape) / _HOUR_S,
        p90=alone[1].reshape(shape) / _HOUR_S,
        pooled=(pooled[0] / _HOUR_S, pooled[1] / _HOUR_S),
    )


def score(numbers: AgencyNumbers, min_incidents: int) -> AgencyScores:
    """Places and scores of the agencies with at least `min_incidents`; scores are from 0, the worst, to 1, rounded to four places."""
    rated = numbers.count.sum(axis=1) >= min_incidents
    # Behind all agencies stands "without agency".
    rated[-1] = False
    time = np.where(rated[:, None], numbers.median, np.nan)
    late = np.where(rated[:, None], 1 - _ratio(numbers.on_time, numbers.judged), np.nan)
    speed, place, of = _weighted(time, numbers.answered)
    punctuality = _weighted(late, numbers.judged)[0]
    both = np.stack([speed, punctuality])
    known = ~np.isnan(both)
    total = np.round(ratio(np.where(known, both, 0).sum(axis=0), known.sum(axis=0)), 4)
    return AgencyScores(total, np.round(speed, 4), np.round(punctuality, 4), ranks(total), place, of)


def mean_places(values: Floats) -> Floats:
    """1 for the least; equal values share the mean of their places; NaN stays NaN."""
    known = np.sort(values[~np.isnan(values)])
    low, high = (np.searchsorted(known, values, side=side) for side in ("left", "right"))
    return np.where(np.isnan(values), np.nan, (low + 1 + high) / 2)


def _weighted(values: Floats, weights: NDArray[np.int32]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Per agency the weighted mean of q over the channels with at least two values; (agencies, channels) places; of how many."""
    place = np.stack([mean_places(column) for column in values.T], axis=1)
    of = np.count_nonzero(~np.isnan(values), axis=0)
    q = (of - place) / np.maximum(of - 1, 1)
    weight = np.where(np.isnan(q) | (of < 2), 0, weights)
    return ratio((np.nan_to_num(q) * weight).sum(axis=1), weight.sum(axis=1)), place, of


def _ratio(part: NDArray[np.int32], whole: NDArray[np.int32]) -> Floats:
    return ratio(part.ravel(), whole.ravel()).reshape(part.shape)


@njit(nogil=True, cache=True)
def _group(
    out: Groups, rows: NDArray[np.int32], agency: NDArray[np.uint32], source: NDArray[np.uint16], theme: NDArray[np.uint32],
    agency_of: NDArray[np.int32], channel_of: NDArray[np.int32], width: int,
) -> None:  # fmt: skip
    for i in range(len(rows)):
        row = rows[i]
        known = source[row] < channel_of.shape[0] and theme[row] < channel_of.shape[1]
        channel = channel_of[source[row], theme[row]] if known else width - 1
        out[i] = agency_of[agency[row]] * width + channel
