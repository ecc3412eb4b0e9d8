"""Documents of GeoReport v2: one structure, written as XML and as JSON (the standard calls how they relate Spark)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import orjson

MEDIA_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

_CHANGESET = "2026-11-25 00:00:00"
"""When what is offered here changed last."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""

_ONE_OF = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""Names of lists, and of what is in them."""


def render(form: str, name: str, content: Any) -> bytes:
    """The document `name`; form: xml or json."""
    if form == "json":
        return orjson.dumps(content)
    root = _element(name, content)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def errors(form: str, status: int, description: str) -> bytes:
    """What has gone wrong."""
    return render(form, "errors", [{"code": status, "description": description}])


def discovery(root: str, contact: str, *, needs_key: bool) -> dict[str, Any]:
    """Where the endpoint is, and whom to ask."""
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{root}/open311/v2",
        "changeset": _CHANGESET,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    key_service = f"A key is needed to send requests. {contact}".strip() if needs_key else ""
    return {"changeset": _CHANGESET, "contact": contact, "key_service": key_service, "endpoints": [endpoint]}


def _element(name: str, content: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(content, Mapping):
        element.extend(_element(member, value) for member, value in content.items())
    elif isinstance(content, Sequence) and not isinstance(content, str):
        element.extend(_element(_ONE_OF[name], value) for value in content)
    elif content is not None:
        element.text = _NO_XML.sub("\ufffd", str(content).lower() if isinstance(content, bool) else str(content))
    return element
