"""The rules of episodes and groups, and their compiled counterpart that a calibration counts with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.alerts.alert_groups import assign_groups
from geo_service.aggregation.alerts.areas import list_areas
from geo_service.aggregation.alerts.budget.declustering import Subjects, cluster_signals
from geo_service.aggregation.alerts.detection.signals import Signals
from geo_service.aggregation.alerts.episodes import close_quiet, continue_episodes
from geo_service.aggregation.alerts.model import AlertLayer, Detection, Episode
from geo_service.aggregation.places.nearest import Positions, unit_vectors
from geo_service.aggregation.places.place import Place
from geo_service.core.model import DistrictLevel
from tests.support.alert_history import DAY_S, catalogue, district

START = 1_790_000_000
KM = 360 / 40_030.2
"""Degrees of latitude."""
WATER, HEATING, SNOW = 11, 12, 13
SECTOR = {WATER: 1, HEATING: 1, SNOW: 2}


def place(key: str, km_north: float = 0.0, number: int = 0) -> Place:
    return Place(key, key, key, 39.0, 45.0 + km_north * KM, 0, number)


A, B, C, FAR = place("s:1"), place("s:2", 20), place("s:3", 40), place("s:4", 100)


def found(
    where: Place = A, day: float = 0, theme: int = WATER, p: float = -5, n: int = 3, layer: AlertLayer = AlertLayer.LOCAL
) -> Detection:
    stop = START + round(day * DAY_S)
    return Detection(layer, where, theme, SECTOR[theme], stop, DAY_S, n, n, 0.1, p, stop - 3600 * n)


def test_a_detection_opens_an_episode_and_further_ones_let_it_grow() -> None:
    (episode,) = continue_episodes([], [found(), found(day=1, p=-9, n=8), found(day=2, p=-7, n=5)])
    assert (episode.since, episode.detected, episode.last_signal) == (START - 3 * 3600, START, START + 2 * DAY_S)
    assert (episode.log10_p, episode.peak, episode.peak_at, episode.id) == (-9, 8, START + DAY_S, 0)


def test_an_episode_of_a_running_service_is_detected_when_it_is_found() -> None:
    (episode,) = continue_episodes([], [found(), found(day=1)], START + 5 * DAY_S)
    assert (episode.detected, episode.updated, episode.last_signal) == (START + 5 * DAY_S, START + 5 * DAY_S, START + DAY_S)


def test_the_same_detections_again_change_nothing() -> None:
    detections = [found(), found(B, day=1, p=-9, n=8), found(day=2, p=-7)]
    once = continue_episodes([], detections, START + 3 * DAY_S)
    assert continue_episodes(once, detections, START + 4 * DAY_S) == once


def test_the_same_theme_within_25_km_of_the_strongest_place_is_merged() -> None:
    (episode,) = continue_episodes([], [found(A), found(B, day=1, p=-9)])
    assert (episode.place, [one.key for one in episode.places]) == (B, ["s:1", "s:2"])
    # 40 km from the first place, but 20 from what has become the strongest.
    assert len(continue_episodes([episode], [found(C, day=2)])) == 1
    assert len(continue_episodes([episode], [found(FAR, day=2)])) == 2
    assert len(continue_episodes([episode], [found(A, day=2, theme=HEATING)])) == 2


def test_a_detection_joins_the_episode_that_has_its_place_before_a_nearer_one() -> None:
    both = continue_episodes([], [found(A, p=-9), found(FAR)])
    grown = continue_episodes(both, [found(B, day=1)])
    near_b = continue_episodes(grown, [found(place("s:9", 50), day=1)])
    assert [len(episode.places) for episode in near_b] == [2, 1, 1]
    assert [len(episode.places) for episode in continue_episodes(near_b, [found(B, day=2)])] == [2, 1, 1]


def test_an_episode_closes_after_seven_quiet_days_and_opens_anew_as_another() -> None:
    (episode,) = continue_episodes([], [found()])
    assert close_quiet(episode, START + 7 * DAY_S - 1) == episode
    closed = close_quiet(episode, START + 9 * DAY_S)
    assert closed.closed_at == START + 7 * DAY_S
    assert close_quiet(closed, START + 20 * DAY_S) == closed
    again = continue_episodes([closed], [found(day=8)])
    assert [one.detected for one in again] == [START, START + 8 * DAY_S]


def test_a_late_detection_may_be_earlier_than_all_others() -> None:
    (episode,) = continue_episodes([], [found()], START)
    (late,) = continue_episodes([episode], [found(day=-2, p=-4.5)], START + 60)
    assert (late.since, late.detected, late.last_signal) == (START - 2 * DAY_S - 3 * 3600, START, START)


def test_a_total_is_an_episode_of_its_area_whatever_is_near() -> None:
    totals = [found(where, layer=AlertLayer.TOTALS) for where in (A, B, A)]
    assert [episode.place.key for episode in continue_episodes([], totals)] == ["s:1", "s:2"]


REGION = district(1, "r", DistrictLevel.REGION)
EAST, WEST = (district(number, code, DistrictLevel.DISTRICT, 1) for number, code in ((2, "east"), (3, "west")))
AREAS = list_areas(catalogue(None, [REGION, EAST, WEST]))
WHOLE, IN_EAST = AREAS.regions[0], AREAS.districts[0]


def numbered(*detections: Detection) -> list[Episode]:
    return [replace(continue_episodes([], [one])[0], id=number) for number, one in enumerate(detections, 1)]


def groups(episodes: Sequence[Episode]) -> list[int]:
    return [episode.group for episode in assign_groups(episodes, AREAS)]


def total(where: Place, theme: int = WATER, p: float = -5, n: int = 12, whole_sector: bool = False) -> Detection:
    made = found(where, theme=theme, p=p, n=n, layer=AlertLayer.TOTALS)
    return replace(made, theme=0) if whole_sector else made


def test_three_open_episodes_of_a_theme_are_a_group_led_by_the_rarest() -> None:
    assert groups(numbered(found(A), found(B, p=-8), found(FAR, theme=HEATING))) == [0, 0, 0]
    assert groups(numbered(found(A), found(B, p=-8), found(FAR))) == [2, 2, 2]
    closed = [replace(episode, closed_at=START) if episode.id == 1 else episode for episode in numbered(found(A), found(B), found(FAR))]
    assert groups(closed) == [0, 0, 0]


def test_a_leader_stays_one_and_its_group_stays_with_it_after_it_has_closed() -> None:
    episodes = assign_groups(numbered(found(A, p=-8), found(B), found(FAR)), AREAS)
    rarer = [replace(episodes[0]), replace(episodes[1], log10_p=-20.0), episodes[2]]
    assert groups(rarer) == [1, 1, 1]
    assert groups(rarer[1:]) == [1, 1]


def test_a_group_waits_for_an_id() -> None:
    new = [replace(episode, id=0) for episode in numbered(found(A), found(B), found(FAR))]
    assert groups(new) == [0, 0, 0]
    assert groups([*new[:2], replace(new[2], id=7)]) == [7, 7, 7]


def test_totals_join_what_explains_them() -> None:
    local = found(place("s:1", number=EAST.id), n=12, p=-6)
    # A district's total, its sector's, and the region's: all of them are the village.
    assert groups(numbered(local, total(IN_EAST, p=-30), total(IN_EAST, whole_sector=True), total(WHOLE, n=20))) == [1, 1, 1, 1]
    # Of another district, another theme, or too few messages to explain it.
    assert groups(numbered(local, total(AREAS.districts[1]))) == [0, 0]
    assert groups(numbered(local, total(IN_EAST, theme=HEATING))) == [0, 0]
    assert groups(numbered(local, total(WHOLE, n=100))) == [0, 0]


def test_a_district_joins_its_region_and_a_sector_its_theme() -> None:
    assert groups(numbered(total(IN_EAST, p=-30), total(WHOLE, p=-5))) == [2, 2]
    assert groups(numbered(total(WHOLE, whole_sector=True, p=-30), total(WHOLE, p=-5))) == [2, 2]
    assert groups(numbered(total(WHOLE, theme=SNOW), total(WHOLE))) == [0, 0]


def test_a_sectors_total_does_not_bring_two_themes_together() -> None:
    water, heating = (found(place(f"s:{theme}", number=EAST.id), theme=theme, n=12, p=-theme) for theme in (WATER, HEATING))
    assert groups(numbered(water, heating, total(IN_EAST, whole_sector=True))) == [0, 2, 2]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40 * 24), st.integers(0, 5), st.integers(0, 2), st.integers(-90, -30)), max_size=40))
def test_clusters_are_the_episodes_of_the_rules(rows: list[tuple[int, int, int, int]]) -> None:
    places = [place(f"s:{number}", 17.0 * number) for number in range(6)]
    rows.sort(key=lambda row: row[0])
    themes = (WATER, HEATING, SNOW)
    detections = [found(places[where], hour / 24, themes[theme], p / 10) for hour, where, theme, p in rows]
    open_ones: list[Episode] = []
    closed: list[Episode] = []
    for detection in detections:
        open_ones = [close_quiet(episode, detection.stop) for episode in open_ones]
        closed += [episode for episode in open_ones if episode.closed_at]
        open_ones = continue_episodes([episode for episode in open_ones if not episode.closed_at], [detection])
    expected = sorted((one.detected, one.last_signal, one.place.key, one.theme, one.log10_p) for one in closed + open_ones)

    columns = np.array([(where, theme) for _, where, theme, _ in rows], np.int32).reshape(-1, 2)
    stops = np.array([detection.stop for detection in detections], np.int64)
    p = np.array([detection.log10_p for detection in detections])
    nothing = np.zeros(len(rows), np.int32)
    signals = Signals(columns[:, 0].copy(), columns[:, 1].copy(), stops, stops, nothing, p, p, stops, nothing)
    vectors = unit_vectors(Positions(np.array([one.lng for one in places]), np.array([one.lat for one in places])))
    subjects = Subjects(vectors, np.arange(6, dtype=np.int32), np.array([1, 1, 2], np.int32), np.zeros(3, np.bool_))
    clusters = cluster_signals(signals, subjects, -3.0)
    assert expected == sorted(
        (opened, last, places[where].key, themes[theme], strongest)
        for opened, last, where, theme, strongest in zip(*(column.tolist() for column in clusters), strict=True)
    )


@pytest.mark.parametrize("limit", [-3.0, -6.0])
def test_clusters_take_the_signals_up_to_a_limit(limit: float) -> None:
    stops, p = np.array([0, DAY_S], np.int64), np.array([-4.0, -7.0])
    zeros = np.zeros(2, np.int32)
    signals = Signals(zeros, zeros, stops, stops, zeros, p, p, stops, zeros)
    subjects = Subjects(unit_vectors(Positions(np.array([39.0]), np.array([45.0]))), zeros[:1], zeros[:1], np.zeros(1, np.bool_))
    clusters = cluster_signals(signals, subjects, limit)
    assert (len(clusters.opened), clusters.log10_p[0], clusters.opened[0]) == (1, -7.0, 0 if limit == -3.0 else DAY_S)
