"""From columns of text to a batch of incidents and row errors: each check looks at a whole column at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.model import SECTORS, LocationQuality, RejectReason, Status
from ingest.mapping import normalise
from ingest.mapping.mapping import ColumnNames, InstantField, LngLatBounds, Mapping
from ingest.readers import RawBatch
from ingest.readers.columns import storable_text
from ingest.validate.coordinate_columns import CoordinateOptions, Mask, RawCoordinate
from ingest.validate.coordinates import CoordinateReader, Coordinates
from ingest.validate.entities import EntityResolver, ThemeColumn
from ingest.validate.future_dates import find_future_dates, future_limits
from ingest.validate.row_errors import RowError, RowErrors
from ingest.validate.timestamps import NONE, UNREADABLE, read_instants
from ingest.validate.unreadable_dates import describe_unreadable
from ingest.write.incident_batch import IncidentBatch, InstantArray
from ingest.write.reference_data import Agency, Theme

LONGEST_ID = 200
LONGEST_ADDRESS = 500
"""Characters; a longer address is cut."""

LONGEST_MESSAGE = 10_000
"""Characters; a longer message is cut."""

_LONGEST_QUOTED = 100
"""Characters of a value in a message."""

_STATUSES_LISTED = 12
"""Of a mapping, in a message."""

_Item = TypeVar("_Item")

_ALLOWED_SECTORS = ", ".join(sector.code for sector in SECTORS)

_INSTANT_FIELDS: tuple[InstantField, ...] = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")

_InstantColumns = dict[InstantField, NDArray[np.int64]]
"""Microseconds since 1970, `NONE` or `UNREADABLE`."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected row, or a warning about a row that is used only in part."""

    line: int
    reason: RejectReason
    detail: str
    text: str
    fields: tuple[str, ...] = ()
    """Columns of the input that caused it, where some did."""


@dataclass(frozen=True, slots=True)
class ValidatedBatch:
    """The usable rows of a raw batch, and the errors of the others."""

    batch: IncidentBatch
    """The usable rows; `source_id`, `theme_id` and `agency_id` are 0 until the database has given ids to the names."""
    themes: Sequence[Theme]
    """Of each usable row."""
    agencies: Sequence[Agency | None]
    """Of each usable row."""
    rows: NDArray[np.intp]
    """Indexes of the usable rows in the raw batch."""
    due_by: Sequence[str]
    """Name of the rule that set each usable row's deadline; empty where none did."""
    rejects: Sequence[Reject]
    """Rejected rows, in no particular order."""
    warnings: Sequence[Reject]
    by_text: int
    """Rows whose theme was recognised in their text."""
    unsure: int
    """Rows that have only a text, without a clear theme: they have the default one."""
    read: int
    bytes_read: int
    coarse_lines: dict[int, int]
    """Raw row → line in the input, of the rows with coarse coordinates."""
    contexts: Sequence[str]
    """Of each usable row the message that it answers; none at all where the mapping has no such column."""
    skipped: dict[str, int]

    def with_contradictions(self, details: dict[int, str]) -> "ValidatedBatch":
        """Return the batch with more in the warnings about coarse coordinates. details: index of a usable row → what to add."""
        by_line = {self.coarse_lines[int(self.rows[row])]: detail for row, detail in details.items()}
        warnings = [
            replace(warning, detail=f"{warning.detail}; {by_line[warning.line]}")
            if warning.reason is RejectReason.COARSE_COORDINATES and warning.line in by_line
            else warning
            for warning in self.warnings
        ]
        return replace(self, warnings=warnings) if details else self

    def without(self, rejects: dict[int, Reject]) -> "ValidatedBatch":
        """Return the batch without some of its usable rows, by their index, which are rejected."""
        indexes = np.array([index for index in range(len(self.rows)) if index not in rejects], np.intp)
        lines = {reject.line for reject in rejects.values()}
        return replace(
            self,
            batch=self.batch.take(indexes),
            themes=_pick(self.themes, indexes),
            agencies=_pick(self.agencies, indexes),
            rows=self.rows[indexes],
            due_by=_pick(self.due_by, indexes),
            contexts=_pick(self.contexts, indexes) if self.contexts else (),
            rejects=[*self.rejects, *rejects.values()],
            warnings=[warning for warning in self.warnings if warning.line not in lines],
        )


class Validator:
    """Checks raw batches by one mapping."""

    def __init__(
        self,
        mapping: Mapping,
        resolver: EntityResolver,
        deadlines: Deadlines | None = None,
        region: LngLatBounds | None = None,
        clock: Callable[[], float] = time.time,
        unknown_status: str | None = None,
    ) -> None:
        """deadlines: rules for rows without a deadline; region: where rows are expected, if the mapping has no bounds.

        clock: seconds since 1970, against which dates in the future are recognised.
        unknown_status: code for a status that the mapping does not know, if the mapping names none; None rejects such rows.
        """
        self._mapping = mapping
        self._resolver = resolver
        self._unknown_status = mapping.unknown_status or unknown_status
        self._deadlines = deadlines if mapping.deadlines else None
        self._clock, self._future_limits = clock, future_limits(mapping.dates.end_of_day)
        self._coordinate_reader = CoordinateReader(
            CoordinateOptions(mapping.file.decimal, mapping.crs or "", mapping.point_order), mapping.bounds, region
        )

    def validate(self, raw: RawBatch) -> ValidatedBatch:
        """Turn every row of `raw` into a row of the batch or a reject. Finds H3 cells, so that the thread that reads ahead does it."""
        errors = RowErrors(len(raw.lines))
        ids = self._read_ids(raw, errors)
        instants = self._read_instants(raw, errors)
        addresses, messages = self._read_texts(raw, "address", LONGEST_ADDRESS), self._read_texts(raw, "text", LONGEST_MESSAGE)
        coordinates = self._read_coordinates(raw, addresses, messages, errors)
        statuses = self._read_statuses(raw, errors)
        theme_column = self._read_themes(raw, messages, errors)
        _drop_ends_before_beginnings(instants, errors, self._mapping.columns)
        rows = np.flatnonzero(errors.kept)
        themes = [theme for theme in _pick(theme_column.themes, rows) if theme]
        kept_instants: dict[InstantField, InstantArray] = {name: column[rows].view("datetime64[us]") for name, column in instants.items()}
        due_by = self._fill_due(themes, kept_instants)
        return ValidatedBatch(
            batch=_make_batch(
                _pick(ids, rows), coordinates.take(rows), _pick(addresses, rows), _pick(messages, rows), statuses[rows], kept_instants
            ),
            themes=themes,
            agencies=self._read_agencies(raw, rows),
            rows=rows,
            due_by=due_by,
            rejects=[*_broken_rejects(raw), *self._make_rejects(raw, errors.rejected.items())],
            warnings=self._make_rejects(raw, errors.warnings_of_kept()),
            by_text=int(np.count_nonzero(theme_column.recognised[rows])),
            unsure=int(np.count_nonzero(theme_column.classified[rows] & ~theme_column.recognised[rows])),
            read=len(raw.lines) + len(raw.broken),
            bytes_read=raw.bytes_read,
            coarse_lines={row: raw.lines[row] for row in np.flatnonzero(coordinates.quality == LocationQuality.SETTLEMENT).tolist()},
            contexts=_pick(self._column(raw, "context"), rows) if self._mapping.columns.context else (),
            skipped=dict(raw.skipped),
        )

    def _column(self, raw: RawBatch, field: str) -> Sequence[str]:
        name = getattr(self._mapping.columns, field)
        return raw.columns[name] if name else [""] * len(raw.lines)

    def _read_ids(self, raw: RawBatch, errors: RowErrors) -> list[str]:
        ids = [value.strip() for value in self._column(raw, "external_id")]
        wrong = np.fromiter((not 0 < len(value) <= LONGEST_ID for value in ids), np.bool_, len(ids))
        name = self._mapping.columns.external_id
        errors.reject(
            wrong, RejectReason.BROKEN_ROW, lambda row: f"{name} has {len(ids[row])} characters; allowed: 1 to {LONGEST_ID}", name
        )
        return ids

    def _read_instants(self, raw: RawBatch, errors: RowErrors) -> _InstantColumns:
        dates = self._mapping.dates
        columns: _InstantColumns = {}
        for field in _INSTANT_FIELDS:
            values = self._column(raw, field)
            columns[field] = read_instants(values, dates, end_of_day=field in dates.end_of_day)
            name, unreadable = getattr(self._mapping.columns, field), columns[field] == UNREADABLE
            detail = _unreadable_detail(name, values, dates.formats)
            if field == "received_at":
                errors.reject(unreadable, RejectReason.UNREADABLE_DATE, detail, name)
            elif unreadable.any():
                errors.warn(unreadable, RejectReason.DATE_LEFT_OUT, detail, name)
                columns[field][unreadable] = NONE
        name = self._mapping.columns.received_at
        errors.reject(columns["received_at"] == NONE, RejectReason.UNREADABLE_DATE, lambda _: f"{name} is blank", name)
        self._check_future(raw, columns, errors)
        return columns

    def _check_future(self, raw: RawBatch, columns: _InstantColumns, errors: RowErrors) -> None:
        for found in find_future_dates(columns, self._future_limits, self._clock):
            name, values = getattr(self._mapping.columns, found.field), self._column(raw, found.field)
            detail = _value_detail(name, values, found.impossible_text)
            if found.field == "received_at":
                errors.reject(found.impossible, RejectReason.FUTURE_DATE, detail, name)
            else:
                errors.warn(found.impossible, RejectReason.DATE_LEFT_OUT, detail, name)
                columns[found.field][found.impossible] = NONE
            errors.warn(found.warned, RejectReason.DATE_AHEAD, _value_detail(name, values, found.warn_text), name)

    def _read_texts(self, raw: RawBatch, field: str, longest: int) -> list[str]:
        return [text.strip()[:longest] for text in self._column(raw, field)]

    def _read_coordinates(self, raw: RawBatch, addresses: Sequence[str], messages: Sequence[str], errors: RowErrors) -> Coordinates:
        has_words: Mask = np.fromiter(map(bool, map(str.__add__, addresses, messages)), np.bool_, len(addresses))
        names = self._mapping.columns
        lng, lat, point = (RawCoordinate(getattr(names, field), self._column(raw, field)) for field in ("lng", "lat", "point"))
        in_degrees = names.lng in raw.in_degrees
        coordinates, rejects, warnings = self._coordinate_reader.read(lng, lat, point, has_words, in_degrees=in_degrees)
        for fault in rejects:
            errors.reject(fault.rows, fault.reason, fault.detail, *fault.columns)
        for fault in warnings:
            errors.warn(fault.rows, fault.reason, fault.detail, *fault.columns)
        return coordinates

    def _read_statuses(self, raw: RawBatch, errors: RowErrors) -> NDArray[np.int16]:
        values = self._column(raw, "status")
        codes = _status_codes(tuple(self._mapping.status.items()), self._mapping.default_status)
        known = {value: codes.get(_status_key(value), -1) for value in set(values)}
        statuses = np.fromiter(map(known.__getitem__, values), np.int16, len(values))
        unknown, name = statuses < 0, self._mapping.columns.status
        if not unknown.any():
            return statuses
        if self._unknown_status is None:
            names = list(self._mapping.status)
            more = f" and {len(names) - _STATUSES_LISTED} more" if len(names) > _STATUSES_LISTED else ""
            allowed = (", ".join(names[:_STATUSES_LISTED]) or "none") + more
            errors.reject(unknown, RejectReason.UNKNOWN_STATUS, _value_detail(name, values, f"is unknown; known: {allowed}"), name)
        else:
            detail = _value_detail(name, values, f"is unknown and taken as {self._unknown_status}")
            errors.warn(unknown, RejectReason.STATUS_REPLACED, detail, name)
            statuses[unknown] = Status[self._unknown_status.upper()].value
        return statuses

    def _read_themes(self, raw: RawBatch, messages: Sequence[str], errors: RowErrors) -> ThemeColumn:
        sectors = self._column(raw, "sector")
        codes = self._column(raw, "theme_code") if self._mapping.columns.theme_code else None
        column = self._resolver.theme_column(sectors, self._column(raw, "theme"), messages, codes)
        unknown = np.fromiter((theme is None for theme in column.themes), np.bool_, len(column.themes))
        name = self._mapping.columns.sector
        errors.reject(unknown, RejectReason.BROKEN_ROW, lambda row: f"unknown sector {sectors[row]!r}; allowed: {_ALLOWED_SECTORS}", name)
        return column

    def _read_agencies(self, raw: RawBatch, rows: NDArray[np.intp]) -> list[Agency | None]:
        values = _pick(self._column(raw, "agency"), rows)
        if not self._mapping.columns.agency_code:
            return list(map(self._resolver.agency, values))
        codes = _pick(self._column(raw, "agency_code"), rows)
        return [self._resolver.agency(value, code) for value, code in zip(values, codes, strict=True)]

    def _fill_due(self, themes: Sequence[Theme], instants: dict[InstantField, InstantArray]) -> Sequence[str]:
        """Set missing deadlines by the rules; the name of the rule for each row, empty where none applied."""
        names = [""] * len(themes)
        missing = np.flatnonzero(np.isnat(instants["due_at"])).tolist()
        if self._deadlines is None or not missing:
            return names
        deadlines, source = self._deadlines, self._resolver.source_code
        rule_of = {theme: deadlines.find_rule(theme.code, source, theme.sector) for theme in {themes[row] for row in missing}}
        rows_of: dict[str, list[int]] = {}
        for row in missing:
            if rule := rule_of[themes[row]]:
                rows_of.setdefault(rule.name, []).append(row)
                names[row] = rule.name
        # All rows of a rule at once.
        for rule in deadlines.rules:
            if rows := rows_of.get(rule.name):
                received = instants["received_at"][rows].astype("datetime64[s]").astype(np.int64)
                instants["due_at"][rows] = rule.compute_due(received, deadlines.calendar).astype("datetime64[s]")
        return names

    def _make_rejects(self, raw: RawBatch, errors: Iterable[tuple[int, RowError]]) -> list[Reject]:
        name = self._mapping.columns.external_id

        def with_origin(row: int, detail: str) -> str:
            return f"{detail}; {name} {raw.columns[name][row].strip()!r} in {raw.origin}" if raw.origin else detail

        return [
            Reject(raw.lines[row], error.reason, with_origin(row, error.detail), storable_text(raw.texts[row]), error.fields)
            for row, error in errors
        ]


def _make_batch(
    ids: list[str],
    coordinates: Coordinates,
    addresses: list[str],
    messages: list[str],
    statuses: NDArray[np.int16],
    instants: dict[InstantField, InstantArray],
) -> IncidentBatch:
    count = len(ids)
    return IncidentBatch(
        source_id=np.zeros(count, np.int16),
        external_id=ids,
        lng=coordinates.lng,
        lat=coordinates.lat,
        cell=coordinates.cells(),
        address=addresses,
        message=messages,
        location_quality=coordinates.quality,
        confidence=np.full(count, np.nan, np.float32),
        geocoded_by=coordinates.geocoded_by,
        theme_id=np.zeros(count, np.int32),
        agency_id=np.zeros(count, np.int32),
        status=statuses,
        **instants,
    )


def _drop_ends_before_beginnings(instants: _InstantColumns, errors: RowErrors, names: ColumnNames) -> None:
    received = instants["received_at"]
    for field in ("answered_at", "closed_at"):
        early = (instants[field] > UNREADABLE) & (instants[field] < received)
        errors.warn(early, RejectReason.CLOSED_BEFORE_RECEIVED, _left_out_detail(field), getattr(names, field))
        instants[field] = np.where(early, NONE, instants[field])
    latest = np.maximum.reduce([received, instants["answered_at"], instants["closed_at"]])
    instants["updated_at"] = np.where(instants["updated_at"] == NONE, latest, instants["updated_at"])


def _left_out_detail(field: str) -> Callable[[int], str]:
    return lambda _: f"{field} is before received_at and left out"


@lru_cache(64)
def _status_codes(status: tuple[tuple[str, str], ...], default: str | None) -> dict[str, int]:
    """The status of each text, by its `_status_key`. Cached: a posted row has a mapping of its own, with a hundred texts."""
    codes = {_status_key(value): Status[code.upper()].value for value, code in status}
    return {"": Status[default.upper()].value} | codes if default else codes


def _status_key(value: str) -> str:
    """The form in which statuses are compared: case, ё, doubled spaces and a full stop at the end make no difference."""
    return normalise(" ".join(value.split())).rstrip(". ")


def _unreadable_detail(name: str | None, values: Sequence[str], formats: tuple[str, ...]) -> Callable[[int], str]:
    return lambda row: f"{name} {values[row][:_LONGEST_QUOTED]!r} {describe_unreadable(values[row], formats)}"


def _value_detail(name: str | None, values: Sequence[str], fault: str) -> Callable[[int], str]:
    return lambda row: f"{name} {values[row]!r} {fault}"


def _pick(items: Sequence[_Item], rows: NDArray[np.intp]) -> list[_Item]:
    return list(items) if len(rows) == len(items) else [items[row] for row in rows.tolist()]


def _broken_rejects(raw: RawBatch) -> list[Reject]:
    where = f"; in {raw.origin}" if raw.origin else ""
    return [Reject(row.line, RejectReason.BROKEN_ROW, row.detail + where, row.text) for row in raw.broken]
