"""OpenAPI documentation of alerts."""

from typing import Any

from geo_service.core.schema.alerts import LAYERS, VERDICTS
from geo_service.queries.alerts import DEFAULT_LIMIT, GROUPS, MAX_LIMIT, MAX_NOTE_LENGTH, STATES
from geo_service.routes.schemas.parameter_docs import FORMAT_DOCS, PARAMETERS, PROBLEM, TABLE_FORMATS, WORKBOOK_TYPE, parameter
from geo_service.routes.schemas.value_schemas import ANY_CODES, SECTOR_CODES, choice, integer, pattern

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SINCE = pattern(rf"[1-9][0-9]{{0,4}}[hdwy]|{_DATE}([Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?([Zz]|[+ -][0-9]{{2}}:[0-9]{{2}}))?")

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
        "number; split: each is listed. The feed always has each.",
        schema=choice(GROUPS),
    ),
]
_MAP_FORMAT = {**FORMAT_DOCS, "schema": choice((*TABLE_FORMATS, "geojson"))}
ALERTS_DOCS: dict[str, Any] = {"parameters": [*FILTER_PARAMETERS, _MAP_FORMAT]}
ALERT_DOCS: dict[str, Any] = {"parameters": [_MAP_FORMAT]}
FEED_DOCS: dict[str, Any] = {
    "parameters": [
        {**FILTER_PARAMETERS[0], "description": "open, closed or all (the default)."},
        *FILTER_PARAMETERS[1:],
        parameter("lang", "ru (the default) or en.", schema=choice(("ru", "en"))),
    ]
}

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
    checked={
        "type": ["string", "null"],
        "format": "date-time",
        "description": "When it was last looked for alerts, in whole minutes; null before the first time.",
    },
    time_zone=_TEXT,
)
_STATUS_COUNTS: dict[str, Any] = {"type": "object", "additionalProperties": _COUNT, "description": "By status."}
# `from` is no name of an argument.
_SPAN: dict[str, Any] = {"from": _INSTANT, "to": _INSTANT}
_BUCKET: dict[str, Any] = {"from": _INSTANT, "n": _COUNT, "expected": {"type": "number"}}
_EVIDENCE = _object(
    "What the alert rests on, up to now or to its end; near-duplicates count once.",
    window=_object("From the first message on.", **_SPAN),
    n=_COUNT,
    series=_object(
        "Messages along time.", bucket=choice(("hour", "day")),
        buckets={"type": "array", "items": _object("A bucket.", **_BUCKET)},
    ),
    by_agency={
        "type": "array",
        "items": _object("An agency.", code=_optional(_TEXT), name=_optional(_NAMES), n=_COUNT, open=_COUNT, by_status=_STATUS_COUNTS),
    },
    by_status={"type": "array", "items": _object("A status.", code=_TEXT, name=_NAMES, n=_COUNT)},
    neighbours={
        "type": "array",
        "items": _object(
            "A place nearby.", key=_TEXT, name=_NAMES, lng={"type": "number"}, lat={"type": "number"}, km={"type": "number"}, n=_COUNT,
            expected={"type": "number"},
        ),
        "description": "The nearest other places, or districts: messages of the same theme in the same time, and how many were usual.",
    },
    recent={"type": "array", "items": {"type": "integer"}, "description": "Ids of the newest incidents, newest first."},
)  # fmt: skip
_ONE = {**ALERT, "required": [*ALERT["required"], "evidence"], "properties": {**_PROPERTIES, "evidence": _EVIDENCE}}
_FORMATS: dict[str, Any] = {
    "text/csv": {"schema": _TEXT}, WORKBOOK_TYPE: {}, "application/geo+json": {"schema": {"type": "object"}},
}  # fmt: skip
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The client's copy is still valid."}}

ALERTS_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The alerts.", "content": {"application/json": {"schema": _LIST}, **_FORMATS}}, **_UNCHANGED,
}  # fmt: skip
FEED_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The feed.", "content": {"application/atom+xml": {"schema": _TEXT}}}, **_UNCHANGED,
}  # fmt: skip
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such alert.", **PROBLEM}}
ALERT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The alert.", "content": {"application/json": {"schema": _ONE}, **_FORMATS}},
    **_UNCHANGED,
    **NOT_FOUND,
}  # fmt: skip

VERDICT_DOCS: dict[str, Any] = {
    "security": [{"writeKey": []}, {}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["value"],
                    "additionalProperties": False,
                    "properties": {
                        "value": {
                            "type": ["string", "null"],
                            "enum": [*VERDICTS, None],
                            "description": "null takes an earlier verdict back.",
                        },
                        "note": {"type": ["string", "null"], "maxLength": MAX_NOTE_LENGTH, "pattern": "^[^\\x00]*$"},
                    },
                },
                "example": {"value": "real", "note": "Прорыв водовода, ремонт до вечера"},
            }
        },
    },
}
_STORED = _object(
    "What is stored.", alert={"type": "integer"}, verdict=_VERDICT,
    changed={"type": "boolean", "description": "Whether there was another one before."},
)  # fmt: skip
VERDICT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The verdict that is stored now.", "content": {"application/json": {"schema": _STORED}}},
    400: {"description": "The body or a parameter is malformed.", **PROBLEM},
    401: {"description": "The API key is missing or invalid.", **PROBLEM},
    403: {"description": "Writing is disabled, or not allowed from pages of this origin.", **PROBLEM},
    **NOT_FOUND,
    408: {"description": "The body is incomplete.", **PROBLEM},
    413: {"description": "The body is too large.", **PROBLEM},
    415: {"description": "The type of the body is not supported.", **PROBLEM},
}
