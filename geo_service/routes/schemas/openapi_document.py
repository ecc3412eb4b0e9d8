"""Completes the OpenAPI document that the framework makes of the routes."""

from typing import Any, get_args

from geo_service.core.errors import Fault
from geo_service.routes.schemas.parameter_docs import PROBLEM, PROBLEM_RESPONSES, SECURITY_SCHEMES
from geo_service.routes.schemas.value_schemas import PATH_VALUES

_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")
_PROBLEM_TYPE = "application/problem+json"
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Some kinds have further members, such as the parameter and what is allowed.",
    "required": ["type", "code", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$", "description": "The kind, the same for all versions."},
        "code": {
            "type": "string",
            "description": "For clients that word the problem themselves: the kind, or what is wrong with a parameter "
            f"({', '.join(get_args(Fault))}).",
        },
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong, and what is allowed."},
        "request_id": {"type": "string", "description": "As in the header X-Request-ID and in the log."},
        "parameter": {"type": "string", "description": "The parameter that is wrong."},
        "value": {"type": "string", "description": "Its value that is wrong, shortened to 40 characters."},
        "allowed": {
            "description": "The allowed values, or what is allowed in words.",
            "type": ["array", "string"],
            "items": {"type": "string"},
        },
        "allowed_names": {"type": "object", "description": "Names of allowed values, by code and language."},
    },
}
_NOT_FOUND = {"description": "There is nothing at this address.", **PROBLEM}


def complete_openapi(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document, changed in place: true for our own routes, and valid as the version that it names."""
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY_SCHEMES
    schemas = {name: schema for name, schema in components.get("schemas", {}).items() if name not in _OF_THE_FRAMEWORK}
    components["schemas"] = {**schemas, "Problem": _PROBLEM_SCHEMA}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _complete_parameters(operation)
            operation["responses"] = _complete_responses(path, operation.get("responses", {}))
    return document


def _complete_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["name"] in PATH_VALUES:
            parameter["schema"] = PATH_VALUES[parameter["name"]]


def _complete_responses(path: str, responses: dict[str, Any]) -> dict[str, Any]:
    """Return the responses of an operation, with those that every address has: to unknown parameters, and while the service starts."""
    # Values are read by our own code, which answers 400.
    own = {status: response for status, response in responses.items() if not _is_of_the_framework(response)}
    own.setdefault("400", PROBLEM_RESPONSES[400])
    own.setdefault("503", PROBLEM_RESPONSES[503])
    if "{" in path:
        own.setdefault("404", _NOT_FOUND)
    return {status: _complete_response(response) for status, response in sorted(own.items())}


def _complete_response(response: dict[str, Any]) -> dict[str, Any]:
    content = {media_type: dict(about) for media_type, about in response.get("content", {}).items()}
    for media_type, about in content.items():
        # A word of OpenAPI 3.2 in a document of 3.1, where no others are allowed.
        about.pop("itemSchema", None)
        if media_type == _PROBLEM_TYPE:
            about["schema"] = {"$ref": "#/components/schemas/Problem"}
    return {**response, "content": content} if content else response


def _is_of_the_framework(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2] in _OF_THE_FRAMEWORK
