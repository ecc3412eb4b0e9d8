"""The walk forward: on every Monday rank the places by what was received before, list the first, count what came next there."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.parallel import run_both
from geo_service.aggregation.backtest.choice import ListMaker, choose_largest, sum_largest
from geo_service.aggregation.backtest.plan import BacktestPlan, list_length
from geo_service.aggregation.backtest.rankings import RANDOM, RANKINGS, YEAR
from geo_service.aggregation.backtest.window_counts import Messages, WeekCounts, count_week

_SEED = 20_080_901
"""Of the random choices: the same lists in every run."""


_MAX_TABLE = 100_000_000
"""Pairs of group and place up to which they are numbered in a table, of 4 bytes each."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupedMessages:
    """Located messages in time order, each with its place and its group: a sector, a theme, or 0 for all."""

    received: NDArray[np.uint32]
    """Seconds since 1970, ascending."""
    place: NDArray[np.int32]
    """Position among the occupied places, which are in the order of their ids."""
    group: NDArray[np.int32]
    groups: int


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the lists of a group held, for each top, ranking and Monday."""

    total: NDArray[np.int64]
    """(weeks,): messages of the time that is scored."""
    unseen: NDArray[np.int64]
    """(weeks,): those of them from places from which no message at all had been received before the Monday."""
    best: NDArray[np.int64]
    """(tops, weeks): the most that any list of the same length could have held."""
    caught: NDArray[np.int64]
    """(tops, rankings, weeks): messages that the list held."""
    share_before: NDArray[np.float64]
    """(tops, rankings, weeks): share of what the ranking had counted that lay in the listed places; NaN for nothing."""

    @classmethod
    def empty(cls, tops: int, weeks: int) -> "Outcome":
        """Return an outcome in which nothing has happened."""
        shape = tops, len(RANKINGS), weeks
        counts = np.zeros(weeks, np.int64), np.zeros(weeks, np.int64), np.zeros((tops, weeks), np.int64), np.zeros(shape, np.int64)
        return cls(*counts, np.full(shape, np.nan))


def walk_forward(messages: GroupedMessages, first_received: NDArray[np.int64], plan: BacktestPlan) -> list[Outcome]:
    """Return for each group what the lists of each Monday would have held.

    first_received: (places,) int64 receipt of each place's first message of any kind.
    """
    slots = _Slots.of(messages, len(first_received))
    outcomes = [Outcome.empty(len(plan.tops), len(plan.mondays)) for _ in range(messages.groups)]
    counted = Messages(messages.received, slots.of_message)

    def score(weeks: range) -> None:
        for week in weeks:
            monday = plan.mondays[week]
            counts = count_week(counted, len(slots.place), monday, plan.horizon_s)
            _Week(week, slots, counts, first_received < monday).score_all(outcomes, plan.tops)

    # Each week has entries of its own in the outcomes.
    run_both(lambda: score(range(0, len(plan.mondays), 2)), lambda: score(range(1, len(plan.mondays), 2)))
    return outcomes


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """The pairs of group and place that have any message, ordered by group, then place."""

    place: NDArray[np.int32]
    bounds: NDArray[np.int64]
    """(groups + 1,): where the slots of each group begin."""
    of_message: NDArray[np.int32]

    @classmethod
    def of(cls, messages: GroupedMessages, places: int) -> "_Slots":
        pair = messages.group.astype(np.int64) * places + messages.place
        if messages.groups * places > _MAX_TABLE:
            keys, of_message = np.unique(pair, return_inverse=True)
            return cls._numbered(keys, of_message, messages.groups, places)
        # A table of all pairs: the messages need not be sorted.
        number = np.zeros(messages.groups * places, np.int32)
        number[pair] = 1
        keys = np.flatnonzero(number)
        number[keys] = np.arange(len(keys), dtype=np.int32)
        return cls._numbered(keys, number[pair], messages.groups, places)

    @classmethod
    def _numbered(cls, keys: NDArray[np.int64], of_message: NDArray[Any], groups: int, places: int) -> "_Slots":
        """keys: of the pairs that occur, ascending. of_message: position in them."""
        bounds = np.searchsorted(keys, np.arange(groups + 1) * places)
        return cls((keys % max(places, 1)).astype(np.int32), bounds, of_message.astype(np.int32))


class _Week:
    """Scores the lists of one Monday."""

    def __init__(self, week: int, slots: _Slots, counts: WeekCounts, known: NDArray[np.bool_]) -> None:
        """known: (places,) whether any message had been received from them."""
        self._week, self._slots, self._counts, self._known = week, slots, counts, known
        self._maker = ListMaker(known)
        self._chance = np.random.default_rng((_SEED, week)).random(len(known))
        self._is_listed = np.zeros(len(known), np.bool_)

    def score_all(self, outcomes: list[Outcome], tops: tuple[Fraction, ...]) -> None:
        """Score the lists of every group and length; a group without messages in the time that is scored has no scores."""
        lengths = [list_length(top, len(self._known)) for top in tops]
        drawn = [choose_largest(self._chance, length) for length in lengths]
        for group, outcome in enumerate(outcomes):
            piece = slice(*self._slots.bounds[group : group + 2])
            future = self._counts.future[piece]
            outcome.total[self._week] = total = int(future.sum())
            outcome.unseen[self._week] = future[~self._known[self._slots.place[piece]]].sum() if total else 0
            for top, length in enumerate(lengths) if total else ():
                outcome.best[top, self._week] = sum_largest(future, length)
                for ranking in range(RANDOM):
                    self._score_ranking(outcome, (top, ranking, self._week), piece, length)
                self._score_places(outcome, (top, RANDOM, self._week), piece, drawn[top])

    def _score_ranking(self, outcome: Outcome, at: tuple[int, int, int], piece: slice, length: int) -> None:
        """Score the list of a ranking: the slots with the largest scores, filled up with places that have none."""
        scores, future = self._counts.scores[at[1], piece], self._counts.future[piece]
        chosen = choose_largest(scores, length)
        caught = int(future[chosen].sum())
        if len(chosen) < length:
            more = self._maker.fill_up(self._slots.place[piece][chosen], length - len(chosen))
            caught += int(future[self._slots_at(more, piece)].sum())
        outcome.caught[at] = caught
        if len(chosen):
            outcome.share_before[at] = scores[chosen].sum() / scores.sum()

    def _score_places(self, outcome: Outcome, at: tuple[int, int, int], piece: slice, listed: NDArray[np.int64]) -> None:
        """Score a list of places that no messages have chosen; what came before is the year's count."""
        inside = self._slots_at(listed, piece)
        year = self._counts.scores[YEAR, piece]
        outcome.caught[at] = self._counts.future[piece][inside].sum()
        if year.any():
            outcome.share_before[at] = year[inside].sum() / year.sum()

    def _slots_at(self, listed: NDArray[np.int64], piece: slice) -> NDArray[np.bool_]:
        """Return which slots of a group lie in the listed places."""
        self._is_listed[listed] = True
        inside: NDArray[np.bool_] = self._is_listed[self._slots.place[piece]]
        self._is_listed[listed] = False
        return inside
