"""Bodies of messages: the JSON of webhooks, texts for Telegram, Mattermost and mail, and templates of an operator's own."""

import re
from collections.abc import Callable, Mapping
from string import Template

import orjson

from geo_service.alerts.documents import Document
from geo_service.core.instants import format_instant

_TITLES = {
    "ru": {"opened": "Новый сигнал", "grown": "Сигнал усилился", "closed": "Сигнал закрыт", "verdict": "Оценка сигнала"},
    "en": {"opened": "New alert", "grown": "Alert has grown", "closed": "Alert closed", "verdict": "Alert assessed"},
}
_VERDICTS = {
    "ru": {"real": "подтверждён", "not_real": "не подтверждён", None: "снята"},
    "en": {"real": "confirmed", "not_real": "not confirmed", None: "withdrawn"},
}
_BY_CHANCE = {"ru": "Случайно такое бывает", "en": "By chance this happens"}

PLACEHOLDERS = (
    "id", "event", "title", "reason", "place", "district", "theme", "sector", "n", "expected", "open", "since", "recurrence", "verdict",
    "note", "link",
)  # fmt: skip
"""What a template of one's own may name."""


def write_values(event: str, alert: Document, language: str) -> dict[str, str]:
    """Return the value of each placeholder."""
    named = {name: alert[name]["name"][language] if alert[name] else "" for name in ("place", "district", "theme", "sector")}
    plain = {name: str(alert[name]) for name in ("id", "n", "expected", "open", "since")}
    verdict = alert["verdict"] or {"value": None, "note": ""}
    return {
        **plain, **named, "event": event, "title": _TITLES[language][event], "reason": alert["reason"][language],
        "recurrence": alert["recurrence"][language], "verdict": _VERDICTS[language][verdict["value"]], "note": verdict["note"],
        "link": alert["links"]["map"],
    }  # fmt: skip


def write_subject(event: str, alert: Document, language: str) -> str:
    """Return one line that says what has happened: `Новый сигнал: Вознесенская, «Нет холодной воды»`."""
    values = write_values(event, alert, language)
    return f"{values['title']}: {values['place']}, {values['theme'] or values['sector']}"


def write_text(event: str, alert: Document, language: str) -> str:
    """Return the message as plain text: title and reason, how rare it is, a verdict, and the address of the map."""
    values = write_values(event, alert, language)
    lines = [f"{values['title']}. {values['reason']}", f"{_BY_CHANCE[language]} {values['recurrence']}."]
    if event == "verdict":
        lines[1] = f"{values['verdict'].capitalize()}{f': {note}' if (note := values['note']) else ''}"
    return "\n".join([*lines, *([values["link"]] if values["link"].startswith("http") else [])])


def write_json(event: str, alert: Document, at: int) -> str:
    """Return the JSON body of the Standard Webhooks: type, timestamp and data."""
    return _dump({"type": f"alert.{event}", "timestamp": format_instant(at), "data": alert})


def write_telegram(event: str, alert: Document, language: str, chat: str) -> str:
    """Return the body of `sendMessage` of Telegram's Bot API. chat: id of the chat, or @ and the name of a channel."""
    return _dump({"chat_id": chat, "text": write_text(event, alert, language), "link_preview_options": {"is_disabled": True}})


def write_mattermost(event: str, alert: Document, language: str) -> str:
    """Return the body of an incoming webhook of Mattermost, which Slack and Rocket.Chat read as well."""
    return _dump({"text": _escape_markdown(write_text(event, alert, language))})


def write_template(text: str, event: str, alert: Document, language: str, *, is_json: bool) -> str:
    """Fill in a template. is_json: values are escaped so that they can stand in a JSON string."""
    escape: Callable[[str], str] = _escape_json if is_json else str
    return Template(text).substitute({name: escape(value) for name, value in write_values(event, alert, language).items()})


def find_unknown_placeholders(text: str) -> list[str]:
    """Return what a template names and there is not. Raises ValueError for a stray `$`."""
    template = Template(text)
    if not template.is_valid():
        raise ValueError("a `$` must be followed by a name, or be written `$$`")
    return [name for name in template.get_identifiers() if name not in PLACEHOLDERS]


def _dump(document: Mapping[str, object]) -> str:
    return orjson.dumps(document).decode()


def _escape_json(value: str) -> str:
    return orjson.dumps(value).decode()[1:-1]


def _escape_markdown(text: str) -> str:
    """Escape all lines but the address of the map.

    Names and notes are what others have written: they must become neither links nor pictures, and call nobody (`@all`).
    """
    return "\n".join(line if line.startswith("http") else _MARKS.sub(r"\\\1", line).replace("@", _NO_CALL) for line in text.split("\n"))


_MARKS = re.compile(r"([\\`*_\[\]()~#|<>!])")
_NO_CALL = "@\N{ZERO WIDTH SPACE}"
