"""The demo region's rhythm, its working time and its feed."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.demo.messages.agencies import DEMO_CHANNELS, compute_due, count_office_seconds, find_office_instant
from ingest.demo.messages.draws import draw_days, sector_indexes
from ingest.demo.messages.live_messages import draw_live_messages, restore_live_messages
from ingest.demo.messages.seasonality import expected_counts
from ingest.demo.messages.themes import DEMO_THEMES, SECTOR_CODES, theme_index

JANUARY, APRIL, JULY = (int(np.datetime64(f"2026-{month}-01", "D").astype(int)) for month in ("01", "04", "07"))
MONDAY = int(np.datetime64("2026-11-23", "D").astype(int))


def in_month(code: str, first: int) -> float:
    return float(expected_counts(np.arange(first, first + 28))[:, theme_index(code)].mean())


def test_each_season_has_its_themes() -> None:
    assert in_month("housing.heating", JANUARY) > 8 * in_month("housing.heating", JULY)
    assert in_month("housing.no_water", JULY) > 3 * in_month("housing.no_water", JANUARY)
    assert in_month("waste.not_collected", JULY) > 2 * in_month("waste.not_collected", JANUARY)
    assert in_month("roads.pothole", APRIL) > 1.5 * in_month("roads.pothole", JULY)
    assert in_month("education.process", APRIL) > 2 * in_month("education.process", JULY)
    assert in_month("health.appointment", JANUARY) > 2 * in_month("health.appointment", JULY)
    assert in_month("roads.snow", JULY) == 0


def test_offices_are_written_to_on_mondays_rather_than_on_sundays() -> None:
    weeks = expected_counts(np.arange(MONDAY - 7 * 51, MONDAY + 7)).reshape(52, 7, len(DEMO_THEMES)).sum(axis=0)
    for place, code in enumerate(SECTOR_CODES):
        own = weeks[:, sector_indexes() == place].sum(axis=1)
        assert own[0] > own[6], code
        assert code not in ("health", "education", "social") or own[0] > 2.5 * own[6]


def test_hours_follow_the_sector() -> None:
    messages = draw_days(JULY, JULY + 40)
    hour = (messages.received + 3 * 3600) % 86_400 // 3600
    health = sector_indexes()[messages.theme] == SECTOR_CODES.index("health")
    housing = sector_indexes()[messages.theme] == SECTOR_CODES.index("housing")
    assert 8 <= np.bincount(hour[health]).argmax() <= 10
    assert 18 <= np.bincount(hour[housing]).argmax() <= 20
    assert (hour < 5).mean() < 0.05


def test_every_sector_has_themes_and_codes_are_distinct() -> None:
    assert SECTOR_CODES == ("health", "education", "social", "housing", "waste", "energy", "roads", "transport")
    assert len({kind.code for kind in DEMO_THEMES}) == len(DEMO_THEMES) == 46


def counted(start: datetime, end: datetime) -> int:
    """Working minutes between two whole minutes, one by one."""
    minutes = 0
    while start < end:
        local = start + timedelta(hours=3)
        minutes += local.weekday() < 5 and 9 <= local.hour < 18
        start += timedelta(minutes=1)
    return minutes


@given(st.integers(0, 20_000), st.integers(0, 6_000))
def test_working_time_is_what_counting_minutes_gives(begin: int, length: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=begin)
    end = start + timedelta(minutes=length)
    passed = count_office_seconds(np.array([int(end.timestamp())])) - count_office_seconds(np.array([int(start.timestamp())]))
    assert passed[0] == counted(start, end) * 60


@given(st.integers(0, 10**8))
def test_an_instant_found_by_working_time_has_that_working_time(working: int) -> None:
    instant = find_office_instant(np.array([working]))
    assert count_office_seconds(instant)[0] == working
    assert count_office_seconds(instant + 1)[0] == working + 1


def test_deadlines_are_those_of_the_channels() -> None:
    friday_noon = datetime(2026, 11, 20, 9, tzinfo=UTC)
    received = np.full(len(DEMO_CHANNELS), int(friday_noon.timestamp()))
    by_code = dict(zip([one.code for one in DEMO_CHANNELS], compute_due(received, np.arange(len(DEMO_CHANNELS))).tolist(), strict=True))
    at = {code: datetime.fromtimestamp(instant, UTC) for code, instant in by_code.items()}
    assert at["social"] == at["bot"] == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert at["portal"] == datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert at["letter"] == friday_noon + timedelta(days=30)
    assert at["hotline"] == friday_noon + timedelta(days=1)


def test_the_feed_makes_about_as_many_as_it_is_asked_for() -> None:
    start = 1_795_000_020.0
    assert 5000 < len(draw_live_messages(start, start + 86_400 / 4, 15)) < 5800
    assert len(draw_live_messages(start, start + 3600, 0)) == 0


def test_two_steps_of_the_feed_make_what_one_long_step_makes() -> None:
    start = 1_795_000_020.0
    long = draw_live_messages(start, start + 600, 30).external_ids()
    short = draw_live_messages(start, start + 217, 30).external_ids() + draw_live_messages(start + 217, start + 600, 30).external_ids()
    assert sorted(long) == sorted(short)


def test_the_feeds_messages_are_remembered_by_their_ids() -> None:
    made = draw_live_messages(1_795_000_000, 1_795_000_600, 20)
    again = restore_live_messages(made.external_ids()[::3])
    rows = np.isin(made.key, again.key)
    assert len(again) == len(made.external_ids()[::3]) > 20
    assert np.array_equal(np.sort(again.key), np.sort(made.key[::3]))
    assert np.array_equal(made.take(rows).chance[np.argsort(made.key[rows])], again.chance[np.argsort(again.key)])
    assert len(restore_live_messages(["d20000-00001"])) == 0
