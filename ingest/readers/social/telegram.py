"""Telegram: chats as Telegram Desktop exports them to `result.json`, one chat or all of them.

The members are those that Telegram Desktop writes: Telegram/SourceFiles/export/output/export_output_json.cpp in its sources.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from ingest.readers.social.messages import Message, MessageReader, MessageResult, RecentTexts, Skipped, Unusable, has_words, id_text
from ingest.readers.social.object_stream import FoundObject, ObjectStream

_WANTED = frozenset(
    ("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "text", "text_entities", "from_id", "reply_to_message_id",
     "reply_to_peer_id", "location_information", "place_name", "address", "inline_bot_buttons", "action", "title", "new_title")
)  # fmt: skip

_PERSONAL = frozenset(("mention", "mention_name", "phone", "email", "bank_card"))
"""Parts of a text that name a person, or are a way to reach one."""
_BOT_COMMAND = "bot_command"

_MEDIA = frozenset(
    ("photo", "file", "media_type", "contact_information", "poll", "location_information", "game_title", "invoice_information",
     "sticker_emoji", "todo_list", "paid_media", "giveaway_information", "giveaway_results")
)  # fmt: skip

_LINK_BUTTONS = frozenset(("url", "auth"))
"""Kinds of buttons that are links: any post may have them; the others are menus of bots."""

_MESSAGES = "messages.item"
_LINKED = ("supergroup", "channel")

_NOT_JSON = re.compile(rb"(\\+)x([0-9A-Fa-f]{2})")
_CUT_ESCAPE = re.compile(rb"\\+(?:x[0-9A-Fa-f]?)?\Z")
_LONGEST_ESCAPE = 3
"""Bytes of an escape of which more are to come."""


class TelegramReader(MessageReader):
    """Messages of all chats of an export."""

    wanted_input = "chats of Telegram (result.json of an export as machine-readable JSON)"

    def _messages(self, file: BinaryIO) -> Iterator[MessageResult | None]:
        chats = _Chats()
        stream = ObjectStream(_is_message, _WANTED, on_event=chats.note)
        texts = RecentTexts()
        for found in stream.read(cast("BinaryIO", _EscapedFile(file))):
            chat, chat_type = chats.describe(found.path)
            yield _read_message(found, chat, chat_type, texts)
        if chats.any:
            yield None


class _EscapedFile:
    """A file whose escapes `\\x0b`, which Telegram Desktop writes for control characters, are made those of JSON."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest = file, b""

    def read(self, size: int = -1) -> bytes:
        while True:
            read = self._file.read(size)
            data, self._rest = self._rest + read, b""
            if read and b"\\" in data[-_LONGEST_ESCAPE:] and (cut := _CUT_ESCAPE.search(data)):
                data, self._rest = data[: cut.start()], cut.group()
            if data or not read or not size:
                return _NOT_JSON.sub(_replace_escape, data) if b"\\x" in data else data


def _replace_escape(escape: re.Match[bytes]) -> bytes:
    backslashes, digits = escape.groups()
    # An even number of them is so many backslashes themselves.
    return backslashes + (b"u00" if len(backslashes) % 2 else b"x") + digits


class _Chats:
    """Id and type of the chat that is being read, which stand before its messages."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}
        self.any = False
        """Whether there was a chat, if only an empty one."""

    def note(self, path: str, event: str, value: object) -> None:
        """See what stands outside of messages."""
        parent, _, name = path.rpartition(".")
        if event == "start_map":
            self._values.pop(_join(path, "id"), None)
            self._values.pop(_join(path, "type"), None)
        elif event == "start_array":
            self.any = self.any or name == "messages"
        elif event in ("string", "number") and name in ("id", "type") and parent.endswith("item") >= bool(parent):
            self._values[path] = value

    def describe(self, message_path: str) -> tuple[str, str]:
        """Id and type of the chat of a message."""
        chat = message_path.removesuffix(_MESSAGES).rstrip(".")
        return id_text(self._values.get(_join(chat, "id"))), f"{self._values.get(_join(chat, 'type')) or ''}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_message(path: str) -> bool:
    return path == _MESSAGES or path.endswith(f".{_MESSAGES}")


def _read_message(found: FoundObject, chat: str, chat_type: str, texts: RecentTexts) -> MessageResult:
    values, number = found.values, id_text(found.values.get("id"))
    text = _plain_text(values)
    texts.add((chat, number), text or _topic_title(values))
    if reason := _find_skip_reason(found, text, chat if chat_type == "bot_chat" else ""):
        return Skipped(reason)
    message: Message = {
        "id": f"{chat}_{number}", "kind": "message", **_instants(values), "text": text, "context": texts.get(_answered_key(values, chat)),
        "link": f"https://t.me/c/{chat}/{number}" if chat_type.endswith(_LINKED) else "", **_place(values),
    }  # fmt: skip
    if not (chat and number):
        return Unusable(message | {"id": "", "link": ""}, "a message without an id, or of a chat without one")
    return message


def _find_skip_reason(found: FoundObject, text: str, bot: str) -> str:
    """Why a message is passed over; empty where it is not. bot: id of the bot that the chat is with; empty without one."""
    values = found.values
    if (kind := f"{values.get('type') or 'message'}") != "message":
        return "service message" if kind == "service" else f"message of another type: {kind[:20]}"
    if _has_menu(values.get("inline_bot_buttons")) or (bot and _digits(values.get("from_id")) == bot):
        return "menu or answer of a bot"
    if has_words(text):
        return ""
    if any(part.get("type") == _BOT_COMMAND for part in _parts(values) if isinstance(part, Mapping)):
        return "command to a bot"
    return "without words" if _MEDIA.isdisjoint(found.names) else "media without words"


def _parts(values: Mapping[str, object]) -> list[object]:
    """The text in parts: texts, and objects with a type. Exports until 2022 have no `text_entities`."""
    text, entities = values.get("text"), values.get("text_entities")
    if isinstance(entities, list) and entities:
        return entities
    return text if isinstance(text, list) else [text]


def _plain_text(values: Mapping[str, object]) -> str:
    """The text without commands and without what names a person."""
    return "".join(map(_part_text, _parts(values))).strip()


def _part_text(part: object) -> str:
    if isinstance(part, Mapping):
        kind = part.get("type")
        part = "" if kind in _PERSONAL or kind == _BOT_COMMAND else part.get("text")
    return part if isinstance(part, str) else ""


def _topic_title(values: Mapping[str, object]) -> str:
    """The title of a topic that is made by this service message: messages of the topic answer it."""
    title = values.get("title") if values.get("action") == "topic_created" else ""
    return title if isinstance(title, str) else ""


def _answered_key(values: Mapping[str, object], chat: str) -> tuple[str, str]:
    """Chat and number of the message that is answered."""
    return _digits(values.get("reply_to_peer_id")) or chat, id_text(values.get("reply_to_message_id"))


def _digits(peer: object) -> str:
    """The id in `channel1234567890`, or of older exports the id itself."""
    return id_text(peer) or (id_text(peer.lstrip("abcdefghijklmnopqrstuvwxyz")) if isinstance(peer, str) else "")


def _has_menu(rows: object) -> bool:
    """Whether a message has buttons that ask its reader for something."""
    buttons = [button for row in rows if isinstance(row, list) for button in row] if isinstance(rows, list) else []
    return any(isinstance(button, Mapping) and button.get("type") not in _LINK_BUTTONS for button in buttons)


def _instants(values: Mapping[str, object]) -> Message:
    """When it was written and edited: Unix time, of exports until 2022 the local time of who exported them."""
    name = "_unixtime" if values.get("date_unixtime") else ""
    date, edited = (f"{values.get(field + name) or ''}" for field in ("date", "edited"))
    # Old exports have an `edited` of 1970 where nothing was edited.
    return {"date": date, "edited": edited if (len(edited), edited) > (len(date), date) else ""}


def _place(values: Mapping[str, object]) -> Message:
    """Coordinates and address of a place that is shared with the message."""
    location = values.get("location_information")
    point = location if isinstance(location, Mapping) else {}
    words = (values.get(name) for name in ("address", "place_name"))
    address = ", ".join(word.strip() for word in words if isinstance(word, str) and word.strip())
    return {"lat": point.get("latitude", ""), "lng": point.get("longitude", ""), "address": address}
