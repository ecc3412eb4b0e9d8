"""The time to an answer by rules, against rules and working time asked for each incident alone."""

from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry, SourceEntry
from geo_service.aggregation.measures.quantiles import MISSING
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable, answer_seconds
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.model import Status
from tests.support.incident_batches import batch_of

RULES = read_deadlines(None, ZoneInfo("Europe/Moscow"))
SOURCES = ("social", "letters", "elsewhere")
CATALOGUE = Catalogue(
    Entries([Entry(1, "roads", "", "")]),
    Entries([Entry(place, f"theme-{place}", "", "", 1) for place in (1, 2)]),
    Entries([SourceEntry(place, code, "", "") for place, code in enumerate(SOURCES, 1)]),
    Entries(),
    Entries(),
)
YEAR_S, BEGIN = 365 * 86_400, 1_735_700_000


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, YEAR_S), st.none() | st.integers(0, YEAR_S), st.integers(1, 4), st.integers(1, 3)), max_size=30))
def test_each_answer_takes_what_its_own_rule_says(rows) -> None:  # type: ignore[no-untyped-def]  # strategies above
    batch = batch_of([(0, BEGIN + start, 0, Status.NEW, theme, source, 0) for start, _, theme, source in rows])
    batch["answered"] = [0 if took is None else BEGIN + start + took for start, took, _, _ in rows]
    state = ReplicaState(batch, CATALOGUE, 1_000_000, BusinessTimeTimer(RuleTable(RULES)))
    expected = []
    for row in np.sort(batch, order=["received", "id"]):
        known = row["theme"] in (1, 2)
        rule = RULES.find_rule("", SOURCES[row["source"] - 1], "roads") if known else None
        start, end = int(row["received"]), int(row["answered"])
        passed = np.diff(RULES.calendar.seconds_before(np.array([start, end])))[0] if rule and rule.counts_business_time else end - start
        expected.append(int(passed) if end else int(MISSING))
    assert answer_seconds(state, np.arange(len(rows), dtype=np.int32)).tolist() == expected
