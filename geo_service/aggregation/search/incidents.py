"""Incidents that were found by a number, as rows of the search's answer."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.statistics.incident_rows import find_incident
from geo_service.core.errors import NotFound

_SHOWN = ("received_at", "status", "overdue", "source", "district", "lng", "lat", "h3")


@dataclass(frozen=True, slots=True)
class IncidentHit:
    """An incident that a number leads to."""

    id: int
    external_id: str | None
    score: float


def describe_hits(state: ReplicaState, hits: Sequence[IncidentHit], now: int) -> list[Row]:
    """Return a row for each incident that the replica knows, the best first; each once. now: judges overdue, seconds since 1970."""
    rows: dict[int, Row] = {}
    for hit in sorted(hits, key=lambda one: -one.score):
        if hit.id in rows:
            # Found by both numbers: the id in its source is known from one of them alone.
            rows[hit.id]["external_id"] = rows[hit.id]["external_id"] or hit.external_id
            continue
        with suppress(NotFound):
            rows[hit.id] = _describe(state, hit, now)
    return list(rows.values())


def _describe(state: ReplicaState, hit: IncidentHit, now: int) -> Row:
    page = find_incident(state, hit.id, now)
    (row,) = page.rows
    theme = page.names["theme"].get(row["theme"] or "")
    return {
        "type": "incident",
        "code": str(hit.id),
        "name": theme or {"ru": "Сообщение", "en": "Incident"},
        "external_id": hit.external_id,
        "within": row["district"] and {"code": row["district"], "name": page.names["district"][row["district"]]},
        **{name: row[name] for name in _SHOWN},
        "score": hit.score,
    }
