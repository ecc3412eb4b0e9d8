"""Run a back-test on the state of a replica: plan the weeks, walk forward for all messages and for each group."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.backtest.plan import DAY_S, BacktestPlan, last_mondays
from geo_service.aggregation.backtest.rankings import MEMORY_DAYS
from geo_service.aggregation.backtest.study_region import PlaceLevel, StudyRegion, read_study_region
from geo_service.aggregation.backtest.walk import Outcome, walk_forward
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Ids
from geo_service.aggregation.selection.time_buckets import local
from geo_service.core.errors import InputError, InvalidParameter

GROUPINGS = ("none", "sector", "theme")

MIN_HISTORY_DAYS = 30
"""Days of messages before the first Monday without which no ranking says anything."""

ALL = Entry(0, "all", "все сообщения", "all messages")


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What to test."""

    level: PlaceLevel
    tops: tuple[Fraction, ...]
    """In percent of the occupied places."""
    horizon_s: int
    weeks: int
    by: str = "none"
    """One of `GROUPINGS`."""
    themes: Ids | None = None
    """Only messages of these themes; None for all. Which places are occupied does not depend on it."""
    districts: Ids | None = None
    """Only messages of these districts, and the places in which there are any; None for all."""
    at: int | None = None
    """Messages from this instant on are not known, seconds since 1970; None for the end of the newest message."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """A back-test that was run."""

    request: BacktestRequest
    plan: BacktestPlan
    places: int
    """A: how many places are occupied."""
    left_out: int
    """Messages in no district of the level."""
    history_days: float
    """From the first message to the first Monday."""
    groups: Sequence[Entry]
    """All messages, then each group that has any in the time that is scored."""
    outcomes: Sequence[Outcome]
    """Of each group."""


def run_backtest(state: ReplicaState, request: BacktestRequest, zone: ZoneInfo, now: int) -> Backtest:
    """Walk forward over the last weeks. now: messages from then on are left out.

    Raises `InputError` where there is nothing to test, and `InvalidParameter` where the history is too short for the weeks.
    """
    end = min(now, request.at) if request.at is not None else now
    first, end = _known_interval(state, request, end)
    plan = _plan(request, first, end, zone)
    region = read_study_region(state, request.level, plan.stop, request.districts)
    groups, outcomes = _walk_groups(state.catalogue, region, request, plan)
    if not outcomes[0].total.any():
        span = f"{local(plan.mondays[0], zone)} to {local(plan.stop, zone)}"
        raise InputError(f"nothing to test: no incident of the selection that lies in a place of the level was received from {span}")
    history = (plan.mondays[0] - first) / DAY_S
    return Backtest(request, plan, region.places, region.left_out, history, groups, outcomes)


def _known_interval(state: ReplicaState, request: BacktestRequest, end: int) -> tuple[int, int]:
    """Return the receipt of the first message and the end of the time about which all is known: `end`, or just after the newest."""
    extent = state.columns.extent()
    if extent is None:
        raise InputError("nothing to test: the database holds no incident that has a place; load some with `geo ingest`")
    first, newest = extent
    if first >= end:
        raise InvalidParameter("--at", "no incident was received before", "an instant after the first incident")
    return first, end if request.at is not None else min(end, newest + 1)


def _plan(request: BacktestRequest, first: int, end: int, zone: ZoneInfo) -> BacktestPlan:
    """Return the plan. Raises `InvalidParameter` where a Monday would have too little history, naming how many weeks have enough."""
    mondays = last_mondays(end, request.horizon_s, request.weeks, zone)
    earliest = first + MIN_HISTORY_DAYS * DAY_S
    possible = sum(monday >= earliest for monday in mondays)
    if possible < len(mondays):
        days = (end - first) / DAY_S
        reason = (
            f"{request.weeks} are too many: the incidents cover {days:,.0f} days ({local(first, zone)} to {local(end, zone)}), and each"
            f" Monday needs {MIN_HISTORY_DAYS} days before it and the horizon after it"
        )
        raise InvalidParameter("--weeks", reason, f"1 to {possible}" if possible else "none: the history is too short")
    return BacktestPlan(mondays, request.horizon_s, request.tops)


def _walk_groups(
    catalogue: Catalogue, region: StudyRegion, request: BacktestRequest, plan: BacktestPlan
) -> tuple[list[Entry], list[Outcome]]:
    """Return all messages and each group with its outcome, groups without any message left out."""
    messages = region.messages.between(plan.mondays[0] - MEMORY_DAYS * DAY_S, plan.stop)
    themes = _selected_themes(catalogue, request)
    entries, group_of = [ALL], np.where(themes, 0, -1).astype(np.int32)
    outcomes = walk_forward(messages.grouped(group_of, 1), region.first_received, plan)
    if request.by != "none":
        found, group_of = _group_themes(catalogue, request.by)
        group_of[~themes] = -1
        split = walk_forward(messages.grouped(group_of, len(found)), region.first_received, plan)
        scored = [(entry, outcome) for entry, outcome in zip(found, split, strict=True) if outcome.total.any()]
        entries += [entry for entry, _ in scored]
        outcomes += [outcome for _, outcome in scored]
    return entries, outcomes


def _selected_themes(catalogue: Catalogue, request: BacktestRequest) -> NDArray[np.bool_]:
    """Return for each theme id whether it is selected."""
    chosen = np.full(max(catalogue.themes.by_id, default=0) + 1, request.themes is None)
    chosen[list(request.themes or ())] = True
    return chosen


def _group_themes(catalogue: Catalogue, by: str) -> tuple[Sequence[Entry], NDArray[np.int32]]:
    """Return the groups, and for each theme id the position of its group."""
    if by == "sector":
        return catalogue.sectors.all, np.array(catalogue.sector_of_theme(), np.int32)
    position = np.full(max(catalogue.themes.by_id, default=0) + 1, -1, np.int32)
    for number, theme in enumerate(catalogue.themes.all):
        position[theme.id] = number
    return catalogue.themes.all, position
