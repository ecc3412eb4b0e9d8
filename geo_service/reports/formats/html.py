"""The report as one HTML page: for the screen, for the printer and for PDF; without scripts and without other files."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from geo_service.reports.document.model import Column, Kind, ReportDocument
from geo_service.reports.document.numbers import NOTHING, format_moment, format_value
from geo_service.reports.request import Language

_TEMPLATES = Path(__file__).parent / "templates"
MEDIA_TYPE = "text/html; charset=utf-8"


def render_html(document: ReportDocument, zone: ZoneInfo, *, for_print: bool = False) -> bytes:
    """Return the page. Everything that comes from the data is escaped. for_print: leave out what is for small screens only."""

    def text(column: Column, row: Mapping[str, Any]) -> str:
        return format_cell(column, row[column.key], zone, document.language)

    return _template().render(report=document, style=_style(), text=text, instant=Kind.INSTANT, for_print=for_print).encode()


def format_cell(column: Column, value: Any, zone: ZoneInfo, language: Language) -> str:
    """Return a cell of a table as text."""
    if column.kind is Kind.INSTANT:
        return NOTHING if value is None else format_moment(value, zone, language)
    return format_value(value, column.kind, language, column.decimals)


@cache
def content_security_policy() -> str:
    """Return a policy that allows the page its own style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@cache
def _style() -> str:
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html")
