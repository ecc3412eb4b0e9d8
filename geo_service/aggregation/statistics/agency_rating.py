"""The rating of agencies as a table: each agency's rank, its numbers over all channels, and its numbers in each source."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.agency_scores import Floats, RatingChannels, compute_numbers, find_channels, score_agencies

FORMULA = {
    "ru": (
        "Канал — источник и правило срока. В каждом канале, где ответы есть хотя бы у двух участвующих исполнителей, место "
        "по медиане времени до первого ответа даёт q = (k − r) / (k − 1): r — место от 1 (быстрейший), равные делят среднее "
        "место, k — число исполнителей. Так же по доле ответов в срок. Скорость — среднее q с весами по числу ответов, "
        "точность — по числу сообщений с известным исходом срока; оценка — среднее скорости и точности или то из них, что есть."
    ),
    "en": (
        "A channel is a source with its rule of deadlines. In each channel where at least two rated agencies have answers, the "
        "place by median time to first answer gives q = (k − r) / (k − 1): r is the place from 1 (the quickest), ties share the "
        "mean place, k is the number of agencies. Likewise by share answered on time. Speed is the mean of q weighted by answers, "
        "punctuality that weighted by incidents whose deadline is judged; the score is the mean of both, or the one there is."
    ),
}
MIXED = "its answers came under different deadlines: see by_source"


def rate_agencies(
    state: ReplicaState, rules: RuleTable, selection: Selection, compare: Selection | None, min_incidents: int, *, worst_first: bool = False
) -> dict[str, Any]:
    """Rate the agencies that have incidents in the selection, best first, or worst first; those without a rank last.

    Agencies with fewer than `min_incidents` are listed without a rank. compare: the selection in which each agency's
    numbers are given once more.
    """
    catalogue = state.catalogue
    channels = find_channels(catalogue, rules)
    now = _build_table(state, selection, channels, min_incidents)
    before = None if compare is None else _build_table(state, compare, channels, min_incidents)
    sources = [source.code if (source := catalogue.sources.by_id.get(id_)) else None for id_ in channels.sources]
    agencies = [
        {
            "rank": now.rank[index],
            "code": agency.code,
            "name": agency.name,
            **_overall_numbers(now, channels, index, min_incidents),
            "compared": None
            if before is None
            else {"rank": before.rank[index], **_overall_numbers(before, channels, index, min_incidents)},
            "main_channel": _main_channel(by_source := _numbers_by_source(now, channels, sources, index)),
            "by_source": by_source,
        }
        for index, agency in enumerate(catalogue.agencies.all)
        if now.sums["count"][index]
    ]
    return {
        "agencies": sorted(agencies, key=partial(_order_key, worst_first=worst_first)),
        "channels": _describe_channels(agencies),
        "without_agency": now.sums["count"][-1],
        "min_incidents": min_incidents,
        "formula": FORMULA,
        "units": UNITS,
    }


def _order_key(row: Row, *, worst_first: bool) -> tuple[bool, int]:
    rank = row["rank"] or 0
    return row["rank"] is None, -rank if worst_first else rank


def _main_channel(by_source: list[Row]) -> Row:
    """Return the channel with most answers, of equals with most incidents: its times are comparable with others of this channel only."""
    main = max(by_source, key=lambda row: (row["n_answered"], row["count"]))
    return {name: main[name] for name in ("source", "deadline", "n_answered", "answer_hours", "answer_hours_p90", "place", "of")}


def _describe_channels(agencies: list[Row]) -> list[Row]:
    """Return the channels in which agencies have incidents, most answers first, each with how many agencies and answers it has."""
    channels: dict[tuple[str | None, str | None], Row] = {}
    for part in (part for agency in agencies for part in agency["by_source"]):
        empty = {"source": part["source"], "deadline": part["deadline"], "agencies": 0, "count": 0, "n_answered": 0}
        channel = channels.setdefault((part["source"], part["deadline"]), empty)
        channel["agencies"] += 1
        channel["count"] += part["count"]
        channel["n_answered"] += part["n_answered"]
    return sorted(channels.values(), key=lambda row: (-row["n_answered"], -row["count"], row["source"] or "", row["deadline"] or ""))


@dataclass(frozen=True, slots=True, eq=False)
class _RatingTable:
    """Rounded numbers and scores, indexed by agency.

    Lists instead of arrays: reading single values out of arrays would cost more than the whole computation.
    """

    rank: list[int | None]
    scores: dict[str, list[float | None]]
    """0 to 1 by name; None where the agency is not rated."""
    pooled: tuple[list[float | None], list[float | None]]
    """Median and 90th percentile of the time to first answer over all channels, hours."""
    sums: dict[str, list[int]]
    """Counts over all channels, by name."""
    by_channel: dict[str, list[list[int]]]
    """Counts by name, then agency, then channel."""
    times: dict[str, list[list[float | None]]]
    """Median and 90th percentile of the time to first answer in each channel, hours; and the rank by the median."""
    rated_counts: list[int]
    """By channel, among how many agencies this rank is."""


_COUNTED = ("count", "closed", "returned", "judged", "on_time", "late", "overdue", "answered")


def _build_table(state: ReplicaState, selection: Selection, channels: RatingChannels, min_incidents: int) -> _RatingTable:
    numbers = compute_numbers(state, selection, channels)
    scores = score_agencies(numbers, min_incidents)
    counted = {name: getattr(numbers, name) for name in _COUNTED}
    return _RatingTable(
        rank=scores.rank,
        scores={name: _to_rounded_lists(getattr(scores, name), 4) for name in ("score", "speed", "punctuality")},
        pooled=(_to_rounded_lists(numbers.pooled[0], 2), _to_rounded_lists(numbers.pooled[1], 2)),
        sums={name: values.sum(axis=1).tolist() for name, values in counted.items()},
        by_channel={name: values.tolist() for name, values in counted.items()},
        times={
            "median": _to_rounded_lists(numbers.median, 2),
            "p90": _to_rounded_lists(numbers.p90, 2),
            "rank": _to_rounded_lists(scores.channel_ranks, 1),
        },
        rated_counts=scores.rated_counts.tolist(),
    )


def _overall_numbers(table: _RatingTable, channels: RatingChannels, index: int, min_incidents: int) -> Row:
    """Return an agency's numbers over all its channels. Times are null where its answers came under different deadlines."""
    count, closed, returned, judged, on_time, late, overdue, answered = (table.sums[name][index] for name in _COUNTED)
    used = [channel for channel, n in enumerate(table.by_channel["answered"][index]) if n]
    rules = {channels.rules[channel] for channel in used}
    one_deadline = len(used) <= 1 or (len(rules) == 1 and None not in rules)
    return {
        **{name: values[index] for name, values in table.scores.items()},
        "unranked_because": _unranked_reason(table, index, count, min_incidents),
        "count": count,
        "n_answered": answered,
        "answer_hours": table.pooled[0][index] if one_deadline else None,
        "answer_hours_p90": table.pooled[1][index] if one_deadline else None,
        "answer_hours_null_because": None if one_deadline else MIXED,
        "n_judged": judged,
        "share_on_time": round(on_time / judged, 4) if judged else None,
        "answered_late": round(late / judged, 4) if judged else None,
        "n_answered_late": late,
        "overdue": overdue,
        "returned": returned,
        "share_returned": round(returned / count, 4) if count else None,
        "closed": closed,
        "share_closed": round(closed / count, 4) if count else None,
    }


def _unranked_reason(table: _RatingTable, index: int, count: int, min_incidents: int) -> str | None:
    """Return why an agency has no rank; None if it has one."""
    if table.rank[index] is not None:
        return None
    return f"fewer than {min_incidents} incidents" if count < min_incidents else "no other rated agency to compare with in its sources"


def _numbers_by_source(table: _RatingTable, channels: RatingChannels, sources: Sequence[str | None], index: int) -> list[Row]:
    """Return an agency's numbers in each channel in which it has incidents. sources: the code of each channel's source."""
    counts, answered, judged, on_time, late, overdue = (
        table.by_channel[name][index] for name in ("count", "answered", "judged", "on_time", "late", "overdue")
    )
    median, p90, channel_ranks = (table.times[name][index] for name in ("median", "p90", "rank"))
    return [
        {
            "source": sources[channel],
            "deadline": channels.rules[channel],
            "count": count,
            "n_answered": answered[channel],
            "answer_hours": median[channel],
            "answer_hours_p90": p90[channel],
            "n_judged": judged[channel],
            "share_on_time": round(on_time[channel] / judged[channel], 4) if judged[channel] else None,
            "answered_late": round(late[channel] / judged[channel], 4) if judged[channel] else None,
            "n_answered_late": late[channel],
            "overdue": overdue[channel],
            "place": channel_ranks[channel],
            "of": table.rated_counts[channel],
        }
        for channel, count in enumerate(counts)
        if count
    ]


def _to_rounded_lists(values: Floats, decimals: int) -> list[Any]:
    """Return the rounded values as lists nested like the array, with None for NaN."""
    rounded = np.round(values, decimals)
    lists: list[Any] = np.where(np.isnan(rounded), None, rounded).tolist()  # type: ignore[call-overload]  # makes an array of objects
    return lists


_SHARE, _HOURS, _INCIDENTS = (MEASURES[code].unit for code in ("share_closed", "answer_hours", "count"))
_SCORE = {"ru": "от 0 до 1, больше — лучше", "en": "0 to 1, more is better"}
UNITS = {
    **dict.fromkeys(("score", "speed", "punctuality"), _SCORE),
    **dict.fromkeys(("count", "n_answered", "n_judged", "n_answered_late", "overdue", "returned", "closed"), _INCIDENTS),
    **dict.fromkeys(("answer_hours", "answer_hours_p90"), _HOURS),
    **dict.fromkeys(("share_on_time", "answered_late", "share_returned", "share_closed"), _SHARE),
}
