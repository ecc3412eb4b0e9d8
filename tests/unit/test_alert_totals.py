"""The totals layer against a slow implementation; thresholds, recurrence and what a calibration leaves out."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log10

import numpy as np
import pytest

from geo_service.aggregation.alerts.budget.thresholds import default_threshold, recurrence_days
from geo_service.aggregation.alerts.calibration import calibrate, copy_calibration, count_days, list_parts
from geo_service.aggregation.alerts.detection.signals import Signals
from geo_service.aggregation.alerts.detection.totals_scan import HOUR_S, scan_totals
from geo_service.aggregation.alerts.history import History, copy_history, copy_spans, join_histories
from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold
from geo_service.aggregation.alerts.replay import replay
from geo_service.core.model import DistrictLevel
from tests.support.alert_history import DAY_S, Message, catalogue, district, make_state, settlements
from tests.support.alert_oracle import negative_binomial_tail, total

# A full hour.
NOW = 1_790_000_000 // HOUR_S * HOUR_S
TOWNS = {number: (38.0 + 0.3 * (number % 8), 44.0 + 0.3 * (number // 8)) for number in range(1, 25)}
DISTRICTS = [
    district(1, "r", DistrictLevel.REGION), district(2, "west", DistrictLevel.DISTRICT, 1), district(3, "east", DistrictLevel.DISTRICT, 1),
]  # fmt: skip
KNOWN = catalogue(settlements(*((number, f"Город {number}", *point) for number, point in TOWNS.items())), DISTRICTS)


def snowy(seed: int, days: int = 90, a_day: float = 6.0) -> list[Message]:
    """Potholes and snow in two districts, with a snowfall on the last two days."""
    rng = np.random.default_rng(seed)
    messages = []
    for back in range(days):
        for theme, rate in ((13, a_day / 2 * (8 if back < 2 else 1)), (14, a_day), (11, 2.0)):
            for _ in range(rng.poisson(rate)):
                lng, lat = TOWNS[int(rng.integers(1, 25))]
                received = NOW - back * DAY_S - int(rng.integers(1, DAY_S))
                messages.append(Message(received, lng, lat, theme, 2 if lng < 39 else 3))
    return messages


def history_of(messages: Sequence[Message], now: int = NOW) -> History:
    return copy_history(make_state(messages, KNOWN), now)


def test_a_partial_hour_is_not_tested_and_the_days_end_at_full_hours() -> None:
    signals = scan_totals(history_of(snowy(1)), NOW - 7 * DAY_S + 1800, NOW + 1800, -2)
    assert len(signals.stop) > 10
    assert set((signals.stop % HOUR_S).tolist()) == {0}
    assert (int(signals.stop.min()), int(signals.stop.max())) >= (NOW - 7 * DAY_S + 1800, NOW)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_totals_are_those_of_a_slow_implementation(seed: int) -> None:
    messages = snowy(seed)
    history = history_of(messages)
    signals = scan_totals(history, NOW - 2 * DAY_S, NOW, -2.0)
    found = {
        (history.areas.places[place].key, history.themes.name(theme), stop): (n, expected, log_p)
        for place, theme, stop, n, expected, log_p in zip(
            *(getattr(signals, name).tolist() for name in ("place", "theme", "stop", "n", "expected", "log10_p")), strict=True
        )
    }
    checked = 0
    for area, inside in (("r:", lambda message: True), ("d:west", lambda message: message.district == 2)):
        for name, themes in (((13, 2), {13}), ((14, 2), {14}), ((0, 2), {13, 14})):
            received = [message.received for message in messages if message.theme in themes and inside(message)]
            for end in range(NOW - 2 * DAY_S + HOUR_S, NOW + 1, 7 * HOUR_S):
                n, mean, dispersion = total(received, end)
                size = mean / (dispersion - 1) if dispersion > 1 else inf
                log_p = log10(max(negative_binomial_tail(n, size, mean), 1e-300)) + (0 if name[0] else 1)
                expected = n >= 10 and n > mean and log_p <= -2
                assert ((area, name, end) in found) is expected
                if expected and log_p > -7:
                    # The oracle subtracts from one: it has few digits beyond.
                    assert found[area, name, end] == (n, pytest.approx(mean), pytest.approx(log_p, abs=1e-4))
                    checked += 1
    assert checked


def test_a_snowfall_is_found_on_its_first_day() -> None:
    signals = scan_totals(history_of(snowy(2)), NOW - 7 * DAY_S, NOW, -3.7)
    region = signals.take((signals.place == 0) & (signals.theme == 2))
    assert NOW - 2 * DAY_S < region.stop[0] <= NOW - DAY_S
    assert region.since[0] >= region.stop[0] - DAY_S


@pytest.mark.parametrize(("days", "raised"), [(30, False), (36, True)])
def test_with_less_than_four_weeks_before_the_gap_nothing_is_raised(days: int, raised: bool) -> None:
    assert bool(len(scan_totals(history_of(snowy(3, days)), NOW - 7 * DAY_S, NOW, -3.0).stop)) is raised


def test_a_few_messages_are_no_event_of_a_district() -> None:
    quiet = [message for message in snowy(4, a_day=0.3) if message.received < NOW - 2 * DAY_S]
    burst = [Message(NOW - 3600 * (number + 1), *TOWNS[1], 13, 2) for number in range(9)]
    assert len(scan_totals(history_of([*quiet, *burst]), NOW - DAY_S, NOW, -2.0).stop) == 0
    assert len(scan_totals(history_of([*quiet, *burst, burst[0]]), NOW - DAY_S, NOW, -2.0).stop) > 0


def poisson(seed: int, days: int, rates: Sequence[float] = (8, 6, 4)) -> list[Message]:
    """Messages of some themes by chance alone, in towns of different sizes."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(24, 1.5))
    messages = []
    for theme, rate in zip((11, 13, 15), rates, strict=True):
        size = rng.poisson(rate * days)
        towns = rng.choice(24, size, p=shares) + 1
        received = NOW - rng.integers(1, days * DAY_S, size)
        for town, instant, step in zip(towns.tolist(), received.tolist(), rng.integers(0, 60, size).tolist(), strict=True):
            lng, lat = TOWNS[town]
            messages.append(Message(instant, lng + step * 0.0005, lat, theme, 2 if lng < 39 else 3))
    return messages


BY_CHANCE = poisson(7, 600)


def test_a_calibration_gives_the_budget_on_its_own_history() -> None:
    history = history_of(BY_CHANCE)
    for per_week in (0.5, 2.0):
        thresholds = calibrate(history, per_week)
        episodes = replay(history, thresholds, NOW - 330 * DAY_S, NOW)
        for layer in AlertLayer:
            assert thresholds[layer].days == 330
            assert thresholds[layer].episodes <= per_week / 7 * 330
            assert sum(episode.layer is layer for episode in episodes) <= per_week / 7 * 330 + 2
    assert thresholds[AlertLayer.LOCAL].episodes > 60


def test_a_budget_of_almost_nothing_gives_a_threshold_that_raises_almost_nothing() -> None:
    history = history_of(BY_CHANCE)
    for threshold in calibrate(history, 0.001).values():
        assert threshold.episodes <= 1


def test_what_no_chance_explains_does_not_use_up_the_budget() -> None:
    # Ten outbreaks: without leaving them out they would be all of the budget.
    outbreaks = [
        Message(NOW - (20 + 30 * number) * DAY_S + 600 * step, *TOWNS[number + 1], 15, 2)
        for number in range(10) for step in range(60)
    ]  # fmt: skip
    spread = [Message(one.received, one.lng + at % 60 * 0.0005, one.lat, one.theme, one.district) for at, one in enumerate(outbreaks)]
    without, with_them = (calibrate(history_of(messages), 0.25) for messages in (BY_CHANCE, [*BY_CHANCE, *spread]))
    for layer in AlertLayer:
        assert with_them[layer].log10_p == pytest.approx(without[layer].log10_p, abs=0.5)


def test_what_the_desk_has_found_real_does_not_use_up_the_budget() -> None:
    history = history_of(BY_CHANCE)
    thresholds = calibrate(history, 1.0)
    episodes = [one for one in replay(history, thresholds, NOW - 330 * DAY_S, NOW) if one.layer is AlertLayer.LOCAL]
    looser = calibrate(history, 1.0, episodes[::2])
    assert looser[AlertLayer.LOCAL].log10_p > thresholds[AlertLayer.LOCAL].log10_p


def test_a_short_history_has_default_thresholds() -> None:
    history = history_of([message for message in BY_CHANCE if message.received > NOW - 90 * DAY_S])
    assert count_days(history) == 54
    thresholds = calibrate(history, 1.0)
    assert thresholds[AlertLayer.LOCAL] == default_threshold(AlertLayer.LOCAL, 1.0, NOW)
    assert 10 ** thresholds[AlertLayer.LOCAL].log10_p == pytest.approx(1.1e-4)
    assert 10 ** thresholds[AlertLayer.TOTALS].log10_p == pytest.approx(1e-4)
    assert calibrate(history_of([]), 1.0).keys() == set(AlertLayer)


def test_a_default_threshold_follows_the_budget() -> None:
    for per_week in (0.25, 1.0, 3.0):
        threshold = default_threshold(AlertLayer.LOCAL, per_week, NOW)
        assert recurrence_days(threshold, threshold.log10_p) == pytest.approx(7 / per_week)
    assert default_threshold(AlertLayer.LOCAL, 0.25, NOW).log10_p == pytest.approx(log10(1.6e-5), abs=0.05)
    assert default_threshold(AlertLayer.LOCAL, 3.0, NOW).log10_p == pytest.approx(log10(5.2e-4), abs=0.05)


def test_recurrence_follows_the_curve_and_beyond_it_its_slope() -> None:
    threshold = Threshold(AlertLayer.LOCAL, 1.0, -4.0, 330, 47, ((-6.0, 0.001), (-5.0, 0.01), (-4.0, 0.1), (-3.0, 0.5)), NOW)
    assert [recurrence_days(threshold, p) for p in (-6.0, -5.0, -4.0)] == pytest.approx([1000, 100, 10])
    assert recurrence_days(threshold, -4.5) == pytest.approx(10**1.5)
    assert recurrence_days(threshold, -8.0) == pytest.approx(100_000)
    assert recurrence_days(threshold, -2.0) == pytest.approx(2)
    assert recurrence_days(threshold, -500.0) == recurrence_days(threshold, -inf) == 1e9


def describe(episodes: Sequence[Episode]) -> list[tuple[object, ...]]:
    return [(one.layer, one.place.key, one.theme, one.since, one.log10_p, one.n, one.expected) for one in episodes]


def test_a_replay_of_parts_begins_as_one_of_the_whole() -> None:
    history = history_of(BY_CHANCE)
    thresholds = calibrate(history, 2.0)
    whole = replay(history, thresholds, NOW - 300 * DAY_S, NOW)
    first = replay(history, thresholds, NOW - 300 * DAY_S, NOW - 100 * DAY_S)
    ended = [one for one in first if one.closed_at]
    assert len(ended) > 20
    assert set(describe(ended)) <= set(describe(whole))


def test_the_notable_signals_are_the_first_last_strongest_and_those_of_most_messages() -> None:
    stop = np.arange(6, dtype=np.int64)
    zeros = np.zeros(6, np.int32)
    n, p = np.array([3, 4, 9, 4, 3, 3], np.int32), np.array([-4.0, -5, -6, -8, -5, -4])
    chosen = Signals(zeros, zeros, stop, stop, n, p, p, stop, zeros).notable()
    assert chosen.stop.tolist() == [0, 2, 3, 5]
    assert len(chosen.take(np.arange(0)).notable().stop) == 0


def test_a_history_that_is_copied_in_parts_is_the_one_that_is_copied_at_once() -> None:
    state = make_state(BY_CHANCE, KNOWN)
    parts = [copy_spans(state, NOW, [span]) for span in list_parts(NOW)]
    whole, joined = copy_calibration(state, NOW), join_histories(parts)
    assert len(whole) == len(joined) > 10_000
    for column, expected in zip(joined.incidents, whole.incidents, strict=True):
        np.testing.assert_array_equal(column, expected)
    assert parts == []
    assert (joined.places, joined.stop) == (whole.places, whole.stop)


def test_a_history_is_not_joined_over_a_change_of_the_catalogue() -> None:
    parts = [history_of(BY_CHANCE), replace(history_of(BY_CHANCE), places=())]
    with pytest.raises(ValueError, match="the catalogue has changed"):
        join_histories(parts)
