"""The rating of agencies against the formula worked out once more in plain Python, and its fairness."""

from collections import defaultdict
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry, SourceEntry
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.statistics.agency_rating import MIXED, rate_agencies
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.model import OPEN_STATUSES, Status
from tests.support.incident_batches import batch_of

SOURCES = {1: "social", 2: "letters", 3: "bot", 4: "elsewhere"}
RULE = {1: "social", 2: "letters", 3: "social", 4: None}
CATALOGUE = Catalogue(
    Entries([Entry(1, "roads", "", "")]),
    Entries([Entry(1, "pits", "", "", 1)]),
    Entries([SourceEntry(place, code, code, code) for place, code in SOURCES.items()]),
    Entries([Entry(place, f"agency-{place}", "", "") for place in range(1, 6)]),
    Entries(),
)
RULES = RuleTable(read_deadlines(None, ZoneInfo("Europe/Moscow")))
NOW, DAY = 10_000_000, 86_400

Message = tuple[int, int, int | None, int | None, Status]
"""Agency (0 for none), source, seconds to the answer and to the deadline, status."""


def rated(messages: list[Message], least: int = 1, **compare: Selection) -> dict[str, Any]:
    batch = batch_of([(0, 1000 + i, 0, status, 1, source, agency) for i, (agency, source, _, _, status) in enumerate(messages)])
    batch["answered"] = [0 if took is None else 1000 + i + took for i, (_, _, took, _, _) in enumerate(messages)]
    batch["due"] = [0 if limit is None else 1000 + i + limit for i, (_, _, _, limit, _) in enumerate(messages)]
    state = ReplicaState(batch, CATALOGUE, 1_000_000)
    return rate_agencies(state, RULES, Selection(Window(0, 1_000_000), NOW), compare.get("compare"), least)


def scores(messages: list[Message], least: int = 1) -> dict[str, float]:
    return {row["code"]: row["score"] for row in rated(messages, least)["agencies"]}


def answers(agency: int, source: int, *hours: float) -> list[Message]:
    return [(agency, source, round(3600 * one), None, Status.ANSWERED) for one in hours]


def combined(values: dict[int, dict[int, float]], weights: dict[tuple[int, int], int], agency: int) -> float | None:
    """values: source → agency → what less is better of."""
    top = bottom = 0.0
    for source, found in values.items():
        if agency in found and len(found) >= 2:
            place = sum(one < found[agency] for one in found.values()) + (sum(one == found[agency] for one in found.values()) + 1) / 2
            top += weights[agency, source] * (len(found) - place) / (len(found) - 1)
            bottom += weights[agency, source]
    return top / bottom if bottom else None


def by_hand(messages: list[Message], least: int) -> dict[str, float | None]:
    counts: dict[int, int] = defaultdict(int)
    times: dict[tuple[int, int], list[int]] = defaultdict(list)
    kept: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for place, (agency, source, took, limit, status) in enumerate(messages):
        counts[agency] += 1
        if took is not None:
            times[agency, source].append(took)
        # An answer does not count while the message is returned.
        valid = None if status is Status.RETURNED else took
        if limit is not None and (valid is not None or (status in OPEN_STATUSES and 1000 + place + limit < NOW)):
            kept[agency, source].append(valid is not None and valid <= limit)
    rated_ones = [agency for agency, count in counts.items() if agency and count >= least]
    time = {source: {one: float(median(times[one, source])) for one in rated_ones if times.get((one, source))} for source in SOURCES}
    late = {
        source: {one: 1 - sum(kept[one, source]) / len(kept[one, source]) for one in rated_ones if kept.get((one, source))}
        for source in SOURCES
    }
    found: dict[str, float | None] = {}
    for agency in counts.keys() - {0}:
        parts = [combined(time, {key: len(one) for key, one in times.items()}, agency)]
        parts.append(combined(late, {key: len(one) for key, one in kept.items()}, agency))
        known = [one for one in parts if one is not None]
        found[f"agency-{agency}"] = sum(known) / len(known) if known and agency in rated_ones else None
    return found


def outcome(message: Message, received: int) -> str | None:
    """How the deadline was met; None where that is not judged."""
    _, _, took, limit, status = message
    if limit is None:
        return None
    if took is not None and status is not Status.RETURNED:
        return "on_time" if took <= limit else "late"
    return "overdue" if status in OPEN_STATUSES and received + limit < NOW else None


seconds = st.integers(1, 50) | st.integers(1, 40 * DAY)
messages_made = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 4), st.none() | seconds, st.none() | seconds, st.sampled_from(Status)), max_size=60
)


@settings(deadline=None, max_examples=200)
@given(messages_made, st.integers(1, 6))
def test_scores_and_ranks_are_those_of_the_formula(messages: list[Message], least: int) -> None:
    table, expected = rated(messages, least), by_hand(messages, least)
    found = {row["code"]: row["score"] for row in table["agencies"]}
    assert found.keys() == expected.keys()
    for code, value in expected.items():
        assert found[code] is None if value is None else found[code] == pytest.approx(value, abs=6e-5)
    known = [value for value in found.values() if value is not None]
    for row in table["agencies"]:
        assert row["rank"] == (None if row["score"] is None else 1 + sum(one > row["score"] for one in known))
        assert (row["unranked_because"] is None) == (row["rank"] is not None)
    order = [row["rank"] or 1000 for row in table["agencies"]]
    assert order == sorted(order)
    assert table["without_agency"] == sum(agency == 0 for agency, *_ in messages)


@settings(deadline=None, max_examples=100)
@given(messages_made)
def test_an_agencys_numbers_are_those_of_its_messages(messages: list[Message]) -> None:
    for row in rated(messages)["agencies"]:
        own = [one for one in messages if f"agency-{one[0]}" == row["code"]]
        took = [one[2] / 3600 for one in own if one[2] is not None]
        sources = {one[1] for one in own if one[2] is not None}
        shared = len(sources) <= 1 or (len({RULE[one] for one in sources}) == 1 and RULE[next(iter(sources))] is not None)
        assert row["count"] == len(own)
        assert row["n_answered"] == len(took)
        assert row["closed"] == sum(one[4] is Status.CLOSED for one in own)
        outcomes = [outcome(one, 1000 + place) for place, one in enumerate(messages) if f"agency-{one[0]}" == row["code"]]
        judged = sum(one is not None for one in outcomes)
        assert row["n_judged"] == judged
        assert (row["n_answered_late"], row["overdue"]) == (outcomes.count("late"), outcomes.count("overdue"))
        assert (row["share_on_time"], row["answered_late"]) == (
            (round(outcomes.count("on_time") / judged, 4), round(outcomes.count("late") / judged, 4)) if judged else (None, None)
        )
        for name, kind in (("n_answered_late", "late"), ("overdue", "overdue")):
            assert sum(part[name] for part in row["by_source"]) == outcomes.count(kind)
        assert row["share_returned"] == round(sum(one[4] is Status.RETURNED for one in own) / len(own), 4)
        assert row["answer_hours_null_because"] == (None if shared else MIXED)
        expected = [np.percentile(took, share) for share in (50, 90)] if took and shared else [None, None]
        assert [row["answer_hours"], row["answer_hours_p90"]] == [one if one is None else pytest.approx(one, abs=0.006) for one in expected]
        assert sum(one["count"] for one in row["by_source"]) == len(own)
        for part in row["by_source"]:
            mine = [one[2] / 3600 for one in own if SOURCES[one[1]] == part["source"] and one[2] is not None]
            assert part["answer_hours"] == (pytest.approx(np.median(mine), abs=0.006) if mine else None)
            assert part["deadline"] in (RULE[place] for place, code in SOURCES.items() if code == part["source"])


@settings(deadline=None, max_examples=100)
@given(messages_made, st.integers(2, 30))
def test_a_channel_that_is_slower_as_a_whole_changes_no_score(messages: list[Message], factor: int) -> None:
    slower = [
        (agency, source, took * factor if took and source == 2 else took, limit * factor if limit and source == 2 else limit, status)
        for agency, source, took, limit, status in messages
    ]
    # Only what is past its deadline now can be judged differently: leave out what has no valid answer.
    both = [(one, two) for one, two in zip(messages, slower, strict=True) if one[2] is not None and one[4] is not Status.RETURNED]
    assert scores([one for one, _ in both]) == scores([two for _, two in both])


def test_who_gets_letters_only_is_not_worse_off_than_who_gets_posts_only() -> None:
    found = scores([
        *answers(1, 1, 2, 3), *answers(2, 1, 8, 9), *answers(3, 2, 300, 310), *answers(4, 2, 600, 650),
    ])  # fmt: skip
    assert found == {"agency-1": 1, "agency-3": 1, "agency-2": 0, "agency-4": 0}


def test_letters_answered_at_ones_usual_standing_move_no_rank() -> None:
    posts = [*answers(1, 1, 2, 3), *answers(2, 1, 5, 6), *answers(3, 1, 8, 9)]
    letters = [*answers(1, 2, 300), *answers(2, 2, 400), *answers(3, 2, 500)]
    assert scores(posts) == scores(posts + letters) == {"agency-1": 1, "agency-2": 0.5, "agency-3": 0}
    # The agency in the middle gets forty letters more, at the typical speed: hours alone would make it the last.
    assert scores(posts + letters + answers(2, 2, *[400] * 40)) == scores(posts)


def test_an_agency_below_the_minimum_is_listed_without_a_rank_and_moves_nobody() -> None:
    large = [*answers(1, 1, 5, 5, 5), *answers(2, 1, 9, 9, 9)]
    table = rated(large + answers(3, 1, 1), least=3)
    assert [(row["code"], row["rank"], row["unranked_because"]) for row in table["agencies"]] == [
        ("agency-1", 1, None),
        ("agency-2", 2, None),
        ("agency-3", None, "fewer than 3 incidents"),
    ]
    assert scores(large, 3) == {"agency-1": 1, "agency-2": 0}


def test_leaving_messages_unanswered_costs_punctuality() -> None:
    met = [(agency, 1, 3600, 7200, Status.ANSWERED) for agency in (1, 2)]
    left: list[Message] = [(2, 1, None, 7200, Status.NEW)]
    assert scores([*met, *left]) == {"agency-1": 0.75, "agency-2": 0.25}


def test_an_agency_stands_beside_itself_in_the_compared_window() -> None:
    batch = [*answers(1, 1, 1), *answers(2, 1, 2)]
    table = rated(batch, compare=Selection(Window(1000, 1001), NOW))
    assert [(row["compared"]["count"], row["compared"]["rank"]) for row in table["agencies"]] == [(1, None), (0, None)]
    assert rated(batch)["agencies"][0]["compared"] is None
