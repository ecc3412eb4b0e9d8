"""What the OpenAPI document says of Open311."""

from typing import Any

from geo_service.routes.schemas.parameter_docs import parameter

_CONTENT: dict[str, Any] = {"content": {"application/json": {}, "text/xml": {}}}

_TOLD = {
    400: "An argument is missing, unknown or malformed.",
    403: "A key is missing or wrong, or nobody may send requests here.",
    404: "No such service, request or format.",
    408: "The form stopped coming.",
    409: "A request with this Idempotency-Key is being answered.",
    413: "The form is too long.",
    415: "A body of another type than a form.",
    422: "The Idempotency-Key belongs to another request.",
    503: "Loading, or all writers are busy; Retry-After says when to come again.",
}

_FORM = {
    "service_code": ("Code of a service.", "string"),
    "lat": ("Latitude (WGS84), with long; or else address_string.", "string"),
    "long": ("Longitude (WGS84).", "string"),
    "address_string": ("Where, in words; looked for where there are no lat and long.", "string"),
    "description": ("What is the matter.", "string"),
    "api_key": ("The key, where one is needed; or Authorization: Bearer.", "string"),
    "attribute[fixmystreet_id]": ("The request's id where it comes from; sent again, it is the same request.", "string"),
    "jurisdiction_id": ("Accepted; there is one jurisdiction.", "string"),
    "email": ("Accepted and not kept, as are first_name, last_name, phone, device_id, account_id and media_url.", "string"),
}

_SCHEMA = {
    "type": "object",
    "required": ["service_code"],
    "properties": {name: {"type": kind, "description": told} for name, (told, kind) in _FORM.items()},
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
            # Files in it are passed over: no photographs are kept.
            "multipart/form-data": {"schema": _SCHEMA},
        },
    },
}

REQUESTS_DOCS: dict[str, Any] = {
    "parameters": [
        parameter("service_request_id", "Ids, comma-separated; instead of all others."),
        parameter("service_code", "Codes of services, comma-separated; absent means all."),
        parameter("start_date", "Received since then, RFC 3339; by default 90 days before end_date."),
        parameter("end_date", "Received until then; at most 90 days after start_date. By default now."),
        parameter("status", "open, closed or both."),
        parameter("updated_after", "Changed since then, whenever they were received; instead of the dates."),
        parameter("page", "From 1."),
        parameter("page_size", "At most 1000, the default."),
    ]
}


def responses(*statuses: int, good: int = 200) -> dict[int | str, dict[str, Any]]:
    """The answer, and errors as a list of code and description; of a format that there is not, as a problem."""
    told: dict[int | str, dict[str, Any]] = {status: {"description": _TOLD[status], **_CONTENT} for status in statuses}
    told[404] = {"description": _TOLD[404], "content": {**_CONTENT["content"], "application/problem+json": {}}}
    return {good: {"description": "The document.", **_CONTENT}, **told}
