"""The words of the report: complete in both languages, with numbers as readers write them."""

import re
from datetime import date

import pytest

from geo_service.reports.document.model import Kind
from geo_service.reports.document.numbers import format_days, format_value
from geo_service.reports.document.words import WORDS


def test_both_languages_have_the_same_words_with_the_same_values() -> None:
    fields = {language: {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in words.items()} for language, words in WORDS.items()}
    assert fields["ru"] == fields["en"]


def test_no_russian_word_is_left_in_the_english_report() -> None:
    assert [key for key, text in WORDS["en"].items() if re.search("[а-яё]", text.lower())] == []


def test_names_of_sheets_are_short_and_differ() -> None:
    for words in WORDS.values():
        names = [text for key, text in words.items() if key.startswith("sheet_")]
        assert len(set(names)) == len(names)
        assert all(len(name) <= 31 for name in names)


@pytest.mark.parametrize(
    ("value", "kind", "russian", "english"),
    [
        (1234567, Kind.COUNT, "1\u00a0234\u00a0567", "1,234,567"),
        (0, Kind.COUNT, "0", "0"),
        (1.25, Kind.DECIMAL, "1,2", "1.2"),
        (0.8408, Kind.SHARE, "84\u00a0%", "84%"),
        (0.112, Kind.CHANGE, "+11\u00a0%", "+11%"),
        (-0.52, Kind.CHANGE, "\u221252\u00a0%", "\u221252%"),
        (-0.001, Kind.CHANGE, "0\u00a0%", "0%"),
        (0.0000001, Kind.P, "<\u00a00,001", "<\u00a00.001"),
        (0.05, Kind.P, "0,050", "0.050"),
        (None, Kind.COUNT, "—", "—"),
        ("=1", Kind.TEXT, "=1", "=1"),
    ],
)
def test_values_are_written_as_in_each_language(value: float | str | None, kind: Kind, russian: str, english: str) -> None:
    assert (format_value(value, kind, "ru"), format_value(value, kind, "en")) == (russian, english)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (date(2026, 11, 23), "23–29 ноября 2026"),
        (date(2026, 11, 30), "30 ноября – 6 декабря 2026"),
        (date(2026, 12, 28), "28 декабря 2026 – 3 января 2027"),
    ],
)
def test_a_week_names_month_and_year_as_often_as_necessary(first: date, expected: str) -> None:
    assert format_days(first, "ru") == expected
