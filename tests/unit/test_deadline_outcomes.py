"""How deadlines were met, by every way that it is counted, against looking at one incident after the other."""

from collections import Counter as Tally

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.counting.grouping import EVERYTHING, Grouping
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.aggregation.statistics.breakdown import DEADLINE_STATES, deadline_states
from geo_service.aggregation.statistics.incident_list import ORDERS, IncidentListQuery
from geo_service.aggregation.statistics.incident_rows import list_incidents
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.tiles.server.revalidation import next_deadline
from tests.support.incident_batches import NOW, Row, batch_of, incidents, selections

GROUPS = 5
BY_THEME = Grouping("theme", np.arange(GROUPS, dtype=np.int32), GROUPS)
ALL = Window(0, 2000)
rows_made = st.lists(incidents, max_size=40)


def outcome(row: np.void, now: int) -> str:
    """How the incident stands to its deadline; an answer does not count while the incident is returned."""
    status = Status(row["status"])
    if row["due"] == 0:
        return "none"
    if row["answered"] and status is not Status.RETURNED:
        return "on_time" if row["answered"] <= row["due"] else "late"
    if status not in OPEN_STATUSES:
        return "none"
    return "overdue" if row["due"] < now else "waiting"


def is_selected(row: np.void, selection: Selection) -> bool:
    chosen = Status(row["status"]) in selection.statuses.chosen or (selection.statuses.overdue and outcome(row, NOW) == "overdue")
    filters = ((selection.themes, "theme"), (selection.sources, "source"), (selection.agencies, "agency"))
    inside = selection.window.start <= row["received"] < selection.window.stop
    return bool(chosen and inside and all(ids is None or row[name] in ids for ids, name in filters))


@settings(deadline=None, max_examples=150)
@given(rows_made, rows_made, selections)
def test_on_time_late_and_overdue_are_all_that_is_judged_in_each_group(first: list[Row], later: list[Row], selection: Selection) -> None:
    loaded, arrived = batch_of(first), batch_of(later, first_id=1000)
    # Some of what was loaded changes: its answer comes or goes.
    changed = loaded[::3].copy()
    changed["answered"] = np.where(changed["answered"], 0, 300)
    state = ReplicaState(loaded, EMPTY, 1_000_000)
    state.apply(np.concatenate([changed, arrived]), np.empty(0, np.int64), None)
    known = {int(row["id"]): row for row in np.concatenate([loaded, changed, arrived])}
    expected: dict[int, Tally[str]] = {group: Tally() for group in range(GROUPS)}
    for row in known.values():
        if is_selected(row, selection):
            expected[int(row["theme"])][outcome(row, NOW)] += 1
    stats = GroupStats(state, selection, BY_THEME)
    found = stats.punctuality
    for group, tally in expected.items():
        numbers = [int(part[group]) for part in (found.on_time, found.late, found.overdue, found.judged)]
        assert numbers == [tally["on_time"], tally["late"], tally["overdue"], tally["on_time"] + tally["late"] + tally["overdue"]]
        assert stats.counts[group, 2] == tally["overdue"]
    selected = select_rows(state.columns, selection, EVERYTHING)
    states = np.bincount(deadline_states(state, selection, selected), minlength=len(DEADLINE_STATES)).tolist()
    assert states == [sum(tally[code] for tally in expected.values()) for code, _, _ in DEADLINE_STATES]


@settings(deadline=None, max_examples=100)
@given(rows_made)
def test_the_list_of_what_is_overdue_has_just_that_and_the_order_by_deadline_begins_with_it(rows: list[Row]) -> None:
    batch = batch_of(rows)
    state = ReplicaState(batch, EMPTY, 1_000_000)
    overdue = {int(row["id"]) for row in batch if outcome(row, NOW) == "overdue"}
    selection = Selection(ALL, NOW, statuses=Statuses(frozenset(), overdue=True))
    page = list_incidents(state, IncidentListQuery(selection, ORDERS["received"], 100))
    assert {row["id"] for row in page.rows} == overdue
    assert all(row["overdue"] for row in page.rows)
    by_deadline = list_incidents(state, IncidentListQuery(Selection(ALL, NOW), ORDERS["due"], 100)).rows
    assert {row["id"] for row in by_deadline} == {int(row["id"]) for row in batch if Status(row["status"]) in OPEN_STATUSES}
    assert {row["id"] for row in by_deadline[: len(overdue)]} == overdue
    assert [row["overdue"] for row in by_deadline] == [True] * len(overdue) + [False] * (len(by_deadline) - len(overdue))
    due = {int(row["id"]): int(row["due"]) for row in batch}
    assert [due[row["id"]] for row in by_deadline[: len(overdue)]] == sorted(due[one] for one in overdue)


@settings(deadline=None, max_examples=100)
@given(rows_made, selections, st.integers(1, 900))
def test_the_next_deadline_is_the_first_that_makes_an_incident_overdue(rows: list[Row], selection: Selection, now: int) -> None:
    batch = batch_of(rows)
    state = ReplicaState(batch, EMPTY, 1_000_000)
    moment = Selection(selection.window, now, selection.themes, selection.sources, selection.agencies, statuses=selection.statuses)

    def counts(at: int) -> list[int]:
        later = Selection(moment.window, at, moment.themes, moment.sources, moment.agencies, statuses=moment.statuses)
        found: list[int] = GroupStats(state, later, EVERYTHING).counts[0].tolist()
        return found

    # Nothing but a deadline that passes changes a count.
    changes = [at for at in {int(due) + 1 for due in batch["due"]} if at > now and counts(at) != counts(now)]
    assert next_deadline(state.columns, moment) == (min(changes) if changes else float("inf"))


def test_an_answer_in_time_ends_the_deadline_until_the_incident_is_returned() -> None:
    state = ReplicaState(np.empty(0, BATCH), EMPTY, 1_000_000)
    selection = Selection(ALL, NOW)

    def overdue(status: Status, answered: int, due: int = 400) -> int:
        state.apply(batch_of([(0, 10, due, status, 1, 1, 0, answered)]), np.empty(0, np.int64), None)
        return int(state.counter.per_cell(selection, 7)[:, 2].sum())

    assert overdue(Status.IN_WORK, 0) == 1
    assert overdue(Status.IN_WORK, 300) == 0
    assert overdue(Status.IN_WORK, 450) == 0, "answered late is not overdue any more"
    assert overdue(Status.RETURNED, 300) == 1
    assert overdue(Status.RETURNED, 300, due=600) == 0
    assert overdue(Status.CLOSED, 0) == 0
