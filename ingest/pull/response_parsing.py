"""Parse the responses of a GeoReport v2 server, JSON or XML, into plain Python objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_MAX_QUOTED = 80
"""Characters of a malformed response that a message quotes."""

_MAX_DEPTH = 20
"""Nested XML elements; the standard has five."""

_LIST_ELEMENTS = frozenset(("service_requests", "requests", "services", "endpoints", "formats", "errors"))
"""XML elements that are lists, also with one member or none."""

_WRAPPERS = ("service_requests", "requests", "request", "services", "service")
"""JSON members in which some servers put the list; in the standard the list is the whole document."""


@dataclass(frozen=True, slots=True)
class Document:
    """The parsed document of a response, and what its header `Link` (RFC 8288) says about further pages."""

    content: object
    is_linked: bool = False
    """Whether the header names pages: then there are no others than those that `next_url` leads to."""
    next_url: str | None = None
    """URL of the next page; None after the last one."""


class InvalidResponse(ValueError):
    """A malformed response; the message says what was received.

    truncated: it may only be incomplete, so that a retry can help.
    """

    def __init__(self, message: str, *, truncated: bool) -> None:
        self.truncated = truncated
        super().__init__(message)


def parse_document(body: bytes, media_type: str) -> object:
    """Parse JSON or XML, by the first characters and the media type. `InvalidResponse` for anything else."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InvalidResponse("an empty response", truncated=True)
    if start.lower().startswith((b"<!doctype html", b"<html")):
        raise InvalidResponse(f"an HTML page: {_quote(start)}", truncated=False)
    # The first characters decide: some servers send the wrong media type.
    is_xml = start.startswith(b"<") or ("xml" in media_type and not start.startswith((b"{", b"[")))
    return _parse_xml(body) if is_xml else _parse_json(body, start)


def extract_list(document: object) -> list[object]:
    """Return the list of a document, also if it is wrapped in a member. `InvalidResponse` if there is none."""
    if isinstance(document, list):
        return document
    if isinstance(document, Mapping):
        for name in _WRAPPERS:
            if name in document:
                return extract_list(document[name]) if isinstance(document[name], list | Mapping) else []
    raise InvalidResponse(f"no list: {_quote(orjson.dumps(document, default=str))}", truncated=False)


def read_error_message(document: object) -> str:
    """Return the description of the first error in a document; empty if there is none."""
    errors = document.get("errors", document) if isinstance(document, Mapping) else document
    error = errors[0] if isinstance(errors, list) and errors else errors
    return str(error.get("description") or "") if isinstance(error, Mapping) else ""


def _parse_json(body: bytes, start: bytes) -> object:
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        truncated = start.startswith((b"{", b"["))
        problem = "incomplete or damaged JSON" if truncated else "no JSON"
        raise InvalidResponse(f"{problem} ({error}): {_quote(start)}", truncated=truncated) from error


def _parse_xml(body: bytes) -> object:
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise InvalidResponse("XML with a DOCTYPE declaration, which is not allowed", truncated=False) from error
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidResponse(f"incomplete or damaged XML ({error}): {_quote(body)}", truncated=True) from error
    return _convert_element(root, 0)


def _convert_element(element: Element, depth: int) -> object:
    """Return the text of an element, a dictionary of its children by local name, or a list of them."""
    if depth > _MAX_DEPTH:
        raise InvalidResponse(f"XML with more than {_MAX_DEPTH} nested elements", truncated=False)
    if _local_name(element) in _LIST_ELEMENTS:
        return [_convert_element(child, depth + 1) for child in element]
    if not len(element):
        return (element.text or "").strip()
    members: dict[str, object] = {}
    for child in element:
        value, name = _convert_element(child, depth + 1), _local_name(child)
        earlier = members.get(name)
        members[name] = value if name not in members else [*earlier, value] if isinstance(earlier, list) else [earlier, value]
    return members


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _quote(content: bytes) -> str:
    return repr(content[:_MAX_QUOTED].decode("utf-8", "replace")) + ("…" if len(content) > _MAX_QUOTED else "")
