"""The documents of GeoReport v2: one structure that is written as XML or as JSON by the Spark convention of the standard."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import orjson

MEDIA_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"

_CHANGESET = "2026-11-25 00:00:00"
"""When the services of this endpoint last changed; clients refresh their copies after it."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow."""

_ITEM_NAMES = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""In XML: the name of a list, and that of its items."""


def render(extension: str, name: str, content: Any) -> bytes:
    """Return a document in the format of the extension, xml or json. name: of the root element."""
    if extension == "json":
        return orjson.dumps(content)
    root = _build_element(name, content)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def choose_extension(path: str, accept: str) -> str:
    """Return the format of an address that no route has: the one that the path ends with, else that of the header `Accept`.

    >>> choose_extension("/open311/v2/nothing.json", ""), choose_extension("/open311/v2/nothing", "application/json")
    ('json', 'json')
    >>> choose_extension("/open311/v2/services.yaml", "*/*")
    'xml'
    """
    ending = path.rpartition(".")[2]
    if ending in MEDIA_TYPES:
        return ending
    return "json" if "json" in accept and "xml" not in accept else "xml"


def render_error(extension: str, status: int, description: str) -> bytes:
    """Return the document of an error in the format of the extension."""
    return render(extension, "errors", [{"code": status, "description": description}])


def discovery_document(root: str, contact: str, *, needs_key: bool) -> dict[str, Any]:
    """Return the service discovery: the endpoint, its formats, and the contact for keys. root: the service's URL."""
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{root}/open311/v2",
        "changeset": _CHANGESET,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    key_service = f"A key is needed to send requests. {contact}".strip() if needs_key else ""
    return {"changeset": _CHANGESET, "contact": contact, "key_service": key_service, "endpoints": [endpoint]}


def _build_element(name: str, content: Any) -> ElementTree.Element:
    """Return the XML element of a mapping, a list or a value."""
    element = ElementTree.Element(name)
    if isinstance(content, Mapping):
        element.extend(_build_element(member, value) for member, value in content.items())
    elif isinstance(content, Sequence) and not isinstance(content, str):
        element.extend(_build_element(_ITEM_NAMES[name], value) for value in content)
    elif content is not None:
        element.text = _NOT_XML.sub("\ufffd", str(content).lower() if isinstance(content, bool) else str(content))
    return element
