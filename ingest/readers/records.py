"""Rows that are objects: nested members get dotted names, every value becomes text, and rows are collected to batches."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from itertools import islice
from pathlib import Path

import orjson
import shapely

from geo_service.core.errors import InputError
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.columns import MOST_COLUMNS, header_text, make_batch
from ingest.readers.json_values import crs_name, is_point_object, unwrap_extended

LONGEST_ROW = 1 << 20
"""Bytes of one object; bounds the memory."""

_LARGEST_INTEGER = 1e15
"""A float without a fraction below this is written as an integer."""

POINT_MEMBERS = frozenset(("lng", "lat"))
"""Columns that come from a feature's geometry."""

_FLOAT_DIGITS = 15
"""Decimal digits that a float holds; a longer decimal number is kept as it is written."""


@dataclass(frozen=True, slots=True)
class Record:
    """One object of an input."""

    line: int
    values: Mapping[str, object]
    text: str | None = None
    """The row as read, where the format is text."""


def as_text(value: object) -> str:
    """A value as text; `ValueError` for one that JSON cannot express."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _LARGEST_INTEGER else repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return as_text(float(value)) if value.adjusted() < _FLOAT_DIGITS else str(value)
    if isinstance(value, int):
        return str(value)
    try:
        return orjson.dumps(value, default=_to_json).decode()
    except TypeError as error:
        raise ValueError(f"a value that cannot be written as text: {error}") from error


def _to_json(value: object) -> object:
    """A decimal as a number, anything else as text."""
    return float(value) if isinstance(value, Decimal) else str(value)


def flatten(values: Mapping[str, object]) -> dict[str, str]:
    """Texts by name, dotted for members of inner objects. `ValueError` for too many members or one that cannot be text.

    An object that is one value of extended JSON has its own name alone, one that is a point also its own.
    """
    flat: dict[str, str] = {}
    pending = [("", values)]
    while pending:
        prefix, part = pending.pop()
        for name, value in part.items():
            if isinstance(value, str):
                flat[prefix + name] = value
            elif isinstance(value, Mapping):
                if (single := unwrap_extended(value)) is not None:
                    flat[prefix + name] = as_text(single)
                    continue
                pending.append((f"{prefix}{name}.", value))
                if is_point_object(value):
                    flat[prefix + name] = as_text(value)
            else:
                flat[prefix + name] = as_text(value)
        if len(flat) + len(pending) > MOST_COLUMNS:
            raise ValueError(f"more than {MOST_COLUMNS:,} members")
    return flat


def unwrap_feature(values: Mapping[str, object], crs: str = "") -> Mapping[str, object]:
    """The properties of a GeoJSON feature, with its `id`, `lng` and `lat` where they have none; any other object unchanged.

    crs: name of the collection's reference system; one that the feature itself names is taken rather. `ValueError` for an unknown one.
    """
    if values.get("type") != "Feature" or "geometry" not in values:
        return values
    properties, geometry = values.get("properties"), values["geometry"]
    lng, lat = _point_of(geometry)
    if crs := crs_name(values) or (crs_name(geometry) if isinstance(geometry, Mapping) else "") or crs:
        lng, lat = _to_degrees(crs, lng, lat)
    own = {"id": values.get("id"), "lng": lng, "lat": lat}
    return own | dict(properties) if isinstance(properties, Mapping) else own


def _to_degrees(crs: str, x: object, y: object) -> tuple[object, object]:
    """A point in degrees; as it is where it is none."""
    # Loaded only where an input names a system: it takes a tenth of a second.
    from ingest.mapping.projections import degrees_transformer

    transformer = degrees_transformer(crs)
    if transformer is None or not (isinstance(x, int | float | Decimal) and isinstance(y, int | float | Decimal)):
        return x, y
    lng, lat = transformer.transform(float(x), float(y))
    return lng, lat


def _point_of(geometry: object) -> tuple[object, object]:
    """Longitude and latitude of a GeoJSON geometry: of a point, or of a point inside it; None where there is none."""
    if not isinstance(geometry, Mapping):
        return None, None
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list):
        return (coordinates[0], coordinates[1]) if len(coordinates) > 1 else (None, None)
    shape = shapely.from_geojson(orjson.dumps(geometry, default=_to_json), on_invalid="ignore")
    if shape is None or shape.is_empty:
        return None, None
    inside = shape.representative_point()
    return inside.x, inside.y


class RecordBatcher:
    """Collects objects to batches of the wanted columns."""

    def __init__(self, path: Path | str, wanted: Sequence[Column] | None, position: Callable[[], int], crs: str = "") -> None:
        """crs: name of the reference system of features' geometries, where the input names one."""
        self._path, self._wanted, self._position, self._crs = path, wanted, position, crs
        self._checked = False

    def batches(self, records: Iterable[Record | BrokenRow], rows: int) -> Iterator[RawBatch]:
        """All of `records`, up to `rows` at a time."""
        remaining = iter(records)
        while chunk := list(islice(remaining, rows)):
            flat, broken = _flatten_all(chunk, self._crs)
            batch = _collect(flat, broken, self._find_columns([values for _, values in flat]), self._position())
            yield replace(batch, in_degrees=POINT_MEMBERS) if self._crs else batch

    def _find_columns(self, rows: list[dict[str, str]]) -> Sequence[Column]:
        """The wanted columns. A row may omit a blank member, but an input whose first rows have none of them is refused."""
        if self._checked or not rows:
            return self._wanted or ()
        self._checked = True
        names = list(dict.fromkeys(name for values in rows for name in values))
        if self._wanted is None:
            self._wanted = [Column(name) for name in names]
        elif not any(name in names for column in self._wanted for name in _member_names(column)):
            needed = ", ".join(column.name for column in self._wanted if column.needed)
            raise InputError(f"cannot read {self._path}: no column {needed}; there are: {header_text(names)}")
        return self._wanted


def gather_columns(records: Iterable[Record | BrokenRow], wanted: Sequence[Column]) -> RawBatch:
    """Objects as a batch of the columns `wanted`; a member that an object lacks is blank."""
    return _collect(*_flatten_all(records), wanted, 0)


_FlatRecords = list[tuple[Record, dict[str, str]]]


def _flatten_all(records: Iterable[Record | BrokenRow], crs: str = "") -> tuple[_FlatRecords, list[BrokenRow]]:
    flat: _FlatRecords = []
    broken: list[BrokenRow] = []
    for record in records:
        if isinstance(record, BrokenRow):
            broken.append(record)
            continue
        try:
            flat.append((record, flatten(unwrap_feature(record.values, crs))))
        except ValueError as error:
            broken.append(BrokenRow(record.line, record.text or "", f"{error}"))
    return flat, broken


def _collect(flat: _FlatRecords, broken: list[BrokenRow], wanted: Sequence[Column], position: int) -> RawBatch:
    columns = {column.name: _gather(flat, names) for column, names in zip(wanted, map(_member_names, wanted), strict=True)}
    lines = [record.line for record, _ in flat]
    texts = [record.text for record, _ in flat if record.text is not None]
    return make_batch(columns, lines, texts if len(texts) == len(lines) else None, broken, position)


def _member_names(column: Column) -> tuple[str, ...]:
    """Names that a member may have: as they are, and in lower case."""
    names = (column.name, *column.other_names)
    # A mapping may also name the member of extended JSON in which the value is.
    names = (*names, *(name.partition(".$")[0] for name in names if ".$" in name))
    return tuple(dict.fromkeys((*names, *(name.casefold() for name in names))))


def _gather(flat: _FlatRecords, names: tuple[str, ...]) -> list[str]:
    """The value of each row under the first of the names that it has; most columns have one name."""
    if len(names) == 1:
        return [values.get(names[0], "") for _, values in flat]
    return [_first_value(values, names) for _, values in flat]


def _first_value(values: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if name in values), "")
