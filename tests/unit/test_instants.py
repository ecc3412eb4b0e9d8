"""Instants are parsed and written in one way."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from geo_service.core.instants import LATEST, format_instant, parse_instant, parse_iso_instant, to_seconds

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24", "2026-11-23T21:00:00Z"),
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"),
        ("2026-11-24t10:00:00z", "2026-11-24T10:00:00Z"),
        ("2026-11-24T10:00:00.123456789Z", "2026-11-24T10:00:00Z"),
        ("2026-11-24T10:00:00.999999999999+03:00", "2026-11-24T07:00:00Z"),
        ("2026-11-24T10:00:00 03:00", "2026-11-24T07:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01T02:59:60.75+03:00", "2017-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
    ],
)
def test_an_instant_is_the_second_that_contains_it_and_a_date_its_first_in_the_zone(text: str, expected: str) -> None:
    assert to_seconds(parse_instant(text, MOSCOW)) == int(datetime.fromisoformat(expected).timestamp())


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026-13-01", "20261124", "2026-11-24T10:00:00", "2026-11-24T10:00Z", "2026-11-24T10:00:00.Z",
        "2026-11-24T10:00:61Z", "2026-11-24T10:00:60Z", "2026-11-24T23:59:60+03:00", "2026-11-24T10:00:00+0300",
    ],
)  # fmt: skip
def test_what_is_no_date_and_not_rfc_3339_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text, MOSCOW)


def test_other_spellings_of_iso_8601_are_local_time_where_they_have_no_offset() -> None:
    assert parse_iso_instant("2026-11-24T10:00", MOSCOW) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert parse_iso_instant("2026-11-24 10:00:00", None) == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert parse_iso_instant("2015-06-30T19:59:60-0400", None) == datetime(2015, 7, 1, tzinfo=UTC)


def test_instants_are_written_in_whole_seconds_of_utc() -> None:
    assert format_instant(LATEST) == "2106-02-07T06:28:15Z"
    assert format_instant(datetime(2026, 11, 24, 10, 0, 0, 999_999, tzinfo=MOSCOW)) == "2026-11-24T07:00:00Z"
