"""Formats of dates in a mapping: what they read, what they refuse, and which of them a mapping may name."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from geo_service.core.errors import InputError
from ingest.mapping.mapping import Dates, load_mapping
from ingest.validate.timestamps import NONE, UNREADABLE, read_instants

MOSCOW = ZoneInfo("Europe/Moscow")
local_times = st.datetimes(datetime(1971, 1, 2), datetime(2105, 12, 30)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001  # zone below
FORMS = [
    "янв янв. января январь", "фев февр. февраля", "мар марта", "апр апреля", "май мая", "июн июня", "июл июля", "авг августа",
    "сен сент. сентября", "окт октября", "ноя нояб. ноября", "дек декабря",
]  # fmt: skip


def read(values: list[str], *formats: str, zone: str = "Europe/Moscow", end_of_day: bool = False) -> list[str]:
    instants = read_instants(values, Dates(formats=formats, time_zone=zone), end_of_day=end_of_day).tolist()
    names = {NONE: "none", UNREADABLE: "unreadable"}
    return [names.get(one) or str(np.datetime64(one, "us"))[:19] for one in instants]


@given(local_times)
def test_unix_time_is_that_of_the_standard_library(at: datetime) -> None:
    seconds = at.replace(tzinfo=UTC).timestamp()
    expected = [f"{at:%Y-%m-%dT%H:%M:%S}" if seconds >= 100_000_000 else "unreadable"]
    assert read([f"{seconds:.0f}"], "epoch") == expected
    assert read([f"{seconds * 1000:.0f}"], "epoch_ms") == expected


@given(local_times, st.booleans())
def test_serial_numbers_of_excel_are_those_of_openpyxl(at: datetime, mac: bool) -> None:
    serial = to_excel(at, CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900)  # type: ignore[no-untyped-call]  # of openpyxl
    found = read([f"{serial}", f"{serial}".replace(".", ",")], "excel_1904" if mac else "excel", zone="UTC")
    assert found == [f"{at:%Y-%m-%dT%H:%M:%S}"] * 2


def test_a_whole_serial_number_is_a_day() -> None:
    assert read(["46350", "46350.0", "46350.5"], "excel", end_of_day=True, zone="UTC") == [
        "2026-11-24T23:59:59", "2026-11-24T23:59:59", "2026-11-24T12:00:00",
    ]  # fmt: skip


@given(st.dates(date(1971, 1, 2), date(2105, 12, 30)), st.data(), st.sampled_from([" ", "-", ".", "/"]), st.booleans())
def test_every_form_of_every_russian_month_is_read(day: date, data: st.DataObject, mark: str, upper: bool) -> None:
    month = data.draw(st.sampled_from(FORMS[day.month - 1].split()))
    text = f"{day.day}{mark}{month}{mark}{day.year}"
    assert read([text.upper() if upper else text], "russian", zone="UTC") == [f"{day}T00:00:00"]


@pytest.mark.parametrize(
    "text",
    [
        "24 ноября 2026 г. 10:15", "24 ноября 2026 года, 10:15", "24 ноября 2026 г. в 10:15", "24-ноя-2026 10:15", "24 нояб. 26 10.15",
        "вторник, 24 ноября 2026 г., 10:15:00", "10:15 24 ноября 2026", "24 ноября 2026 г. 10 ч. 15 мин.", "24.11.2026 г. 10:15",
        "24.11.2026 в 10:15", "24.11.2026, 10:15 мск", "  24  ноября  2026\u00a0г.  10:15 ",
    ],
)  # fmt: skip
def test_russian_dates_are_read_as_people_write_them(text: str) -> None:
    assert read([text], "russian") == ["2026-11-24T07:15:00"]


def test_moscow_time_that_the_text_names_is_not_the_time_of_the_mapping() -> None:
    assert read(["24.11.2026 10:15 (МСК)", "24.11.2026 г. 10:15"], "russian", zone="Asia/Yekaterinburg") == [
        "2026-11-24T07:15:00", "2026-11-24T05:15:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("24 ноября", "russian"), ("31 ноября 2026", "russian"), ("сегодня", "russian"), ("24 кактября 2026", "russian"),
        ("24 ноября 2026 25:00", "russian"), ("20261124", "epoch"), ("1764000000000", "epoch"), ("1764000000", "epoch_ms"),
        ("-1764000000", "epoch"), ("1e9", "epoch"), ("20261124", "excel"), ("1", "excel"), ("1764000000", "excel"), ("nan", "excel"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_format_is_unreadable(text: str, date_format: str) -> None:
    assert read([text, ""], date_format) == ["unreadable", "none"]


def test_mixed_formats_in_one_column_are_tried_in_their_order() -> None:
    values = [
        "2026-11-24T10:15:00Z",
        "24.11.2026 13:15",
        "24 ноября 2026 13:15",
        "1795515300",
        "1795515300000",
        "46350,552083333",
        "11/24/26",
    ]
    at = str(np.datetime64(1795515300, "s"))
    formats = ("iso", "%d.%m.%Y %H:%M", "russian", "epoch", "epoch_ms", "excel", "%m/%d/%y")
    assert read(values, *formats) == ["2026-11-24T10:15:00"] * 3 + [at, at, "2026-11-24T10:15:00", "2026-11-23T21:00:00"]
    assert read(["01.02.2026"], "%d.%m.%Y", "%m.%d.%Y", zone="UTC") == ["2026-02-01T00:00:00"]
    assert read(["01.02.2026"], "%m.%d.%Y", "%d.%m.%Y", zone="UTC") == ["2026-01-02T00:00:00"]


def test_an_instant_outside_of_the_allowed_time_leaves_the_text_to_the_next_format() -> None:
    # As ISO 8601 these digits are a quarter to midnight of the first day of 1712.
    assert read(["1712010112345"], "iso", "epoch_ms") == [str(np.datetime64(1712010112345, "ms"))[:19]]


@pytest.mark.parametrize("date_format", ["iso", "epoch", "excel_1904", "russian", "%d.%m.%Y %H:%M", "%Y%m%d", "%c", "%d-%b-%y %I:%M %p"])
def test_formats_that_can_match_are_allowed(date_format: str) -> None:
    text = datetime(2026, 11, 24, 13, 47, 38, tzinfo=UTC).strftime(date_format)
    assert Dates(formats=(date_format,), time_zone="UTC").formats == (date_format,)
    if "%" in date_format:
        assert read([text], date_format, zone="UTC")[0].startswith("2026-11-24T")


@pytest.mark.parametrize(
    ("date_format", "why"),
    [
        ("%s", "can match no text"), ("%-d.%m.%Y", "can match no text"), ("%d.%Q.%Y", "can match no text"),
        ("%d.%m.%Y%", "can match no text"), ("%d.%d.%Y", "can match no text"), ("%d.%m", "names no year"),
        ("%H:%M", "names no year"), ("dd.mm.yyyy", "names no part of a date"),
        ("unix", "names no part of a date"), ("", "names no part of a date"),
    ],
)  # fmt: skip
def test_a_format_that_can_never_match_is_refused_when_the_mapping_is_read(tmp_path: Path, date_format: str, why: str) -> None:
    plain = (Path(load_mapping.__code__.co_filename).parent / "mappings" / "plain.toml").read_text(encoding="utf-8")
    before, _, after = plain.partition("[dates]\n")
    formats = next(line for line in after.splitlines() if line.startswith("formats"))
    (tmp_path / "own.toml").write_text(before + "[dates]\n" + after.replace(formats, f"formats = ['{date_format}']"), encoding="utf-8")
    with pytest.raises(InputError, match=rf"dates\.formats\.0: .*{why}.*allowed: iso, epoch, epoch_ms, excel, excel_1904, russian"):
        load_mapping(f"{tmp_path / 'own.toml'}")


def test_an_epoch_is_an_instant_and_never_the_end_of_a_day() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert read([f"{midnight.timestamp():.0f}"], "epoch", end_of_day=True) == ["2026-11-24T00:00:00"]
    assert midnight - timedelta(hours=3) == datetime(2026, 11, 24, tzinfo=MOSCOW)
