"""The numbers of districts: of a whole level, or of one district with its children and its rank among its neighbours."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from geo_service.aggregation.catalogue.catalogue import Catalogue, District
from geo_service.aggregation.counting.grouping import EVERYTHING, by_chosen_districts
from geo_service.aggregation.counting.selected_rows import SelectedRows, cross_counts, select_rows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import MEASURES, TABLE_MEASURES, Measure, add_chosen
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.rows import Row, measure_row, ranks, sort_by_rank, to_json_value, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, compute_breakdown, select_measures
from geo_service.aggregation.statistics.leading_entries import leading_themes
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline
from geo_service.core.errors import NotFound
from geo_service.core.model import DistrictLevel

_OWN_UNITS = {
    "population": {"ru": "жителей", "en": "residents"},
    "area_km2": {"ru": "км²", "en": "km²"},
    "rank": {"ru": "место, 1 — наибольшее", "en": "place, 1 is the greatest"},
    "leading_theme.n": MEASURES["count"].unit,
}


def rank_districts(state: ReplicaState, query: Query, level: DistrictLevel) -> dict[str, Any]:
    """Return the districts of a level, best rank first; and the numbers of incidents without a district, and of all.

    Where the selection names districts, only these, their ancestors and their descendants are listed.
    """
    catalogue, districts = state.catalogue, state.catalogue.districts_at(level)
    stats = _compute_stats(state, query, districts)
    rows = _build_rows(stats, districts, query.measure)
    selected = _selected_ids(catalogue, query.selection)
    return {
        "level": level.code,
        "measure": query.measure.code,
        # The last row, "without district", has no partner in `zip`.
        "districts": sort_by_rank([row for one, row in zip(districts, rows, strict=False) if selected is None or one.id in selected]),
        "without_district": rows[-1],
        "total": measure_row(stats.overall(), _total_measures(query.measure))[0],
        "units": units_of(_measures(query.measure)) | _OWN_UNITS,
    }


def describe_district(state: ReplicaState, query: Query, code: str, bucket_options: BucketOptions) -> dict[str, Any]:
    """Return one district: numbers, ancestors, children, shares by sector and source, themes, timeline, and rank among its neighbours.

    Raises `NotFound` for an unknown code.
    """
    catalogue = state.catalogue
    if code not in catalogue.districts.by_code:
        raise NotFound(f"there is no district with the code {code[:40]!r}")
    district = catalogue.districts.by_code[code]
    selection, compare = (_restrict(one, district, catalogue) for one in (query.selection, query.compare))
    inside = replace(query, selection=selection, compare=compare)
    siblings = [other for other in catalogue.districts_at(district.level) if other.parent == district.parent]
    stats = _compute_stats(state, query, siblings)
    rows = _build_rows(stats, siblings, query.measure)
    children = sorted((catalogue.districts.by_id[id_] for id_ in catalogue.districts.children([district.id])), key=lambda child: child.code)
    own = select_rows(state.columns, selection, EVERYTHING)
    child_rows = _build_rows(_compute_stats(state, inside, children, own), children, query.measure)

    def shares(dimension: str) -> list[Row]:
        by = [DIMENSIONS[dimension]]
        return _add_shares(compute_breakdown(state, selection, by, district.level, query.measure, compare, own), dimension)

    return {
        "district": rows[siblings.index(district)],
        "ancestors": [_identify(ancestor) for ancestor in _ancestors(district, catalogue)],
        "children": sort_by_rank(child_rows[:-1]),
        "without_child": child_rows[-1],
        "sectors": shares("sector"),
        "sources": shares("source"),
        "themes": leading_themes(state, own, compare and select_rows(state.columns, compare, EVERYTHING)),
        "timeline": compute_timeline(state, selection, bucket_options, query.measure, compare, own),
        "among": _compare_with_siblings(stats, siblings.index(district), query.measure),
        "neighbours": len(siblings),
        "measure": query.measure.code,
        "units": units_of(_measures(query.measure)) | _OWN_UNITS,
    }


def _compute_stats(state: ReplicaState, query: Query, districts: Sequence[District], rows: SelectedRows | None = None) -> GroupStats:
    return GroupStats(state, query.selection, by_chosen_districts(state.catalogue, districts), query.compare, rows=rows)


def _build_rows(stats: GroupStats, districts: Sequence[District], measure: Measure) -> list[Row]:
    """Return one row for each district, and a last one for incidents in none of them."""
    themes = _leading_themes(stats)
    ranking = ranks(measure.values(stats)[:-1].astype(np.float64))
    numbers = measure_row(stats, _measures(measure))
    rows = [
        {**_describe(district), **values, "leading_theme": theme, "rank": rank}
        for district, values, theme, rank in zip(districts, numbers, themes, ranking, strict=False)
    ]
    return [*rows, {**numbers[-1], "leading_theme": themes[-1]}]


def _describe(district: District) -> Row:
    """Return the properties of a district that do not depend on incidents."""
    return {
        **_identify(district),
        "population": district.population,
        "area_km2": None if district.area_km2 is None else round(district.area_km2, 3),
        "approximate": district.approximate,
    }


def _identify(district: District) -> Row:
    return {"code": district.code, "name": district.name, "level": district.level.code}


def _leading_themes(stats: GroupStats) -> list[Row | None]:
    """Return for each group the theme with most incidents, of equals the one with the lesser code; None without incidents."""
    columns, catalogue = stats.state.columns, stats.state.catalogue
    largest = max(columns.largest["theme"], max(catalogue.themes.by_id, default=0))
    counts = cross_counts(stats.taken, columns["theme"], stats.grouping.size, largest + 1)
    by_code = sorted(catalogue.themes.all, key=lambda theme: theme.code)
    if not by_code:
        return [None] * stats.grouping.size
    counts_by_code = counts[:, [theme.id for theme in by_code]]
    leading = counts_by_code.argmax(axis=1).tolist()
    greatest = counts_by_code.max(axis=1).tolist()
    return [
        {"code": by_code[index].code, "name": by_code[index].name, "n": n} if n else None
        for index, n in zip(leading, greatest, strict=True)
    ]


def _measures(chosen: Measure) -> list[Measure]:
    return add_chosen(TABLE_MEASURES.values(), chosen)


def _total_measures(measure: Measure) -> list[Measure]:
    return [candidate for candidate in select_measures(measure) if not candidate.districts_only]


def _selected_ids(catalogue: Catalogue, selection: Selection) -> set[int] | None:
    """Return the ids of a selection's districts and of all their ancestors; None for all districts."""
    if selection.districts is None:
        return None
    selected = [catalogue.districts.by_id[id_] for id_ in selection.districts]
    return {one.id for one in selected} | {ancestor.id for one in selected for ancestor in _ancestors(one, catalogue)}


def _ancestors(district: District, catalogue: Catalogue) -> list[District]:
    """Return a district's ancestors, nearest first."""
    ancestors: list[District] = []
    while district.parent is not None and district.parent in catalogue.districts.by_id:
        district = catalogue.districts.by_id[district.parent]
        ancestors.append(district)
    return ancestors


def _restrict(selection: Selection | None, district: District, catalogue: Catalogue) -> Any:
    """Return the part of a selection that lies in a district; None for None."""
    if selection is None:
        return None
    inside = set(catalogue.districts.with_descendants([district.id]))
    return replace(selection, districts=tuple(sorted(inside & set(selection.districts) if selection.districts is not None else inside)))


def _add_shares(table: dict[str, Any], dimension: str) -> list[Row]:
    """Return the cells of a breakdown by one dimension with names and shares of the total."""
    names = {entry["code"]: entry["name"] for entry in table["dimensions"][0]["entries"]}
    total = table["total"]["count"]
    return [
        {
            "code": cell[dimension],
            "name": names[cell[dimension]],
            "share": round(cell["count"] / total, 4) if total else None,
            **{name: value for name, value in cell.items() if name != dimension},
        }
        for cell in table["cells"]
    ]


def _compare_with_siblings(stats: GroupStats, index: int, chosen: Measure) -> dict[str, Row]:
    """Return for each measure a district's value and rank among its siblings, itself included, and their median.

    stats: of the siblings. index: the district's among them. chosen: a measure that is among those compared.
    """
    comparisons: dict[str, Row] = {}
    for measure in _measures(chosen):
        values = measure.values(stats)[:-1].astype(np.float64)
        known = values[~np.isnan(values)]
        median = round(float(np.median(known)), max(measure.decimals, 1)) if len(known) else None
        comparisons[measure.code] = {
            "value": to_json_value(measure.values(stats))[index],
            "rank": ranks(values)[index],
            "of": len(known),
            "median": median,
        }
    return comparisons
