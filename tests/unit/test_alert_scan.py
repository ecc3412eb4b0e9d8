"""The local layer against a slow implementation, and what counts as a message, an address and a history."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.alerts.detection.baseline import CorrectedBaseline, CountedBaseline
from geo_service.aggregation.alerts.detection.kept_baseline import BaselineKeeper
from geo_service.aggregation.alerts.detection.local_scan import group_history, scan_places
from geo_service.aggregation.alerts.detection.signals import Signals
from geo_service.aggregation.alerts.engine import AlertEngine
from geo_service.aggregation.alerts.history import copy_history, copy_spans
from geo_service.aggregation.alerts.model import AlertLayer, Detection, Threshold
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, DistrictLevel, LocationQuality
from tests.support.alert_history import DAY_S, Message, add, catalogue, district, make_state, moved, settlements
from tests.support.alert_oracle import local_signals

NOW = 1_790_000_000
TOWNS = {"s:1": (39.0, 45.0), "s:2": (39.5, 45.0), "s:3": (39.0, 45.5), "s:4": (40.0, 45.0)}
KNOWN = catalogue(settlements(*((int(key[2:]), f"Город {key}", *point) for key, point in TOWNS.items())))
LIMIT = -2.0
THRESHOLDS = {AlertLayer.LOCAL: Threshold(AlertLayer.LOCAL, 1.0, -4.0, 330, 47, ((-4.0, 1 / 7),), NOW)}


def random_messages(seed: int, size: int = 160) -> tuple[list[Message], list[str]]:
    """Messages of 400 days at a few addresses of four towns, with bursts at the end; and the place of each."""
    rng = np.random.default_rng(seed)
    received = NOW - rng.integers(0, 400 * DAY_S, size)
    recent = rng.random(size) < 0.4
    received[recent] = NOW - rng.integers(0, 14 * DAY_S, int(recent.sum()))
    # Some come at the same second.
    received[: size // 10] = received[size // 10 : size // 10 * 2]
    keys = [*TOWNS, "s:1", "s:1"]
    places = [keys[at] for at in rng.integers(0, len(keys), size)]
    themes = rng.choice([11, 12, 13], size, p=[0.6, 0.3, 0.1])
    steps = rng.integers(0, 4, size)
    rows = zip(received.tolist(), places, themes.tolist(), steps.tolist(), strict=True)
    messages = [moved(Message(instant, *TOWNS[place], theme), 100.0 * step) for instant, place, theme, step in rows]
    return messages, places


def as_rows(state: ReplicaState, signals: Signals, places: list[str], themes: tuple[int, ...]) -> list[tuple[object, ...]]:
    rows = zip(
        signals.place.tolist(), signals.theme.tolist(), signals.stop.tolist(), signals.window_s.tolist(), signals.n.tolist(),
        signals.log10_p.tolist(), signals.since.tolist(), signals.distinct.tolist(), strict=True,
    )  # fmt: skip
    return sorted((places[row[0]], themes[row[1]], *row[2:5], pytest.approx(row[5], abs=1e-8), *row[6:]) for row in rows)


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_a_scan_finds_what_a_slow_implementation_finds(seed: int) -> None:
    messages, places = random_messages(seed)
    state = make_state(messages, KNOWN)
    history = copy_history(state, NOW)
    grouped = group_history(history)
    found = scan_places(history, grouped, CountedBaseline(grouped), NOW - 20 * DAY_S, NOW, LIMIT)
    expected = sorted(local_signals(messages, places, NOW - 20 * DAY_S, NOW, LIMIT))
    assert as_rows(state, found, [place.key for place in history.places], history.themes.ids) == expected


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, DAY_S))
def test_a_kept_baseline_gives_what_counting_each_year_gives(seed: int, later: int) -> None:
    state, now = make_state(random_messages(seed)[0], KNOWN), NOW + later
    kept = BaselineKeeper().get(state, now)
    recent, whole = copy_spans(state, now, kept.spans(now)), copy_history(state, now)
    grouped, all_grouped = group_history(recent), group_history(whole)
    live = scan_places(recent, grouped, CorrectedBaseline(kept, grouped), now - 7 * DAY_S, now, LIMIT)
    replayed = scan_places(whole, all_grouped, CountedBaseline(all_grouped), now - 7 * DAY_S, now, LIMIT)
    assert len(recent) < len(whole)
    for column, other in zip(live, replayed, strict=True):
        np.testing.assert_array_equal(column, other)


def test_the_random_messages_have_signals_at_all() -> None:
    assert sum(1 for seed in range(5) for _ in local_signals(*random_messages(seed), NOW - 20 * DAY_S, NOW, LIMIT)) > 8


BACKGROUND = [
    Message(NOW - day * DAY_S - 5000, *TOWNS[key], theme)
    for day in range(1, 380, 2)
    for key, theme in (*((key, 11) for key in TOWNS), ("s:1", 15), ("s:3", 15), ("s:4", 15), ("s:1", 12), ("s:2", 12))
]
"""Every other day one message of no water in each town, of a dump in all but s:2, and of heating in all but s:3 and s:4."""


def detect(messages: list[Message], background: list[Message] = BACKGROUND, now: int = NOW) -> tuple[Detection, ...]:
    return AlertEngine().detect(make_state([*background, *messages], KNOWN), now, THRESHOLDS)


def burst(size: int, **fields: int) -> list[Message]:
    """Messages of a theme that is new in s:2, from the houses of a street, an hour apart until an hour ago."""
    lng, lat = TOWNS["s:2"]
    first = Message(NOW - (size + 1) * 3600, lng, lat, 15, **fields)
    return [replace(moved(first, 60.0 * number), received=first.received + number * 3600) for number in range(size)]


def test_three_messages_from_three_addresses_are_raised_with_the_third_one() -> None:
    found = detect(burst(3))
    assert {(one.layer, one.place.key, one.theme, one.sector, one.n, one.distinct) for one in found} == {
        (AlertLayer.LOCAL, "s:2", 15, 3, 3, 3)
    }
    assert (found[0].since, found[0].stop) == (NOW - 4 * 3600, NOW - 2 * 3600 + 1)


def test_two_messages_are_never_raised() -> None:
    assert detect(burst(2)) == ()


def test_messages_from_one_address_are_one_voice_but_those_of_an_unknown_one_are_not() -> None:
    one_house = [replace(message, lng=TOWNS["s:2"][0]) for message in burst(9)]
    assert detect(one_house) == ()
    for quality in (LocationQuality.STREET, LocationQuality.SETTLEMENT):
        # All of them have the position of the street's or the settlement's centre.
        assert detect([replace(message, quality=quality) for message in one_house])[-1].distinct == 9


def test_a_location_no_better_than_a_district_is_no_place() -> None:
    assert detect(burst(9, quality=LocationQuality.DISTRICT)) == ()
    assert detect(burst(9, quality=LocationQuality.SETTLEMENT)) != ()


def test_linked_near_duplicates_count_once() -> None:
    first, *others = burst(4)
    duplicates = [replace(message, status=LINKED) for message in others[1:]]
    assert detect([first, others[0], *duplicates]) == ()
    found = detect([*burst(3), *duplicates])
    assert max(one.n for one in found) == 3


def test_what_comes_everywhere_at_once_is_nothing_for_the_local_layer() -> None:
    in_all = [outbreak(key) for key in TOWNS]
    assert [one for one in detect([message for town in in_all for message in town]) if one.layer is AlertLayer.LOCAL] == []
    assert next(one.place.key for one in detect(in_all[3]) if one.layer is AlertLayer.LOCAL) == "s:4"


def outbreak(town: str, **fields: int) -> list[Message]:
    """Forty messages of a common theme within an hour, from as many addresses of a town."""
    lng, lat = TOWNS[town]
    return [moved(Message(NOW - 7200 + 90 * number, lng, lat, 11, **fields), 60.0 * number) for number in range(40)]


@pytest.mark.parametrize(("days", "raised"), [(20, False), (34, False), (38, True)])
def test_a_short_history_raises_nothing(days: int, raised: bool) -> None:
    begun = [message for message in BACKGROUND if message.received > NOW - days * DAY_S]
    assert bool(detect(burst(9), begun)) is raised


def test_an_empty_state_and_a_single_message_raise_nothing() -> None:
    assert AlertEngine().detect(make_state([], KNOWN), NOW, {}) == ()
    assert detect(burst(1), []) == ()


def test_a_place_and_theme_without_a_past_are_rare_but_not_impossible() -> None:
    lng, lat = 45.0, 50.0
    found = detect([replace(message, lng=lng + number / 10_000, lat=lat) for number, message in enumerate(burst(4))])
    assert found[-1].place.key.startswith("h:")
    assert -15 < found[-1].log10_p < -4


def test_messages_received_after_now_do_not_count_yet() -> None:
    assert detect(burst(5), now=NOW - 5 * 3600 + 1) == ()
    assert detect(burst(5), now=NOW - 4 * 3600 + 1) != ()


def test_of_several_regions_each_is_compared_with_itself() -> None:
    regions = [district(1, "a", DistrictLevel.REGION), district(2, "b", DistrictLevel.REGION)]
    of_town = {"s:1": 1, "s:2": 1, "s:3": 2, "s:4": 2}
    both = catalogue(KNOWN.settlements, regions)
    town_at = {point: key for key, point in TOWNS.items()}
    placed = [replace(message, district=of_town[town_at[message.lng, message.lat]]) for message in BACKGROUND]
    # In region a everybody writes; there it is as everywhere.
    both_towns = [*outbreak("s:1", district=1), *outbreak("s:2", district=1)]
    found = AlertEngine().detect(make_state([*placed, *both_towns], both), NOW, THRESHOLDS)
    assert [one for one in found if one.layer is AlertLayer.LOCAL] == []
    together = AlertEngine().detect(make_state([*placed, *both_towns], KNOWN), NOW, THRESHOLDS)
    assert [one for one in together if one.layer is AlertLayer.LOCAL] != []


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_the_order_of_arrival_does_not_change_what_is_found_in_the_end(random: object, parts: int) -> None:
    messages = [*burst(5), *(replace(one, theme=12, lng=TOWNS["s:3"][0] + (one.lng - 39.5), lat=45.5) for one in burst(4))]
    expected = detect(messages)
    order = list(range(len(messages)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis's own type of random
    state, engine = make_state(BACKGROUND, KNOWN), AlertEngine()
    for part in np.array_split(order, parts):
        engine.detect(state, NOW, THRESHOLDS)
        add(state, [messages[at] for at in part], 10_000 + 100 * int(part[0]) if len(part) else 10_000)
    assert len({one.place.key for one in expected}) == 2
    assert engine.detect(state, NOW, THRESHOLDS) == expected


def test_late_geocoding_counts_by_receipt() -> None:
    # Five days ago, within hours; located only now. Windows that end now would see them among a week's messages.
    late = [replace(message, received=message.received - 5 * DAY_S) for message in burst(4)]
    state, engine = make_state(BACKGROUND, KNOWN), AlertEngine()
    assert engine.detect(state, NOW, THRESHOLDS) == ()
    add(state, late, 50_000)
    (first, *_), on_time = engine.detect(state, NOW, THRESHOLDS), detect(late, now=NOW - 5 * DAY_S)
    assert first == on_time[0]
    assert (first.since, first.stop) == (NOW - 5 * DAY_S - 5 * 3600, NOW - 5 * DAY_S - 3 * 3600 + 1)


def test_a_single_message_with_a_wrong_date_does_not_make_a_short_history_long() -> None:
    begun = [message for message in BACKGROUND if message.received > NOW - 30 * DAY_S]
    assert len(begun) > 100
    assert detect(burst(9), [Message(NOW - 300 * DAY_S, *TOWNS["s:1"], 11), *begun]) == ()


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_a_kept_baseline_knows_when_each_history_begins(seed: int) -> None:
    rng, regions = np.random.default_rng(seed), [district(number, f"r{number}", DistrictLevel.REGION) for number in (1, 2)]
    both = catalogue(KNOWN.settlements, regions)
    town_at = {"s:1": 1, "s:2": 1, "s:3": 2, "s:4": 0}
    messages = [
        Message(NOW - int(age), *TOWNS[town], 11, town_at[town])
        for age, town in zip(rng.integers(8 * DAY_S, 370 * DAY_S, 900), rng.choice(list(TOWNS), 900, p=[0.6, 0.15, 0.15, 0.1]), strict=True)
    ]  # fmt: skip
    state = make_state(messages, both)
    kept = BaselineKeeper().get(state, NOW)
    day = NOW - NOW % DAY_S
    for region, inside in enumerate((1, 2, 0)):
        received = sorted(
            one.received for one in messages if one.district == inside and day - 379 * DAY_S <= one.received < day - 7 * DAY_S
        )
        assert kept.begins[region] == received[len(received) // 100]
