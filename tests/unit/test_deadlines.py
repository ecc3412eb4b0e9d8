"""Rules of deadlines: which one holds, what it gives, and what is said of a file that cannot be used."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from geo_service.core.calendar.deadlines import Deadlines, read_deadlines
from geo_service.core.errors import SettingsError
from tests.support.geo_command import geo

MOSCOW = ZoneInfo("Europe/Moscow")


def rules(tmp_path: Path, text: str) -> Deadlines:
    file = tmp_path / "deadlines.toml"
    file.write_text(text, encoding="utf-8")
    return read_deadlines(file, MOSCOW)


def due(deadlines: Deadlines, source: str, received: Sequence[str], theme: str = "", sector: str = "other") -> list[str]:
    rule = deadlines.find_rule(theme, source, sector)
    assert rule
    instants = np.array([int(datetime.fromisoformat(one).replace(tzinfo=MOSCOW).timestamp()) for one in received])
    return [datetime.fromtimestamp(one, MOSCOW).isoformat()[:19] for one in rule.compute_due(instants, deadlines.calendar).tolist()]


@pytest.mark.parametrize(
    ("source", "received", "expected"),
    [
        ("social", "2026-11-02T10:30:00", "2026-11-03T10:30:00"),
        # A short day, then the holiday: Tuesday until 17 o'clock, Thursday the rest.
        ("vk_social", "2026-11-03T10:00:00", "2026-11-05T11:00:00"),
        ("bot", "2026-11-06T20:00:00", "2026-11-09T18:00:00"),
        ("portal", "2026-04-30T16:00:00", "2026-05-14T18:00:00"),
        ("demo_portal", "2024-12-20T23:00:00", "2025-01-10T18:00:00"),
        ("letters", "2026-01-31T12:00:00", "2026-03-02T23:59:59"),
        ("hotline", "2026-12-31T23:30:00", "2027-01-01T23:30:00"),
    ],
)
def test_the_shipped_rules_give_the_deadlines_that_a_calendar_on_the_wall_gives(source: str, received: str, expected: str) -> None:
    assert due(read_deadlines(None, MOSCOW), source, [received]) == [expected]


def test_no_shipped_rule_holds_for_a_source_that_is_not_named() -> None:
    assert read_deadlines(None, MOSCOW).find_rule("minsk115-6.26", "minsk115", "roads") is None


def test_the_rule_that_names_more_goes_first_whatever_the_order_in_the_file(tmp_path: Path) -> None:
    parts = {
        "any": "",
        "sector": 'sector = ["roads"]',
        "source": 'source = ["vk"]',
        "source_sector": 'source = ["vk"]\nsector = ["roads"]',
        "theme": 'theme = ["ice*"]',
        "theme_source": 'theme = ["ice*"]\nsource = ["vk"]',
    }
    text = "\n".join(f'[[rule]]\nname = "{name}"\n{keys}\ncalendar_days = 1' for name, keys in parts.items())
    deadlines = rules(tmp_path, text)
    assert [rule.name for rule in deadlines.rules] == ["theme_source", "theme", "source_sector", "source", "sector", "any"]
    asked = [("ice-1", "vk", "roads"), ("ice-1", "ok", "roads"), ("pit", "vk", "roads"), ("pit", "vk", "waste"), ("pit", "ok", "roads")]
    found = [deadlines.find_rule(*one) for one in [*asked, ("pit", "ok", "waste")]]
    assert [rule.name for rule in found if rule] == [rule.name for rule in deadlines.rules]


def test_of_equally_specific_rules_the_first_holds(tmp_path: Path) -> None:
    first, second = ('[[rule]]\nname = "%s"\nsource = ["%s"]\ncalendar_hours = 1.5\n' % pair for pair in (("a", "v*"), ("b", "vk")))  # noqa: UP031
    found = rules(tmp_path, first + second).find_rule("", "vk", "other")
    assert found and found.name == "a" and found.limit_text == "1.5 calendar hours"


def test_the_table_of_rules_holds_for_each_source_and_theme_what_the_rules_say(tmp_path: Path) -> None:
    deadlines = rules(
        tmp_path,
        '[[rule]]\nname = "vk"\nsource = ["vk"]\nworking_hours = 4\n'
        '[[rule]]\nname = "ice"\ntheme = ["ice"]\nworking_hours = 1\nanswer_time = "calendar"\n',
    )
    table = deadlines.make_rule_table({1: ("ice", "roads"), 3: ("pit", "roads")}, {2: "vk", 4: "ok"})
    assert table.shape == (5, 4)
    assert table[[2, 2, 4, 4], [1, 3, 1, 3]].tolist() == [0, 1, 0, -1]
    assert [rule.counts_business_time for rule in deadlines.rules] == [False, True]


def test_a_calendar_of_ones_own_is_taken(tmp_path: Path) -> None:
    text = """
        [calendar]
        country = ""
        weekdays = ["sat", "sun"]
        opens = "20:00"
        closes = "23:30"
        days_off = [2026-11-08]
        time_zone = "Asia/Vladivostok"
        [[rule]]
        name = "all"
        working_hours = 4
    """
    # Friday 18:00 in Moscow is Saturday 01:00 in Vladivostok; the Sunday is free, so half an hour is left for the Saturday after.
    assert due(rules(tmp_path, text), "x", ["2026-11-06T18:00:00"]) == ["2026-11-14T13:30:00"]


def test_a_deadline_never_passes_what_the_database_can_hold() -> None:
    letters = read_deadlines(None, MOSCOW).find_rule("", "letters", "other")
    assert letters
    found = letters.compute_due(np.array([4_291_700_000, 0xFFFFFFFF]), read_deadlines(None, MOSCOW).calendar)
    assert [datetime.fromtimestamp(one, ZoneInfo("UTC")).isoformat() for one in found.tolist()] == ["2105-12-31T23:59:59+00:00"] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[calendar]\ncountry = 'XX'", "calendar.country: Value error, unknown country 'XX'; allowed: AD"),
        ("[calendar]\nweekdays = ['monday']", "calendar.weekdays.0: Value error, unknown weekday 'monday'; allowed: mon, tue"),
        ("[calendar]\nopens = '9'", "calendar.opens: Value error, '9' is not a time of day; allowed: HH:MM, such as 09:00"),
        ("[calendar]\nopens = '19:00'", "calendar: Value error, closes must be later than opens"),
        ("[calendar]\nshort_day_minutes = 540", "short_day_minutes leaves nothing of a day; allowed: 0 to 539"),
        ("[calendar]\ntime_zone = 'Moscow'", "calendar.time_zone: Value error, unknown time zone 'Moscow'"),
        ("[calendar]\nlunch = 1", "calendar.lunch: unknown key; allowed: country, weekdays"),
        ("[calendar]\ndays_off = [2026-01-01]\nworking_days = [2026-01-01]", "2026-01-01 is in days_off and in working_days"),
        ("calendars = 1", "calendars: unknown key; allowed: calendar, rule"),
        ("[[rule]]\nname = 'a'\nhours = 1", "rule.0.hours: unknown key; allowed: name, theme, source, sector"),
        ("[[rule]]\nname = 'a'", "rule 'a' has no limit; allowed: exactly one of working_hours, working_days"),
        (
            "[[rule]]\nname = 'a'\nworking_hours = 1\ncalendar_days = 2",
            "rule 'a' has working_hours and calendar_days; allowed: exactly one",
        ),
        ("[[rule]]\nname = 'a'\nworking_days = 0", "rule.0.working_days: Input should be greater than 0"),
        (
            "[[rule]]\nname = 'a'\nsector = ['road']\nworking_days = 1",
            "rule.0.sector.0: Value error, unknown sector 'road'; allowed: health",
        ),
        ("[[rule]]\nname = 'a'\nworking_days = 1\n[[rule]]\nname = 'a'\nworking_days = 2", "two rules are called 'a'"),
        ("[[rule]", "it is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_key_and_what_is_allowed(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        rules(tmp_path, text)
    assert str(refused.value).startswith("GEO_DEADLINES: cannot ")
    assert told in str(refused.value)


def test_the_command_shows_the_rules_and_an_example(tmp_path: Path) -> None:
    shown = geo("deadlines", "--source", "portal", "--at", "2026-04-30T16:00:00+03:00")
    assert shown.returncode == 0
    assert "8 working days" in shown.stdout
    assert "to be answered by 2026-05-14T18:00:00+03:00: 8 working days, by the rule 'portal'." in shown.stdout
    missing = geo("deadlines", GEO_DEADLINES=str(tmp_path / "none.toml"))
    assert missing.returncode == 2
    assert missing.stderr.startswith(f"geo: GEO_DEADLINES: cannot read {tmp_path}/none.toml: No such file or directory")
    assert geo("deadlines", "--at", "soon").returncode == 2
    assert "no deadline" in geo("deadlines", "--source", "elsewhere").stdout
