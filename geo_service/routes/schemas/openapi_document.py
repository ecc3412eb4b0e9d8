"""Completes the OpenAPI document that the framework makes of the routes."""

from typing import Any

from geo_service.routes.schemas.parameter_docs import SECURITY_SCHEMES


def complete_openapi(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document, changed in place: with how an API key is sent, and valid as the version that it names."""
    document.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
    for methods in document["paths"].values():
        for operation in methods.values():
            for response in operation.get("responses", {}).values():
                for content in response.get("content", {}).values():
                    # A word of OpenAPI 3.2 in a document of 3.1, where no others are allowed.
                    content.pop("itemSchema", None)
    return document
