"""Reads a report back: its HTML by a parser, its workbook by openpyxl, its PDF by poppler."""

import io
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl


@dataclass
class ReportPage(HTMLParser):
    """What stands in the page: figures and their notes by key, and the rows of each table as raw values and as texts."""

    figures: dict[str, float | None] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    texts: dict[str, list[list[str]]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    svg_texts: list[str] = field(default_factory=list)
    fills: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    _table: str = ""
    _stack: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element says in its attributes."""
        values = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self._stack.append(tag)
        if tag == "table":
            self._table = values["id"].removeprefix("table-")
            self.tables[self._table], self.texts[self._table] = [], []
        elif tag == "tr" and self._table:
            self.tables[self._table].append({})
            self.texts[self._table].append([])
        elif tag == "td":
            self.tables[self._table][-1][values["data-key"]] = to_number(values["data-value"]) if "data-value" in values else ""
            self.texts[self._table][-1].append("")
        elif tag == "dd":
            self._note_figures(values)
        elif tag == "a":
            self.links.append(values["href"])
        elif tag == "path":
            self.fills.append(values.get("fill", ""))
        elif tag == "text" and "aria-hidden" not in values:
            self.svg_texts.append("")

    def _note_figures(self, values: dict[str, str]) -> None:
        if "data-key" in values:
            self.figures[values["data-key"]] = to_number(values["data-value"])
        else:
            self.figures |= {
                name.removeprefix("data-").replace("-", "_"): to_number(text) for name, text in values.items() if name != "class"
            }

    def handle_endtag(self, tag: str) -> None:
        """Leave the table."""
        if tag == "table":
            self.tables[self._table] = [row for row in self.tables[self._table] if row]
            self.texts[self._table] = [row for row in self.texts[self._table] if row]
            self._table = ""

    def handle_data(self, data: str) -> None:
        """Note texts."""
        if not data.strip() or self._stack[-1:] == ["style"]:
            return
        self.words.append(data)
        if self._table and self.texts[self._table] and self.texts[self._table][-1]:
            self.texts[self._table][-1][-1] += data
            row = self.tables[self._table][-1]
            key = list(row)[-1]
            row[key] = data if row[key] == "" else row[key]
        elif self._stack[-1:] == ["text"] and self.svg_texts:
            self.svg_texts[-1] = data


def read_page(html: bytes) -> ReportPage:
    """Return what stands in a page."""
    page = ReportPage()
    page.feed(html.decode())
    return page


def to_number(text: str) -> float | None:
    """Return the number of an attribute; None for an empty one."""
    return float(text) if text else None


def read_workbook(body: bytes) -> dict[str, list[list[Any]]]:
    """Return the rows of each sheet, the heads of the columns first; instants as datetimes. No cell is a formula or a link."""
    sheets: dict[str, list[list[Any]]] = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(body)):
        cells = [list(row) for row in sheet.iter_rows()]
        assert all(cell.data_type != "f" and cell.hyperlink is None for row in cells for cell in row)
        sheets[sheet.title] = [[cell.value for cell in row] for row in cells]
    return sheets


def read_pdf(path: Path) -> str:
    """Return the text of a PDF with single blanks."""
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    return plain(text)


def plain(text: str) -> str:
    """Return a text with single blanks, no-break spaces among them."""
    return " ".join(text.replace("\u00a0", " ").split())
