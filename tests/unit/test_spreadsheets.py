"""Tables for spreadsheets: what Excel with decimal commas reads, and workbooks as another library reads them."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from geo_service.routes.common.spreadsheets import Sheet, describe_table, write_excel_csv, write_workbook

MOSCOW = ZoneInfo("Europe/Moscow")
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"]  # what is tested
SHEET = Sheet(
    ["code", "hours [h]", "n", "received", "late", "none"],
    [["03601", 2.5, 1200, "2026-11-24T08:00:00Z", True, None], ["Яма; «у дома»", -0.05, -3, "2026-01-01T00:00:00Z", False, None]],
)


def excel_rows(sheet: Sheet) -> list[list[str]]:
    """The table as a spreadsheet with semicolons reads it."""
    return list(csv.reader(io.StringIO(write_excel_csv(sheet, MOSCOW).decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_for_excel_has_a_mark_semicolons_decimal_commas_and_local_times() -> None:
    assert write_excel_csv(SHEET, MOSCOW).startswith(b"\xef\xbb\xbfcode;hours [h];n;")
    assert excel_rows(SHEET) == [
        ["code", "hours [h]", "n", "received", "late", "none"],
        ["03601", "2,5", "1200", "2026-11-24 11:00:00", "true", ""],
        ["Яма; «у дома»", "-0,05", "-3", "2026-01-01 03:00:00", "false", ""],
    ]
    assert write_excel_csv(SHEET, MOSCOW).count(b"\r\n") == 3


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_no_formula_in_csv_for_excel(text: str) -> None:
    assert excel_rows(Sheet([text], [[text]])) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("text", [*(text for text in FORMULAS if text != "\r=1"), "https://example.org", "03601", "1e5"])
def test_a_text_in_a_workbook_is_a_text_whatever_it_looks_like(text: str) -> None:
    # A carriage return is read back as a line feed, as XML demands.
    cell = openpyxl.load_workbook(io.BytesIO(write_workbook(Sheet(["name"], [[text]]), {}, MOSCOW)))["table"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_workbook_has_numbers_times_and_what_the_table_is_about() -> None:
    document = {"window": {"from": "2026-11-01T00:00:00Z", "to": "2026-11-08T00:00:00Z"}, "compare": None, "revision": 7}
    about = describe_table(document, "window=7d&sector=roads", MOSCOW)
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(SHEET, about, MOSCOW)))
    rows = [[cell.value for cell in row] for row in book["table"].iter_rows()]
    assert rows[1:] == [
        ["03601", 2.5, 1200, datetime(2026, 11, 24, 11), True, None],  # noqa: DTZ001  # a workbook knows no time zones
        ["Яма; «у дома»", -0.05, -3, datetime(2026, 1, 1, 3), False, None],  # noqa: DTZ001  # as above
    ]
    assert {row[0].value: row[1].value for row in book["about"].iter_rows()} == {
        "window": "2026-11-01 03:00:00 – 2026-11-08 03:00:00",  # a range of dates
        "time_zone": "Europe/Moscow",
        "revision": "7",
        "query": "window=7d&sector=roads",
    }


def test_the_same_table_gives_the_same_workbook_and_an_empty_one_its_heads() -> None:
    assert write_workbook(SHEET, {}, MOSCOW) == write_workbook(SHEET, {}, MOSCOW)
    empty = openpyxl.load_workbook(io.BytesIO(write_workbook(Sheet(["a", "b"], []), {}, MOSCOW)))["table"]
    assert [[cell.value for cell in row] for row in empty.iter_rows()] == [["a", "b"]]
    assert excel_rows(Sheet(["a", "b"], [])) == [["a", "b"]]
