"""The old list of the worst districts at each hour of the past, and by how much alerts are earlier than it."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import numpy as np
import pytest

from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold, Verdict
from geo_service.aggregation.backtest.alerts.alert_report import AlertBacktest, describe_alerts
from geo_service.aggregation.backtest.alerts.hourly_counts import Spans, count_hourly, list_hours
from geo_service.aggregation.backtest.alerts.lead_time import Lead, measure_leads
from geo_service.aggregation.backtest.alerts.past_overdue import LISTED, list_worst, read_past_messages
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries, Entry
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.places.place import Place
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, SECTORS, Status

ZONE = ZoneInfo("Europe/Moscow")
HOUR, DAY = 3600, 86_400
START = 1_780_000_000 // DAY * DAY
CODES = "abcdefgh"
DISTRICTS = [District(number, code, code, code) for number, code in enumerate(CODES, 1)]
THEMES = [Entry(1, "roads.pothole", "", "", 7), Entry(2, "roads.snow", "", "", 7), Entry(3, "waste.dump", "", "", 5)]
CATALOGUE = Catalogue(
    Entries([Entry(i, one.code, one.name_ru, one.name_en) for i, one in enumerate(SECTORS, 1)]),
    Entries(THEMES), Entries(), Entries(), Entries(DISTRICTS),
)  # fmt: skip
# Each district has a place of its own: hexagons of resolution 6 that are far from each other.
CELLS = [h3.latlng_to_cell(45.0 + number / 2, 39.0, 10) for number in range(len(CODES) + 1)]


@dataclass(frozen=True)
class Message:
    """A message; instants of 0 are "none", district 0 is none."""

    received: int
    district: int = 1
    due: int = 0
    answered: int = 0
    closed: int = 0
    status: int = Status.NEW
    theme: int = 1


def state_of(messages: Sequence[Message]) -> ReplicaState:
    batch = np.zeros(len(messages), BATCH)
    for number, one in enumerate(messages):
        row = batch[number]
        row["id"], row["cell"], row["received"], row["due"] = number + 1, CELLS[one.district], one.received, one.due
        row["answered"], row["closed"], row["status"], row["theme"] = one.answered, one.closed, one.status, one.theme
        row["district"], row["source"] = one.district, 1
    return ReplicaState(batch, CATALOGUE, 1_000_000)


def worst_at(messages: Sequence[Message], hour: int) -> list[str]:
    """The first five districts at an hour, message by message."""

    def is_overdue(one: Message) -> bool:
        ended = Status(one.status % LINKED) in (Status.CLOSED, Status.REJECTED, Status.DUPLICATE) and not one.answered and not one.closed
        settled = 0 < one.answered <= hour or 0 < one.closed <= hour
        return 0 < one.due < hour and not settled and not ended

    inside = [one for one in messages if hour - 30 * DAY <= one.received < hour]
    share = sum(map(is_overdue, inside)) / len(inside) if inside else 0.0
    found = []
    for number, code in enumerate(CODES, 1):
        own = [one for one in inside if one.district == number]
        overdue = sum(map(is_overdue, own))
        found.append((overdue - share * len(own), overdue, code))
    return [code for excess, _, code in sorted(found, key=lambda one: (-one[0], -one[1], one[2]))[:LISTED] if excess > 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_old_list_is_what_it_was_at_each_hour(seed: int) -> None:
    rng = np.random.default_rng(seed)
    messages = []
    for _ in range(400):
        received = START + int(rng.integers(-40 * DAY, 6 * DAY))
        answered = received + int(rng.exponential(6 * DAY)) if rng.random() < 0.7 else 0
        closed = (answered or received) + int(rng.exponential(4 * DAY)) if rng.random() < 0.5 else 0
        due = received + int(rng.integers(0, 12)) * DAY if rng.random() < 0.9 else 0
        status = int(rng.choice(list(Status))) + (LINKED if rng.random() < 0.1 else 0)
        messages.append(Message(received, int(rng.integers(0, len(CODES) + 1)), due, answered, closed, status))
    stop = START + 5 * DAY
    hours = list_hours(START, stop)
    listed = list_worst(read_past_messages(state_of(messages), START, stop), hours)
    # What comes after the end is not known.
    known = [one for one in messages if one.received < stop]
    for at in range(0, len(hours), 7):
        assert [CODES[number] for number in np.flatnonzero(listed[:, at])] == sorted(worst_at(known, int(hours[at])))
    assert listed.any()


def test_an_interval_is_counted_from_its_beginning_to_before_its_end() -> None:
    hours = list_hours(START, START + 4 * HOUR)
    begin = np.array([START, START + 1, START + HOUR, START + 2 * HOUR, START])
    end = np.array([START + 2 * HOUR, START + HOUR + 1, START + HOUR, START + 9 * HOUR, 0])
    counted = count_hourly(Spans(begin, end), np.array([0, 0, 0, 1, 1], np.int32), 2, hours)
    assert counted.tolist() == [[1, 2, 0, 0], [0, 0, 1, 1]]


# --- lead times ---

DETECTED = START + 5 * HOUR
BACKGROUND = [Message(START - 3 * DAY, district, theme=3) for district in range(1, len(CODES) + 1) for _ in range(10)]


def episode_in(state: ReplicaState, district: int = 1, **given: object) -> Episode:
    """An alert of potholes in the place of a district, raised five hours after its first message."""
    place = find_places(state).places[int(find_places(state).place_of_rows(np.flatnonzero(state.columns["district"] == district)[:1])[0])]
    plain = {"layer": AlertLayer.LOCAL, "place": place, "theme": 1, "sector": 7, "since": START, "detected": DETECTED, "updated": DETECTED}
    numbers = {"last_signal": DETECTED, "window_s": DAY, "n": 3, "distinct": 3, "expected": 0.1, "log10_p": -5.0, "recurrence_days": 99.0}
    return Episode(**{**plain, **numbers, "peak": 3, "peak_at": DETECTED, **given})  # type: ignore[arg-type]  # as given


def lead_of(messages: Sequence[Message], *, district: int = 1, days: int = 20, **given: object) -> Lead:
    state = state_of([*BACKGROUND, *messages])
    (lead,) = measure_leads(state, [episode_in(state, district, **given)], START, START + days * DAY)
    return lead


def test_the_lead_is_the_time_until_as_many_messages_are_overdue_on_the_list() -> None:
    # Three raise the alert; two more come later. Each is due after its days, and nobody answers.
    raised = [Message(START + hour * HOUR, due=START + day * DAY) for hour, day in ((0, 2), (2, 4), (5, 3))]
    lead = lead_of([*raised, Message(START + 6 * HOUR, due=START + 9 * DAY)])
    assert (lead.n, lead.district, lead.was_listed) == (3, 0, False)
    # Not at the deadline itself: overdue is what is past it.
    assert lead.listed_at == START + 4 * DAY + HOUR
    assert lead.hours == 4 * 24 + 1 - 5


def test_later_messages_of_the_alert_count_for_the_list_as_well() -> None:
    raised = [Message(START + hour * HOUR, due=START + 9 * DAY) for hour in (0, 2, 5)]
    later = [Message(START + 6 * HOUR, due=START + 1 * DAY) for _ in range(3)]
    assert lead_of([*raised, *later]).listed_at == START + DAY + HOUR


@pytest.mark.parametrize("changed", [{"answered": START + DAY}, {"closed": START + DAY}, {"status": Status.REJECTED}, {"due": 0}])
def test_what_is_never_overdue_is_never_listed(changed: dict[str, int]) -> None:
    raised = [Message(START + hour * HOUR, **{"due": START + 2 * DAY, **changed}) for hour in (0, 2, 5)]
    assert lead_of(raised).hours is None


def test_messages_of_another_theme_or_place_or_near_duplicates_are_not_as_much() -> None:
    raised = [Message(START + hour * HOUR, due=START + 15 * DAY) for hour in (0, 2, 5)]
    others = [Message(START + HOUR, due=START + DAY, theme=3) for _ in range(9)]
    others += [Message(START + HOUR, due=START + DAY, status=LINKED) for _ in range(3)]
    others += [Message(START - HOUR, due=START + DAY) for _ in range(3)]
    others += [Message(START + HOUR, 2, due=START + DAY) for _ in range(3)]
    lead = lead_of([*raised, *others])
    assert (lead.n, lead.listed_at) == (3, START + 15 * DAY + HOUR)


def test_a_district_that_is_not_among_the_first_five_is_not_listed() -> None:
    raised = [Message(START + hour * HOUR, due=START + DAY) for hour in (0, 2, 5)]
    # Five others have more overdue messages until these are answered.
    worse = [Message(START, number, due=START + HOUR, answered=START + 8 * DAY, theme=3) for number in range(2, 7) for _ in range(6)]
    assert lead_of([*raised, *worse]).listed_at == START + 8 * DAY


def test_a_list_that_was_first_gives_a_negative_lead() -> None:
    raised = [Message(START, due=START + HOUR) for _ in range(3)]
    lead = lead_of(raised, detected=START + 30 * HOUR)
    assert (lead.listed_at, lead.hours, lead.was_listed) == (START + 2 * HOUR, -28.0, True)


def test_what_comes_after_the_end_is_not_known() -> None:
    raised = [Message(START + hour * HOUR, due=START + 10 * DAY) for hour in (0, 2, 5)]
    assert lead_of(raised, days=10).hours is None
    assert lead_of(raised, days=11).listed_at == START + 10 * DAY + HOUR


def test_alerts_of_the_whole_region_and_outside_of_districts_have_no_list() -> None:
    raised = [Message(START + hour * HOUR, due=START + DAY) for hour in (0, 2, 5)]
    region = lead_of(raised, layer=AlertLayer.TOTALS, place=Place("r:", "", "", 0, 0))
    assert (region.district, region.n, region.hours) == (None, 3, None)
    outside = lead_of([*raised, Message(START, 0)], district=0)
    assert (outside.district, outside.hours) == (None, None)


def test_a_total_of_a_district_counts_its_theme_or_its_whole_sector() -> None:
    raised = [Message(START + hour * HOUR, due=START + day * DAY, theme=theme) for hour, day, theme in ((0, 2, 1), (2, 4, 2), (5, 3, 1))]
    district = Place("d:a", "", "", 0, 0, 0, 1)
    theme, sector = (lead_of(raised, layer=AlertLayer.TOTALS, place=district, theme=number) for number in (1, 0))
    assert (theme.n, theme.listed_at) == (2, START + 3 * DAY + HOUR)
    assert (sector.n, sector.listed_at) == (3, START + 4 * DAY + HOUR)


def test_of_a_group_only_the_leading_alert_is_measured() -> None:
    state = state_of([*BACKGROUND, Message(START, due=START + DAY)])
    episodes = [episode_in(state, id=1, group=1), episode_in(state, id=2, group=1), episode_in(state, id=3)]
    assert [lead.episode.id for lead in measure_leads(state, episodes, START, START + DAY)] == [1, 3]


def test_the_report_gives_precision_with_its_n_and_the_median_lead() -> None:
    state = state_of([*BACKGROUND, Message(START, due=START + DAY)])
    local_one, region = episode_in(state), episode_in(state, layer=AlertLayer.TOTALS, theme=0)
    leads = [Lead(local_one, 3, 0, was_listed=False, listed_at=DETECTED + hours * HOUR) for hours in (10, 20, 60, -2)] + [
        Lead(local_one, 3, 0, was_listed=True, listed_at=None),
        Lead(region, 9, None, was_listed=False, listed_at=None),
    ]
    verdicts = {(AlertLayer.LOCAL, Verdict.REAL): 3, (AlertLayer.LOCAL, Verdict.NOT_REAL): 1, (AlertLayer.TOTALS, Verdict.NOT_REAL): 2}
    thresholds = {layer: Threshold(layer, 1.0, -4.0, 330, 47, (), START) for layer in AlertLayer}
    test = AlertBacktest(leads, verdicts, thresholds, is_calibrated=True)
    report = describe_alerts(test, CATALOGUE, ZONE)
    assert report["precision"] == [
        {"layer": "all", "judged": 6, "real": 3, "precision": 0.5},
        {"layer": "local", "judged": 4, "real": 3, "precision": 0.75},
        {"layer": "totals", "judged": 2, "real": 0, "precision": 0.0},
    ]
    everything = report["lead_time"][0]
    assert (everything["episodes"], everything["without_district"], everything["never_listed"]) == (6, 1, 1)
    assert (everything["listed"], everything["listed_first"], everything["district_was_listed"]) == (4, 1, 1)
    hours = [everything[f"lead_hours_{name}"] for name in ("least", "median", "most")]
    assert hours == [-2.0, 15.0, 60.0]
    first = report["episodes"][0]
    assert (first["district"], first["theme"], first["lead_hours"]) == ("a", "roads.pothole", 10.0)
    assert (report["episodes"][-1]["district"], report["episodes"][-1]["theme"]) == (None, None)
    nothing = describe_alerts(AlertBacktest([], {}, thresholds, is_calibrated=False), CATALOGUE, ZONE)
    assert nothing["precision"][0] == {"layer": "all", "judged": 0, "real": 0, "precision": None}
    assert nothing["lead_time"][0]["lead_hours_median"] is None
