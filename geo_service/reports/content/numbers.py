"""All numbers of a report, computed on the replica's thread from one state of the data."""

from collections.abc import Iterator, Sequence
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
from geo_service.reports.content.systemic import LastingProblem, find_busy_positions, find_lasting_in_steps
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
    steps = compute_in_steps(state, rules, request)
    while (numbers := next(steps)) is None:
        pass
    return numbers


def compute_in_steps(state: ReplicaState, rules: RuleTable, request: ReportRequest) -> Iterator[ReportNumbers | None]:
    """Compute as `compute_numbers`; yield None after each part, so that others can have the state's thread, and the numbers at last.

    The state must not change meanwhile in the windows of the report.
    """
    catalogue, revision = state.catalogue, state.changes.revision
    selection = request.select(request.week.window, catalogue)
    before = request.select(request.week.earlier(1), catalogue)
    areas = list_areas(catalogue, request.district)
    measure = choose_map_measure(areas)
    districts: Sequence[Row] = ()
    if areas:
        table = rank_districts(state, Query(selection, measure, before), areas[0].level)
        codes = {district.code for district in areas}
        districts = [row for row in table["districts"] if row["code"] in codes]
    yield None
    headline = compute_headline(state, request)
    yield None
    mapped = map_districts(catalogue, request, districts, measure) or map_hexagons(state, request)
    yield None
    by_theme = ChangeOptions([CHANGE_DIMENSIONS["theme"]], DistrictLevel.DISTRICT, MIN_THEME_INCIDENTS, "both", _ALL)
    changes = find_changes(state, selection, before, by_theme)["changes"]
    yield None
    lasting = yield from find_lasting_in_steps(state, request)
    yield None
    positions = find_busy_positions(state, request)
    yield None
    agencies = rate_agencies(state, rules, selection, None, MIN_AGENCY_INCIDENTS)
    yield ReportNumbers(request, catalogue, revision, headline, districts, mapped, changes, lasting, positions, agencies)
