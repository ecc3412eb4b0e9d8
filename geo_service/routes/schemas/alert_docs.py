"""OpenAPI documentation of alerts."""

from typing import Any

from geo_service.core.schema.alerts import LAYERS, VERDICTS
from geo_service.queries.alerts import DEFAULT_LIMIT, GROUPS, MAX_LIMIT, STATES
from geo_service.routes.schemas.parameter_docs import FORMAT_DOCS, PARAMETERS, PROBLEM, parameter
from geo_service.routes.schemas.value_schemas import ANY_CODES, SECTOR_CODES, choice, integer, pattern

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SINCE = pattern(rf"[1-9][0-9]{{0,4}}[hdwy]|{_DATE}([Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?([Zz]|[+ -][0-9]{{2}}:[0-9]{{2}}))?")

MAX_NOTE_LENGTH = 2000
"""Characters of the note to a verdict."""

FILTER_PARAMETERS = [
    parameter("state", "open (the default), closed or all.", schema=choice(STATES)),
    parameter("sector", PARAMETERS["sector"], schema=SECTOR_CODES),
    parameter("theme", PARAMETERS["theme"], schema=ANY_CODES),
    parameter("district", PARAMETERS["district"], schema=ANY_CODES),
    parameter(
        "since",
        "Only alerts in which something has changed since: a time back from now such as 24h or 7d, a date or an RFC 3339 instant. "
        "Closed alerts are those of the last 30 days by default.",
        schema=_SINCE,
    ),
    parameter("limit", f"Alerts in the response, 1 to {MAX_LIMIT}; default {DEFAULT_LIMIT}.", schema=integer(1, MAX_LIMIT)),
    parameter(
        "groups",
        "merge (the default): where the same theme is unusual in many places at once, only the strongest alert is listed, with their "
        "number; split: each is listed.",
        schema=choice(GROUPS),
    ),
]
_MAP_FORMAT = {**FORMAT_DOCS, "schema": choice(("json", "csv", "geojson"))}
ALERTS_DOCS: dict[str, Any] = {"parameters": [*FILTER_PARAMETERS, _MAP_FORMAT]}
ALERT_DOCS: dict[str, Any] = {"parameters": [_MAP_FORMAT]}
FEED_DOCS: dict[str, Any] = {"parameters": [one for one in FILTER_PARAMETERS if one["name"] != "groups"]}

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_INSTANT = {"type": "string", "format": "date-time"}
_NAMES = {"type": "object", "required": ["ru", "en"], "properties": {"ru": _TEXT, "en": _TEXT}}


def _object(description: str, optional: bool = False, **properties: Any) -> dict[str, Any]:
    kinds = ["object", "null"] if optional else "object"
    return {"type": kinds, "description": description, "required": list(properties), "properties": properties}


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


_VERDICT = _object(
    "What the desk has found; null where it has found nothing yet.", True,
    value=choice(VERDICTS), note=_TEXT, at=_INSTANT,
    by={**_optional(_TEXT), "description": "Id of the API key; null where none was needed."},
)  # fmt: skip
_PROPERTIES: dict[str, Any] = {
    "id": {"type": "integer", "minimum": 1},
    "layer": {**choice(LAYERS), "description": "local: a theme in a place; totals: a theme or sector in a district or the region."},
    "state": choice(("open", "closed")),
    "theme": _object("null: the whole sector.", True, code=_TEXT, name=_NAMES),
    "sector": _object("The theme's sector.", code=_TEXT, name=_NAMES),
    "place": _object(
        "The place with the strongest signal.", key=_TEXT, name=_NAMES, lng={"type": "number"}, lat={"type": "number"},
        cell={**_optional(_TEXT), "description": "H3 index; null for districts and the region."},
    ),
    "district": _object("The place's district; null: in none.", True, code=_TEXT, name=_NAMES),
    "places": {"type": "array", "items": _object("A place.", key=_TEXT, name=_NAMES), "description": "All places, the strongest first."},
    "group": _object("Where the same theme is unusual in many places at once.", True, id=_COUNT, alerts=_COUNT),
    "since": {**_INSTANT, "description": "The first message."},
    "detected": _INSTANT,
    "updated": {**_INSTANT, "description": "When it last grew or changed."},
    "closed": {"type": ["string", "null"], "format": "date-time"},
    "window": {**_TEXT, "description": "Window of the strongest signal: 24h, 3d or 7d."},
    "n": {**_COUNT, "description": "Messages since the first one in all places, near-duplicates once."},
    "expected": {"type": "number", "minimum": 0, "description": "Messages that would have been usual in the same time."},
    "open": _COUNT,
    "recurrence_days": {"type": "number", "description": "So rarely chance gives as much, in days; 3650: ten years or more."},
    "recurrence": {**_NAMES, "description": "The same in words."},
    "peak": _object("Most messages within a window.", at=_INSTANT, n=_COUNT),
    "agencies": {
        "type": "array",
        "items": _object("An agency; null where none is known.", code=_optional(_TEXT), name=_optional(_NAMES), n=_COUNT, open=_COUNT),
        "description": "Who must answer, most messages first.",
    },
    "reason": {**_NAMES, "description": "The alert in a sentence."},
    "verdict": _VERDICT,
    "selection": {**_TEXT, "description": "Query string of the selection that the alert is about, for every address that has one."},
    "links": _object("Addresses.", self=_TEXT, map=_TEXT),
}  # fmt: skip
ALERT: dict[str, Any] = {"type": "object", "required": list(_PROPERTIES), "properties": _PROPERTIES}

_THRESHOLD = _object(
    "How the threshold was found: days and episodes of the replay.",
    per_week={"type": "number"}, days=_COUNT, episodes=_COUNT, calibrated_at=_INSTANT,
)  # fmt: skip
_LIST = _object(
    "Alerts.",
    alerts={"type": "array", "items": ALERT},
    total={**_COUNT, "description": "How many there are beyond the limit, too."},
    state=choice(STATES),
    thresholds={
        "type": "object",
        "additionalProperties": _THRESHOLD,
        "description": "By layer; none before the first calibration has ended.",
    },
    time_zone=_TEXT,
)
_FORMATS: dict[str, Any] = {"text/csv": {"schema": _TEXT}, "application/geo+json": {"schema": {"type": "object"}}}
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The client's copy is still valid."}}

ALERTS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The alerts.", "content": {"application/json": {"schema": _LIST}, **_FORMATS}}, **_UNCHANGED,
}  # fmt: skip
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such alert.", **PROBLEM}}
ALERT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The alert.", "content": {"application/json": {"schema": {"type": "object"}}, **_FORMATS}},
    **_UNCHANGED,
    **NOT_FOUND,
}  # fmt: skip
