"""The rating of agencies as a table: each with its place, its numbers over all channels, and those in each source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.agency_scores import Floats, RatingChannels, channels_of, numbers_of, score

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


def rating(state: ReplicaState, rules: RuleTable, selection: Selection, compare: Selection | None, min_incidents: int) -> dict[str, Any]:
    """The agencies that have incidents now, best first; those with fewer than `min_incidents` are listed without a place."""
    catalogue = state.catalogue
    channels = channels_of(catalogue, rules)
    now = _shown(state, selection, channels, min_incidents)
    before = None if compare is None else _shown(state, compare, channels, min_incidents)
    sources = [found.code if (found := catalogue.sources.by_id.get(source)) else None for source in channels.sources]
    agencies = [
        {
            "rank": now.rank[place],
            "code": agency.code,
            "name": agency.name,
            **_line(now, channels, place, min_incidents),
            "compared": None if before is None else {"rank": before.rank[place], **_line(before, channels, place, min_incidents)},
            "by_source": _by_source(now, channels, sources, place),
        }
        for place, agency in enumerate(catalogue.agencies.all)
        if now.sums["count"][place]
    ]
    return {
        "agencies": sorted(agencies, key=lambda row: (row["rank"] is None, row["rank"])),
        "without_agency": now.sums["count"][-1],
        "min_incidents": min_incidents,
        "formula": FORMULA,
        "units": UNITS,
    }


@dataclass(frozen=True, slots=True, eq=False)
class _RatingTable:
    """Numbers and scores as they appear, by agency: lists, because taking them out of arrays one by one costs more than all else."""

    rank: list[int | None]
    scores: dict[str, list[float | None]]
    pooled: tuple[list[float | None], list[float | None]]
    sums: dict[str, list[int]]
    """Over all channels."""
    by_channel: dict[str, list[list[int]]]
    times: dict[str, list[list[float | None]]]
    """Of the answers in each channel: hours, and the place these give."""
    of: list[int]


_COUNTED = ("count", "closed", "returned", "judged", "on_time", "answered")


def _shown(state: ReplicaState, selection: Selection, channels: RatingChannels, min_incidents: int) -> _RatingTable:
    numbers = numbers_of(state, selection, channels)
    scores = score(numbers, min_incidents)
    counted = {name: getattr(numbers, name) for name in _COUNTED}
    return _RatingTable(
        rank=scores.rank,
        scores={name: _plain(getattr(scores, name), 4) for name in ("score", "speed", "punctuality")},
        pooled=(_plain(numbers.pooled[0], 2), _plain(numbers.pooled[1], 2)),
        sums={name: values.sum(axis=1).tolist() for name, values in counted.items()},
        by_channel={name: values.tolist() for name, values in counted.items()},
        times={"median": _plain(numbers.median, 2), "p90": _plain(numbers.p90, 2), "place": _plain(scores.place, 1)},
        of=scores.of.tolist(),
    )


def _line(shown: _RatingTable, channels: RatingChannels, place: int, min_incidents: int) -> Row:
    """An agency's numbers over all its channels."""
    count, closed, returned, judged, on_time, answered = (shown.sums[name][place] for name in _COUNTED)
    used = [channel for channel, n in enumerate(shown.by_channel["answered"][place]) if n]
    rules = {channels.rules[channel] for channel in used}
    one_deadline = len(used) <= 1 or (len(rules) == 1 and None not in rules)
    return {
        **{name: values[place] for name, values in shown.scores.items()},
        "unranked_because": _unranked(shown, place, count, min_incidents),
        "count": count,
        "n_answered": answered,
        "answer_hours": shown.pooled[0][place] if one_deadline else None,
        "answer_hours_p90": shown.pooled[1][place] if one_deadline else None,
        "answer_hours_null_because": None if one_deadline else MIXED,
        "n_judged": judged,
        "share_on_time": round(on_time / judged, 4) if judged else None,
        "returned": returned,
        "share_returned": round(returned / count, 4) if count else None,
        "closed": closed,
        "share_closed": round(closed / count, 4) if count else None,
    }


def _unranked(shown: _RatingTable, place: int, count: int, min_incidents: int) -> str | None:
    if shown.rank[place] is not None:
        return None
    return f"fewer than {min_incidents} incidents" if count < min_incidents else "no other rated agency to compare with in its sources"


def _by_source(shown: _RatingTable, channels: RatingChannels, sources: Sequence[str | None], place: int) -> list[Row]:
    counts, answered, judged, on_time = (shown.by_channel[name][place] for name in ("count", "answered", "judged", "on_time"))
    median, p90, places = (shown.times[name][place] for name in ("median", "p90", "place"))
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
            "place": places[channel],
            "of": shown.of[channel],
        }
        for channel, count in enumerate(counts)
        if count
    ]


def _plain(values: Floats, decimals: int) -> list[Any]:
    """Rounded, as lists nested like the array; None for NaN."""
    rounded = np.round(values, decimals)
    found: list[Any] = np.where(np.isnan(rounded), None, rounded).tolist()  # type: ignore[call-overload]  # makes an array of objects
    return found


_SHARE, _HOURS, _INCIDENTS = (MEASURES[code].unit for code in ("share_closed", "answer_hours", "count"))
_SCORE = {"ru": "от 0 до 1, больше — лучше", "en": "0 to 1, more is better"}
UNITS = {
    **dict.fromkeys(("score", "speed", "punctuality"), _SCORE),
    **dict.fromkeys(("count", "n_answered", "n_judged", "returned", "closed"), _INCIDENTS),
    **dict.fromkeys(("answer_hours", "answer_hours_p90"), _HOURS),
    **dict.fromkeys(("share_on_time", "share_returned", "share_closed"), _SHARE),
}
