"""OpenAPI documentation of incidents that are sent."""

from typing import Any

from geo_service.core.model import SECTORS, RejectReason, Status
from geo_service.routes.schemas.parameter_docs import parameter
from geo_service.routes.schemas.value_schemas import pattern

_INSTANT = "ISO 8601; without an offset it is UTC. Unix time in seconds or milliseconds is read as well."
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description, **more}


def _degrees(description: str, limit: int) -> dict[str, Any]:
    return {"type": ["number", "string", "null"], "description": description, "minimum": -limit, "maximum": limit}


INCIDENT: dict[str, Any] = {
    "type": "object",
    "description": "An incident. Source and id identify it: sending it again updates it, or has no effect. "
    "Its location comes from lng and lat, otherwise from the address, otherwise from the text; one of them is required.",
    "required": ["id", "received_at"],
    "properties": {
        "id": {"type": ["string", "integer"], "description": "The incident's id in its source.", "minLength": 1, "maxLength": 200},
        "received_at": {"type": ["string", "integer"], "description": f"When the message came in. {_INSTANT}"},
        "lng": _degrees("Longitude, degrees; as text also degrees, minutes and seconds, with a hemisphere or a decimal comma.", 180),
        "lat": _degrees("Latitude, degrees; likewise.", 90),
        "point": {
            "type": ["string", "object", "array", "null"],
            "description": "Instead of lng and lat: a pair of coordinates (latitude first), WKT, WKB in hexadecimal digits, or GeoJSON.",
        },
        "sector": _text(f"{', '.join(one.code for one in SECTORS)}, or a sector's Russian or English name."),
        "theme": _text("Code of a known theme, or a name; without theme and sector, the text is classified."),
        "status": _text(f"{', '.join(one.code for one in Status)}, or its usual Russian name; blank means new."),
        "agency": _text("The agency that must answer: the code of a known agency, or a name."),
        "address": _text("The address; it is geocoded if lng and lat are missing.", maxLength=500),
        "text": _text("The citizen's message.", maxLength=10_000),
        "due_at": _text(f"Deadline; without it, the deadline rules apply. {_INSTANT}"),
        "answered_at": _text(f"When the first answer was given. {_INSTANT}"),
        "closed_at": _text(f"When the incident was closed. {_INSTANT}"),
        "updated_at": _text(f"When this version was made; an older version has no effect. {_INSTANT}"),
    },
}

_ROW: dict[str, Any] = {
    "type": "object",
    "required": ["row", "id", "outcome"],
    "properties": {
        "row": {"type": "integer", "description": "Line number in NDJSON, otherwise position in the list, from 1."},
        "id": {"type": ["string", "null"]},
        "outcome": {"type": "string", "enum": ["new", "changed", "unchanged", "stale", "repeated", "rejected"]},
        "incident": {"type": ["integer", "null"], "description": "The incident's number in this service."},
        "reason": {"type": "string", "enum": [one.value for one in RejectReason], "description": "Why the row was rejected."},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "Fields to which the reason refers."},
        "detail": {"type": "string"},
        "warning": {"type": "object", "description": "reason, fields and detail of a value that was dropped or corrected."},
    },
}

_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["run", "form", "read", "counts", "ignored", "rows"],
    "properties": {
        "run": {"type": "integer", "description": "The number of the run, as in /api/ingest/runs."},
        "form": {"type": "string", "enum": ["object", "list", "lines"]},
        "read": {"type": "integer"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "ignored": {"type": "array", "items": {"type": "string"}, "description": "Fields of the incidents that the service does not use."},
        "rows": {"type": "array", "items": _ROW},
    },
}

_POTHOLE = {
    "id": "2026-000123",
    "received_at": "2026-11-24T10:15:00+03:00",
    "lng": 38.9747,
    "lat": 45.0355,
    "sector": "roads",
    "theme": "Ямы",
    "address": "Краснодар, ул. Мира, 1",
}
_WATER = {"id": "bot-77", "received_at": "2026-11-24T10:16:12Z", "text": "В станице Каневской третий день нет воды"}

_SOURCE = pattern(r"[^\s,\x00]{1,60}")

INCIDENT_DOCS: dict[str, Any] = {
    "parameters": [
        parameter("source", "Code of the incidents' source; an unknown source is created. Default api.", schema=_SOURCE),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Sending the same body with the same key again within 24 hours returns the same response and has no effect.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
        },
    ],
    "security": [{"writeKey": []}, {}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [INCIDENT, {"type": "array", "items": INCIDENT, "maxItems": 50_000}]},
                "examples": {"one": {"value": _POTHOLE}, "list": {"value": [_POTHOLE, _WATER]}},
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One incident on each line."},
                "example": '{"id": "bot-77", "received_at": "2026-11-24T10:16:12Z", "text": "В Каневской нет воды"}\n',
            },
        },
    },
}

INCIDENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The result of each incident in the order of the body; some may be rejected. NDJSON has an NDJSON response: "
        "one line for each incident, and last `summary`, whose `complete` says whether the whole body was processed.",
        "content": {"application/json": {"schema": _ANSWER}, "application/x-ndjson": {}},
    },
    400: {"description": "The body or a parameter is malformed; members of the problem say what has been stored.", **_PROBLEM},
    401: {"description": "The API key is missing or invalid.", **_PROBLEM},
    403: {"description": "Writing is disabled, or not allowed from pages of this origin.", **_PROBLEM},
    408: {"description": "The body is incomplete.", **_PROBLEM},
    409: {
        "description": "A request with this Idempotency-Key is being processed, or a table has no number left.",
        **_PROBLEM,
    },
    413: {"description": "The body is too large, or the document has too many incidents.", **_PROBLEM},
    415: {"description": "The type of the body is not supported.", **_PROBLEM},
    422: {"description": "The single incident was rejected, or the Idempotency-Key was used for another request.", **_PROBLEM},
    429: {
        "description": "The source is new, and no more sources, themes and agencies may be added by this request, or by this key today. "
        "Retry-After says when a new day begins. Rows with a new theme or agency are rejected instead.",
        **_PROBLEM,
    },
    503: {"description": "All writers are busy, or the database is unavailable; Retry-After says when to try again.", **_PROBLEM},
}
