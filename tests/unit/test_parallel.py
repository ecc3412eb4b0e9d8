"""Work done in two pieces at the same time gives what it gives in one."""

from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.arrays import parallel
from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry, SourceEntry
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.statistics.agency_rating import rate_agencies
from geo_service.aggregation.statistics.breakdown import DIMENSIONS, compute_breakdown
from geo_service.aggregation.statistics.districts import rank_districts
from geo_service.aggregation.statistics.summary import summarise_selection
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.model import DistrictLevel, Status
from tests.support.incident_batches import batch_of

ZONE = ZoneInfo("Europe/Moscow")
RULES = RuleTable(read_deadlines(None, ZONE))
DAY = 86_400
ROWS = 3_000
CATALOGUE = Catalogue(
    Entries([Entry(one, f"sector{one}", "", "") for one in (1, 2)]),
    Entries([Entry(one, f"theme{one}", "", "", 1 + one % 2) for one in range(1, 5)]),
    Entries([SourceEntry(one, f"source{one}", "", "") for one in (1, 2, 3)]),
    Entries([Entry(one, f"agency{one}", "", "") for one in (1, 2, 3)]),
    Entries([District(one, f"d{one}", "", "", level=DistrictLevel.DISTRICT, population=1000 * one) for one in (1, 2)]),
)


def made_up() -> np.ndarray:
    """Incidents of a hundred days, with answers, closings and deadlines."""
    rng = np.random.default_rng(7)
    batch = batch_of([(i % 6, 1, 0, Status(int(rng.integers(9))), 1 + i % 4, 1 + i % 3, int(rng.integers(4))) for i in range(ROWS)])
    batch["received"] = 1_700_000_000 + np.sort(rng.integers(0, 100 * DAY, ROWS))
    for name, share in (("due", 0.8), ("answered", 0.7), ("closed", 0.5)):
        batch[name] = np.where(rng.random(ROWS) < share, batch["received"] + rng.integers(0, 20 * DAY, ROWS), 0)
    batch["district"] = rng.integers(0, 3, ROWS)
    return batch


def everything(state: ReplicaState, now: Selection, before: Selection) -> list[Any]:
    """All statistics of a selection compared with another."""
    count, clockwork = MEASURES["count"], BucketOptions(ZONE, compared_by="previous")
    return [
        rank_districts(state, Query(now, count, before), DistrictLevel.DISTRICT),
        summarise_selection(state, now, before),
        compute_breakdown(state, now, [DIMENSIONS["deadline"], DIMENSIONS["agency"]], DistrictLevel.DISTRICT, count, before),
        compute_timeline(state, now, clockwork, count, before),
        rate_agencies(state, RULES, now, before, 1),
    ]


@pytest.mark.parametrize("filters", [{}, {"agencies": (2,)}, {"themes": (1, 3), "sources": (1, 2)}, {"agencies": (9,)}])
def test_statistics_worked_out_in_two_pieces_are_those_worked_out_in_one(filters: dict[str, Any]) -> None:
    middle, stop = 1_700_000_000 + 50 * DAY, 1_700_000_000 + 100 * DAY
    now, before = (Selection(Window(*span), stop, **filters) for span in ((middle, stop), (middle - 50 * DAY, middle)))
    state = ReplicaState(made_up(), CATALOGUE, 1_000_000, BusinessTimeTimer(RULES))
    with patch.object(parallel, "_MIN_ROWS", ROWS + 1):
        whole = everything(state, now, before)
    with patch.object(parallel, "_MIN_ROWS", 2):
        halved = everything(state, now, before)
    assert halved == whole
    # Something was there to be counted, except for the agency that does not exist.
    assert bool(whole[1].total["n"]) == (filters.get("agencies") != (9,))


@given(st.integers(0, 1000), st.integers(1, 1000), st.integers(0, 600))
@settings(max_examples=50)
def test_the_pieces_hold_each_row_once_and_are_two_where_there_are_rows_enough(rows: int, worth: int, groups: int) -> None:
    with patch.object(parallel, "_MIN_ROWS", worth):
        pieces = split_rows(rows, groups)
    assert [row for piece in pieces for row in range(rows)[piece]] == list(range(rows))
    assert len(pieces) == (1 if rows < worth or rows < 2 * groups else 2)


def test_what_fails_in_either_piece_is_told() -> None:
    for bad in (0, 1):
        with pytest.raises(ZeroDivisionError):
            map_parts(lambda piece, bad=bad: 1 // (piece - bad), [0, 1])
