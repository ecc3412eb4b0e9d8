"""A year of the demo region and of real messages replayed: how many alarms chance raises, and how soon what was planted is found."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import h3.api.basic_int as h3
import numpy as np
import pytest

from geo_service.aggregation.alerts.calibration import calibrate, copy_calibration
from geo_service.aggregation.alerts.engine import AlertEngine
from geo_service.aggregation.alerts.history import History
from geo_service.aggregation.alerts.model import AlertLayer, Episode, Threshold
from geo_service.aggregation.alerts.power import list_settlements, measure_power
from geo_service.aggregation.alerts.replay import replay
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import FINEST_RESOLUTION, Status
from tests.support.demo_state import Demo, make_demo
from tests.support.real_data import MINSK, needs

DAY_S = 86_400
NOW = int(datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp())
YEAR_DAYS = 330
MOST_A_WEEK = 1.2
Thresholds = dict[AlertLayer, Threshold]


@pytest.fixture(scope="module")
def demo() -> Demo:
    return make_demo(NOW)


@pytest.fixture(scope="module")
def null(demo: Demo) -> History:
    """The region without its planted events."""
    return copy_calibration(demo.state(planted=False), NOW)


@pytest.fixture(scope="module")
def planted(demo: Demo) -> History:
    return copy_calibration(demo.state(), NOW)


@pytest.fixture(scope="module")
def thresholds(planted: History) -> Thresholds:
    """Found as a service would: in the region with its events."""
    return calibrate(planted, 1.0)


@pytest.fixture(scope="module")
def raised(planted: History, thresholds: Thresholds) -> list[Episode]:
    return replay(planted, thresholds, NOW - YEAR_DAYS * DAY_S, NOW)


def a_week(episodes: Sequence[Episode], layer: AlertLayer) -> float:
    return sum(episode.layer is layer for episode in episodes) * 7 / YEAR_DAYS


def test_without_its_events_a_year_raises_about_one_alarm_a_week_and_layer(null: History) -> None:
    episodes = replay(null, calibrate(null, 1.0), NOW - YEAR_DAYS * DAY_S, NOW)
    for layer in AlertLayer:
        assert 0.5 < a_week(episodes, layer) <= MOST_A_WEEK


def test_the_events_do_not_use_up_the_budget(null: History, thresholds: Thresholds) -> None:
    for layer, threshold in calibrate(null, 1.0).items():
        assert thresholds[layer].log10_p == pytest.approx(threshold.log10_p, abs=0.2)


@pytest.mark.parametrize(("letter", "theme"), [("w", "housing.no_water"), ("f", "waste.burning"), ("p", "health.phone")])
def test_planted_events_are_raised_by_their_fourth_message(
    demo: Demo, planted: History, raised: list[Episode], letter: str, theme: str
) -> None:
    received, number = demo.received(letter), demo.catalogue.themes.by_code[theme].id
    (episode,) = [
        one for one in raised if one.layer is AlertLayer.LOCAL and one.theme == number and abs(one.since - received[0]) < DAY_S
    ]  # fmt: skip
    # Most messages of the event are of this district, and its first messages in this place are those of the alert.
    assert episode.place.district == np.bincount(demo.batch["district"][demo.origin == letter]).argmax()
    place = next(at for at, one in enumerate(planted.places) if one.key == episode.place.key)
    incidents = planted.incidents
    mine = (incidents.place == place) & (incidents.theme == planted.themes.ids.index(number)) & (incidents.received >= received[0])
    first, _, _, fourth, *_ = incidents.received[mine].tolist()
    assert episode.since == first
    assert episode.detected <= fourth + 1
    assert 0.5 * len(received) < episode.n <= len(received) + 20
    assert episode.recurrence_days == 1e9
    assert episode.agencies[0].n > episode.n / 2


def test_the_snow_is_raised_on_its_first_day_and_is_one_group(demo: Demo, raised: list[Episode]) -> None:
    begins = int(demo.received("s")[0])
    roads = demo.catalogue.sectors.by_code["roads"].id
    snow = [one for one in raised if one.sector == roads and begins - DAY_S < one.since < begins + 7 * DAY_S and one.group]
    assert begins < snow[0].detected < begins + DAY_S
    assert snow[0].layer is AlertLayer.TOTALS
    (largest,) = [count for count in np.bincount([one.group for one in snow]) if count > 20]
    assert largest > 0.8 * len(snow)


def test_small_outbreaks_are_found_within_three_days(demo: Demo, planted: History, thresholds: Thresholds) -> None:
    settlements = demo.catalogue.settlements
    populations = dict(zip((f"s:{number}" for number in settlements.ids), settlements.population.tolist(), strict=True))
    places = list_settlements(planted, populations)
    assert len(places) > 100
    three, five, eight = measure_power(planted, thresholds[AlertLayer.LOCAL].log10_p, places, 200, (3, 5, 8))
    assert three.by_day_3 >= 0.9
    assert five.by_day_3 >= 0.99
    assert (eight.on_day_1 >= 0.65, eight.by_day_3) == (True, 1.0)


def test_a_service_that_ran_all_the_time_has_raised_what_a_replay_raises(demo: Demo, planted: History, thresholds: Thresholds) -> None:
    first, state, engine = NOW - 3 * DAY_S, demo.state(), AlertEngine()
    episodes: list[Episode] = []
    for now in range(first, NOW + 1, 3600 * 6):
        for changed in engine.update(state, [one for one in episodes if not one.closed_at], thresholds, now):
            if changed.id:
                episodes[changed.id - 1] = changed
            else:
                episodes.append(replace(changed, id=len(episodes) + 1))
    expected = replay(planted, thresholds, first - 7 * DAY_S, NOW)
    assert {identity(one) for one in episodes} == {identity(one) for one in expected}
    assert len(expected) > 3
    local = {identity(one): one for one in episodes if one.layer is AlertLayer.LOCAL and not one.closed_at}
    for one in expected:
        if identity(one) in local:
            alike = local[identity(one)]
            assert (alike.n, alike.distinct, alike.agencies) == (one.n, one.distinct, one.agencies)
            assert alike.expected == pytest.approx(one.expected, rel=0.35)


def identity(episode: Episode) -> tuple[object, ...]:
    return episode.layer, episode.place.key, episode.theme, episode.sector, episode.since, round(episode.log10_p, 6)


def read_minsk() -> ReplicaState:
    """The messages of 115.бел, without settlements, agencies and statuses."""
    with MINSK.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"] and 53.7 < float(row["lat"]) < 54.1 and 27.3 < float(row["lng"]) < 27.9]
    codes = sorted({row["category"] for row in rows})
    themes = Entries([Entry(number, code, code, code, int(code.partition(".")[0])) for number, code in enumerate(codes, 1)])
    sectors = Entries([Entry(number, str(number), "", "") for number in sorted({theme.parent or 0 for theme in themes.all})])
    batch = np.zeros(len(rows), BATCH)
    batch["id"], batch["status"], batch["quality"] = np.arange(1, len(rows) + 1), Status.CLOSED, 1
    batch["theme"] = [themes.by_code[row["category"]].id for row in rows]
    batch["received"] = [int(datetime.fromisoformat(row["opened"]).replace(tzinfo=UTC).timestamp()) for row in rows]
    for name in ("lng", "lat"):
        batch[name] = [round(float(row[name]) * POSITION_UNITS) for row in rows]
    batch["cell"] = [h3.latlng_to_cell(float(row["lat"]), float(row["lng"]), FINEST_RESOLUTION) for row in rows]
    return ReplicaState(batch, Catalogue(sectors, themes, Entries(), Entries(), Entries()), 10_000_000)


@needs(MINSK)
def test_a_real_city_without_any_settlement_has_alerts_that_can_be_read() -> None:
    state = read_minsk()
    now = int(state.columns["received"].max()) + 1
    history = copy_calibration(state, now)
    thresholds = calibrate(history, 1.0)
    episodes = replay(history, thresholds, now - YEAR_DAYS * DAY_S, now)
    news = [one for one in episodes if one.group in (0, one.id)]
    for layer in AlertLayer:
        assert 0.5 < a_week(news, layer) < 5
    strongest = sorted((one for one in episodes if one.layer is AlertLayer.LOCAL), key=lambda one: one.log10_p)[:3]
    described = [
        (state.catalogue.themes.by_id[one.theme].code, datetime.fromtimestamp(one.since, UTC).date().isoformat()) for one in strongest
    ]
    assert described == [("20.296", "2019-03-10"), ("20.293", "2019-03-19"), ("20.281", "2019-05-16")]
    assert all("с. ш." in one.place.name_ru and one.n > 2 * one.expected for one in strongest)
