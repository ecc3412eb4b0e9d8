"""From columns of text to checked columns: each check looks at a whole column at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.core.calendar.deadlines import Deadlines
from geo_service.core.model import SECTORS, RejectReason, Status
from ingest.mapping.mapping import Bounds, Columns, Instant, Mapping
from ingest.readers import RawBatch
from ingest.readers.csv import shown
from ingest.validate.coordinates import CoordinateReader, Coordinates, RawCoordinate
from ingest.validate.deadlines import fill_due
from ingest.validate.entities import EntityResolver
from ingest.validate.row_errors import Mask, Reject, RowError, RowErrors
from ingest.validate.themes import Themed, theme_rows
from ingest.validate.timestamps import NONE, UNREADABLE, read_instants
from ingest.write.incident_batch import IncidentBatch, Instants
from ingest.write.reference_data import Agency, Theme

LONGEST_ID = 200
LONGEST_ADDRESS = 500
"""Characters; a longer address is cut."""

LONGEST_MESSAGE = 10_000
"""Characters; a longer message is cut."""

_Item = TypeVar("_Item")

_ALLOWED_SECTORS = ", ".join(sector.code for sector in SECTORS)

_INSTANTS: tuple[Instant, ...] = ("received_at", "due_at", "answered_at", "closed_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Checked:
    """The usable rows of a raw batch, with themes and agencies still by name, and the rows that are not."""

    rows: NDArray[np.intp]
    """Which rows of the raw batch these are."""
    external_id: Sequence[str]
    places: Coordinates
    cell: NDArray[np.int64]
    """0 for "no place". Found here, in the thread that reads ahead."""
    address: Sequence[str]
    message: Sequence[str]
    themes: Sequence[Theme]
    agencies: Sequence[Agency | None]
    status: NDArray[np.int16]
    instants: dict[Instant, Instants]
    due_by: Sequence[str]
    """Name of the rule that set each row's deadline; empty where none did."""
    rejects: Sequence[Reject]
    """Refused rows, in no particular order."""
    warnings: Sequence[Reject]
    by_text: int
    """Rows whose theme is the one that their text speaks of."""
    unsure: int
    """Rows that have only a text, and it speaks of no theme clearly: they have the default one."""
    read: int
    bytes_read: int

    def batch(self, source: int, themes: dict[str, int], agencies: dict[str, int]) -> IncidentBatch:
        """The rows for the writer, given the ids by code."""
        count = len(self.rows)
        return IncidentBatch(
            source_id=np.full(count, source, np.int16),
            external_id=self.external_id,
            lng=self.places.lng,
            lat=self.places.lat,
            cell=self.cell,
            address=self.address,
            message=self.message,
            location_quality=self.places.quality,
            confidence=np.full(count, np.nan, np.float32),
            geocoded_by=self.places.geocoded_by,
            theme_id=np.fromiter((themes[one.code] for one in self.themes), np.int32, count),
            agency_id=np.fromiter((agencies[one.code] if one else 0 for one in self.agencies), np.int32, count),
            status=self.status,
            **self.instants,
        )


class Validator:
    """Checks raw batches by one mapping."""

    def __init__(self, mapping: Mapping, namer: EntityResolver, deadlines: Deadlines | None = None, region: Bounds | None = None) -> None:
        """deadlines: rules for rows without a deadline; region: where rows are expected, if the mapping has no bounds."""
        self._mapping = mapping
        self._namer = namer
        self._deadlines = deadlines if mapping.deadlines else None
        self._coordinate_reader = CoordinateReader(mapping.file.decimal, mapping.bounds, region)

    def check(self, raw: RawBatch) -> Checked:
        """Every row of `raw` becomes a checked row or a reject."""
        verdicts = RowErrors(len(raw.lines))
        ids = self._ids(raw, verdicts)
        instants = self._instants(raw, verdicts)
        addresses, messages = self._words(raw, "address", LONGEST_ADDRESS), self._words(raw, "text", LONGEST_MESSAGE)
        worded = np.fromiter(map(bool, map(str.__add__, addresses, messages)), np.bool_, len(addresses))
        places = self._coordinates(raw, worded, verdicts)
        status = self._status(raw, verdicts)
        themed = self._themes(raw, messages, verdicts)
        _drop_ends_before_beginnings(instants, verdicts, self._mapping.columns)
        rows = np.flatnonzero(verdicts.kept)
        places = places.take(rows)
        kept_themes = [theme for theme in _picked(themed.themes, rows) if theme]
        kept_instants = _as_instants(instants, rows)
        due_by = self._due(kept_themes, kept_instants)
        agencies = self._column(raw, "agency")
        return Checked(
            rows=rows,
            external_id=_picked(ids, rows),
            places=places,
            cell=places.cells(),
            address=_picked(addresses, rows),
            message=_picked(messages, rows),
            themes=kept_themes,
            agencies=[self._namer.agency(value) for value in _picked(agencies, rows)],
            status=status[rows],
            instants=kept_instants,
            due_by=due_by,
            rejects=[*_broken(raw), *self._rejects(raw, verdicts.refused)],
            warnings=self._rejects(raw, {row: told for row, told in verdicts.warned.items() if verdicts.kept[row]}),
            by_text=int(np.count_nonzero(themed.found[rows])),
            unsure=int(np.count_nonzero(themed.asked[rows] & ~themed.found[rows])),
            read=len(raw.lines) + len(raw.broken),
            bytes_read=raw.bytes_read,
        )

    def _due(self, themes: Sequence[Theme], instants: dict[Instant, Instants]) -> Sequence[str]:
        if self._deadlines is None:
            return [""] * len(themes)
        filled = fill_due(self._deadlines, self._mapping.source.code, themes, instants["received_at"], instants["due_at"])
        instants["due_at"] = filled.due_at
        return filled.rules

    def _rejects(self, raw: RawBatch, found: dict[int, RowError]) -> list[Reject]:
        name = self._mapping.columns.external_id

        def located(row: int, detail: str) -> str:
            return f"{detail}; {name} {raw.columns[name][row].strip()!r} in {raw.origin}" if raw.origin else detail

        return [
            Reject(raw.lines[row], one.reason, located(row, one.detail), shown(raw.texts[row]), one.fields) for row, one in found.items()
        ]

    def _column(self, raw: RawBatch, field: str) -> Sequence[str]:
        name = getattr(self._mapping.columns, field)
        return raw.columns[name] if name else [""] * len(raw.lines)

    def _ids(self, raw: RawBatch, verdicts: RowErrors) -> list[str]:
        ids = [value.strip() for value in self._column(raw, "external_id")]
        wrong = np.fromiter((not 0 < len(value) <= LONGEST_ID for value in ids), np.bool_, len(ids))
        name = self._mapping.columns.external_id
        verdicts.reject(
            wrong, RejectReason.BROKEN_ROW, lambda row: f"{name} has {len(ids[row])} characters; allowed: 1 to {LONGEST_ID}", name
        )
        return ids

    def _instants(self, raw: RawBatch, verdicts: RowErrors) -> dict[Instant, NDArray[np.int64]]:
        dates = self._mapping.dates
        found: dict[Instant, NDArray[np.int64]] = {}
        for field in _INSTANTS:
            values = self._column(raw, field)
            found[field] = read_instants(values, dates, end_of_day=field in dates.end_of_day)
            name = getattr(self._mapping.columns, field)
            verdicts.reject(
                found[field] == UNREADABLE,
                RejectReason.UNREADABLE_DATE,
                _quoting(name, values, "is no date between 1970 and 2106 in a known format"),
                name,
            )
        name = self._mapping.columns.received_at
        verdicts.reject(found["received_at"] == NONE, RejectReason.UNREADABLE_DATE, lambda _: f"{name} is blank", name)
        return found

    def _words(self, raw: RawBatch, field: str, longest: int) -> list[str]:
        return [text.strip()[:longest] for text in self._column(raw, field)]

    def _coordinates(self, raw: RawBatch, worded: Mask, verdicts: RowErrors) -> Coordinates:
        names = self._mapping.columns
        lng, lat = RawCoordinate(names.lng, self._column(raw, "lng")), RawCoordinate(names.lat, self._column(raw, "lat"))
        return self._coordinate_reader.read(lng, lat, worded, verdicts)

    def _status(self, raw: RawBatch, verdicts: RowErrors) -> NDArray[np.int16]:
        values = self._column(raw, "status")
        meaning = {value.casefold(): Status[code.upper()].value for value, code in self._mapping.status.items()}
        if self._mapping.default_status:
            meaning.setdefault("", Status[self._mapping.default_status.upper()].value)
        known = {value: meaning.get(value.strip().casefold(), -1) for value in set(values)}
        status = np.fromiter(map(known.__getitem__, values), np.int16, len(values))
        allowed = ", ".join(self._mapping.status) or "none"
        name = self._mapping.columns.status
        verdicts.reject(status < 0, RejectReason.UNKNOWN_STATUS, _quoting(name, values, f"is unknown; known: {allowed}"), name)
        return status

    def _themes(self, raw: RawBatch, messages: Sequence[str], verdicts: RowErrors) -> Themed:
        sectors = self._column(raw, "sector")
        themed = theme_rows(sectors, self._column(raw, "theme"), messages, self._namer)
        unknown = np.fromiter((theme is None for theme in themed.themes), np.bool_, len(themed.themes))
        name = self._mapping.columns.sector
        verdicts.reject(unknown, RejectReason.BROKEN_ROW, lambda row: f"unknown sector {sectors[row]!r}; allowed: {_ALLOWED_SECTORS}", name)
        return themed


def _drop_ends_before_beginnings(instants: dict[Instant, NDArray[np.int64]], verdicts: RowErrors, names: Columns) -> None:
    received = instants["received_at"]
    for field in ("answered_at", "closed_at"):
        early = (instants[field] > UNREADABLE) & (instants[field] < received)
        verdicts.warn(early, RejectReason.CLOSED_BEFORE_RECEIVED, _left_out(field), getattr(names, field))
        instants[field] = np.where(early, NONE, instants[field])
    latest = np.maximum.reduce([received, instants["answered_at"], instants["closed_at"]])
    instants["updated_at"] = np.where(instants["updated_at"] == NONE, latest, instants["updated_at"])


def _left_out(field: str) -> Callable[[int], str]:
    return lambda _: f"{field} is before received_at and left out"


def _as_instants(instants: dict[Instant, NDArray[np.int64]], rows: NDArray[np.intp]) -> dict[Instant, Instants]:
    return {field: column[rows].view("datetime64[us]") for field, column in instants.items()}


def _quoting(name: str | None, values: Sequence[str], fault: str) -> Callable[[int], str]:
    return lambda row: f"{name} {values[row]!r} {fault}"


def _picked(items: Sequence[_Item], rows: NDArray[np.intp]) -> list[_Item]:
    return list(items) if len(rows) == len(items) else [items[row] for row in rows.tolist()]


def _broken(raw: RawBatch) -> list[Reject]:
    where = f"; in {raw.origin}" if raw.origin else ""
    return [Reject(one.line, RejectReason.BROKEN_ROW, one.detail + where, one.text) for one in raw.broken]
