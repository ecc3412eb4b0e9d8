"""Numbers of districts: a whole level, or one district with its children and its place among its neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.counting.grouping import EVERYTHING, by_chosen_districts
from geo_service.aggregation.counting.selected_rows import SelectedRows, cross_counts, select_rows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.measures.rows import Row, measure_row, ranks, sort_by_rank, to_json_value, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, breakdown, chosen_measures
from geo_service.aggregation.statistics.timeline import BucketOptions, timeline
from geo_service.core.errors import NotFound
from geo_service.core.model import DistrictLevel

_OWN_UNITS = {
    "population": {"ru": "жителей", "en": "residents"},
    "area_km2": {"ru": "км²", "en": "km²"},
    "rank": {"ru": "место, 1 — наибольшее", "en": "place, 1 is the greatest"},
    "leading_theme.n": MEASURES["count"].unit,
}


@dataclass(frozen=True, slots=True, eq=False)
class DistrictQuery:
    """What is asked of districts."""

    selection: Selection
    measure: Measure
    compare: Selection | None = None


def district_table(state: ReplicaState, question: DistrictQuery, level: DistrictLevel) -> dict[str, Any]:
    """The districts of a level, best rank first, and what lies in none of them; with the total.

    Where the selection names districts, only these, those below and those above them are listed.
    """
    catalogue, chosen = state.catalogue, state.catalogue.districts_at(level)
    facts = _facts(state, question, chosen)
    rows = _rows(facts, chosen, question.measure)
    wanted = _wanted(catalogue, question.selection)
    return {
        "level": level.code,
        "measure": question.measure.code,
        "districts": sort_by_rank([row for one, row in zip(chosen, rows, strict=False) if wanted is None or one.id in wanted]),
        "without_district": rows[-1],
        "total": measure_row(facts.overall(), _for_total(question.measure))[0],
        "units": units_of(MEASURES.values()) | _OWN_UNITS,
    }


def district_page(state: ReplicaState, question: DistrictQuery, code: str, clockwork: BucketOptions) -> dict[str, Any]:
    """One district: its numbers, ancestors, children, shares by sector and source, timeline and place among its neighbours."""
    catalogue = state.catalogue
    if code not in catalogue.districts.by_code:
        raise NotFound(f"there is no district with the code {code[:40]!r}")
    one = catalogue.districts.by_code[code]
    inside = replace(question, selection=_within(question.selection, one, catalogue), compare=_within(question.compare, one, catalogue))
    siblings = [other for other in catalogue.districts_at(one.level) if other.parent == one.parent]
    facts = _facts(state, question, siblings)
    rows = _rows(facts, siblings, question.measure)
    children = sorted((catalogue.districts.by_id[child] for child in catalogue.districts.children([one.id])), key=lambda child: child.code)
    own = select_rows(state.columns, inside.selection, EVERYTHING)
    below = _rows(_facts(state, inside, children, own), children, question.measure)

    def shares(dimension: str) -> list[Row]:
        broken = breakdown(state, inside.selection, [DIMENSIONS[dimension]], one.level, question.measure, inside.compare, own)
        return _shares(broken, dimension)

    return {
        "district": rows[siblings.index(one)],
        "ancestors": [_described(above) for above in _above(one, catalogue)],
        "children": sort_by_rank(below[:-1]),
        "without_child": below[-1],
        "sectors": shares("sector"),
        "sources": shares("source"),
        "timeline": timeline(state, inside.selection, clockwork, question.measure, inside.compare, own),
        "among": _place(facts, siblings.index(one)),
        "neighbours": len(siblings),
        "measure": question.measure.code,
        "units": units_of(MEASURES.values()) | _OWN_UNITS,
    }


def _facts(state: ReplicaState, question: DistrictQuery, chosen: Sequence[District], rows: SelectedRows | None = None) -> GroupStats:
    return GroupStats(state, question.selection, by_chosen_districts(state.catalogue, chosen), question.compare, rows=rows)


def _rows(facts: GroupStats, chosen: Sequence[District], measure: Measure) -> list[Row]:
    """A row a district, and behind them one for what lies in none."""
    themes = _leading_themes(facts)
    places = ranks(measure.values(facts)[:-1].astype(np.float64))
    numbers = measure_row(facts, MEASURES.values())
    rows = [
        {**described(one), **number, "leading_theme": theme, "rank": rank}
        for one, number, theme, rank in zip(chosen, numbers, themes, places, strict=False)
    ]
    return [*rows, {**numbers[-1], "leading_theme": themes[-1]}]


def described(one: District) -> Row:
    """What is known of a district whatever happened in it."""
    return {
        **_described(one),
        "population": one.population,
        "area_km2": None if one.area_km2 is None else round(one.area_km2, 3),
        "approximate": one.approximate,
    }


def _described(one: District) -> Row:
    return {"code": one.code, "name": one.name, "level": one.level.code}


def _leading_themes(facts: GroupStats) -> list[Row | None]:
    """For each group the theme with most incidents, the one with the lesser code among equals; None where there are none."""
    columns, catalogue = facts.state.columns, facts.state.catalogue
    known = max(catalogue.themes.by_id, default=0)
    counts = cross_counts(facts.taken, columns["theme"], facts.grouping.size, max(columns.largest["theme"], known) + 1)
    by_code = sorted(catalogue.themes.all, key=lambda theme: theme.code)
    if not by_code:
        return [None] * facts.grouping.size
    named = counts[:, [theme.id for theme in by_code]]
    best = named.argmax(axis=1)
    most = named.max(axis=1).tolist()
    return [
        {"code": by_code[place].code, "name": by_code[place].name, "n": n} if n else None
        for place, n in zip(best.tolist(), most, strict=True)
    ]


def _for_total(measure: Measure) -> list[Measure]:
    return [one for one in chosen_measures(measure) if not one.districts_only]


def _wanted(catalogue: Catalogue, selection: Selection) -> set[int] | None:
    """Ids of the districts that a selection is about; None for all."""
    if selection.districts is None:
        return None
    chosen = [catalogue.districts.by_id[one] for one in selection.districts]
    return {one.id for one in chosen} | {above.id for one in chosen for above in _above(one, catalogue)}


def _above(one: District, catalogue: Catalogue) -> list[District]:
    """Ancestors, nearest first."""
    found: list[District] = []
    while one.parent is not None and one.parent in catalogue.districts.by_id:
        one = catalogue.districts.by_id[one.parent]
        found.append(one)
    return found


def _within(selection: Selection | None, one: District, catalogue: Catalogue) -> Any:
    """The part of a selection that lies in a district."""
    if selection is None:
        return None
    inside = set(catalogue.districts.with_descendants([one.id]))
    return replace(selection, districts=tuple(sorted(inside & set(selection.districts) if selection.districts is not None else inside)))


def _shares(broken: dict[str, Any], dimension: str) -> list[Row]:
    """The cells of a breakdown by one dimension, with names and shares of the total."""
    names = {entry["code"]: entry["name"] for entry in broken["dimensions"][0]["entries"]}
    whole = broken["total"]["count"]
    return [
        {
            "code": cell[dimension],
            "name": names[cell[dimension]],
            "share": round(cell["count"] / whole, 4) if whole else None,
            **{name: value for name, value in cell.items() if name != dimension},
        }
        for cell in broken["cells"]
    ]


def _place(facts: GroupStats, place: int) -> dict[str, Row]:
    """For each measure the district's rank among the districts of the same parent, itself included, and their median."""
    found: dict[str, Row] = {}
    for measure in MEASURES.values():
        values = measure.values(facts)[:-1].astype(np.float64)
        known = values[~np.isnan(values)]
        median = round(float(np.median(known)), max(measure.decimals, 1)) if len(known) else None
        found[measure.code] = {
            "value": to_json_value(measure.values(facts))[place],
            "rank": ranks(values)[place],
            "of": len(known),
            "median": median,
        }
    return found
