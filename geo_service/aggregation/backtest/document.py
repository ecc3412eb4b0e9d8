"""What a back-test found, as a document: for JSON as it is, for CSV and tables its `results`."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.backtest.backtest import Backtest
from geo_service.aggregation.backtest.plan import DAY_S, list_length
from geo_service.aggregation.backtest.rankings import MEMORY_DAYS, RANKINGS
from geo_service.aggregation.backtest.scores import FORMULAS, Scores, accuracy_index, efficiency_index, hit_rate, recapture_index
from geo_service.aggregation.backtest.walk import Outcome
from geo_service.aggregation.catalogue.catalogue import Entry
from geo_service.aggregation.selection.time_buckets import local
from geo_service.core.model import DistrictLevel

PERFECT = {"code": "perfect", "label": "perfect", "formula": "perfect foresight: the best list there could have been, chosen afterwards"}

_HOUR_S = 3600
_DECIMALS = {"hit": 4, "pai": 3, "pei": 4, "rri": 4}
_KNOWN = (
    "A message counts from its receipt on, whatever its status was or is. When it was geocoded is not recorded: one that got its"
    " place only after the Monday counts as if it had had it before."
)
_ETHICS = (
    "Counts measure who writes, not what is broken. Do not rank districts for inspection by counts alone: show messages per 1,000"
    " residents with their number and the share of repeat writers beside them."
)


def describe_backtest(test: Backtest, zone: ZoneInfo) -> dict[str, Any]:
    """Return everything that a reader needs to judge the numbers, and the numbers."""
    plan, request = test.plan, test.request
    return {
        "level": request.level.code if isinstance(request.level, DistrictLevel) else request.level,
        "places": test.places,
        "area": describe_area(test),
        "known": _KNOWN,
        "horizon": format_length(plan.horizon_s),
        "mondays": [local(monday, zone) for monday in plan.mondays],
        "until": local(plan.stop, zone),
        "by": request.by,
        "history_days": round(test.history_days, 1),
        "without_district": test.left_out,
        "from_new_places": _share(test.outcomes[0].unseen, test.outcomes[0].total),
        "rankings": [{"code": one.code, "label": one.label, "formula": one.formula, "model": one.is_model} for one in RANKINGS]
        + [{**PERFECT, "model": False}],
        "formulas": FORMULAS,
        "sentences": [summarise(test, top) for top in range(len(plan.tops))],
        "notes": list(_notes(test)),
        "results": list(_results(test, zone)),
    }


def describe_area(test: Backtest) -> str:
    """Return what A is."""
    level = test.request.level
    if isinstance(level, DistrictLevel):
        what, each = f"districts of the level {level.code}", "each counts as one, whatever its size"
    else:
        what, each = f"H3 hexagons of resolution {level}", "each counts as one: they are about equally large"
    return (
        f"A = the {test.places:,} {what} in which any message was received before the end of the test; {each}."
        " Compare PAI neither between regions nor between levels; PEI may be compared."
    )


def summarise(test: Backtest, top: int) -> str:
    """Return the result for all messages in a sentence: of the better model, beside the best list there could have been."""
    outcome, share = test.outcomes[0], test.plan.tops[top]
    models = [number for number, ranking in enumerate(RANKINGS) if ranking.is_model]
    hits = {model: _mean(hit_rate(outcome.caught[top, model], outcome.total)) or 0.0 for model in models}
    model = max(models, key=lambda one: hits[one])
    best = _mean(hit_rate(outcome.best[top], outcome.total)) or 0.0
    places = "inhabited area" if isinstance(test.request.level, int) else "districts"
    length, what = list_length(share, test.places), _name_horizon(test.plan.horizon_s)
    return (
        f"Ranked by the {RANKINGS[model].label} count, this list would have held {100 * hits[model]:.0f} % of {what}"
        f" on {format_percent(share)} % of the {places} ({length:,} of {test.places:,}); the best possible list {100 * best:.0f} %."
    )


def format_length(seconds: int) -> str:
    """Return a length of time as options take it.

    >>> format_length(604800), format_length(5400 * 2)
    ('7d', '3h')
    """
    return f"{seconds // DAY_S}d" if seconds % DAY_S == 0 else f"{seconds // _HOUR_S}h"


def format_percent(top: Fraction) -> str:
    """Return a percentage without needless digits.

    >>> format_percent(Fraction(5)), format_percent(Fraction("0.5"))
    ('5', '0.5')
    """
    return f"{float(top):g}"


def _name_horizon(seconds: int) -> str:
    return "the next week's messages" if seconds == 7 * DAY_S else f"the messages of the next {format_length(seconds)}"


def _notes(test: Backtest) -> Iterator[str]:
    if test.history_days < MEMORY_DAYS:
        yield (
            f"The incidents begin only {test.history_days:,.0f} days before the first Monday: the year's count and the decayed count are of"
            f" a shorter memory than {MEMORY_DAYS} days then."
        )
    if test.plan.horizon_s > 7 * DAY_S:
        yield "The horizon is longer than a week: the times that are scored overlap."
    if test.left_out:
        yield f"{test.left_out:,} messages lie in no district of the level and are left out."
    yield "RRI below 1 is regression to the mean where a short memory has chosen the places: it does not show that a problem was solved."
    yield _ETHICS


def _results(test: Backtest, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Yield a row for each group, length of the list and ranking."""
    for group, outcome in zip(test.groups, test.outcomes, strict=True):
        for top, share in enumerate(test.plan.tops):
            length = list_length(share, test.places)
            about = {"group": _name_group(group), "top": float(share), "listed": length}
            for number, ranking in enumerate(RANKINGS):
                caught, before = outcome.caught[top, number], outcome.share_before[top, number]
                yield about | _row(test, ranking.code, outcome, top, (caught, recapture_index(caught, outcome.total, before)), zone)
            # What the best list had counted before says nothing: it was not chosen by that.
            undefined = np.full(len(outcome.total), np.nan)
            yield about | _row(test, PERFECT["code"], outcome, top, (outcome.best[top], undefined), zone)


def _row(
    test: Backtest, ranking: str, outcome: Outcome, top: int, found: tuple[NDArray[np.int64], Scores], zone: ZoneInfo
) -> dict[str, Any]:
    """Return the scores of a ranking: the means over the weeks in which anything came, the worst week, and each week."""
    caught, rri = found
    hit = hit_rate(caught, outcome.total)
    area = list_length(test.plan.tops[top], test.places) / test.places
    scores = {"hit": hit, "pai": accuracy_index(hit, area), "pei": efficiency_index(caught, outcome.best[top]), "rri": rri}
    days = [datetime.fromtimestamp(monday, zone).date().isoformat() for monday in test.plan.mondays]
    worst = int(np.nanargmin(hit))
    counts = {"n": caught, "total": outcome.total, "best": outcome.best[top]}
    return {
        "ranking": ranking,
        "weeks": int(np.count_nonzero(outcome.total)),
        **{name: int(values.sum()) for name, values in counts.items()},
        **{name: _rounded(name, _mean(values)) for name, values in scores.items()},
        "worst": {"monday": days[worst], **_week_scores(scores, worst)},
        "by_week": [
            {"monday": day, **{name: int(values[week]) for name, values in counts.items()}, **_week_scores(scores, week)}
            for week, day in enumerate(days)
        ],
    }


def _name_group(group: Entry) -> dict[str, Any]:
    return {"code": group.code, "name": group.name}


def _week_scores(scores: Mapping[str, Scores], week: int) -> dict[str, float | None]:
    return {name: _rounded(name, float(values[week])) for name, values in scores.items()}


def _mean(values: Scores) -> float | None:
    """Return the mean of the values that are defined; None without any."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _rounded(name: str, value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, _DECIMALS[name])


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> float | None:
    return round(int(part.sum()) / int(whole.sum()), 4) if whole.any() else None
