"""The demo region's history: always the same, consistent with itself, and with its episodes in it."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from geo_service.core.model import Status
from ingest.demo.geography.region import settlement_row
from ingest.demo.messages.agencies import DEMO_CHANNELS, list_agencies
from ingest.demo.messages.draws import draw_days, local_day
from ingest.demo.messages.history import MessageHistory, ReferenceIds, draw_history
from ingest.demo.messages.planted_events import PLANTED_EVENTS, SNOW_MESSAGES, choose_anchor, draw_planted_events, find_snow_day
from ingest.demo.messages.themes import DEMO_THEMES, theme_index
from ingest.write.incident_batch import IncidentBatch

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC).timestamp()
DAY_S = 86_400
IDS = ReferenceIds(np.arange(1, len(DEMO_CHANNELS) + 1), np.arange(1, len(DEMO_THEMES) + 1), np.arange(1, len(list_agencies()) + 1))


@cache
def region() -> MessageHistory:
    """As it is made for the first time at NOW."""
    return draw_history(NOW, 0, {}).changed_between(0, NOW)


@cache
def batch() -> IncidentBatch:
    return region().to_batch(NOW, IDS)


def seconds(column: NDArray[np.datetime64]) -> list[float | None]:
    """Python's own reading of instants."""
    moments: list[datetime | None] = column.astype("datetime64[us]").astype(object).tolist()
    return [None if moment is None else moment.replace(tzinfo=UTC).timestamp() for moment in moments]


def test_the_region_is_the_same_every_time_it_is_made() -> None:
    again = draw_history(NOW, 0, {}).changed_between(0, NOW).to_batch(NOW, IDS)
    assert again.external_id == batch().external_id
    assert again.address == batch().address
    for name in ("lng", "lat", "cell", "theme_id", "agency_id", "source_id", "status", "received_at", "due_at", "updated_at"):
        assert np.array_equal(getattr(again, name), getattr(batch(), name)), name


def test_about_150_000_messages_go_back_two_years() -> None:
    assert 140_000 < len(batch()) < 165_000
    received = [moment for moment in seconds(batch().received_at) if moment is not None]
    assert len(received) == len(batch())
    assert 729 < (NOW - min(received)) / DAY_S <= 731
    assert max(received) <= NOW


def test_ids_are_distinct() -> None:
    assert len(set(batch().external_id)) == len(batch())


def test_on_the_next_day_the_past_is_as_it_was() -> None:
    today = local_day(NOW)
    anchors = {one.letter: choose_anchor(one, today, None) for one in PLANTED_EVENTS}
    tomorrow = draw_history(NOW + DAY_S, NOW, anchors)
    known = dict(zip(region().messages.external_ids(), range(len(batch())), strict=True))
    common = [(row, known[name]) for row, name in enumerate(tomorrow.messages.external_ids()) if name in known]
    assert len(common) > 30_000
    new, old = (np.array(rows) for rows in zip(*common, strict=True))
    assert np.array_equal(tomorrow.messages.chance[new], region().messages.chance[old])
    assert np.array_equal(tomorrow.lifecycles.steps[new], region().lifecycles.steps[old])
    assert np.array_equal(tomorrow.agency[new], region().agency[old])


def test_a_day_is_the_same_whichever_days_are_made_with_it() -> None:
    day = local_day(NOW) - 100
    alone, among = draw_days(day, day + 1), draw_days(day - 5, day + 5)
    rows = np.isin(among.key, alone.key)
    assert np.array_equal(among.received[rows], alone.received)
    assert np.array_equal(among.town[rows], alone.town)


def test_what_changed_is_what_happened_since_in_the_order_of_time() -> None:
    later = NOW + 3 * 3600
    full = draw_history(later, 0, {})
    changed = full.changed_between(NOW, later)
    updated = changed.lifecycles.state_at(later).updated
    assert (np.diff(updated) >= 0).all()
    steps = full.lifecycles.steps
    expected = ((steps >= NOW) & (steps <= later)).any(axis=1)
    assert sorted(changed.messages.external_ids()) == sorted(full.messages.take(np.flatnonzero(expected)).external_ids())


def test_status_and_instants_tell_the_same_story() -> None:
    rows = zip(
        *(seconds(getattr(batch(), f"{n}_at")) for n in ("received", "answered", "closed", "updated")), batch().status.tolist(), strict=True
    )
    for received, answered, closed, updated, status in rows:
        assert received is not None
        assert updated is not None
        assert received <= updated <= NOW
        assert (closed is not None) == (status == Status.CLOSED)
        assert answered is None or received <= answered <= updated
        if status in (Status.ANSWERED, Status.RETURNED, Status.CLOSED):
            assert answered is not None
        if status in (Status.NEW, Status.ASSIGNED, Status.INTERIM, Status.REJECTED, Status.DUPLICATE):
            assert answered is None
        if status == Status.NEW:
            assert updated == received


def test_every_status_is_met_and_a_small_part_is_open_and_late() -> None:
    status = batch().status
    assert set(status.tolist()) == {int(one) for one in Status}
    still_open = ~np.isin(status, [Status.CLOSED, Status.REJECTED, Status.DUPLICATE])
    answered = ~np.isnat(batch().answered_at)
    overdue = still_open & (batch().due_at < np.datetime64(int(NOW), "s")) & (~answered | (status == Status.RETURNED))
    assert 500 < still_open.sum() < 2500
    assert 0.02 < overdue.sum() / still_open.sum() < 0.6
    assert 0.1 < (batch().answered_at[answered] > batch().due_at[answered]).mean() < 0.3


def of_theme(code: str, first_day: int, days: int) -> MessageHistory:
    """Messages about `code` received on these days, counted from today."""
    start = (local_day(NOW) + first_day) * DAY_S - 3 * 3600
    messages = region().messages
    rows = (messages.theme == theme_index(code)) & (messages.received >= start) & (messages.received < start + days * DAY_S)
    return region().take(np.flatnonzero(rows))


@pytest.mark.parametrize("episode", PLANTED_EVENTS, ids=lambda one: one.theme)
def test_an_episode_stands_out_at_its_place(episode: object) -> None:
    found = next(one for one in PLANTED_EVENTS if one is episode)
    place = settlement_row(found.settlement_at(local_day(NOW)))
    during = (of_theme(found.theme, found.begins, found.lasts).messages.town == place).sum() / found.lasts
    before = (of_theme(found.theme, found.begins - 200, 200).messages.town == place).sum() / 200
    assert during > 3
    assert during > 15 * max(before, 0.01)


def test_the_village_without_water_waits_for_an_answer() -> None:
    outage = PLANTED_EVENTS[0]
    village = of_theme(outage.theme, outage.begins, outage.lasts)
    village = village.take(np.flatnonzero(village.messages.town == settlement_row(outage.settlement_at(local_day(NOW)))))
    received = village.messages.received
    assert 90 < len(received) <= 145
    assert timedelta(seconds=int(NOW - received.min())) < timedelta(days=4)
    assert (village.lifecycles.state_at(NOW).closed > NOW).mean() > 0.8


def test_the_phone_that_nobody_answers_has_one_address() -> None:
    rows = [place for place, name in enumerate(batch().external_id) if name.startswith("p")]
    cells, counts = np.unique(batch().cell[rows], return_counts=True)
    assert len(rows) == 170
    assert counts.max() > 80
    assert len(cells) > 40


def test_the_snowfall_is_ten_times_the_usual_week() -> None:
    first = find_snow_day(local_day(NOW)) - local_day(NOW)
    week, usual = len(of_theme("roads.snow", first, 7).messages), len(of_theme("roads.snow", first - 28, 28).messages) / 4
    assert week > SNOW_MESSAGES
    assert week > 8 * usual


@pytest.mark.parametrize(
    ("today", "first"),
    [("2026-11-24", "2026-01-19"), ("2027-01-20", "2026-01-19"), ("2027-01-31", "2026-01-19"), ("2027-02-01", "2027-01-19")],
)
def test_the_snowfall_is_in_the_last_january_that_is_over(today: str, first: str) -> None:
    assert np.datetime64(find_snow_day(int(np.datetime64(today, "D").astype(int))), "D") == np.datetime64(first)


def test_episodes_stay_where_they_are_until_they_are_old() -> None:
    today = local_day(NOW)
    for one in PLANTED_EVENTS:
        assert choose_anchor(one, today, None) == today
        assert choose_anchor(one, today + one.renewed_after - 1, today) == today
        renewed = today + one.renewed_after
        assert choose_anchor(one, renewed, today) == renewed
        assert one.settlement_at(renewed) != one.settlement_at(today)
    ids = draw_planted_events(today, {}).external_ids()
    assert set(ids) == set(draw_planted_events(today + 1, {one.letter: today for one in PLANTED_EVENTS}).external_ids())
