"""The reason of an alert in a sentence: right forms after every number, honest rounding, dates in the service's time zone."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from geo_service.aggregation.alerts.model import AgencyShare, AlertLayer, Episode, Place
from geo_service.alerts.phrases import format_duration, format_expected, format_moment, format_recurrence
from geo_service.alerts.reason import write_reason
from geo_service.core.wording import format_number, plural_ru
from tests.support.alert_episodes import CATALOGUE, MOSCOW, VILLAGE, at, outage

HOUR, DAY = 3600, 86_400
CROPS = Place("s:2", "Крымск", "Krymsk", 37.98, 44.93, district=2)


def ru(episode: Episode) -> str:
    return write_reason(episode, CATALOGUE, MOSCOW)["ru"]


def en(episode: Episode) -> str:
    return write_reason(episode, CATALOGUE, MOSCOW)["en"]


def test_the_outage_is_told_as_an_operator_would_tell_it() -> None:
    assert ru(outage()) == (
        "Вознесенская: 110 сообщений «Нет холодной воды» за 3 дня, обычно 0; 96 открыто; с 27 ноября 06:06; отвечает Водоканал"
    )
    assert en(outage()) == (
        "Voznesenskaya: 110 incidents “No cold water” in 3 days, usually 0; 96 open; since 27 November 06:06; to answer: Vodokanal"
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1 сообщение"), (2, "2 сообщения"), (4, "4 сообщения"), (5, "5 сообщений"), (11, "11 сообщений"), (12, "12 сообщений"),
     (14, "14 сообщений"), (21, "21 сообщение"), (22, "22 сообщения"), (25, "25 сообщений"), (101, "101 сообщение"),
     (111, "111 сообщений"), (1_112, "1\xa0112 сообщений"), (10_001, "10\xa0001 сообщение"), (0, "0 сообщений")],
)  # fmt: skip
def test_messages_have_the_form_that_their_number_asks_for(number: int, words: str) -> None:
    assert f": {words} «" in ru(replace(outage(), n=number))


@pytest.mark.parametrize(("number", "words"), [(1, "1 incident "), (2, "2 incidents "), (1_112, "1,112 incidents ")])
def test_messages_are_one_or_many_in_english(number: int, words: str) -> None:
    assert f": {words}“" in en(replace(outage(), n=number))


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [(0, "час", "hour"), (40 * 60, "час", "hour"), (5400, "2 часа", "2 hours"), (5 * HOUR, "5 часов", "5 hours"),
     (21 * HOUR, "21 час", "21 hours"), (DAY, "день", "day"), (30 * HOUR, "30 часов", "30 hours"), (36 * HOUR, "2 дня", "2 days"),
     (3 * DAY + 8 * HOUR, "3 дня", "3 days"), (7 * DAY, "7 дней", "7 days"), (21 * DAY, "21 день", "21 days")],
)  # fmt: skip
def test_the_time_is_in_hours_first_and_then_in_days(seconds: int, russian: str, english: str) -> None:
    assert format_duration(seconds, "ru") == russian
    assert format_duration(seconds, "en") == english


def test_the_first_hour_reads_well_in_both_languages() -> None:
    episode = replace(outage(), updated=outage().since + 600, n=3)
    assert "3 сообщения «Нет холодной воды» за час, " in ru(episode)
    assert "3 incidents “No cold water” in one hour, " in en(episode)


@pytest.mark.parametrize(
    ("expected", "russian", "english"),
    [(0, "0", "0"), (0.1, "0", "0"), (0.19, "0", "0"), (0.2, "меньше одного", "less than one"), (0.3, "меньше одного", "less than one"),
     (0.94, "меньше одного", "less than one"), (0.95, "1", "1"), (1.4, "1", "1"), (1.6, "2", "2"), (19.2, "19", "19"),
     (54.4, "54", "54"), (99.4, "99", "99"), (214.0, "210", "210"), (1234.5, "1\xa0200", "1,200"), (99_960.0, "100\xa0000", "100,000")],
)  # fmt: skip
def test_what_is_usual_has_no_digits_that_mean_nothing(expected: float, russian: str, english: str) -> None:
    assert format_expected(expected) == {"ru": russian, "en": english}
    assert f", обычно {russian}; " in ru(replace(outage(), expected=expected))


@pytest.mark.parametrize(
    ("days", "russian", "english"),
    [(0.4, "чаще чем раз в день", "more than once a day"), (1.0, "раз в день", "once a day"), (2.0, "раз в 2 дня", "once in 2 days"),
     (7.0, "раз в 7 дней", "once in 7 days"), (21.3, "раз в 21 день", "once in 21 days"), (22.0, "раз в 22 дня", "once in 22 days"),
     (111.0, "раз в 110 дней", "once in 110 days"), (364.0, "раз в 360 дней", "once in 360 days"), (365.0, "раз в год", "once a year"),
     (740.0, "раз в 2 года", "once in 2 years"), (1900.0, "раз в 5 лет", "once in 5 years"),
     (3649.0, "раз в 10 лет", "once in 10 years"), (3650.0, "реже чем раз в 10 лет", "less than once in 10 years"),
     (float("inf"), "реже чем раз в 10 лет", "less than once in 10 years"),
     (float("nan"), "реже чем раз в 10 лет", "less than once in 10 years")],
)  # fmt: skip
def test_recurrence_is_a_number_of_days_or_years(days: float, russian: str, english: str) -> None:
    assert format_recurrence(days) == {"ru": russian, "en": english}


def test_open_messages_are_counted_or_said_to_be_none() -> None:
    assert "; 1 открыто; " in ru(replace(outage(), open=1))
    assert "; открытых нет; " in ru(replace(outage(), open=0))
    assert "; none open; " in en(replace(outage(), open=0))


def test_several_places_are_the_strongest_and_a_number() -> None:
    episode = replace(outage(), place=CROPS, places=(CROPS, VILLAGE, replace(VILLAGE, key="s:3")))
    assert ru(episode).startswith("Крымск и ещё 2: ")
    assert en(episode).startswith("Krymsk and 2 more: ")
    assert ru(replace(episode, places=(CROPS, VILLAGE))).startswith("Крымск и ещё 1: ")
    assert ru(replace(episode, places=(CROPS,))).startswith("Крымск: ")
    assert ru(replace(episode, places=())).startswith("Крымск: ")


@pytest.mark.parametrize(
    ("name", "words"),
    [("Краснодарский край", "Во всём крае"), ("Московская область", "Во всей области"), ("Республика Адыгея", "Во всей республике"),
     ("Чувашская Республика — Чувашия", "Во всей республике"), ("Ненецкий автономный округ", "Во всём округе"),
     ("Еврейская автономная область", "Во всей области"), ("город Севастополь", "Во всём городе"), ("Минск", "Во всём регионе"),
     ("", "Во всём регионе")],
)  # fmt: skip
def test_the_whole_region_is_called_what_it_is(name: str, words: str) -> None:
    region = Place("r:", name, "Krasnodar Krai", 39, 45, district=1)
    snow = replace(outage(), layer=AlertLayer.TOTALS, place=region, places=(region,))
    assert ru(snow).startswith(f"{words}: 110 сообщений")
    assert en(snow).startswith("All of Krasnodar Krai: 110 incidents")


def test_where_no_region_is_loaded_it_has_no_name() -> None:
    region = Place("r:", "Вся территория", "The whole area", 0, 0)
    snow = replace(outage(), layer=AlertLayer.TOTALS, place=region, places=(region,))
    assert ru(snow).startswith("Во всём регионе: 110 сообщений")
    assert en(snow).startswith("The whole region: 110 incidents")


def test_a_whole_sector_is_named_as_one() -> None:
    episode = replace(outage(), layer=AlertLayer.TOTALS, theme=0)
    assert "110 сообщений отрасли «ЖКХ» за 3 дня" in ru(episode)
    assert "110 incidents of the sector “Housing and utilities” in 3 days" in en(episode)


def test_agencies_are_the_one_with_most_messages_and_how_many_more() -> None:
    two = (AgencyShare(2, 60, 50), AgencyShare(1, 40, 40), AgencyShare(0, 10, 6))
    assert ru(replace(outage(), agencies=two)).endswith("; отвечают Администрация и ещё 1")
    assert en(replace(outage(), agencies=two)).endswith("; to answer: Administration and 1 more")


@pytest.mark.parametrize("agencies", [(), (AgencyShare(0, 110, 96),), (AgencyShare(99, 110, 96),)])
def test_where_nobody_is_known_to_answer_nothing_is_said_of_it(agencies: tuple[AgencyShare, ...]) -> None:
    assert ru(replace(outage(), agencies=agencies)).endswith("; с 27 ноября 06:06")


def test_times_are_in_the_service_time_zone_and_have_a_year_where_it_is_another_one() -> None:
    new_year = int(datetime(2025, 12, 31, 23, 30, tzinfo=MOSCOW).timestamp())
    later = new_year + 2 * HOUR
    assert format_moment(new_year, MOSCOW, "ru", new_year) == "31 декабря 23:30"
    assert format_moment(new_year, MOSCOW, "ru", later) == "31 декабря 2025 года 23:30"
    assert format_moment(new_year, MOSCOW, "en", later) == "31 December 2025 23:30"
    assert format_moment(new_year, ZoneInfo("Asia/Vladivostok"), "ru", later) == "1 января 06:30"
    assert "; с 31 декабря 2025 года 23:30; " in ru(replace(outage(), since=new_year))
    assert at("2026-05-09T00:05") and format_moment(at("2026-05-09T00:05"), MOSCOW, "ru", later) == "9 мая 00:05"


@pytest.mark.parametrize("log10_p", [-3.5, -104.2])
def test_no_probability_is_ever_in_it(log10_p: float) -> None:
    for text in write_reason(replace(outage(), log10_p=log10_p), CATALOGUE, MOSCOW).values():
        assert not re.search(r"e-|\bp\b|0[.,]0|%|вероятност", text)


def test_forms_follow_the_rule_of_the_language_for_every_number() -> None:
    """CLDR: one if n % 10 = 1 and n % 100 ≠ 11; few if n % 10 = 2..4 and n % 100 ≠ 12..14; else many."""
    for number in range(1200):
        one = number % 10 == 1 and number % 100 != 11
        few = 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14
        assert plural_ru(number, ("one", "few", "many")) == ("one" if one else "few" if few else "many")


def test_thousands_are_set_apart() -> None:
    assert format_number(1_234_567, "ru") == "1\xa0234\xa0567"
    assert format_number(999, "ru") == "999"
