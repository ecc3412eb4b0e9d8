"""What the OpenAPI document says of incidents that are sent."""

from typing import Any

from geo_service.core.model import SECTORS, RejectReason, Status
from geo_service.routes.schemas.parameter_docs import parameter

_INSTANT = "ISO 8601; without an offset it is UTC."
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description, **more}


def _degrees(description: str, most: int) -> dict[str, Any]:
    return {"type": ["number", "string", "null"], "description": description, "minimum": -most, "maximum": most}


INCIDENT: dict[str, Any] = {
    "type": "object",
    "description": "An incident. It is known by its source and its id: sent again, it changes what is known, or nothing. "
    "Where it is follows from lng and lat, or else from the address, or else from the text; one of them is needed.",
    "required": ["id", "received_at"],
    "properties": {
        "id": {"type": ["string", "integer"], "description": "Its own in the source.", "minLength": 1, "maxLength": 200},
        "received_at": {"type": "string", "description": f"When the message came in. {_INSTANT}"},
        "lng": _degrees("Longitude, degrees.", 180),
        "lat": _degrees("Latitude, degrees.", 90),
        "sector": _text(f"{', '.join(one.code for one in SECTORS)}, or a sector's Russian or English name."),
        "theme": _text("Code of a theme that is known, or a name; without theme and sector the text decides."),
        "status": _text(f"{', '.join(one.code for one in Status)}; blank is new."),
        "agency": _text("Who is to answer: the code of an agency that is known, or a name."),
        "address": _text("Where, in words.", maxLength=500),
        "text": _text("The message.", maxLength=10_000),
        "due_at": _text(f"Deadline; without it the rules of deadlines decide. {_INSTANT}"),
        "answered_at": _text(f"First answer. {_INSTANT}"),
        "closed_at": _text(_INSTANT),
        "updated_at": _text(f"Of this version: an older one changes nothing. {_INSTANT}"),
    },
}

_ROW: dict[str, Any] = {
    "type": "object",
    "required": ["row", "id", "outcome"],
    "properties": {
        "row": {"type": "integer", "description": "Its line in NDJSON, its place in the list otherwise, from 1."},
        "id": {"type": ["string", "null"]},
        "outcome": {"type": "string", "enum": ["new", "changed", "unchanged", "stale", "repeated", "rejected"]},
        "incident": {"type": ["integer", "null"], "description": "The incident's number in this service."},
        "reason": {"type": "string", "enum": [one.value for one in RejectReason], "description": "Of a rejected row."},
        "fields": {"type": "array", "items": {"type": "string"}, "description": "Members that the reason is about."},
        "detail": {"type": "string"},
        "warning": {"type": "object", "description": "reason, fields, detail: the row was used without a part of it, or mended."},
    },
}

_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["run", "form", "read", "counts", "ignored", "rows"],
    "properties": {
        "run": {"type": "integer", "description": "Number in the accounting of runs."},
        "form": {"type": "string", "enum": ["object", "list", "lines"]},
        "read": {"type": "integer"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "ignored": {"type": "array", "items": {"type": "string"}, "description": "Members that mean nothing here."},
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

INCIDENT_DOCS: dict[str, Any] = {
    "parameters": [
        parameter("source", "Code of the source that the incidents belong to; one that is not known is made. Default api."),
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key with the same body has the same answer for 24 hours and no second effect.",
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
                "schema": {"type": "string", "description": "An incident a line."},
                "example": '{"id": "bot-77", "received_at": "2026-11-24T10:16:12Z", "text": "В Каневской нет воды"}\n',
            },
        },
    },
}

INCIDENT_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Each row has its answer, in the order of the body; some may be rejected. NDJSON is answered by NDJSON: "
        "a line a row, and last `summary`, whose `complete` says whether the body was dealt with to its end.",
        "content": {"application/json": {"schema": _ANSWER}, "application/x-ndjson": {}},
    },
    400: {"description": "The body cannot be read, or a parameter is malformed; members of the problem say what is kept.", **_PROBLEM},
    401: {"description": "A key is needed.", **_PROBLEM},
    403: {"description": "Nobody may send incidents here, or not from pages of that origin.", **_PROBLEM},
    408: {"description": "The body stopped coming.", **_PROBLEM},
    409: {"description": "A request with this Idempotency-Key is being answered.", **_PROBLEM},
    413: {"description": "The body is too long, or a document of too many incidents.", **_PROBLEM},
    415: {"description": "A body of another type.", **_PROBLEM},
    422: {"description": "A single incident that cannot be used, or an Idempotency-Key of another request.", **_PROBLEM},
    503: {"description": "All writers are busy, or the database is away; Retry-After says when to come again.", **_PROBLEM},
}
