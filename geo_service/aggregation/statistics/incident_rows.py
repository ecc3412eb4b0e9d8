"""Incidents as rows of a table, and the names of the codes in them. The citizen's words are not in the replica, nor here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entries, Entry
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.time_buckets import instant
from geo_service.aggregation.statistics.breakdown import STATUS_NAMES
from geo_service.aggregation.statistics.incident_list import Cursor, IncidentListQuery, RowIndexes, list_page
from geo_service.core.errors import NotFound
from geo_service.core.model import FINEST_RESOLUTION, LINKED, OPEN_STATUSES, LocationQuality, Status

FIELDS = (
    "id", "received_at", "due_at", "answered_at", "closed_at", "overdue", "status", "sector", "theme", "source", "agency",
    "district", "lng", "lat", "h3", "precision",
)  # fmt: skip
"""Of a row, in their order."""

Names = dict[str, dict[str, dict[str, str]]]
"""Kind → code → name by language."""

_NAMED = ("status", "sector", "theme", "source", "agency", "district")
_INSTANTS = ("received", "due", "answered", "closed")
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """A page of incidents, and where it ends if more follow."""

    rows: list[Row]
    names: Names
    end: Cursor | None


def list_incidents(state: ReplicaState, asked: IncidentListQuery) -> IncidentPage:
    """A page of the incidents of a selection."""
    page = list_page(state, asked)
    rows = _rows(_held(state, page.rows), state.catalogue, asked.selection.now)
    return IncidentPage(rows, _names(rows, state.catalogue), page.end)


def one_incident(state: ReplicaState, id_: int, now: int) -> IncidentPage:
    """The incident with the id, with a place or without. now: at which overdue is judged, seconds. Raises NotFound."""
    found = state.columns.find(np.array([id_], np.int64))
    held = _held(state, found) if len(found) else state.unplaced.find(id_)
    rows = _rows(held, state.catalogue, now)
    if not rows:
        raise NotFound(f"there is no incident {id_}")
    return IncidentPage(rows, _names(rows, state.catalogue), None)


def _held(state: ReplicaState, rows: RowIndexes | Array) -> Mapping[str, Array]:
    """The incidents at some rows as `BATCH` has them."""
    columns = state.columns
    cells = state.pyramid.levels[FINEST_RESOLUTION].cells[columns["cell"][rows]]
    return {name: columns[name][rows] for name in BATCH.names or ()} | {"id": columns.ids(rows), "cell": cells}


def _rows(held: Mapping[str, Array] | Array, catalogue: Catalogue, now: int) -> list[Row]:
    names = BATCH.names or ()
    each = zip(*(held[name].tolist() for name in names), strict=True)
    return [_row(dict(zip(names, values, strict=True)), catalogue, now) for values in each]


def _row(held: Mapping[str, int], catalogue: Catalogue, now: int) -> Row:
    """One incident, in the order of FIELDS."""
    status, theme = Status(held["status"] % LINKED), catalogue.themes.by_id.get(held["theme"])
    times = {f"{name}_at": instant(held[name]) if held[name] else None for name in _INSTANTS}
    return {
        "id": held["id"],
        **times,
        "overdue": status in OPEN_STATUSES and 0 < held["due"] < now,
        "status": status.code,
        "sector": _code(catalogue.sectors, theme.parent if theme else None),
        "theme": theme and theme.code,
        **{name: _code(entries, held[name]) for name, entries in _kinds(catalogue).items()},
        **_place(held),
    }


def _kinds(catalogue: Catalogue) -> dict[str, Entries[Any]]:
    return {"source": catalogue.sources, "agency": catalogue.agencies, "district": catalogue.districts}


def _code(entries: Entries[Any], id_: int | None) -> str | None:
    found: Entry | None = entries.by_id.get(id_ or 0)
    return found.code if found else None


def _place(held: Mapping[str, int]) -> Row:
    """Where it is, null where that is not known, and how precisely."""
    known = bool(held["cell"])
    lng, lat = (round(held[name] / POSITION_UNITS, _DECIMALS) if known else None for name in ("lng", "lat"))
    return {"lng": lng, "lat": lat, "h3": f"{held['cell']:x}" if known else None, "precision": LocationQuality(held["quality"]).code}


def _names(rows: Sequence[Row], catalogue: Catalogue) -> Names:
    """Of the codes that stand in the rows."""
    statuses = {one.code: {"ru": name, "en": one.code.replace("_", " ")} for one, name in STATUS_NAMES.items()}
    known: dict[str, Entries[Any]] = {"sector": catalogue.sectors, "theme": catalogue.themes, **_kinds(catalogue)}
    occurring = {kind: sorted({row[kind] for row in rows} - {None}) for kind in _NAMED}
    return {
        kind: {code: statuses[code] if kind == "status" else known[kind].by_code[code].name for code in codes}
        for kind, codes in occurring.items()
    }
