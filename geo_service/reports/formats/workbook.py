"""The report as a workbook: a sheet for each table, numbers as numbers, times as local times.

No text of the data becomes a formula or a link, and no time of making is written: the same report gives the same bytes.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from geo_service.reports.document.model import Column, Kind, ReportDocument, Table
from geo_service.reports.document.words import WORDS

_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  # a workbook knows no time zones
"""Written into every workbook in place of the time at which it was made."""
_FORMATS = {
    Kind.COUNT: "#,##0", Kind.SHARE: "0.0%", Kind.CHANGE: '+0.0%;−0.0%;0.0%', Kind.P: "0.000", Kind.INSTANT: "yyyy-mm-dd hh:mm",
}  # fmt: skip
_WIDTHS = {Kind.TEXT: 34, Kind.INSTANT: 18}
_NUMBER_WIDTH = 13
_FORBIDDEN = str.maketrans("[]:*?/\\", "()....-")
_MAX_SHEET_NAME = 31


def render_workbook(document: ReportDocument, zone: ZoneInfo) -> bytes:
    """Return the workbook (XLSX)."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        book.set_properties({"title": document.title, "subject": document.subtitle, "created": _CREATED})
        formats = _Formats(book)
        names: set[str] = set()
        words = WORDS[document.language]
        _write_headline(_add_sheet(book, words["sheet_headline"], names), document, formats)
        for table in document.tables:
            _write_table(_add_sheet(book, table.sheet or table.title, names), table, formats, zone)
        _write_lines(_add_sheet(book, words["about"], names), [*document.marks, *document.method, *document.footer], formats)
    return target.getvalue()


class _Formats:
    """The formats of cells, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.head: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.title: Format = book.add_format({"bold": True, "font_size": 14})
        self.text: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self._book = book
        self._numbers: dict[str, Format] = {}

    def of(self, kind: Kind, decimals: int) -> Format:
        """Return the format of a column's cells."""
        if kind is Kind.TEXT:
            return self.text
        pattern = _FORMATS.get(kind) or f"#,##0.{'0' * decimals}"
        if pattern not in self._numbers:
            self._numbers[pattern] = self._book.add_format({"num_format": pattern, "valign": "top"})
        return self._numbers[pattern]


def _add_sheet(book: xlsxwriter.Workbook, name: str, taken: set[str]) -> Worksheet:
    """Add a sheet whose name Excel accepts and no other sheet has."""
    plain = name.translate(_FORBIDDEN).strip("'")[:_MAX_SHEET_NAME]
    number = 2
    unique = plain
    while unique.casefold() in taken:
        unique = f"{plain[: _MAX_SHEET_NAME - 4]} ({number})"
        number += 1
    taken.add(unique.casefold())
    return book.add_worksheet(unique)


def _write_headline(sheet: Worksheet, document: ReportDocument, formats: _Formats) -> None:
    """Write the figures, each with the numbers of its notes below it."""
    words = WORDS[document.language]
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 16)
    sheet.set_column(2, 2, 90)
    sheet.write_string(0, 0, document.title, formats.title)
    sheet.write_string(1, 0, document.subtitle)
    for column, key in enumerate(("figure", "value", "note")):
        sheet.write_string(3, column, words[key], formats.head)
    row = 4
    for figure in document.figures:
        sheet.write_string(row, 0, figure.label, formats.text)
        _write_value(sheet, (row, 1), figure.value, formats.of(figure.kind, figure.decimals))
        row += 1
        for note in figure.notes:
            values = list(note.values.items()) or [("", None)]
            for key, value in values:
                kind = Kind.CHANGE if key.endswith("_change") else Kind.SHARE if key.endswith("_share") else Kind.COUNT
                _write_value(sheet, (row, 1), value, formats.of(kind, 0))
                sheet.write_string(row, 2, note.text, formats.text)
                row += 1


def _write_table(sheet: Worksheet, table: Table, formats: _Formats, zone: ZoneInfo) -> None:
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, _WIDTHS.get(column.kind, _NUMBER_WIDTH))
        sheet.write_string(0, index, column.label, formats.head)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(table.rows, 1):
        _write_row(sheet, number, table.columns, row, formats, zone)
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    else:
        sheet.write_string(1, 0, table.empty, formats.text)


def _write_row(
    sheet: Worksheet, number: int, columns: Sequence[Column], row: Mapping[str, Any], formats: _Formats, zone: ZoneInfo
) -> None:  # fmt: skip
    for index, column in enumerate(columns):
        value, cell_format = row[column.key], formats.of(column.kind, column.decimals)
        if column.kind is Kind.INSTANT and value is not None:
            sheet.write_datetime(number, index, datetime.fromtimestamp(value, UTC).astimezone(zone).replace(tzinfo=None), cell_format)
        else:
            _write_value(sheet, (number, index), value, cell_format)


def _write_value(sheet: Worksheet, place: tuple[int, int], value: float | str | None, cell_format: Format) -> None:
    """Write a text as a text, whatever it begins with, a number as a number, and nothing for None."""
    if isinstance(value, str):
        sheet.write_string(*place, value, cell_format)
    elif value is not None:
        sheet.write_number(*place, value, cell_format)


def _write_lines(sheet: Worksheet, lines: Sequence[str], formats: _Formats) -> None:
    sheet.set_column(0, 0, 120)
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, formats.text)
