"""Instants are those that the standard library reads, and nothing else is taken for one."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.mapping.mapping import Dates
from ingest.validate.timestamps import NONE, UNREADABLE, read_instants

MOSCOW = Dates(time_zone="Europe/Moscow")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1970, 1, 3), datetime(2105, 12, 30), timezones=offsets)  # noqa: DTZ001  # zones beside


@given(st.lists(st.tuples(instants, st.sampled_from(["T", " "]), st.booleans())))
def test_the_usual_spellings_are_read_right(drawn: list[tuple[datetime, str, bool]]) -> None:
    whole = [(one.astimezone(UTC) if utc else one).replace(microsecond=0) for one, _, utc in drawn]
    texts = [one.isoformat(separator) for one, (_, separator, _) in zip(whole, drawn, strict=True)]
    texts = [
        text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") and utc else text
        for text, (_, _, utc) in zip(texts, drawn, strict=True)
    ]
    expected = [(one - EPOCH) // timedelta(microseconds=1) for one in whole]
    assert read_instants(texts, MOSCOW, end_of_day=False).tolist() == expected


@given(st.lists(st.one_of(st.none(), instants)))
def test_a_column_with_offsets_and_blanks_is_read_to_the_microsecond(drawn: list[datetime | None]) -> None:
    expected = [NONE if one is None else (one - EPOCH) // timedelta(microseconds=1) for one in drawn]
    texts = ["" if one is None else one.isoformat() for one in drawn]
    assert read_instants(texts, MOSCOW, end_of_day=False).tolist() == expected
    # One local time among them, which is read with the rules of the zone.
    with_local = read_instants([*texts, "2026-01-01T03:00:00"], MOSCOW, end_of_day=False).tolist()
    assert with_local == [*expected, (datetime(2026, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)]


def test_a_fraction_of_more_than_six_digits_is_cut_after_the_sixth() -> None:
    (read,) = read_instants(["2026-01-01T10:00:00.123456789Z"], MOSCOW, end_of_day=False).tolist()
    assert read == int(np.datetime64("2026-01-01T10:00:00.123456", "us").astype(np.int64))


@given(st.lists(st.text("0123456789-+:TZ ٣é.", max_size=30)))
def test_any_text_that_is_read_is_read_alike_by_the_standard_library(texts: list[str]) -> None:
    for text, microseconds in zip(texts, read_instants(texts, MOSCOW, end_of_day=False).tolist(), strict=True):
        assert (microseconds == NONE) == (not text.strip())
        if microseconds not in (NONE, UNREADABLE):
            parsed = datetime.fromisoformat(text.strip())
            aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=ZoneInfo(MOSCOW.time_zone))
            assert (aware - EPOCH) // timedelta(microseconds=1) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T10:00:00Z", "2026-13-01T10:00:00Z", "2026-00-01T10:00:00Z", "2026-01-00T10:00:00Z", "2026-04-31T10:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T10:60:00Z", "2026-01-01T10:00:60Z", "2026-01-01T10:00:00+24:00",
        "2026-01-01T10:00:00+03:00x", "2026-01-01T10:00:00Zx", "1969-12-31T23:59:59Z", "2106-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
        "٢026-01-01T10:00:00Z", "1970-01-01T02:00:00+03:00",
    ],
)  # fmt: skip
def test_a_day_or_an_hour_that_there_is_not_is_unreadable(text: str) -> None:
    assert read_instants([text, ""], MOSCOW, end_of_day=False).tolist() == [UNREADABLE, NONE]


def test_other_spellings_are_read_among_the_usual_ones() -> None:
    texts = [
        "2026-01-01T10:00:00Z",
        "2026-01-01T13:00:00",
        " 2026-01-01T10:00:00Z ",
        "20260101T100000Z",
        "2026-01-01T10:00:00.000Z",
        "",
        "2024-02-29T10:00:00Z",
    ]
    found = read_instants(texts, MOSCOW, end_of_day=False)
    ten = int(np.datetime64("2026-01-01T10:00:00", "us").astype(np.int64))
    leap = int(np.datetime64("2024-02-29T10:00:00", "us").astype(np.int64))
    assert found.tolist() == [ten, ten, ten, ten, ten, NONE, leap]
    assert read_instants([], MOSCOW, end_of_day=False).tolist() == []
