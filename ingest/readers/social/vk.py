"""VK: posts and comments as the API returns them by `wall.get` and `wall.getComments`.

The members are those of https://dev.vk.com/reference/objects/post and …/comment. A file has one response or several, in a list or
one after the other, with or without the envelope `response`; also the answers of `execute`, `wall.getById` and `wall.search`.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from html import unescape
from typing import BinaryIO

import ijson

from ingest.readers.json import first_line
from ingest.readers.social.json_lines import has_object_lines, split_lines
from ingest.readers.social.messages import Message, MessageReader, MessageResult, RecentTexts, Skipped, Unusable, has_words, id_text
from ingest.readers.social.object_stream import FoundObject, ObjectStream

_WANTED = frozenset(
    ("id", "owner_id", "to_id", "from_id", "post_id", "date", "edited", "text", "geo", "copy_history", "thread", "deleted", "is_deleted",
     "post_type", "marked_as_ads", "error")
)  # fmt: skip
_OPENERS = frozenset(("response", "items"))
_CONTAINERS = frozenset(("", "item", "items", "response"))

_COMMENT_MEMBERS = frozenset(("post_id", "parents_stack", "thread", "reply_to_comment", "reply_to_user", "photo_id", "video_id", "pid"))
"""Members that only comments have."""

_MENTION = re.compile(r"(?P<pause>,\s*)?\[(?P<kind>id|club|public|event)-?\d+(?::[^|\]]*)?\|(?P<name>[^\]]*)\](?P<comma>,\s*)?")

_NEWER_VERSION = "export it with a version of the API that gives them"

_AD = "advertisement"
_SKIPPED_TYPES = {"post_ads": _AD, "postpone": "post that is not published yet"}


class VkReader(MessageReader):
    """Posts and comments of VK; comments of threads follow the one that they answer."""

    wanted_input = "posts or comments of VK (responses of wall.get or wall.getComments)"

    def _messages(self, file: BinaryIO) -> Iterator[MessageResult | None]:
        posts = RecentTexts()
        if not has_object_lines(self._path):
            yield from _read_documents(file, posts)
            return
        for number, line in split_lines(file):
            try:
                yield from _read_documents(line, posts)
            except ijson.JSONError as error:
                yield Unusable({}, f"line {number} of the file is cut short or no JSON: {first_line(error)}")


def _read_documents(file: BinaryIO, posts: RecentTexts) -> Iterator[MessageResult | None]:
    for found in ObjectStream(_may_be_message, _WANTED, _OPENERS).read(file):
        if found.opened:
            yield None
        elif isinstance(error := found.values.get("error"), Mapping):
            yield _describe_error(error)
        elif _in_items(found.path) or {"id", "date"} <= found.names:
            yield from _expand(found, posts)


def _may_be_message(path: str) -> bool:
    """Whether an object at this path may be a post, a comment or a response."""
    if not path.endswith("item"):
        return not path
    return path[: -len("item")].rstrip(".").rpartition(".")[2] in _CONTAINERS


def _in_items(path: str) -> bool:
    return path == "items.item" or path.endswith(".items.item")


def _describe_error(error: Mapping[str, object]) -> Unusable:
    """An answer that is an error. Its other members repeat the request, perhaps with its key."""
    return Unusable({}, f"no answer but error {error.get('error_code', '')} of VK: {error.get('error_msg', '')}")


def _expand(found: FoundObject, posts: RecentTexts) -> Iterator[MessageResult]:
    """The message, and the comments of its thread, which are on the same post."""
    values: Mapping[str, object] = found.values
    is_comment = not _COMMENT_MEMBERS.isdisjoint(found.names)
    yield _read_comment(values, posts) if is_comment else _read_post(values, posts)
    pending = deque([values])
    while pending:
        parent = pending.popleft()
        for reply in _items(parent.get("thread")):
            comment = {"owner_id": parent.get("owner_id"), "post_id": parent.get("post_id")} | dict(reply)
            yield _read_comment(comment, posts)
            pending.append(comment)


def _items(thread: object) -> list[Mapping[str, object]]:
    items = thread.get("items") if isinstance(thread, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _read_post(values: Mapping[str, object], posts: RecentTexts) -> MessageResult:
    owner, number = id_text(values.get("owner_id") or values.get("to_id")), id_text(values.get("id"))
    own, copied = _clean_text(values.get("text")), _copied_post(values)
    copied_text = _clean_text(copied.get("text"))
    text = own or copied_text
    if number:
        posts.add((owner, number), f"{own}\n{copied_text}" if own and copied_text else text)
    if reason := _find_skip_reason(values, text):
        return Skipped(reason)
    message: Message = {
        "id": f"{owner}_{number}", "kind": "post", **_instants(values), "text": text, "context": copied_text if own else "",
        "link": f"https://vk.com/wall{owner}_{number}", **_place(values.get("geo") or copied.get("geo")),
    }  # fmt: skip
    if not (owner and number):
        detail = f"no owner_id and id; a comment needs post_id too: {_NEWER_VERSION}"
        return Unusable(message | {"id": "", "link": ""}, detail)
    return message


def _read_comment(values: Mapping[str, object], posts: RecentTexts) -> MessageResult:
    owner, post, number = (id_text(values.get(name)) for name in ("owner_id", "post_id", "id"))
    text = _clean_text(values.get("text"))
    if reason := _find_skip_reason(values, text):
        return Skipped(reason)
    # A community answers under its own name.
    if owner.startswith("-") and id_text(values.get("from_id")) == owner:
        return Skipped("answer of the community")
    message: Message = {
        "id": f"{owner}_{post}_{number}", "kind": "comment", **_instants(values), "text": text, "context": posts.get((owner, post)),
        "link": f"https://vk.com/wall{owner}_{post}?reply={number}",
    }  # fmt: skip
    if not (owner and post and number):
        return Unusable(message | {"id": "", "link": ""}, f"a comment without owner_id, post_id and id: {_NEWER_VERSION}")
    return message


def _find_skip_reason(values: Mapping[str, object], text: str) -> str:
    """Why a message is passed over; empty where it is not."""
    if values.get("deleted") or values.get("is_deleted"):
        return "deleted"
    if values.get("marked_as_ads"):
        return _AD
    return _SKIPPED_TYPES.get(f"{values.get('post_type')}", "") or ("" if has_words(text) else "without words")


def _copied_post(values: Mapping[str, object]) -> Mapping[str, object]:
    """The first post with words of those that a repost repeats."""
    history = values.get("copy_history")
    posts = [post for post in history if isinstance(post, Mapping)] if isinstance(history, list) else []
    return next((post for post in posts if _clean_text(post.get("text"))), posts[0] if posts else {})


def _instants(values: Mapping[str, object]) -> Message:
    return {"date": values.get("date") or "", "edited": values.get("edited") or ""}


def _clean_text(text: object) -> str:
    """The text without the people whom it mentions; of communities the name remains."""
    if not isinstance(text, str):
        return ""
    return _MENTION.sub(_replace_mention, unescape(text.replace("<br>", "\n"))).strip()


def _replace_mention(mention: re.Match[str]) -> str:
    pause, comma = mention["pause"] or "", mention["comma"] or ""
    if mention["kind"] != "id":
        return f"{pause}{mention['name']}{comma}"
    return ", " if pause and comma else ""


def _place(geo: object) -> Message:
    """Coordinates and address of a post's place."""
    if not isinstance(geo, Mapping):
        return {}
    place = geo["place"] if isinstance(geo.get("place"), Mapping) else {}
    lat, lng = _point(geo.get("coordinates"))
    if lat == lng == "":
        lat, lng = _point(place)
    words = (place.get(name) for name in ("city", "address", "title"))
    # Older versions have the city's number.
    return {"lat": lat, "lng": lng, "address": ", ".join(word.strip() for word in words if isinstance(word, str) and has_words(word))}


def _point(value: object) -> tuple[object, object]:
    """Latitude and longitude of `45.03 38.97`, or of an object; blank where there are none."""
    if isinstance(value, Mapping):
        lat, lng = value.get("latitude"), value.get("longitude")
        return ("", "") if lat is None or lng is None else (lat, lng)
    if not isinstance(value, str):
        return "", ""
    numbers = re.split(r"[\s,;]+", value.strip())
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (value, "")
