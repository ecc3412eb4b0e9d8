"""OpenAPI documentation of the Open311 routes."""

from typing import Any

from geo_service.open311.update_statuses import UPDATE_STATUSES
from geo_service.open311.updates import MAX_UPDATES
from geo_service.routes.schemas.parameter_docs import parameter

_CONTENT: dict[str, Any] = {"content": {"application/json": {}, "text/xml": {}}}

_ERRORS = {
    400: "A parameter is missing, unknown or malformed.",
    403: "The API key is missing or invalid, or writing is disabled.",
    404: "There is no such service, request or format.",
    408: "The body is incomplete.",
    409: "A request with this Idempotency-Key is being processed, or a table has no number left.",
    413: "The form is too large.",
    415: "The type of the body is not supported.",
    422: "The Idempotency-Key was used for another request.",
    429: "The source open311 is new, and nothing more may be added to the catalogue with this key today.",
    503: "The service is loading the incidents, or all writers are busy; Retry-After says when to try again.",
}

_FORM = {
    "service_code": ("Code of a service.", "string"),
    "lat": ("Latitude (WGS84), together with long; or address_string instead.", "string"),
    "long": ("Longitude (WGS84).", "string"),
    "address_string": ("The address; it is geocoded if lat and long are missing.", "string"),
    "description": ("Text of the request.", "string"),
    "api_key": ("The API key, if one is needed; or send `Authorization: Bearer`.", "string"),
    "attribute[fixmystreet_id]": ("The request's id in the sender's system; the same id again means the same request.", "string"),
    "jurisdiction_id": ("Accepted without effect; there is one jurisdiction.", "string"),
    "email": ("Accepted but not stored, like first_name, last_name, phone, device_id and account_id.", "string"),
    "media_url": ("Addresses of photographs, repeated or separated by white space; only operators can read them.", "string"),
}

_SCHEMA = {
    "type": "object",
    "required": ["service_code"],
    "properties": {name: {"type": type_, "description": text} for name, (text, type_) in _FORM.items()},
}

_UPDATE_FORM = {
    "service_request_id": ("Id of the request.", "string"),
    "status": (f"One of {', '.join(UPDATE_STATUSES)}; any case.", "string"),
    "updated_datetime": ("When the update was made, RFC 3339; by default now.", "string"),
    "update_id": ("The update's id in the sender's system; the same id again means the same update.", "string"),
    "description": ("Text of the update; only operators can read it here.", "string"),
    "media_url": ("Addresses of photographs, repeated or separated by white space; only operators can read them.", "string"),
    "api_key": ("The API key, if one is needed; or send `Authorization: Bearer`.", "string"),
    "email": ("Accepted but not stored, like first_name, last_name, phone, title and attributes.", "string"),
}

POST_UPDATE_DOCS: dict[str, Any] = {
    "security": [{"writeKey": []}, {}],
    "requestBody": {
        "required": True,
        "content": {
            media_type: {
                "schema": {
                    "type": "object",
                    "required": ["service_request_id", "status"],
                    "properties": {name: {"type": type_, "description": text} for name, (text, type_) in _UPDATE_FORM.items()},
                }
            }
            for media_type in ("application/x-www-form-urlencoded", "multipart/form-data")
        },
    },
}

UPDATES_DOCS: dict[str, Any] = {
    "security": [{}, {"writeKey": []}],
    "parameters": [
        parameter("service_request_id", "Comma-separated ids of requests; absent means all."),
        parameter("start_date", "Only changes recorded since this instant, RFC 3339; by default 90 days before end_date."),
        parameter("end_date", "Only changes recorded until this instant, at most 90 days after start_date; by default now."),
        parameter("page_size", f"Changes in a response, at most {MAX_UPDATES}. Without it, more than that are refused, not cut."),
        parameter("after", "Cursor of a page; the header Link has it."),
    ],
}

POST_DOCS: dict[str, Any] = {
    "security": [{"writeKey": []}, {}],
    "parameters": [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"}},
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": _SCHEMA,
                "example": {"service_code": "roads", "lat": "45.0355", "long": "38.9747", "description": "Яма на дороге"},
            },
            # Files are accepted and discarded, so the schema has none.
            "multipart/form-data": {"schema": _SCHEMA},
        },
    },
}

REQUESTS_DOCS: dict[str, Any] = {
    "parameters": [
        parameter("service_request_id", "Comma-separated ids; the other filters then have no effect."),
        parameter("service_code", "Comma-separated codes of services; absent means all."),
        parameter("start_date", "Only requests received since this instant, RFC 3339; by default 90 days before end_date."),
        parameter("end_date", "Only requests received until this instant, at most 90 days after start_date; by default now."),
        parameter("status", "open, closed or both, separated by a comma."),
        parameter("updated_after", "Only requests changed since this instant, whenever received; instead of the dates."),
        parameter("page", "Number of the page, from 1."),
        parameter("page_size", "Requests on a page, at most 1000 (the default)."),
        parameter("after", "Cursor of a page, instead of page; the header Link has it."),
    ],
    "security": [{}, {"writeKey": []}],
}


def responses(*statuses: int, good: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route: success, and errors as documents of the standard."""
    errors: dict[int | str, dict[str, Any]] = {status: {"description": _ERRORS[status], **_CONTENT} for status in statuses}
    errors.setdefault(404, {"description": _ERRORS[404], **_CONTENT})
    return {good: {"description": "The document.", **_CONTENT}, **errors}
