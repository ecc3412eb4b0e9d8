"""A table as a spreadsheet opens it by itself: CSV in the dialect of Excel where commas are decimal marks, and a workbook (XLSX).

No text of the data becomes a formula or a link. The same table gives the same bytes.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from geo_service.core.instants import parse_instant

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Value = str | int | float | bool | None

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # these signs begin formulas, too
"""First characters that make a spreadsheet read a cell as a formula: https://owasp.org/www-community/attacks/CSV_Injection."""

_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it Excel reads CSV in the encoding of the system."""
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no time zones
"""Written into every workbook in place of the time at which it was made."""
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
_MAX_WIDTH = 50
"""Characters of the widest column."""
_MEASURED_ROWS = 100
"""Rows by which a column's width is chosen."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: heads of the columns and values by row, all rows of equal length."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Value]]


def guard_text(text: str) -> str:
    """Return a text that no spreadsheet runs: one that begins like a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_excel_csv(sheet: Sheet, zone: ZoneInfo) -> bytes:
    """Return a table as the Excel of a country with decimal commas opens it by a double click.

    Semicolons between fields, decimal commas, UTF-8 with a byte order mark, instants as local times.
    """
    out = io.StringIO()
    out.write(_BYTE_ORDER_MARK)
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(guard_text, sheet.heads))
    writer.writerows([[_excel_field(value, zone) for value in row] for row in sheet.rows])
    return out.getvalue().encode()


def write_workbook(sheet: Sheet, about: Mapping[str, str], zone: ZoneInfo) -> bytes:
    """Return a workbook of two sheets: the table, and what it is about.

    Numbers are numbers, instants are local times, and texts are texts, codes with leading zeros too.
    """
    # Most processes never write a workbook, and the import takes a tenth of a second.
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        book.set_properties({"created": _CREATED})
        head, time = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": _TIME_FORMAT})
        table = book.add_worksheet("table")
        for column, name in enumerate(sheet.heads):
            table.write_string(0, column, name, head)
            table.set_column(column, column, _width(sheet, column))
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(row):
                _write_cell(table, number, column, value, time, zone)
        table.freeze_panes(1, 0)
        if sheet.rows:
            table.autofilter(0, 0, len(sheet.rows), len(sheet.heads) - 1)
        notes = book.add_worksheet("about")
        notes.set_column(0, 0, 16)
        notes.set_column(1, 1, 90)
        for number, (name, text) in enumerate(about.items()):
            notes.write_string(number, 0, name, head)
            notes.write_string(number, 1, text)
    return target.getvalue()


def describe_table(document: Mapping[str, Any], query: str, zone: ZoneInfo) -> dict[str, str]:
    """Return what a table is about: window, compared window, time zone, revision, and the query string that it answers."""
    about: dict[str, str] = {}
    for name in ("window", "compare"):
        span = document.get(name)
        if isinstance(span, Mapping):
            about[name] = f"{_local_text(span['from'], zone)} – {_local_text(span['to'], zone)}"
    return {**about, "time_zone": zone.key, "revision": str(document.get("revision", "")), "query": query}


def _write_cell(table: "Worksheet", row: int, column: int, value: Value, time: "Format", zone: ZoneInfo) -> None:
    if isinstance(value, bool):
        table.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        table.write_number(row, column, value)
    elif value is not None and _INSTANT.fullmatch(value):
        table.write_datetime(row, column, _local_time(value, zone), time)
    elif value is not None:
        table.write_string(row, column, value)


def _width(sheet: Sheet, column: int) -> int:
    """Return the width of a column in characters, by its head and first values."""
    texts = (str(row[column]) for row in sheet.rows[:_MEASURED_ROWS] if row[column] is not None)
    return min(max(len(sheet.heads[column]), *map(len, texts), 6) + 2, _MAX_WIDTH)


def _excel_field(value: Value, zone: ZoneInfo) -> str | int | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    if isinstance(value, str):
        return _local_text(value, zone) if _INSTANT.fullmatch(value) else guard_text(value)
    return value


def _local_text(instant: str, zone: ZoneInfo) -> str:
    """Return an instant as local time in the form that Excel reads in every language."""
    return f"{_local_time(instant, zone):%Y-%m-%d %H:%M:%S}"


def _local_time(instant: str, zone: ZoneInfo) -> datetime:
    """Return an instant (RFC 3339, UTC) as local time without a zone: a workbook knows none."""
    return parse_instant(instant, zone).astimezone(zone).replace(tzinfo=None)
