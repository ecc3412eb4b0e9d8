"""Back-testing: the scores by their definitions, the lists against lists made by hand, and what is known on a Monday."""

from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.backtest.backtest import ALL, Backtest, BacktestRequest, run_backtest
from geo_service.aggregation.backtest.choice import choose_largest
from geo_service.aggregation.backtest.document import describe_backtest
from geo_service.aggregation.backtest.plan import BacktestPlan, last_mondays, list_length
from geo_service.aggregation.backtest.rankings import RANDOM, RANKINGS
from geo_service.aggregation.backtest.scores import accuracy_index, efficiency_index, hit_rate, recapture_index
from geo_service.aggregation.backtest.study_region import read_study_region
from geo_service.aggregation.backtest.walk import GroupedMessages, walk_forward
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.errors import InputError, InvalidParameter
from geo_service.core.model import SECTORS, Status
from tests.support.incident_batches import CELLS, batch_of
from tests.support.slow_backtest import DAY_S, WEIGHTS, Message, hold

MOSCOW = ZoneInfo("Europe/Moscow")
WEEK_S = 7 * DAY_S
MONDAY = int(datetime(2026, 11, 16, tzinfo=MOSCOW).timestamp())
THEMES = [
    Entry(1, "roads.pothole", "Яма", "Pothole", 7),
    Entry(2, "waste.dump", "Свалка", "Dump", 5),
    Entry(3, "roads.snow", "Снег", "Snow", 7),
]
SECTOR_ENTRIES = [Entry(i, one.code, one.name_ru, one.name_en) for i, one in enumerate(SECTORS, 1)]
CATALOGUE = Catalogue(Entries(SECTOR_ENTRIES), Entries(THEMES), Entries(), Entries(), Entries())


def walked(messages: list[Message], places: int, groups: int, plan: BacktestPlan, *, first: dict[int, int] | None = None) -> list:  # type: ignore[type-arg]  # of Outcome
    """Outcomes of the fast walk. first: receipt of each place's first message; by default from the messages."""
    rows = sorted(messages)
    received, place, group = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.empty(0),) * 3
    earliest: dict[int, int] = first or {}
    for at, where, _ in rows:
        earliest.setdefault(where, at)
    first_received = np.array([earliest.get(one, 2**40) for one in range(places)], np.int64)
    grouped = GroupedMessages(received.astype(np.uint32), place.astype(np.int32), group.astype(np.int32), groups)
    return walk_forward(grouped, first_received, plan)


def plan_of(weeks: int, *tops: int, horizon_s: int = WEEK_S) -> BacktestPlan:
    return BacktestPlan(tuple(MONDAY - WEEK_S * back for back in reversed(range(weeks))), horizon_s, tuple(map(Fraction, tops)))


def scattered(rng: np.random.Generator, count: int, places: int, groups: int, days: int = 420) -> list[Message]:
    """Messages over the days before the end of the last week, some places writing much more than others; many at the same instants."""
    weights = rng.pareto(1.0, places) + 0.05
    instants = MONDAY + WEEK_S - rng.integers(0, days * 8, count) * (DAY_S // 8)
    where, which = rng.choice(places, count, p=weights / weights.sum()), rng.integers(0, groups, count)
    return list(zip(instants.tolist(), where.tolist(), which.tolist(), strict=True))


def test_the_worked_example_has_its_scores() -> None:
    came, before, chosen = np.array([5, 3, 2, 0, 0, 0, 0, 0, 0, 0]), 4 / 8, [0, 3]
    caught, total, best = came[chosen].sum(), came.sum(), np.sort(came)[-2:].sum()
    hit = hit_rate(caught, total)
    assert (float(hit), int(best)) == (0.5, 8)
    assert float(accuracy_index(hit, 2 / 10)) == 2.5
    assert float(efficiency_index(caught, best)) == 0.625
    assert float(recapture_index(caught, total, np.array(before))) == 1.0


def test_a_score_of_nothing_is_not_defined() -> None:
    assert np.isnan(hit_rate(np.array([0]), np.array([0]))).all()
    assert np.isnan(efficiency_index(np.array([0]), np.array([0]))).all()
    assert np.isnan(recapture_index(np.array([1]), np.array([2]), np.array([0.0]))).all()
    assert np.isnan(recapture_index(np.array([1]), np.array([2]), np.array([np.nan]))).all()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("horizon_days", [1, 7, 30])
def test_the_lists_hold_what_lists_made_by_hand_hold(seed: int, horizon_days: int) -> None:
    rng = np.random.default_rng(seed)
    places, groups = 23, 3
    messages = scattered(rng, 300, places, groups)
    plan = plan_of(5, 1, 20, 60, horizon_s=horizon_days * DAY_S)
    for group, outcome in enumerate(walked(messages, places, groups, plan)):
        for top, share in enumerate(plan.tops):
            for ranking, weight in enumerate(WEIGHTS):
                for week, monday in enumerate(plan.mondays):
                    want = hold(messages, range(places), group, weight, monday, plan.horizon_s, list_length(share, places))
                    at = (top, ranking, week)
                    assert outcome.total[week] == want.total
                    if want.total:
                        assert (outcome.caught[at], outcome.best[top, week]) == (want.caught, want.best), (RANKINGS[ranking], share, week)
                        assert outcome.share_before[at] == pytest.approx(want.share_before, nan_ok=True) or want.share_before is None


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-400, 6), st.integers(0, 6), st.integers(0, 1)), min_size=1, max_size=30), st.integers(1, 100))
def test_lists_of_few_messages_are_filled_up_in_the_order_of_places(rows: list[tuple[int, int, int]], top: int) -> None:
    messages = [(MONDAY + day * DAY_S, place, group) for day, place, group in rows]
    plan = plan_of(2, top)
    for group, outcome in enumerate(walked(messages, 7, 2, plan)):
        for ranking, weight in enumerate(WEIGHTS):
            for week, monday in enumerate(plan.mondays):
                want = hold(messages, range(7), group, weight, monday, WEEK_S, list_length(Fraction(top), 7))
                assert outcome.caught[0, ranking, week] == (want.caught if want.total else 0)


def test_everything_chosen_scores_one() -> None:
    messages = scattered(np.random.default_rng(5), 2_000, 40, 2)
    for outcome in walked(messages, 40, 2, plan_of(8, 100)):
        for ranking in range(len(RANKINGS)):
            hit = hit_rate(outcome.caught[0, ranking], outcome.total)
            assert hit.tolist() == [1.0] * 8
            assert accuracy_index(hit, 1.0).tolist() == [1.0] * 8
            assert efficiency_index(outcome.caught[0, ranking], outcome.best[0]).tolist() == [1.0] * 8


def test_a_random_choice_has_a_pai_of_one_within_its_error() -> None:
    places, weeks = 400, 150
    rng = np.random.default_rng(6)
    # Spread so widely that no place decides the mean of a week.
    messages = [
        (int(at), int(place), 0)
        for at, place in zip(MONDAY + WEEK_S - rng.integers(0, (weeks + 1) * WEEK_S, 40_000), rng.integers(0, places, 40_000), strict=True)
    ]
    outcome = walked(messages, places, 1, plan_of(weeks, 10))[0]
    pai = accuracy_index(hit_rate(outcome.caught[0, RANDOM], outcome.total), 0.1)
    error = pai.std(ddof=1) / np.sqrt(weeks)
    assert 0 < error < 0.05
    assert abs(pai.mean() - 1) < 4 * error
    # Each Monday has a choice of its own.
    assert len(set(outcome.caught[0, RANDOM].tolist())) > 5


def test_no_list_holds_more_than_the_best_one() -> None:
    for outcome in walked(scattered(np.random.default_rng(7), 3_000, 60, 3), 60, 3, plan_of(20, 5, 25)):
        assert (outcome.caught <= outcome.best[:, None, :]).all()
        assert (outcome.best <= outcome.total).all()


def test_a_stream_that_repeats_itself_is_foreseen_perfectly_and_keeps_its_share() -> None:
    messages = [(MONDAY - WEEK_S * week + DAY_S, place, 0) for week in range(-1, 60) for place in range(10) for _ in range(place + 1)]
    outcome = walked(messages, 10, 1, plan_of(4, 20))[0]
    for ranking in range(RANDOM):
        assert outcome.caught[0, ranking].tolist() == outcome.best[0].tolist() == [10 + 9] * 4
        assert recapture_index(outcome.caught[0, ranking], outcome.total, outcome.share_before[0, ranking]) == pytest.approx(1.0)


def test_ties_are_broken_by_the_order_of_places() -> None:
    assert sorted(choose_largest(np.array([2, 7, 2, 2, 2]), 3).tolist()) == [0, 1, 2]
    assert choose_largest(np.array([1.0]), 5).tolist() == [0]
    assert choose_largest(np.empty(0), 1).tolist() == []


def test_places_that_are_not_known_yet_are_listed_last() -> None:
    # Place 0 writes for the first time in the week that is scored; the theme of group 1 has never been heard of.
    messages = [(MONDAY - DAY_S, 1, 0), (MONDAY - DAY_S, 2, 0), (MONDAY + 5, 0, 1), (MONDAY + 6, 1, 1)]
    outcome = walked(messages, 3, 2, plan_of(1, 34))[1]
    assert outcome.total.tolist() == [2]
    assert outcome.caught[0, :RANDOM, 0].tolist() == [1, 1, 1, 1]
    assert outcome.unseen.tolist() == [1]
    assert np.isnan(outcome.share_before[0]).all()


@pytest.mark.parametrize(
    ("zone", "end", "monday"),
    [
        ("Europe/Moscow", "2026-11-23T00:00:00", "2026-11-16T00:00:00+03:00"),
        ("Europe/Moscow", "2026-11-22T23:59:59", "2026-11-09T00:00:00+03:00"),
        ("Asia/Kamchatka", "2026-11-24T10:00:00", "2026-11-16T00:00:00+12:00"),
        # Clocks were put forward on 29 March: 168 hours from Monday the 23rd end an hour into the next one.
        ("Europe/Berlin", "2026-03-30T00:30:00", "2026-03-16T00:00:00+01:00"),
        ("Europe/Berlin", "2026-03-30T01:00:00", "2026-03-23T00:00:00+01:00"),
    ],
)
def test_mondays_begin_at_midnight_of_the_zone_and_are_over_at_the_end(zone: str, end: str, monday: str) -> None:
    where = ZoneInfo(zone)
    mondays = last_mondays(int(datetime.fromisoformat(end).replace(tzinfo=where).timestamp()), WEEK_S, 3, where)
    assert datetime.fromtimestamp(mondays[-1], where).isoformat() == monday
    local = [datetime.fromtimestamp(at, where) for at in mondays]
    assert all((at.weekday(), at.hour, at.minute) == (0, 0, 0) for at in local)
    assert [(later.date() - earlier.date()).days for earlier, later in pairwise(local)] == [7, 7]


# --- on the state of a replica ---

Row = tuple[int, int, int, Status, int, int, int]


def row(place: int, received: int, status: Status = Status.NEW, theme: int = 1) -> Row:
    return (place, received, 0, status, theme, 1, 0)


def request(
    level: int = 10, weeks: int = 1, by: str = "none", top: int = 34, at: int | None = MONDAY + WEEK_S, **given: object
) -> BacktestRequest:
    return BacktestRequest(level, (Fraction(top),), WEEK_S, weeks, by, at=at, **given)  # type: ignore[arg-type]  # as given


def run(rows: list[Row], wanted: BacktestRequest, now: int = MONDAY + 90 * DAY_S) -> Backtest:
    return run_backtest(ReplicaState(batch_of(rows), CATALOGUE, 1_000_000), wanted, MOSCOW, now)


HISTORY = [row(place, MONDAY - 40 * DAY_S) for place in range(6)]


def test_a_message_at_midnight_of_the_monday_belongs_to_what_came() -> None:
    rows = [*HISTORY, row(3, MONDAY - 1), row(5, MONDAY), row(5, MONDAY + WEEK_S - 1), row(4, MONDAY + WEEK_S)]
    outcome = run(rows, request(top=17)).outcomes[0]
    assert (outcome.total.tolist(), outcome.best.tolist()) == ([2], [[2]])
    # Place 3 leads every ranking of messages, and nothing came from there.
    assert outcome.caught[0, :RANDOM, 0].tolist() == [0, 0, 0, 0]


def test_a_message_counts_from_its_receipt_whatever_has_become_of_it() -> None:
    for status in Status:
        rows = [*HISTORY, *[row(3, MONDAY - DAY_S, status)] * 3, row(3, MONDAY, status)]
        outcome = run(rows, request(top=17)).outcomes[0]
        assert (outcome.total.tolist(), outcome.caught[0, :RANDOM, 0].tolist()) == ([1], [1, 1, 1, 1])


def test_deleted_and_late_incidents_are_where_they_belong() -> None:
    state = ReplicaState(batch_of([*HISTORY, row(2, MONDAY + DAY_S)]), CATALOGUE, 1_000_000)
    # Two that arrive late, behind the newest, and one that is gone.
    state.apply(batch_of([row(4, MONDAY - 3 * DAY_S), row(4, MONDAY + 5)], first_id=100), np.array([3], np.int64), None)
    region = read_study_region(state, 10, MONDAY + WEEK_S)
    assert region.messages.received.tolist() == sorted(region.messages.received.tolist())
    assert (len(region.messages.received), region.places) == (8, 6)
    outcome = run_backtest(state, request(top=17), MOSCOW, MONDAY + WEEK_S).outcomes[0]
    assert (outcome.total.tolist(), outcome.caught[0, :RANDOM, 0].tolist()) == ([2], [1, 1, 1, 1])


def test_places_are_in_the_order_of_their_ids_also_when_they_came_later() -> None:
    state = ReplicaState(batch_of([row(5, MONDAY - 40 * DAY_S)]), CATALOGUE, 1_000_000)
    state.apply(batch_of([row(place, MONDAY - 30 * DAY_S) for place in range(5)], first_id=10), np.empty(0, np.int64), None)
    region = read_study_region(state, 10, MONDAY)
    in_order = [CELLS.index(cell) for cell in sorted(CELLS)]
    first = {place: MONDAY - (40 if place == 5 else 30) * DAY_S for place in range(6)}
    assert region.first_received.tolist() == [first[place] for place in in_order]


def test_all_levels_of_hexagons_hold_every_message() -> None:
    rows = [*HISTORY, *[row(place, MONDAY + place) for place in range(6)]]
    for level in range(5, 10):
        test = run(rows, request(level, top=100))
        assert test.places == len({h3.cell_to_parent(cell, level) for cell in CELLS})
        assert test.outcomes[0].total.tolist() == test.outcomes[0].best[0].tolist() == [6]


def test_groups_are_sectors_or_themes_and_add_up() -> None:
    rows = [*HISTORY, *[row(0, MONDAY + 1, theme=theme) for theme in (1, 1, 2, 3)]]
    for by, expected in (("sector", {"waste": 1, "roads": 3}), ("theme", {"roads.pothole": 2, "waste.dump": 1, "roads.snow": 1})):
        test = run(rows, request(by=by))
        assert test.groups[0] == ALL
        assert test.outcomes[0].total.tolist() == [4]
        found = {group.code: int(outcome.total[0]) for group, outcome in zip(test.groups[1:], test.outcomes[1:], strict=True)}
        assert found == expected


def test_a_filter_leaves_the_occupied_places_as_they_are() -> None:
    rows = [*HISTORY, row(0, MONDAY + 1, theme=1), row(0, MONDAY + 1, theme=2)]
    test = run(rows, request(themes=(2,), by="theme"))
    assert test.places == 6
    assert [group.code for group in test.groups] == ["all", "waste.dump"]
    assert [outcome.total.tolist() for outcome in test.outcomes] == [[1], [1]]


def test_the_newest_message_ends_the_time_about_which_all_is_known() -> None:
    rows = [*[row(place, MONDAY - 60 * DAY_S) for place in range(6)], row(0, MONDAY - WEEK_S - 2 * DAY_S)]
    rows += [row(0, MONDAY - back * WEEK_S) for back in (2, 3)]
    later = [*rows, row(0, MONDAY - WEEK_S + 10)]
    assert run(rows, request(at=None)).plan.mondays == (MONDAY - 3 * WEEK_S,)
    assert run(later, request(at=None)).plan.mondays == (MONDAY - 2 * WEEK_S,)
    assert run(later, request(at=None), now=MONDAY - WEEK_S - 1).plan.mondays == (MONDAY - 3 * WEEK_S,)
    assert run(later, request(at=MONDAY)).plan.mondays == (MONDAY - WEEK_S,)
    # What lies in the future is not over, whatever is asked for.
    assert run(later, request(at=MONDAY + WEEK_S), now=MONDAY).plan.mondays == (MONDAY - WEEK_S,)


def test_too_short_a_history_names_how_many_weeks_there_are() -> None:
    rows = [*HISTORY, row(0, MONDAY + WEEK_S - 1)]
    with pytest.raises(InvalidParameter, match=r"--weeks: 3 are too many: the incidents cover 47 days .*allowed: 1 to 2"):
        run(rows, request(weeks=3))
    assert len(run(rows, request(weeks=2)).plan.mondays) == 2
    with pytest.raises(InvalidParameter, match="allowed: none: the history is too short"):
        run([row(0, MONDAY - DAY_S), row(0, MONDAY + WEEK_S - 1)], request())


def test_nothing_to_test_is_said() -> None:
    with pytest.raises(InputError, match="the database holds no incident that has a place"):
        run([], request())
    with pytest.raises(InputError, match=r"no incident of the selection .* was received from 2026-11-16T00:00:00\+03:00"):
        run([*HISTORY, row(0, MONDAY + 5, theme=1), row(0, MONDAY + WEEK_S - 1)], request(themes=(2,)))
    with pytest.raises(InvalidParameter, match="--at: no incident was received before"):
        run(HISTORY, request(at=5))


def test_the_document_gives_means_the_worst_week_and_what_a_is() -> None:
    # Two weeks: in the first, the list of one place holds 1 of 4, in the second 3 of 3.
    rows = [*HISTORY, *[row(1, MONDAY - 10 * DAY_S)] * 2]
    rows += [row(place, MONDAY - WEEK_S + 5) for place in (1, 2, 2, 3)] + [row(1, MONDAY + 5)] * 3
    document = describe_backtest(run(rows, request(weeks=2, top=20)), MOSCOW)
    year = next(one for one in document["results"] if one["ranking"] == "year")
    assert (year["listed"], document["places"], year["weeks"]) == (1, 6, 2)
    assert (year["n"], year["total"], year["best"]) == (4, 7, 5)
    assert (year["hit"], year["pai"], year["pei"]) == (0.625, 3.75, 0.75)
    assert (year["worst"]["monday"], year["worst"]["hit"], year["worst"]["pei"]) == ("2026-11-09", 0.25, 0.5)
    assert [week["n"] for week in year["by_week"]] == [1, 3]
    perfect = document["results"][-1]
    assert (perfect["ranking"], perfect["pei"], perfect["rri"], perfect["hit"]) == ("perfect", 1.0, None, 0.75)
    (sentence,) = document["sentences"]
    assert sentence == (
        "Ranked by the year count, this list would have held 62 % of the next week's messages on 20 % of the inhabited area (1 of 6);"
        " the best possible list 75 %."
    )
    assert document["area"].startswith("A = the 6 H3 hexagons of resolution 10 in which any message was received before the end")
    assert document["formulas"]["rri"].startswith("(n2 / n1) / (N2 / N1)")
    assert any("begin only" in note for note in document["notes"])
