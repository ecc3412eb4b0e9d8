"""All numbers of a report, computed on the replica's thread from one state of the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.statistics.agency_rating import rate_agencies
from geo_service.aggregation.statistics.changes import CHANGE_DIMENSIONS, ChangeOptions, find_changes
from geo_service.aggregation.statistics.districts import rank_districts
from geo_service.aggregation.statistics.repeated_positions import RepeatedPositions
from geo_service.core.model import DistrictLevel
from geo_service.reports.content.areas import list_areas
from geo_service.reports.content.headline import Headline, compute_headline
from geo_service.reports.content.map_values import MapValues, choose_map_measure, map_districts, map_hexagons
from geo_service.reports.content.systemic import LastingProblem, find_busy_positions, find_lasting_problems
from geo_service.reports.request import ReportRequest

MIN_THEME_INCIDENTS = 10
"""In one of the two weeks: fewer say nothing."""
MIN_AGENCY_INCIDENTS = 20
"""As `/api/agencies` has it."""
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ReportNumbers:
    """What a report says, in no language yet."""

    request: ReportRequest
    catalogue: Catalogue
    revision: int
    """Of the data."""
    headline: Headline
    districts: Sequence[Row]
    """As `/api/districts`, compared with the week before; empty where there are none below the report's."""
    map: MapValues
    changes: Sequence[Row]
    """Themes, as `/api/changes?by=theme` lists them: the surest first."""
    lasting: Sequence[LastingProblem]
    positions: RepeatedPositions
    agencies: dict[str, Any]
    """As `/api/agencies`."""


def compute_numbers(state: ReplicaState, rules: RuleTable, request: ReportRequest) -> ReportNumbers:
    """Compute everything that follows from the incidents alone. rules: of deadlines."""
    catalogue = state.catalogue
    selection = request.select(request.week.window, catalogue)
    before = request.select(request.week.earlier(1), catalogue)
    areas = list_areas(catalogue, request.district)
    measure = choose_map_measure(areas)
    districts: Sequence[Row] = ()
    if areas:
        table = rank_districts(state, Query(selection, measure, before), areas[0].level)
        codes = {district.code for district in areas}
        districts = [row for row in table["districts"] if row["code"] in codes]
    by_theme = ChangeOptions([CHANGE_DIMENSIONS["theme"]], DistrictLevel.DISTRICT, MIN_THEME_INCIDENTS, "both", _ALL)
    return ReportNumbers(
        request,
        catalogue,
        state.changes.revision,
        compute_headline(state, request),
        districts,
        map_districts(catalogue, request, districts, measure) or map_hexagons(state, request),
        find_changes(state, selection, before, by_theme)["changes"],
        find_lasting_problems(state, request),
        find_busy_positions(state, request),
        rate_agencies(state, rules, selection, None, MIN_AGENCY_INCIDENTS),
    )
