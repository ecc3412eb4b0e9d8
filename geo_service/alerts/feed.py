"""The Atom feed of alerts (RFC 4287): one entry an alert, with stable ids and absolute addresses."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from urllib.parse import urlsplit

from geo_service import __version__
from geo_service.aggregation.alerts.model import Episode
from geo_service.alerts.documents import Context, describe_alert
from geo_service.alerts.listing import changed_at
from geo_service.alerts.phrases import format_recurrence
from geo_service.alerts.reason import write_place, write_subject
from geo_service.core.instants import format_instant

MEDIA_TYPE = "application/atom+xml"

_ATOM, _GEORSS = "http://www.w3.org/2005/Atom", "http://www.georss.org/georss"
for _prefix, _namespace in (("", _ATOM), ("georss", _GEORSS)):
    ET.register_namespace(_prefix, _namespace)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG_YEAR = 2026
"""Of the tag: URIs (RFC 4151): a year in which the name of the host was the operator's; it must never change."""
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have."""
_TITLES = {"ru": "Сигналы: что необычно", "en": "Alerts: what is unusual"}
_CLOSED = {"ru": "закрыт", "en": "closed"}
_BY_CHANCE = {"ru": "Случайно такое бывает", "en": "By chance this happens"}
_VERDICTS = {
    "ru": {"real": "Подтверждён", "not_real": "Не подтверждён"},
    "en": {"real": "Confirmed", "not_real": "Not confirmed"},
}


def write_feed(episodes: Sequence[Episode], context: Context, address: str, language: str) -> bytes:
    """Return the feed, in UTF-8. context: with an absolute base. address: of the feed itself. episodes: in the order of the entries."""
    feed = ET.Element(f"{{{_ATOM}}}feed", {_XML_LANG: language})
    _add(feed, "id", f"{_tag(context)}:alerts")
    _add(feed, "title", _TITLES[language])
    _add(feed, "updated", format_instant(max(map(changed_at, episodes), default=0)))
    _add(_add(feed, "author"), "name", "geo-service")
    _add(feed, "generator", "geo-service", version=__version__)
    _add(feed, "link", rel="self", type=MEDIA_TYPE, href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=f"{context.base}/")
    for episode in episodes:
        _add_entry(feed, episode, context, language)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode").encode()


def _add_entry(feed: ET.Element, episode: Episode, context: Context, language: str) -> None:
    alert, entry = describe_alert(episode, context), _add(feed, "entry")
    subject = alert["theme"] or alert["sector"] or {"code": "", "name": {language: ""}}
    closed = f" ({_CLOSED[language]})" if episode.closed_at else ""
    _add(entry, "id", f"{_tag(context)}:alert/{episode.id}")
    _add(entry, "title", f"{write_place(episode, language)}: {write_subject(episode, context.catalogue, language)}{closed}")
    _add(entry, "published", format_instant(episode.detected))
    _add(entry, "updated", format_instant(changed_at(episode)))
    _add(entry, "link", rel="alternate", type="text/html", href=alert["links"]["map"])
    _add(entry, "link", rel="related", type="application/json", href=alert["links"]["self"])
    _add(entry, "category", term=subject["code"], label=subject["name"][language])
    _add(entry, "summary", _write_summary(episode, alert["reason"][language], language))
    point = ET.SubElement(entry, f"{{{_GEORSS}}}point")
    point.text = f"{alert['place']['lat']} {alert['place']['lng']}"


def _write_summary(episode: Episode, reason: str, language: str) -> str:
    sentences = [reason, f"{_BY_CHANCE[language]} {format_recurrence(episode.recurrence_days)[language]}"]
    if episode.verdict:
        note = f": {episode.verdict_note}" if episode.verdict_note else ""
        sentences.append(f"{_VERDICTS[language][episode.verdict.value]}{note}")
    return ". ".join(sentences)


def _tag(context: Context) -> str:
    """Return the beginning of the ids. The host alone: addresses may get another scheme, port or path, ids must not."""
    return f"tag:{urlsplit(context.base).hostname or 'localhost'},{_TAG_YEAR}"


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}", {key: _clean(value) for key, value in attributes.items()})
    element.text = _clean(text) or None
    return element


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
