"""What a report consists of. Every format is written from this, so that all of them have the same numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from geo_service.reports.document.drawing import MapDrawing
from geo_service.reports.request import Language


class Kind(Enum):
    """How a value is written."""

    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    """One decimal place."""
    SHARE = "share"
    """0 to 1, as a percentage."""
    CHANGE = "change"
    """A share of the compared number, as a percentage with its sign."""
    P = "p"
    """A probability."""
    INSTANT = "instant"
    """Seconds since 1970, as local time."""

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self not in (Kind.TEXT, Kind.INSTANT)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. decimals: of DECIMAL."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading. empty: what stands in its place where it has no rows."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    """By the keys of the columns; None for "nothing"."""
    empty: str
    note: str = ""
    sheet: str = ""
    """Name of its sheet in a workbook, at most 31 characters."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the headline. note: what stands below it."""

    key: str
    label: str
    value: float | int | None
    kind: Kind
    notes: Sequence["Note"] = ()
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A text with the numbers that it names, by key."""

    text: str
    values: Mapping[str, float | int | None]
    is_quiet: bool = False
    """Whether chance explains it."""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: a heading, texts and tables."""

    key: str
    title: str
    texts: Sequence[str]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A report in one language."""

    language: Language
    title: str
    subtitle: str
    marks: Sequence[str]
    """What a reader must know before any number: synthetic data, a week that has not ended."""
    figures: Sequence[Figure]
    drawing: MapDrawing | None
    map_title: str
    map_text: str
    sections: Sequence[Section]
    method_title: str
    method: Sequence[str]
    footer: Sequence[str]
    link: tuple[str, str]
    """Address of the live page with the same selection, and what it is called; empty where no address is known."""

    @property
    def tables(self) -> Sequence[Table]:
        """All tables, in their order."""
        return [table for section in self.sections for table in section.tables]
