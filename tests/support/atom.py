"""What RFC 4287 asks of an Atom feed, checked element by element."""

import re
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

ATOM = "{http://www.w3.org/2005/Atom}"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
_TAG_URI = re.compile(r"tag:[A-Za-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:\S+")
_FEED = {"id": (1, 1), "title": (1, 1), "updated": (1, 1), "author": (1, 99), "link": (1, 99), "generator": (0, 1), "entry": (0, 9999)}
_ENTRY = {
    "id": (1, 1), "title": (1, 1), "updated": (1, 1), "published": (0, 1), "summary": (0, 1), "link": (1, 99), "category": (0, 99),
}  # fmt: skip
"""Least and greatest number of the children of each name; others of Atom's namespace may not be there."""


def read_feed(content: bytes) -> Element:
    """Parse a feed; fail where it is not as RFC 4287 asks."""
    feed: Element = fromstring(content)
    assert feed.tag == f"{ATOM}feed"
    _check_children(feed, _FEED)
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        _check_children(entry, _ENTRY)
    assert [one.text for one in feed.iter(f"{ATOM}name")] != [""]
    # 4.1.1: two entries with one id would be two versions of the same entry. 4.2.6: ids are absolute.
    ids = [one.text or "" for one in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    assert all(_TAG_URI.fullmatch(one) for one in ids)
    for name in ("updated", "published"):
        assert all(_INSTANT.fullmatch(one.text or "") for one in feed.iter(f"{ATOM}{name}"))
    for link in feed.iter(f"{ATOM}link"):
        assert _IRI.fullmatch(link.get("href", ""))
    # 4.1.1: no two alternate links of the same type and language.
    for parent in (feed, *entries):
        alternates = [link.get("type") for link in parent.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        assert len(alternates) == len(set(alternates))
    assert all(one.get("term") for one in feed.iter(f"{ATOM}category"))
    return feed


def _check_children(parent: Element, allowed: dict[str, tuple[int, int]]) -> None:
    names = [child.tag.removeprefix(ATOM) for child in parent if child.tag.startswith(ATOM)]
    assert set(names) <= set(allowed)
    for name, (least, most) in allowed.items():
        assert least <= names.count(name) <= most, name
