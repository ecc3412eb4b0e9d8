"""Weeks of reports: what they are called, when they begin and end, and what they are compared with."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from geo_service.core.errors import InvalidParameter
from geo_service.reports.request import read_language
from geo_service.reports.week import read_week

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
HOUR_S = 3600
NOW = datetime(2026, 11, 30, 6, 0, 30, tzinfo=UTC).timestamp()
"""A Monday, 9:00 in Moscow."""


def at(text: str, zone: ZoneInfo = MOSCOW) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def test_the_default_is_the_last_whole_week() -> None:
    week = read_week(None, MOSCOW, NOW)
    assert (week.code, week.has_ended) == ("2026-W48", True)
    assert (week.window.start, week.window.stop) == (at("2026-11-23"), at("2026-11-30"))
    assert week.now == week.window.stop


def test_a_week_begins_and_ends_at_the_zones_midnight() -> None:
    sunday_night = datetime(2026, 11, 29, 21, 30, tzinfo=UTC).timestamp()
    assert read_week(None, MOSCOW, sunday_night).code == "2026-W48"
    assert read_week(None, BERLIN, sunday_night).code == "2026-W47"


def test_a_week_with_a_change_of_the_clocks_is_as_long_as_it_is() -> None:
    week = read_week("2026-W13", BERLIN, NOW)
    assert week.window.stop - week.window.start == (7 * 24 - 1) * HOUR_S
    before = read_week("2026-W14", BERLIN, NOW).earlier(1)
    assert (before.start, before.stop) == (week.window.start, week.window.stop)


def test_the_present_week_ends_now_and_is_compared_with_the_same_part_of_others() -> None:
    week = read_week("2026-W49", MOSCOW, NOW)
    assert not week.has_ended
    assert (week.window.start, week.window.stop) == (at("2026-11-30"), at("2026-11-30T09:00"))
    assert (week.earlier(1).start, week.earlier(1).stop) == (at("2026-11-23"), at("2026-11-23T09:00"))
    assert (week.year_earlier.start, week.year_earlier.stop) == (at("2025-11-30"), at("2025-11-30T09:00"))


def test_a_week_that_has_just_begun_is_not_empty() -> None:
    window = read_week("2026-W49", MOSCOW, at("2026-11-30")).window
    assert window.start < window.stop


def test_the_last_weeks_and_days_end_with_the_week() -> None:
    week = read_week("2026-W01", MOSCOW, NOW)
    assert [(one.start, one.stop) for one in week.last_weeks(3)] == [
        (at("2025-12-15"), at("2025-12-22")), (at("2025-12-22"), at("2025-12-29")), (at("2025-12-29"), at("2026-01-05")),
    ]  # fmt: skip
    assert week.last_days(90).start == at("2025-10-07")
    assert (week.year_earlier.start, week.year_earlier.stop) == (at("2024-12-29"), at("2025-01-05"))


@pytest.mark.parametrize("text", ["2020-W53", "2026-W53"])
def test_only_long_years_have_a_53rd_week(text: str) -> None:
    if text.startswith("2020"):
        assert read_week(text, MOSCOW, NOW).window.start == at("2020-12-28")
    with pytest.raises(InvalidParameter, match="--week"):
        read_week("2025-W53", MOSCOW, NOW, "--week")


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-48", "2026W48", "2026-W00", "2026-W54", "W48-2026", "0000-W01", "1971-W52", "２０２６-W48", "2026-W50"]
)
def test_what_is_no_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        read_week(text, MOSCOW, NOW)
    assert refused.value.parameter == "week"
    assert "2026-W4" in str(refused.value.allowed)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", "ru"), ("en", "en"), ("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("en-GB,en;q=0.9,ru;q=0.8", "en"), ("de,fr", "ru"), ("*", "ru"),
        ("ru;q=0.1, en;q=0.2", "en"), ("en;q=0, ru", "ru"), ("en;q=x", "ru"), ("EN-us", "en"), ("en;q=nan", "ru"), (";;,,", "ru"),
    ],
)  # fmt: skip
def test_the_language_is_the_readers_first_that_there_is(accepted: str, expected: str) -> None:
    assert read_language(None, accepted) == expected
