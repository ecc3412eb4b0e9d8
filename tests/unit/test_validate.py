"""Validation: each kind of bad row is told by its reason, and good ones become what they say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.model import GeocodedBy, LocationQuality, Status
from ingest.mapping.mapping import Dates, LngLatBounds, Mapping, load_mapping
from ingest.readers import RawBatch
from ingest.readers.columns import required_columns
from ingest.validate.coordinates import cells
from ingest.validate.entities import EntityResolver
from ingest.validate.timestamps import NONE, UNREADABLE, read_instants
from ingest.validate.validate import ValidatedBatch, Validator

GOOD = {"id": "1", "received_at": "2026-11-01T10:00:00Z", "lng": "38.97", "lat": "45.03", "status": "in_work", "sector": "roads"}


def asked(mapping: Mapping) -> list[str]:
    return [one.name for one in required_columns(mapping)]


NOW = datetime(2026, 11, 30, 12, tzinfo=ZoneInfo("UTC"))


def check(*rows: dict[str, str], mapping: str = "plain", region: LngLatBounds | None = None) -> ValidatedBatch:
    meant = load_mapping(mapping)
    columns = {name: [row.get(name, "") for row in rows] for name in asked(meant)}
    raw = RawBatch(columns, list(range(2, 2 + len(rows))), [f"row {row}" for row in rows], [], 0)
    return Validator(meant, EntityResolver(meant, Path("nowhere.csv")), region=region, clock=NOW.timestamp).validate(raw)


def with_deadlines(*due: str, **changes: object) -> ValidatedBatch:
    plain = load_mapping("plain")
    meant = plain.model_copy(update={"source": plain.source.model_copy(update={"code": "vk_social"}), **changes})
    rows = [GOOD | {"id": str(place), "due_at": one} for place, one in enumerate(due)]
    columns = {name: [row.get(name, "") for row in rows] for name in asked(meant)}
    raw = RawBatch(columns, list(range(2, 2 + len(rows))), [""] * len(rows), [], 0)
    return Validator(meant, EntityResolver(meant, Path("nowhere.csv")), read_deadlines(None, ZoneInfo("Europe/Moscow"))).validate(raw)


def instants(values: Sequence[str], zone: str = "UTC", *formats: str, end_of_day: bool = False) -> list[str]:
    read = read_instants(values, Dates(time_zone=zone, formats=formats or ("iso",)), end_of_day=end_of_day)
    return [{NONE: "none", UNREADABLE: "unreadable"}.get(one) or str(np.datetime64(one, "us"))[:19] for one in read.tolist()]


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"received_at": "yesterday"}, "unreadable_date", "received_at 'yesterday' is no date"),
        ({"received_at": ""}, "unreadable_date", "received_at is blank"),
        ({"received_at": "2106-01-01"}, "unreadable_date", "received_at '2106-01-01'"),
        ({"received_at": "1969-12-31T23:00:00Z"}, "unreadable_date", "received_at"),
        ({"received_at": "сегодня"}, "unreadable_date", "it names a day only for its writer"),
        ({"lat": " "}, "missing_coordinates", "lng or lat is blank"),
        ({"lat": "north"}, "broken_row", "lat 'north' is no number"),
        ({"lat": "90.01"}, "outside_world", "lat 90.01"),
        ({"lng": "-180.5"}, "outside_world", "lng -180.5"),
        ({"lng": "nan"}, "outside_world", "lng nan"),
        ({"lat": "inf"}, "outside_world", "lat inf"),
        ({"lng": "0", "lat": "0.0000001"}, "zero_coordinates", "lng 0, lat 0.0000001"),
        ({"status": "lost"}, "unknown_status", "status 'lost' is unknown; known: new, assigned"),
        ({"id": "  "}, "broken_row", "id has 0 characters"),
        ({"id": "x" * 201}, "broken_row", "id has 201 characters; allowed: 1 to 200"),
        ({"sector": "rods"}, "broken_row", "unknown sector 'rods'"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_text_and_reason(change: dict[str, str], reason: str, detail: str) -> None:
    checked = check(GOOD, GOOD | change, GOOD | {"id": "3"})
    (reject,) = checked.rejects
    assert (reject.line, reject.reason, reject.text) == (3, reason, f"row {GOOD | change}")
    assert detail in reject.detail
    assert checked.batch.external_id == ["1", "3"]


@pytest.mark.parametrize("field", ["due_at", "answered_at", "closed_at", "updated_at"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0001-01-01T00:00:00Z", "it is a placeholder for a missing date"),
        ("1900-01-01T00:00:00", "it is a placeholder for a missing date"),
        ("9999-12-31", "it is a placeholder for a missing date"),
        ("2106-01-01", "is no date between 1970 and 2106"),
        ("soon", "is no date between 1970 and 2106"),
        ("вчера", "it names a day only for its writer"),
        ("24 ноября", "it names no year"),
        ("11/24/2026", "it looks like '%m/%d/%Y', which dates.formats does not name"),
    ],
)
def test_a_bad_secondary_date_costs_the_date_and_not_the_row(field: str, value: str, why: str) -> None:
    checked = check(GOOD | {field: value}, GOOD | {"id": "2"})
    assert (checked.batch.external_id, checked.rejects) == (["1", "2"], [])
    (warning,) = checked.warnings
    assert (warning.line, warning.reason, warning.fields) == (2, "date_left_out", (field,))
    assert warning.detail.startswith(f"{field} {value!r}") and why in warning.detail
    # Both rows have what a row without that date has: the deadline of the rules, the last event as the time of the change.
    assert len({str(one) for one in getattr(checked.batch, field)}) == 1


def test_a_bad_secondary_date_of_an_open311_server_costs_the_date_and_its_unix_time_is_read() -> None:
    request = {"service_request_id": "7", "requested_datetime": "1795515300", "lat": "45,03", "long": "38°58'12\"E", "status": "open"}
    checked = check(request | {"expected_datetime": "0001-01-01T00:00:00Z", "updated_datetime": "soon"}, mapping="open311")
    assert (str(checked.batch.received_at[0])[:19], checked.rejects) == ("2026-11-24T10:15:00", [])
    assert (checked.batch.lng[0], checked.batch.lat[0]) == (pytest.approx(38.97), 45.03)
    (warning,) = checked.warnings
    assert (warning.reason, warning.fields) == ("date_left_out", ("expected_datetime", "updated_datetime"))


def test_several_bad_dates_are_one_warning_and_warnings_of_other_reasons_are_counted_beside_it() -> None:
    (region, swapped) = (36.5, 43.3, 41.8, 46.9), {"lng": "45.03", "lat": "38.97"}
    checked = check(GOOD | swapped | {"due_at": "0001-01-01", "closed_at": "1900-01-01", "answered_at": "2026-10-01"}, region=region)
    assert sorted(one.reason for one in checked.warnings) == ["closed_before_received", "date_left_out", "swapped_coordinates"]
    (dates,) = (one for one in checked.warnings if one.reason == "date_left_out")
    assert dates.fields == ("due_at", "closed_at")


def test_an_unknown_status_becomes_the_default_where_one_is_set_and_the_mapping_has_the_last_word() -> None:
    plain = load_mapping("plain")
    rows = [GOOD | {"status": "lost"}, GOOD | {"id": "2", "status": "closed"}, GOOD | {"id": "3", "status": " "}]
    raw = RawBatch({name: [row.get(name, "") for row in rows] for name in asked(plain)}, [2, 3, 4], ["", "", ""], [], 0)

    def statuses(mapping: Mapping, setting: str | None) -> tuple[list[int], list[str], list[str]]:
        checked = Validator(mapping, EntityResolver(mapping, Path("nowhere.csv")), unknown_status=setting).validate(raw)
        return checked.batch.status.tolist(), [one.reason for one in checked.rejects], [one.detail for one in checked.warnings]

    assert statuses(plain, None) == ([Status.CLOSED, Status.NEW], ["unknown_status"], [])
    assert statuses(plain, "in_work") == (
        [Status.IN_WORK, Status.CLOSED, Status.NEW],
        [],
        ["status 'lost' is unknown and taken as in_work"],
    )
    assert statuses(plain.model_copy(update={"unknown_status": "assigned"}), "in_work")[0] == [Status.ASSIGNED, Status.CLOSED, Status.NEW]


def ahead(**amounts: float) -> str:
    return (NOW + timedelta(**amounts)).isoformat()


def findings(*rows: dict[str, str]) -> list[tuple[str, ...]]:
    """Of each row whether it is used, and the reason and the fields of its reject or warning."""
    checked = check(*(GOOD | row | {"id": str(number)} for number, row in enumerate(rows)))
    found = {(one.line - 2): (one.reason.value, *one.fields) for one in (*checked.warnings, *checked.rejects)}
    used = set(checked.batch.external_id)
    return [("used" if str(row) in used else "not used", *found.get(row, ())) for row in range(len(rows))]


@pytest.mark.parametrize("field", ["received_at", "answered_at", "closed_at", "updated_at"])
def test_a_date_in_the_future_is_warned_about_beyond_minutes_and_not_used_beyond_a_day(field: str) -> None:
    dates = [ahead(minutes=14), ahead(minutes=16), ahead(hours=23.9), ahead(hours=24.1), "2105-12-31", "2026-12-30T00:00:00+03:00"]
    warned, left_out = ("used", "date_ahead", field), ("used", "date_left_out", field)
    impossible = ("not used", "future_date", field) if field == "received_at" else left_out
    fine: tuple[str, ...] = ("used",)
    assert findings(*({field: date} for date in dates)) == [fine, warned, warned, impossible, impossible, impossible]
    refused = check(GOOD | {field: "2105-12-31"})
    (reject,) = refused.rejects or refused.warnings
    assert reject.detail == f"{field} '2105-12-31' is more than a day in the future"
    checked = check(GOOD | {field: ahead(hours=3)})
    assert checked.warnings[0].detail.startswith(f"{field} '2026-11-30T15:00:00+00:00' is more than 15 minutes in the future")
    assert str(getattr(checked.batch, field)[0]) == "2026-11-30T15:00:00.000000", "it is used as it is"


def test_a_deadline_may_be_years_ahead_but_not_centuries() -> None:
    dates = ["2026-12-24", "2030-01-01", ahead(days=20 * 365 - 1), ahead(days=20 * 365 + 1), "2099-12-31"]
    fine: tuple[str, ...] = ("used",)
    left_out: tuple[str, ...] = ("used", "date_left_out", "due_at")
    assert findings(*({"due_at": date} for date in dates)) == [fine] * 3 + [left_out] * 2
    checked = check(GOOD | {"due_at": "2099-12-31"})
    assert "is more than 20 years in the future" in checked.warnings[0].detail
    assert str(checked.batch.due_at[0]) == str(check(GOOD).batch.due_at[0])


def test_a_row_with_several_dates_ahead_has_one_warning_that_names_them_all() -> None:
    (warning,) = check(GOOD | {"received_at": ahead(hours=2), "answered_at": ahead(hours=3)}).warnings
    assert (warning.reason, warning.fields) == ("date_ahead", ("received_at", "answered_at"))


def test_a_day_that_is_read_to_its_end_may_be_today() -> None:
    plain = load_mapping("plain")
    dates = plain.dates.model_copy(update={"end_of_day": ("closed_at",), "time_zone": "UTC"})
    meant = plain.model_copy(update={"dates": dates})
    columns = {name: [GOOD.get(name, "")] * 2 for name in asked(meant)} | {"closed_at": ["2026-11-30", "2026-12-02"]}
    raw = RawBatch(columns, [2, 3], ["", ""], [], 0)
    checked = Validator(meant, EntityResolver(meant, Path("nowhere.csv")), clock=NOW.timestamp).validate(raw)
    assert ([(one.line, one.reason) for one in checked.warnings], checked.rejects) == ([(3, "date_left_out")], [])


MINSK = {"id": "1", "opened": "2019-01-02", "status": "5"}


def test_a_row_outside_the_bounds_of_the_mapping_is_refused() -> None:
    (reject,) = check(MINSK | {"lng": "19.4", "lat": "51.7"}, mapping="minsk115").rejects
    assert reject.reason == "outside_region"


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"lat": "north"}, "lat 'north' is no number (broken_row)"),
        ({"lng": "", "lat": "91"}, None),
        ({"lat": " "}, None),
        ({"lat": "91"}, "lat 91 (outside_world)"),
        ({"lng": "nan"}, "lng nan, lat 45.03 (outside_world)"),
        ({"lng": "0", "lat": "0"}, "lng 0, lat 0 (zero_coordinates)"),
    ],
)
def test_a_row_with_words_is_kept_without_its_bad_coordinates(change: dict[str, str], detail: str | None) -> None:
    checked = check(GOOD | {"address": " ул. Мира, 1 "} | change, GOOD | {"id": "2"})
    assert (checked.batch.external_id, checked.rejects, checked.batch.address[0]) == (["1", "2"], [], "ул. Мира, 1")
    assert [(one.line, one.reason, detail and detail in one.detail) for one in checked.warnings] == (
        [(2, "coordinates_left_out", True)] if detail else []
    )
    assert checked.batch.location_quality.tolist() == [LocationQuality.NONE, LocationQuality.EXACT]
    assert checked.batch.geocoded_by.tolist() == [0, GeocodedBy.INPUT]
    assert [h3.int_to_str(cell) if cell else "" for cell in checked.batch.cell.tolist()] == ["", h3.latlng_to_cell(45.03, 38.97, 10)]
    assert np.isnan(checked.batch.lng[0])


def test_longitude_and_latitude_in_each_others_place_are_mended_with_a_mark_only_where_that_leads_into_the_region() -> None:
    rows = [MINSK | {"lng": "53.9", "lat": "27.56"}, MINSK | {"lng": "27.56", "lat": "53.9"}, MINSK | {"lng": "2.35", "lat": "48.86"}]
    checked = check(*(row | {"id": str(place)} for place, row in enumerate(rows)), mapping="minsk115")
    assert (checked.batch.lng.tolist(), checked.batch.lat.tolist()) == ([27.56, 27.56], [53.9, 53.9])
    assert checked.batch.geocoded_by.tolist() == [GeocodedBy.SWAPPED, GeocodedBy.INPUT]
    assert [(one.line, one.reason, one.detail) for one in checked.warnings] == [
        (2, "swapped_coordinates", "lng 53.9, lat 27.56 are exchanged and have been swapped")
    ]
    assert [one.reason for one in checked.rejects] == ["outside_region"]


def test_without_bounds_of_the_mapping_the_region_says_what_is_swapped_and_refuses_nothing() -> None:
    region = (36.5, 43.3, 41.8, 46.9)
    rows = [GOOD | {"lng": "45.03", "lat": "38.97"}, GOOD | {"lng": "131.9", "lat": "43.1"}, GOOD | {"lng": "43.1", "lat": "131.9"}]
    checked = check(*(row | {"id": str(place)} for place, row in enumerate(rows)), region=region)
    assert (checked.batch.lng.tolist(), checked.batch.lat.tolist()) == ([38.97, 131.9], [45.03, 43.1])
    assert checked.batch.geocoded_by.tolist() == [GeocodedBy.SWAPPED, GeocodedBy.INPUT]
    assert [one.reason for one in checked.rejects] == ["outside_world"]


def test_coordinates_with_one_decimal_are_no_more_than_a_settlement() -> None:
    checked = check(GOOD | {"lng": "38.9", "lat": "45.0"}, GOOD | {"id": "2", "lng": "38.9", "lat": "45.03"})
    assert checked.batch.location_quality.tolist() == [LocationQuality.SETTLEMENT, LocationQuality.EXACT]
    assert [(one.line, one.reason) for one in checked.warnings] == [(2, "coarse_coordinates")]


def test_whole_degrees_are_no_place_where_there_are_words_and_no_more_than_a_region_where_there_are_none() -> None:
    whole = {"lng": "39", "lat": "45.00"}
    checked = check(GOOD | whole | {"address": "г. Сочи, ул. Донская, 15"}, GOOD | whole | {"id": "2"})
    assert checked.batch.geocoded_by.tolist() == [0, GeocodedBy.INPUT]
    assert checked.batch.location_quality.tolist() == [LocationQuality.NONE, LocationQuality.REGION]
    assert np.isnan(checked.batch.lng[0])
    assert [(one.line, one.reason, one.detail) for one in checked.warnings] == [
        (
            2,
            "coordinates_left_out",
            "lng 39, lat 45.00 are whole degrees (coarse_coordinates); the words are geocoded instead",
        ),
        (3, "coarse_coordinates", "lng 39, lat 45.00 have 1 decimal at most"),
    ]
    assert not checked.rejects


@pytest.mark.parametrize("field", ["closed_at", "answered_at"])
def test_an_end_before_the_beginning_is_left_out_with_a_warning(field: str) -> None:
    checked = check(GOOD | {field: "2026-10-31"})
    (warning,) = checked.warnings
    assert (warning.line, warning.reason, warning.detail) == (2, "closed_before_received", f"{field} is before received_at and left out")
    assert np.isnat(getattr(checked.batch, field)[0])
    assert not checked.rejects


def test_without_an_update_the_latest_event_stands_for_it() -> None:
    checked = check(GOOD, GOOD | {"closed_at": "2026-11-05"}, GOOD | {"updated_at": "2026-11-02"})
    assert checked.batch.updated_at.astype("datetime64[D]").astype(str).tolist() == ["2026-11-01", "2026-11-05", "2026-11-02"]


def test_a_local_time_that_happens_twice_is_the_first_and_one_that_never_happens_has_the_old_offset() -> None:
    assert instants(["2026-10-25T02:30:00", "2026-03-29T02:30:00"], "Europe/Berlin") == ["2026-10-25T00:30:00", "2026-03-29T01:30:00"]


def test_a_date_alone_is_midnight_or_the_end_of_the_day_in_the_zone() -> None:
    assert instants(["2018-09-30"], "Europe/Minsk") == ["2018-09-29T21:00:00"]
    assert instants(["2018-09-30"], "Europe/Minsk", end_of_day=True) == ["2018-09-30T20:59:59"]
    assert instants(["2018-09-30T10:00"], "Europe/Minsk", end_of_day=True) == ["2018-09-30T07:00:00"]


def test_day_first_and_am_pm_dates_are_read_by_their_formats() -> None:
    formats = ("%d.%m.%Y", "%m/%d/%Y %I:%M %p")
    assert instants(["31.01.2026", "01/31/2026 02:05 PM", "2026-01-31"], "UTC", *formats) == [
        "2026-01-31T00:00:00",
        "2026-01-31T14:05:00",
        "unreadable",
    ]


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2105, 12, 30)))  # noqa: DTZ001  # hypothesis takes local ones
def test_iso_instants_are_those_of_the_standard_library(at: datetime) -> None:
    expected = at.replace(tzinfo=ZoneInfo("Asia/Yekaterinburg")).timestamp()
    (read,) = read_instants([at.isoformat()], Dates(time_zone="Asia/Yekaterinburg"), end_of_day=False).tolist()
    assert read / 1e6 == pytest.approx(expected, abs=1e-5)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=50))
def test_cells_are_those_of_h3(places: list[tuple[float, float]]) -> None:
    lng, lat = np.array(places).T
    assert [h3.int_to_str(cell) for cell in cells(lng, lat).tolist()] == [h3.latlng_to_cell(y, x, 10) for x, y in places]


def test_a_row_without_a_deadline_gets_the_rules_and_one_that_has_its_own_keeps_it() -> None:
    checked = with_deadlines("", "2026-11-20T00:00:00Z", "")
    # A Sunday at 13 o'clock in Moscow: nine working hours are over on Monday at 18.
    assert [str(one)[:19] for one in checked.batch.due_at] == ["2026-11-02T15:00:00", "2026-11-20T00:00:00", "2026-11-02T15:00:00"]
    assert list(checked.due_by) == ["social", "", "social"]


def test_a_mapping_can_do_without_the_rules() -> None:
    checked = with_deadlines("", deadlines=False)
    assert np.isnat(checked.batch.due_at).all()
    assert list(checked.due_by) == [""]
