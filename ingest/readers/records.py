"""Rows that are objects: nested ones flattened to dotted names, every value as text, put together to batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path

import orjson
import shapely

from geo_service.core.errors import InputError
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.columns import MOST_COLUMNS, clean_columns, header_text

LONGEST_ROW = 1 << 20
"""Bytes of one object; bounds the memory."""

_WHOLE = 1e15
"""Below this a float without a fraction is written as the integer that it is."""


_DIGITS = 15
"""What a float can hold of them; a longer decimal number is left as it is written."""


@dataclass(frozen=True, slots=True)
class Record:
    """One object of an input."""

    line: int
    values: Mapping[str, object]
    text: str | None = None
    """As it came, where the format has it as text."""


def as_text(value: object) -> str:
    """A value as a reader gives it; `ValueError` for what cannot be written."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE else repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return as_text(float(value)) if value.adjusted() < _DIGITS else str(value)
    if isinstance(value, int):
        return str(value)
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError as error:
        raise ValueError(f"a value that cannot be written as text: {error}") from error


def _plain(value: object) -> object:
    """For JSON: a number as one, anything else as text."""
    return float(value) if isinstance(value, Decimal) else str(value)


def flatten(values: Mapping[str, object]) -> dict[str, str]:
    """Texts by name; members of an object within have dotted names. `ValueError` for what has too many or is no text."""
    flat: dict[str, str] = {}
    waiting = [("", values)]
    while waiting:
        prefix, part = waiting.pop()
        for name, value in part.items():
            if isinstance(value, Mapping):
                waiting.append((f"{prefix}{name}.", value))
            else:
                flat[prefix + name] = as_text(value)
        if len(flat) + len(waiting) > MOST_COLUMNS:
            raise ValueError(f"more than {MOST_COLUMNS:,} members")
    return flat


def unwrap_feature(values: Mapping[str, object]) -> Mapping[str, object]:
    """A GeoJSON feature as its properties, with `id`, `lng` and `lat` of its own; anything else as it is."""
    if values.get("type") != "Feature" or "geometry" not in values:
        return values
    properties = values.get("properties")
    lng, lat = _point(values["geometry"])
    own = {"id": values.get("id"), "lng": lng, "lat": lat}
    return own | dict(properties) if isinstance(properties, Mapping) else own


def _point(geometry: object) -> tuple[object, object]:
    """Longitude and latitude of a GeoJSON geometry: of a point, or of one that is sure to be within; or nothing."""
    if not isinstance(geometry, Mapping):
        return None, None
    place = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(place, list):
        return (place[0], place[1]) if len(place) > 1 else (None, None)
    found = shapely.from_geojson(orjson.dumps(geometry, default=_plain), on_invalid="ignore")
    if found is None or found.is_empty:
        return None, None
    within = found.representative_point()
    return within.x, within.y


class RecordBatcher:
    """Puts objects together to batches of the columns asked for."""

    def __init__(self, path: Path | str, wanted: Sequence[Column] | None, position: Callable[[], int]) -> None:
        self._path, self._wanted, self._position = path, wanted, position
        self._checked = False

    def batches(self, found: Iterable[Record | BrokenRow], rows: int) -> Iterator[RawBatch]:
        """All of `found`, up to `rows` at a time."""
        source = iter(found)
        while taken := list(islice(source, rows)):
            yield self._batch(taken)

    def _batch(self, taken: list[Record | BrokenRow]) -> RawBatch:
        flat, broken = _flat(taken)
        return _batch_of(flat, broken, self._asked([values for _, values in flat]), self._position())

    def _asked(self, found: list[dict[str, str]]) -> Sequence[Column]:
        """The columns asked for; a member may be left out where it is blank, but all of them nowhere is another file."""
        if self._checked or not found:
            return self._wanted or ()
        self._checked = True
        names = list(dict.fromkeys(name for values in found for name in values))
        if self._wanted is None:
            self._wanted = [Column(name) for name in names]
        elif not any(name in names for one in self._wanted for name in _spellings(one)):
            needed = ", ".join(one.name for one in self._wanted if one.needed)
            raise InputError(f"cannot read {self._path}: no column {needed}; there are: {header_text(names)}")
        return self._wanted


def gather_columns(taken: Iterable[Record | BrokenRow], wanted: Sequence[Column]) -> RawBatch:
    """Objects as a batch of the columns `wanted`; one that an object lacks is blank there."""
    return _batch_of(*_flat(taken), wanted, 0)


_Flat = list[tuple[Record, dict[str, str]]]


def _flat(taken: Iterable[Record | BrokenRow]) -> tuple[_Flat, list[BrokenRow]]:
    flat: _Flat = []
    broken: list[BrokenRow] = []
    for one in taken:
        if isinstance(one, BrokenRow):
            broken.append(one)
            continue
        try:
            flat.append((one, flatten(unwrap_feature(one.values))))
        except ValueError as error:
            broken.append(BrokenRow(one.line, one.text or "", f"{error}"))
    return flat, broken


def _batch_of(flat: _Flat, broken: list[BrokenRow], asked: Sequence[Column], position: int) -> RawBatch:
    columns = {
        one.name: [_valued(values, spellings) for _, values in flat] for one, spellings in zip(asked, map(_spellings, asked), strict=True)
    }
    lines = [record.line for record, _ in flat]
    kept = [record.text for record, _ in flat if record.text is not None]
    return clean_columns(columns, lines, kept if len(kept) == len(lines) else None, broken, position)


def _spellings(column: Column) -> tuple[str, ...]:
    """Names that a member may have: as they are, and in small letters."""
    names = (column.name, *column.others)
    return tuple(dict.fromkeys((*names, *(name.casefold() for name in names))))


def _valued(values: Mapping[str, str], spellings: tuple[str, ...]) -> str:
    return next((values[name] for name in spellings if name in values), "")
