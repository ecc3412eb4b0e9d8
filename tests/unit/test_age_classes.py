"""Days and ages against Python's own calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.selection.age_classes import age_classes, local_days, selections_by_age
from geo_service.aggregation.selection.selection import Selection, Window

ZONES = ["Europe/Moscow", "America/New_York", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "UTC"]

instants = st.lists(st.integers(86_400, 2**32 - 1), min_size=1, max_size=20)


@settings(deadline=None)
@given(instants, st.sampled_from(ZONES))
def test_an_instant_belongs_to_the_day_that_the_clock_on_the_wall_shows(seconds: list[int], name: str) -> None:
    zone = ZoneInfo(name)
    days = [datetime.fromtimestamp(moment, UTC).astimezone(zone).date() for moment in seconds]
    assert [date.fromordinal(day) for day in local_days(np.array(seconds, np.uint32), zone).tolist()] == days


def test_no_instants_are_no_days() -> None:
    assert len(local_days(np.empty(0, np.uint32), ZoneInfo("UTC"))) == 0


@pytest.mark.parametrize(("ago", "number"), [(-1, 0), (0, 0), (1, 1), (3, 1), (4, 2), (7, 2), (8, 3), (30, 3), (31, 4), (9999, 4)])
def test_the_class_follows_from_how_many_days_ago_it_was(ago: int, number: int) -> None:
    assert age_classes(np.array([738_000 - ago]), 738_000).tolist() == [number]


@settings(deadline=None)
@given(st.integers(10**9, 2**31), st.integers(-40, 40), st.integers(1, 90), st.sampled_from(ZONES), st.data())
def test_each_instant_of_a_selection_is_in_the_part_of_its_class_alone(
    now: int, back: int, length: int, name: str, data: st.DataObject
) -> None:
    zone, day = ZoneInfo(name), 86_400
    selection = Selection(Window(now - (back + length) * day, now - back * day), now)
    moment = data.draw(st.integers(selection.window.start, selection.window.stop - 1))
    today, then = (datetime.fromtimestamp(one, zone).date() for one in (now, moment))
    ago = (today - then) // timedelta(days=1)
    expected = next((place for place, limit in enumerate((0, 3, 7, 30)) if ago <= limit), 4)
    parts = list(selections_by_age(selection, zone))
    holding = [place for place, part in enumerate(parts) if part and part.window.start <= moment < part.window.stop]
    assert holding == [expected]
