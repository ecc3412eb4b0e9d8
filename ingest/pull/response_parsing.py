"""Answers of a GeoReport v2 server, in JSON or in XML, as lists of objects."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_SHOWN = 80
"""Characters of a bad answer in a message."""

_DEEPEST = 20
"""Elements within each other; the standard has five."""

_LISTS = frozenset(("service_requests", "requests", "services", "endpoints", "formats", "errors"))
"""Elements of XML that are lists, also with one member or none."""

_WRAPPERS = ("service_requests", "requests", "request", "services", "service")
"""Members in which some servers wrap the list that the standard has without a name."""


class InvalidResponse(ValueError):
    """An answer that is not what it should be; the message says what was got.

    cut: whether it may only have been cut short, so that it is worth asking again.
    """

    def __init__(self, message: str, *, cut: bool) -> None:
        self.cut = cut
        super().__init__(message)


def document(body: bytes, media_type: str) -> object:
    """The answer as plain objects: by its media type, else by what it begins with. `InvalidResponse` for what is neither JSON nor XML."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InvalidResponse("an empty answer", cut=True)
    if start.lower().startswith((b"<!doctype html", b"<html")):
        raise InvalidResponse(f"a page for people: {_shown(start)}", cut=False)
    # What begins like XML is no JSON whatever the server calls it, and the other way round.
    return _xml(body) if start.startswith(b"<") or ("xml" in media_type and not start.startswith((b"{", b"["))) else _json(body, start)


def objects(answer: object) -> list[object]:
    """The list in an answer, also where the server has wrapped it. `InvalidResponse` when there is none."""
    if isinstance(answer, list):
        return answer
    if isinstance(answer, Mapping):
        for name in _WRAPPERS:
            if name in answer:
                return objects(answer[name]) if isinstance(answer[name], list | Mapping) else []
    raise InvalidResponse(f"no list: {_shown(orjson.dumps(answer, default=str))}", cut=False)


def server_message(answer: object) -> str:
    """What an answer says of an error, blank when it says nothing that is known."""
    listed = answer.get("errors", answer) if isinstance(answer, Mapping) else answer
    one = listed[0] if isinstance(listed, list) and listed else listed
    return str(one.get("description") or "") if isinstance(one, Mapping) else ""


def _json(body: bytes, start: bytes) -> object:
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        cut = start.startswith((b"{", b"["))
        raise InvalidResponse(f"{'JSON cut short or damaged' if cut else 'no JSON'} ({error}): {_shown(start)}", cut=cut) from error


def _xml(body: bytes) -> object:
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise InvalidResponse("XML with a document type of its own, as an attack would have", cut=False) from error
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidResponse(f"XML cut short or damaged ({error}): {_shown(body)}", cut=True) from error
    return _value(root, 0)


def _value(element: Element, depth: int) -> object:
    """Text, an object of the children by name, or a list of them; names without a namespace."""
    if depth > _DEEPEST:
        raise InvalidResponse(f"XML with more than {_DEEPEST} elements within each other", cut=False)
    if _name(element) in _LISTS:
        return [_value(child, depth + 1) for child in element]
    if not len(element):
        return (element.text or "").strip()
    found: dict[str, object] = {}
    for child in element:
        value, name = _value(child, depth + 1), _name(child)
        before = found.get(name)
        found[name] = value if name not in found else [*before, value] if isinstance(before, list) else [before, value]
    return found


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _shown(content: bytes) -> str:
    return repr(content[:_SHOWN].decode("utf-8", "replace")) + ("…" if len(content) > _SHOWN else "")
