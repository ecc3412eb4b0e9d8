"""How long citizens wait for the first answer, by month of receipt over all data: a trend that waiting incidents do not bend."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_OPEN
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import Groups, SelectedRows, assign_buckets, select_rows
from geo_service.aggregation.measures.kaplan_meier import estimate_waits
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.response_time import waiting_seconds
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.selection.time_buckets import bucket_edges, local, year_before
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, MAX_CELLS
from geo_service.aggregation.statistics.timeline import resolve_window
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import DistrictLevel

BUCKETS = ("month", "week")
"""By which the trend can be asked for; weeks begin on Monday."""
GROUPS: dict[str, tuple[str, DistrictLevel]] = {
    "region": ("district", DistrictLevel.REGION),
    "district": ("district", DistrictLevel.DISTRICT),
    **{code: (code, DistrictLevel.DISTRICT) for code in ("sector", "theme", "source", "agency")},
}
"""By what the trend can be split: the dimension of a breakdown, and the level of districts."""
MAX_SERIES = 100
"""Entries that have a series of their own, at most: more than Russia has regions."""
FORMULA = {
    "ru": (
        "Оценка Каплана — Мейера (1958) по месяцу поступления: S(t) = Π (1 − d_i / n_i) по моментам первых ответов t_i ≤ t, d_i — ответы в "
        "этот момент, n_i — ещё ждавшие. Сообщения без ответа учитываются, пока они ждут (или до закрытия без ответа). Медиана — "
        "наименьшее t с S(t) ≤ 0,5, 90-й перцентиль — с S(t) ≤ 0,1; границы медианы (95 %) — по Брукмейеру и Кроули (1982). Годы "
        "сравниваются по трём последним полным месяцам и тем же месяцам прежних лет; разница достоверна, если границы не пересекаются."
    ),
    "en": (
        "Kaplan-Meier estimate (1958) by month of receipt: S(t) = Π (1 − d_i / n_i) over the times of first answers t_i ≤ t, with d_i "
        "answers at that time and n_i incidents that still waited. Unanswered incidents count as long as they wait, or until they were "
        "closed without an answer. The median is the least t with S(t) ≤ 0.5, the 90th percentile with S(t) ≤ 0.1; limits of the median "
        "(95 %) by Brookmeyer and Crowley (1982). Years are compared by the last three complete months and the same months of earlier "
        "years; a difference is certain where the limits do not overlap."
    ),
}

_COUNTS = ("n", "answered", "waiting", "ended_unanswered")
_HOURS = ("median_hours", "p90_hours", "median_low", "median_high")
UNITS = {
    **dict.fromkeys(_COUNTS, MEASURES["count"].unit),
    **dict.fromkeys(_HOURS, MEASURES["answer_hours"].unit),
    "times_faster": {"ru": "раз", "en": "times"},
}
_HOUR_S, _DECIMALS = 3600.0, 2
_COMPARED_MONTHS = 3
"""A single month has too few incidents in small regions, and a half-year hides what is new."""
Period = tuple[int, int]
"""A half-open interval, seconds since 1970."""

_TOTAL: Row = {"code": None, "name": {"ru": "Всего", "en": "Total"}}


@dataclass(frozen=True, slots=True)
class AnswerTimeOptions:
    """How the trend is divided."""

    zone: ZoneInfo
    bucket: str = BUCKETS[0]
    group: str | None = None
    """One of GROUPS; None for the whole alone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cohort:
    """The incidents whose wait is known, and those that ended nobody knows when; equally long columns."""

    taken: SelectedRows
    answered: NDArray[np.bool_]
    waiting: NDArray[np.bool_]
    """Open without an answer."""
    seconds: NDArray[np.uint32]
    """Until the answer, until now, or until it was closed without one."""
    known: NDArray[np.bool_]
    """Whether that time is known."""


def compute_answer_times(state: ReplicaState, selection: Selection, options: AnswerTimeOptions) -> dict[str, Any]:
    """Return the waits of each month of receipt: of the whole, and of the entries of a group with most incidents, most first.

    An open end of the window is where the data ends. Raises `InvalidParameter` where there would be too many months and entries.
    """
    start, stop = resolve_window(state, selection)
    known_until = min(stop, selection.now)
    edges = bucket_edges(start, stop, options.bucket, options.zone)
    cohort = _cohort(state, selection)
    periods = _compared_periods(start, known_until, options.zone)
    entries, groups, left_out = _choose_entries(state, selection, cohort, options.group)
    if len(entries) * len(edges) > MAX_CELLS:
        raise InvalidParameter("by", f"would give more than {MAX_CELLS:,} rows", "a wider bucket, or a shorter window")
    whole = np.zeros(len(cohort.taken), np.int32)
    describe = partial(_describe_entries, state, cohort, edges, periods, options.zone)
    return {
        "by": options.bucket,
        "group": options.group,
        "buckets": [_describe_bucket(first, last, start, known_until, options.zone) for first, last in pairwise(edges.tolist())],
        "total": describe([_TOTAL], whole)[0],
        "series": describe(entries, groups) if entries else [],
        "series_left_out": left_out,
        "formula": FORMULA,
        "units": UNITS,
    }


def flatten_answer_times(table: dict[str, Any]) -> list[Row]:
    """Return one row for each entry and bucket, the whole first."""
    return [
        {"code": entry["code"], "name": entry["name"], **bucket, **point}
        for entry in (table["total"], *table["series"])
        for bucket, point in zip(table["buckets"], entry["points"], strict=True)
    ]


def _cohort(state: ReplicaState, selection: Selection) -> _Cohort:
    taken = select_rows(state.columns, selection, EVERYTHING)
    answers, closings = state.columns["answered"][taken.rows], state.columns["closed"][taken.rows]
    answered = answers != 0
    waiting = ~answered & (taken.state & IS_OPEN != 0)
    until = np.where(answered, answers, np.where(waiting, np.uint32(selection.now), closings))
    known = until != 0
    return _Cohort(taken, answered, waiting, waiting_seconds(state, taken.rows, until), known)


def _choose_entries(state: ReplicaState, selection: Selection, cohort: _Cohort, group: str | None) -> tuple[list[Row], Groups, int]:
    """Return the entries with most incidents, most first; the number of each incident's entry; and how many entries are left out.

    Incidents of an entry that is left out have the number behind the last.
    """
    if group is None:
        return [], np.empty(0, np.int32), 0
    dimension, level = GROUPS[group]
    axis = DIMENSIONS[dimension].axis(state.catalogue, level)
    groups = axis.groups(state, selection, cohort.taken)
    counts = np.bincount(groups, minlength=len(axis.entries))
    occurring = int(np.count_nonzero(counts))
    # A stable sort: of equal entries the one that comes first in the catalogue.
    largest = np.argsort(-counts, kind="stable")[: min(occurring, MAX_SERIES)]
    number_of = np.full(len(axis.entries), len(largest), np.int32)
    number_of[largest] = np.arange(len(largest), dtype=np.int32)
    return [axis.entries[entry] for entry in largest.tolist()], number_of[groups], occurring - len(largest)


def _describe_entries(
    state: ReplicaState, cohort: _Cohort, edges: NDArray[np.int64], periods: Sequence[Period], zone: ZoneInfo, entries: Sequence[Row],
    groups: Groups,
) -> list[Row]:  # fmt: skip
    """Return the entries, each with its points, one a bucket, and its trend, one comparison an earlier year."""
    received, size = state.columns["received"], len(edges) - 1
    buckets = assign_buckets(cohort.taken.rows, received, edges)
    points = _describe_groups(cohort, groups * np.int32(size) + buckets, len(entries) * size)
    instants = received[cohort.taken.rows]
    numbers = [_describe_groups(cohort, groups, len(entries), (instants >= first) & (instants < last)) for first, last in periods]
    trends = [
        [_compare(numbers[0][entry], numbers[years][entry], years, periods, zone) for years in range(1, len(periods))]
        for entry in range(len(entries))
    ]
    return [{**entry, "points": points[index * size : (index + 1) * size], "trend": trends[index]} for index, entry in enumerate(entries)]


def _describe_groups(cohort: _Cohort, groups: Groups, size: int, within: NDArray[np.bool_] | None = None) -> list[Row]:
    """Return the counts and waits of each group below `size`. within: which incidents are meant; None for all."""
    chosen = groups < size if within is None else within & (groups < size)
    ended = ~cohort.answered & ~cohort.waiting
    counts = [np.bincount(groups[chosen & kind], minlength=size) for kind in (True, cohort.answered, cohort.waiting, ended)]
    known = chosen & cohort.known
    waits = estimate_waits(groups[known], cohort.seconds[known], cohort.answered[known], size)
    columns = [*(column.tolist() for column in counts), *(_to_hours(seconds) for seconds in waits)]
    return [dict(zip((*_COUNTS, *_HOURS), row, strict=True)) for row in zip(*columns, strict=True)]


def _to_hours(seconds: NDArray[np.float64]) -> list[float | None]:
    return [None if hours != hours else hours for hours in np.round(seconds / _HOUR_S, _DECIMALS).tolist()]  # NaN differs from itself


def _describe_bucket(first: int, last: int, start: int, known_until: int, zone: ZoneInfo) -> Row:
    return {"from": local(first, zone), "to": local(last, zone), "partial": first < start or last > known_until}


def _compared_periods(start: int, stop: int, zone: ZoneInfo) -> list[Period]:
    """Return the last complete months of [start, stop), and the same months of each year before as far as data reach; latest first."""
    edges = [edge for edge in bucket_edges(start, stop, "month", zone).tolist() if start <= edge <= stop]
    if len(edges) <= _COMPARED_MONTHS:
        return []
    periods = [(edges[-1 - _COMPARED_MONTHS], edges[-1])]
    while (earlier := year_before(periods[-1][0], zone)) >= start:
        periods.append((earlier, year_before(periods[-1][1], zone)))
    return periods


def _compare(now: Row, then: Row, years: int, periods: Sequence[Period], zone: ZoneInfo) -> Row:
    """Return how many times as fast answers come as so many years ago."""
    after, before = now["median_hours"], then["median_hours"]
    return {
        "years": years,
        "from": local(periods[0][0], zone),
        "to": local(periods[0][1], zone),
        "compared_from": local(periods[years][0], zone),
        "compared_to": local(periods[years][1], zone),
        "n": now["n"],
        "n_compared": then["n"],
        "median_hours": after,
        "median_hours_compared": before,
        "times_faster": round(before / after, _DECIMALS) if before is not None and after else None,
        "certain": before is not None and after is not None and (_ends_before(now, then) or _ends_before(then, now)),
    }


def _ends_before(one: Row, other: Row) -> bool:
    """Return whether the limits of one median lie below those of another; a limit that was not reached is later than anything."""
    high: float | None = one["median_high"]
    low: float | None = other["median_low"]
    return high is not None and (low is None or high < low)
