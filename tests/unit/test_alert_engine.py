"""Episodes of a running service: what they come to, what is returned when, and how they close."""

from dataclasses import replace

import pytest

from geo_service.aggregation.alerts.engine import AlertEngine
from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Threshold, Verdict
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, Status
from tests.support.alert_history import DAY_S, Message, add, catalogue, make_state, moved, settlements

NOW = 1_790_000_000
TOWNS = {"s:1": (39.0, 45.0), "s:2": (39.2, 45.0), "s:3": (39.0, 45.5), "s:4": (40.0, 45.0)}
KNOWN = catalogue(settlements(*((int(key[2:]), f"Город {key}", *point) for key, point in TOWNS.items())))
THRESHOLDS = {AlertLayer.LOCAL: Threshold(AlertLayer.LOCAL, 1.0, -4.0, 330, 47, ((-6.0, 0.01), (-4.0, 1 / 7)), NOW)}
BACKGROUND = [
    Message(NOW - day * DAY_S - 5000, *TOWNS[key], theme)
    for day in range(1, 380, 2)
    for key, theme in (*((key, 11) for key in TOWNS), ("s:3", 15), ("s:4", 15), ("s:4", 15))
]


def burst(size: int, town: str = "s:1", first: int = NOW - 10 * 3600, **fields: int) -> list[Message]:
    """Messages of a theme that is new in a town, half an hour apart."""
    lng, lat = TOWNS[town]
    return [moved(Message(first + 1800 * number, lng, lat, 15, **fields), 60.0 * number) for number in range(size)]


def started(*messages: Message) -> tuple[ReplicaState, AlertEngine]:
    return make_state([*BACKGROUND, *messages], KNOWN), AlertEngine()


def stored(episodes: list[Episode]) -> list[Episode]:
    """The episodes as they are after they were stored."""
    return [replace(episode, id=number) for number, episode in enumerate(episodes, 1)]


def test_an_episode_counts_messages_addresses_agencies_and_what_is_open() -> None:
    messages = burst(6, agency=2)
    messages[0] = replace(messages[0], agency=1, status=Status.CLOSED)
    messages[1] = replace(messages[1], agency=0, lng=messages[2].lng)
    near_duplicate = replace(messages[3], status=LINKED)
    state, engine = started(*messages, near_duplicate)
    (episode,) = engine.update(state, [], THRESHOLDS, NOW)
    assert (episode.place.key, episode.theme, episode.sector, episode.since) == ("s:1", 15, 3, messages[0].received)
    assert (episode.n, episode.distinct, episode.open) == (6, 5, 5)
    assert list(episode.agencies) == [AgencyShare(2, 4, 4), AgencyShare(0, 1, 1), AgencyShare(1, 1, 0)]
    assert (episode.id, episode.detected, episode.updated, episode.recurrence_days > 100) == (0, NOW, NOW, True)


def test_what_was_to_be_expected_is_the_places_share_of_all_messages_of_the_theme() -> None:
    state, engine = started(*burst(6))
    (episode,) = engine.update(state, [], THRESHOLDS, NOW)
    # The year: 182 or 183 times the daily lines; a share of m = 30 messages by s_u.
    year = [message for message in BACKGROUND if NOW - NOW % DAY_S - 372 * DAY_S <= message.received < NOW - NOW % DAY_S - 7 * DAY_S]
    of_place = sum((message.lng, message.lat) == TOWNS["s:1"] for message in year)
    of_theme = sum(message.theme == 15 for message in year)
    since = sum(message.theme == 15 and message.received >= episode.since for message in BACKGROUND)
    assert episode.expected == pytest.approx((since + 6) * 30 * of_place / len(year) / (of_theme + 30))


def test_an_unchanged_episode_is_not_returned_and_a_new_message_or_status_returns_it() -> None:
    messages = burst(6)
    state, engine = started(*messages)
    known = stored(engine.update(state, [], THRESHOLDS, NOW))
    assert engine.update(state, known, THRESHOLDS, NOW + 60) == []
    add(state, [moved(replace(messages[-1], received=NOW + 60), 500)], 90_000)
    (grown,) = engine.update(state, known, THRESHOLDS, NOW + 120)
    assert (grown.id, grown.n, grown.updated, grown.detected, grown.last_signal) == (1, 7, NOW + 120, NOW, NOW + 61)
    add(state, [replace(messages[0], status=Status.CLOSED)], len(BACKGROUND) + 1)
    (answered,) = engine.update(state, [grown], THRESHOLDS, NOW + 180)
    assert (answered.n, answered.open, answered.last_signal) == (7, 6, NOW + 61)


def test_an_episode_keeps_its_verdict_and_closes_after_seven_quiet_days() -> None:
    state, engine = started(*burst(6))
    (known,) = stored(engine.update(state, [], THRESHOLDS, NOW))
    known = replace(known, verdict=Verdict.REAL, verdict_note="трубу чинят", verdict_at=NOW + 5)
    last = known.last_signal
    assert engine.update(state, [known], THRESHOLDS, last + 7 * DAY_S - 1) == []
    (closed,) = engine.update(state, [known], THRESHOLDS, last + 7 * DAY_S)
    assert (closed.closed_at, closed.n, closed.verdict, closed.verdict_note) == (last + 7 * DAY_S, 6, Verdict.REAL, "трубу чинят")
    assert engine.update(state, [closed], THRESHOLDS, last + 8 * DAY_S) == []
    add(state, burst(6, first=last + 9 * DAY_S), 95_000)
    (again,) = engine.update(state, [closed], THRESHOLDS, last + 10 * DAY_S)
    assert (again.id, again.since, again.verdict) == (0, last + 9 * DAY_S, None)


def test_neighbouring_places_are_one_episode_with_the_strongest_first() -> None:
    # 16 km apart.
    state, engine = started(*burst(3), *burst(6, "s:2"))
    (episode,) = engine.update(state, [], THRESHOLDS, NOW)
    assert [place.key for place in episode.places] == ["s:2", "s:1"]
    assert (episode.place.key, episode.n) == ("s:2", 9)


def test_late_messages_change_the_beginning_of_an_episode_and_its_numbers() -> None:
    messages = burst(8)
    state, engine = started(*messages[4:])
    (known,) = stored(engine.update(state, [], THRESHOLDS, NOW))
    assert (known.since, known.n) == (messages[4].received, 4)
    add(state, messages[:4], 90_000)
    (late,) = engine.update(state, [known], THRESHOLDS, NOW + 600)
    assert (late.since, late.n, late.id, late.detected) == (messages[0].received, 8, 1, NOW)


def test_an_episode_whose_theme_or_place_is_gone_stays_and_closes() -> None:
    state, engine = started(*burst(6))
    (known,) = stored(engine.update(state, [], THRESHOLDS, NOW))
    strange = [replace(known, id=2, theme=99), replace(known, id=3, place=replace(known.place, key="s:77"), places=())]
    changed = engine.update(state, [known, *strange], THRESHOLDS, NOW + 60)
    assert [one for one in changed if one.id != 3] == []
    closed = engine.update(state, strange, THRESHOLDS, known.last_signal + 7 * DAY_S)
    assert {one.id for one in closed if one.closed_at} == {2, 3}


def test_a_restarted_service_catches_up_on_the_last_week() -> None:
    messages = burst(6, first=NOW - 5 * DAY_S)
    state, engine = started(*messages)
    (episode,) = engine.update(state, [], THRESHOLDS, NOW)
    assert (episode.since, episode.detected) == (messages[0].received, NOW)
    assert episode.last_signal <= messages[-1].received + 1
