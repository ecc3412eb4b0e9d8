"""Incidents as rows of a table, with the names of the codes in them. The replica has no texts, so the rows have none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.statistics.breakdown import STATUS_NAMES
from geo_service.aggregation.statistics.incident_list import Cursor, IncidentListQuery, RowIndexes, select_page
from geo_service.core.errors import NotFound
from geo_service.core.instants import format_instant
from geo_service.core.model import FINEST_RESOLUTION, LINKED, OPEN_STATUSES, LocationQuality, Status

FIELDS = (
    "id", "received_at", "due_at", "answered_at", "closed_at", "overdue", "status", "sector", "theme", "source", "agency",
    "district", "lng", "lat", "h3", "precision",
)  # fmt: skip
"""The fields of a row, in their order."""

Names = dict[str, dict[str, dict[str, str]]]
"""Field → code → language → name."""

_CODE_FIELDS = ("status", "sector", "theme", "source", "agency", "district")
_INSTANTS = ("received", "due", "answered", "closed")
_DECIMALS = 7
"""Of degrees: about a centimetre."""


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """A page of incidents, and the cursor of its last one if more follow."""

    rows: list[Row]
    names: Names
    end: Cursor | None


def list_incidents(state: ReplicaState, query: IncidentListQuery) -> IncidentPage:
    """Return a page of the incidents of a selection."""
    page = select_page(state, query)
    rows = _build_rows(_read_values(state, page.rows), state.catalogue, query.selection.now)
    return IncidentPage(rows, _collect_names(rows, state.catalogue), page.end)


def find_incident(state: ReplicaState, id_: int, now: int) -> IncidentPage:
    """Return the incident with the id, with or without coordinates, as a page of one.

    now: the instant at which overdue is judged, seconds since 1970. Raises `NotFound`.
    """
    row_indexes = state.columns.find(np.array([id_], np.int64))
    values = _read_values(state, row_indexes) if len(row_indexes) else state.unplaced.find(id_)
    rows = _build_rows(values, state.catalogue, now)
    if not rows:
        raise NotFound(f"there is no incident {id_}")
    return IncidentPage(rows, _collect_names(rows, state.catalogue), None)


def _read_values(state: ReplicaState, rows: RowIndexes | Array) -> Mapping[str, Array]:
    """Return the values of some rows, an array for each field of `BATCH`."""
    columns = state.columns
    cells = state.pyramid.levels[FINEST_RESOLUTION].cells[columns["cell"][rows]]
    return {name: columns[name][rows] for name in BATCH.names or ()} | {"id": columns.ids(rows), "cell": cells}


def _build_rows(values: Mapping[str, Array] | Array, catalogue: Catalogue, now: int) -> list[Row]:
    names = BATCH.names or ()
    incidents = zip(*(values[name].tolist() for name in names), strict=True)
    return [_build_row(dict(zip(names, incident, strict=True)), catalogue, now) for incident in incidents]


def _build_row(values: Mapping[str, int], catalogue: Catalogue, now: int) -> Row:
    """Return one incident with its fields in the order of FIELDS."""
    status, theme = Status(values["status"] % LINKED), catalogue.themes.by_id.get(values["theme"])
    times = {f"{name}_at": format_instant(values[name]) if values[name] else None for name in _INSTANTS}
    return {
        "id": values["id"],
        **times,
        "overdue": status in OPEN_STATUSES and (not values["answered"] or status is Status.RETURNED) and 0 < values["due"] < now,
        "status": status.code,
        "sector": _code(catalogue.sectors, theme.parent if theme else None),
        "theme": theme and theme.code,
        **{name: _code(entries, values[name]) for name, entries in _entries_by_field(catalogue).items()},
        **_location(values),
    }


def _entries_by_field(catalogue: Catalogue) -> dict[str, Entries[Any]]:
    return {"source": catalogue.sources, "agency": catalogue.agencies, "district": catalogue.districts}


def _code(entries: Entries[Any], id_: int | None) -> str | None:
    entry: Entry | None = entries.by_id.get(id_ or 0)
    return entry.code if entry else None


def _location(values: Mapping[str, int]) -> Row:
    """Return position, cell and precision; without coordinates position and cell are null."""
    known = bool(values["cell"])
    lng, lat = (round(values[name] / POSITION_UNITS, _DECIMALS) if known else None for name in ("lng", "lat"))
    return {"lng": lng, "lat": lat, "h3": f"{values['cell']:x}" if known else None, "precision": LocationQuality(values["quality"]).code}


def _collect_names(rows: Sequence[Row], catalogue: Catalogue) -> Names:
    """Return the names of all codes that occur in the rows."""
    statuses = {status.code: {"ru": name, "en": status.code.replace("_", " ")} for status, name in STATUS_NAMES.items()}
    entries: dict[str, Entries[Any]] = {"sector": catalogue.sectors, "theme": catalogue.themes, **_entries_by_field(catalogue)}
    occurring = {field: sorted({row[field] for row in rows} - {None}) for field in _CODE_FIELDS}
    return {
        field: {code: statuses[code] if field == "status" else entries[field].by_code[code].name for code in codes}
        for field, codes in occurring.items()
    }
