"""The rating of agencies as a table: each with its place, its numbers over all channels, and those in each source."""

from typing import Any

import numpy as np

from geo_service.aggregation.catalogue import Catalogue
from geo_service.aggregation.clocks import RuleTable
from geo_service.aggregation.measures import MEASURES
from geo_service.aggregation.replica import State
from geo_service.aggregation.selection import Selection
from geo_service.aggregation.standings import Channels, Numbers, Scores, channels_of, numbers_of, score
from geo_service.aggregation.tables import Row, plain

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

_SHARE, _HOURS, _INCIDENTS = (MEASURES[code].unit for code in ("share_closed", "answer_hours", "count"))
_SCORE = {"ru": "от 0 до 1, больше — лучше", "en": "0 to 1, more is better"}
UNITS = {
    **dict.fromkeys(("score", "speed", "punctuality"), _SCORE),
    **dict.fromkeys(("count", "n_answered", "n_judged", "returned", "closed"), _INCIDENTS),
    **dict.fromkeys(("answer_hours", "answer_hours_p90"), _HOURS),
    **dict.fromkeys(("share_on_time", "share_returned", "share_closed"), _SHARE),
}


def rating(state: State, rules: RuleTable, selection: Selection, compare: Selection | None, min_incidents: int) -> dict[str, Any]:
    """The agencies that have incidents now, best first; those with fewer than `min_incidents` are listed without a place."""
    catalogue = state.catalogue
    channels = channels_of(catalogue, rules)
    now = numbers_of(state, selection, channels)
    scores = score(now, min_incidents)
    before = None if compare is None else numbers_of(state, compare, channels)
    earlier = None if before is None else score(before, min_incidents)
    agencies = [
        {
            "rank": scores.rank[place],
            "code": agency.code,
            "name": agency.name,
            **_line(now, scores, channels, place, min_incidents),
            "compared": None if before is None or earlier is None else _line(before, earlier, channels, place, min_incidents, rank=True),
            "by_source": _by_source(now, scores, channels, catalogue, place),
        }
        for place, agency in enumerate(catalogue.agencies.all)
        if now.count[place].sum()
    ]
    return {
        "agencies": sorted(agencies, key=lambda row: (row["rank"] is None, row["rank"])),
        "without_agency": int(now.count[-1].sum()),
        "min_incidents": min_incidents,
        "formula": FORMULA,
        "units": UNITS,
    }


def _line(numbers: Numbers, scores: Scores, channels: Channels, place: int, min_incidents: int, rank: bool = False) -> Row:
    """An agency's numbers over all its channels."""
    count, closed, returned, judged, on_time, answered = (
        int(values[place].sum())
        for values in (numbers.count, numbers.closed, numbers.returned, numbers.judged, numbers.on_time, numbers.answered)
    )
    used = np.flatnonzero(numbers.answered[place]).tolist()
    rules = {channels.rules[channel] for channel in used}
    one_deadline = len(used) <= 1 or (len(rules) == 1 and None not in rules)
    median, p90 = (float(values[place]) if one_deadline else float("nan") for values in numbers.pooled)
    return {
        **({"rank": scores.rank[place]} if rank else {}),
        "score": _plain(scores.score[place], 4),
        "speed": _plain(scores.speed[place], 4),
        "punctuality": _plain(scores.punctuality[place], 4),
        "unranked_because": _unranked(scores, place, count, min_incidents),
        "count": count,
        "n_answered": answered,
        "answer_hours": _plain(median, 2),
        "answer_hours_p90": _plain(p90, 2),
        "answer_hours_null_because": None if one_deadline else MIXED,
        "n_judged": judged,
        "share_on_time": round(on_time / judged, 4) if judged else None,
        "returned": returned,
        "share_returned": round(returned / count, 4) if count else None,
        "closed": closed,
        "share_closed": round(closed / count, 4) if count else None,
    }


def _unranked(scores: Scores, place: int, count: int, min_incidents: int) -> str | None:
    if scores.rank[place] is not None:
        return None
    return f"fewer than {min_incidents} incidents" if count < min_incidents else "no other rated agency to compare with in its sources"


def _by_source(numbers: Numbers, scores: Scores, channels: Channels, catalogue: Catalogue, place: int) -> list[Row]:
    rows = []
    for channel in np.flatnonzero(numbers.count[place]).tolist():
        source = catalogue.sources.by_id.get(channels.sources[channel])
        judged = int(numbers.judged[place, channel])
        rows.append(
            {
                "source": source.code if source else None,
                "deadline": channels.rules[channel],
                "count": int(numbers.count[place, channel]),
                "n_answered": int(numbers.answered[place, channel]),
                "answer_hours": _plain(numbers.median[place, channel], 2),
                "answer_hours_p90": _plain(numbers.p90[place, channel], 2),
                "n_judged": judged,
                "share_on_time": round(int(numbers.on_time[place, channel]) / judged, 4) if judged else None,
                "place": _plain(scores.place[place, channel], 1),
                "of": int(scores.of[channel]),
            }
        )
    return rows


def _plain(value: Any, decimals: int) -> float | None:
    found: float | None = plain(np.round(np.array([value], np.float64), decimals))[0]
    return found
