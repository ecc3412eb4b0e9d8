"""Working time against a walk over single minutes, and the Russian calendar against the official yearly hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.core.calendar.business_days import FIRST_DAY, BusinessDays, classify_days, list_countries
from geo_service.core.calendar.business_time import BusinessCalendar

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
WEEK = range(5)
OPENS, CLOSES = time(9), time(18)
RUSSIA = classify_days("RU", WEEK)
WORK = {zone: BusinessCalendar.from_days(RUSSIA, zone, OPENS, CLOSES, 3600) for zone in (MOSCOW, BERLIN)}

# Consultant's production calendars: working days, and hours of a 40-hour week.
OFFICIAL = {
    2021: (247, 1972), 2022: (247, 1973), 2023: (247, 1973), 2024: (248, 1979), 2025: (247, 1972), 2026: (247, 1972),
}  # fmt: skip


def seconds(*parts: int, zone: ZoneInfo = MOSCOW) -> int:
    return int(datetime(*parts, tzinfo=zone).timestamp())  # type: ignore[misc,arg-type]  # year to minute


def is_worked(minute: int, zone: ZoneInfo) -> bool:
    """Whether the minute that begins at this instant is worked, told from the package's own answers."""
    local = datetime.fromtimestamp(minute, zone)
    return local.date() in worked_days() and OPENS <= local.time() < (time(17) if local.date() in SHORT else CLOSES)


SHORT = {
    date(2024, 2, 22), date(2024, 3, 7), date(2024, 5, 8), date(2024, 6, 11), date(2024, 11, 2),
    date(2025, 3, 7), date(2025, 4, 30), date(2025, 6, 11), date(2025, 11, 1),
}  # fmt: skip
_WORKED: set[date] = set()


def worked_days() -> set[date]:
    if not _WORKED:
        calendar = holidays.country_holidays("RU", years=(2024, 2025))
        days = (date(2024, 1, 1) + timedelta(days=i) for i in range(731))
        _WORKED.update(day for day in days if calendar.is_working_day(day))
    return _WORKED


@pytest.mark.parametrize("year", OFFICIAL)
def test_days_and_hours_of_a_year_are_those_of_the_official_calendar(year: int) -> None:
    days = slice((date(year, 1, 1) - FIRST_DAY).days, (date(year + 1, 1, 1) - FIRST_DAY).days)
    worked, short = int(RUSSIA.working[days].sum()), int(RUSSIA.short[days].sum())
    assert (worked, 8 * worked - short) == OFFICIAL[year]


@pytest.mark.parametrize(
    ("day", "working", "short"),
    [
        (date(2024, 4, 27), True, False),
        (date(2024, 4, 29), False, False),
        (date(2024, 11, 2), True, True),
        (date(2024, 12, 28), True, False),
        (date(2026, 1, 9), False, False),
        (date(2026, 11, 3), True, True),
        (date(2026, 11, 4), False, False),
        (date(2026, 12, 31), False, False),
    ],
)
def test_moved_and_shortened_days_are_known(day: date, working: bool, short: bool) -> None:
    place = (day - FIRST_DAY).days
    assert (bool(RUSSIA.working[place]), bool(RUSSIA.short[place])) == (working, short)


def test_days_of_the_region_go_before_the_countrys() -> None:
    free, worked = date(2026, 4, 21), date(2026, 11, 7)
    own = classify_days("RU", WEEK, days_off=[free], working_days=[worked])
    differing = np.flatnonzero(own.working != RUSSIA.working)
    assert [FIRST_DAY + timedelta(days=int(place)) for place in differing] == [free, worked]


def test_without_a_country_every_weekday_is_worked_and_none_is_short() -> None:
    kinds = classify_days(None, [5])
    assert not kinds.short.any()
    assert {(FIRST_DAY + timedelta(days=int(place))).weekday() for place in np.flatnonzero(kinds.working)} == {5}


@pytest.mark.parametrize("country", ["BY", "KZ", "DE", "CN", "US"])
def test_other_countries_holidays_are_free_too(country: str) -> None:
    assert country in list_countries()
    kinds = classify_days(country, WEEK)
    calendar = holidays.country_holidays(country, years=2025)
    days = [date(2025, 1, 1) + timedelta(days=i) for i in range(365)]
    weekend = [day for day in days if day.weekday() >= 5 and day not in calendar.weekend_workdays]
    free = set(calendar) | set(weekend)
    assert [bool(kinds.working[(day - FIRST_DAY).days]) for day in days] == [day not in free for day in days]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(seconds(2024, 1, 10), seconds(2025, 12, 10)), st.integers(0, 12 * 24 * 60), st.sampled_from([MOSCOW, BERLIN])
)  # fmt: skip
def test_working_time_between_two_instants_is_what_single_minutes_add_up_to(start: int, minutes: int, zone: ZoneInfo) -> None:
    start -= start % 60
    stop = start + 60 * minutes
    counted = np.diff(WORK[zone].seconds_before(np.array([start, stop], np.uint32)))
    assert counted[0] == 60 * sum(is_worked(minute, zone) for minute in range(start, stop, 60))


@settings(max_examples=60, deadline=None)
@given(st.integers(seconds(2024, 1, 10), seconds(2025, 11, 10)), st.integers(1, 30 * 60), st.sampled_from([MOSCOW, BERLIN]))
def test_added_working_time_ends_with_the_minute_that_makes_it_full(start: int, minutes: int, zone: ZoneInfo) -> None:
    start -= start % 60
    minute, done = start - 60, 0
    while done < minutes:
        minute += 60
        done += is_worked(minute, zone)
    assert WORK[zone].add_seconds(np.array([start]), 60 * minutes).tolist() == [minute + 60]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 0xFFFFFFFF), min_size=1, max_size=50))
def test_the_table_holds_for_every_instant_and_is_its_own_inverse_within_working_hours(instants: list[int]) -> None:
    work, given_instants = WORK[MOSCOW], np.array(sorted(instants), np.uint32)
    passed = work.seconds_before(given_instants)
    assert (np.diff(passed) >= 0).all()
    back = work.find_instants(passed)
    assert (work.seconds_before(back) == passed).all()
    first = passed > 0
    assert (back[first] <= given_instants[first]).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(seconds(2024, 1, 10), seconds(2025, 11, 1)), st.integers(1, 12))
def test_days_are_whole_days_after_the_day_of_receipt(start: int, days: int) -> None:
    work, received = WORK[MOSCOW], datetime.fromtimestamp(start, MOSCOW)
    day, left = received.date(), days
    while left:
        day += timedelta(days=1)
        left -= day in worked_days()
    closing = datetime.combine(day, time(17) if day in SHORT else CLOSES, MOSCOW)
    assert work.end_of_business_day(np.array([start]), days).tolist() == [int(closing.timestamp())]
    last = datetime.combine(received.date() + timedelta(days=days), time(23, 59, 59), MOSCOW)
    assert work.end_of_calendar_day(np.array([start]), days).tolist() == [int(last.timestamp())]


def test_a_night_shift_in_another_zone_is_the_same_instants() -> None:
    kinds = BusinessDays(np.ones_like(RUSSIA.working), np.zeros_like(RUSSIA.short))
    work = BusinessCalendar.from_days(kinds, ZoneInfo("Asia/Vladivostok"), time(9), time(18))
    start = int(datetime(2026, 7, 1, 0, tzinfo=UTC).timestamp())
    # 00:00 UTC is 10 o'clock in Vladivostok: eight hours are left, and one more waits until 9 o'clock, 23:00 UTC.
    assert work.add_seconds(np.array([start]), 9 * 3600).tolist() == [int(datetime(2026, 7, 2, 0, tzinfo=UTC).timestamp())]
