"""What the readers of social networks share: from messages to batches, with counts of those that are passed over."""

import re
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, ClassVar

import ijson
import orjson

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.file_content import open_decompressed, size_of
from ingest.readers.json import first_line, skip_byte_order_mark
from ingest.readers.records import Record, RecordBatcher

MESSAGE_COLUMNS = ("id", "kind", "date", "edited", "text", "context", "address", "lat", "lng", "link")
"""Columns of every message. Nothing about its author is among them, so that no reject and no log can have it."""

_LINK = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W\d_]{2}")
_NUMBER = re.compile(r"-?\d{1,20}")

_REMEMBERED = 20_000
"""Messages whose words are kept for the answers to them."""

_LONGEST_CONTEXT = 1_000
"""Characters; with the number above it bounds the memory to some 40 MB."""

Message = dict[str, object]
"""A message by `MESSAGE_COLUMNS`; a column may be absent."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that is passed over."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A message that cannot be identified."""

    message: Message
    detail: str


MessageResult = Message | Skipped | Unusable


class RecentTexts:
    """The words of the messages read last, for the answers to them."""

    def __init__(self) -> None:
        self._texts: OrderedDict[Hashable, str] = OrderedDict()

    def add(self, key: Hashable, text: str) -> None:
        """Remember the beginning of a text."""
        if text:
            self._texts[key] = text[:_LONGEST_CONTEXT]
            if len(self._texts) > _REMEMBERED:
                self._texts.popitem(last=False)

    def get(self, key: Hashable) -> str:
        """The text with this key, empty where it is not known."""
        return self._texts.get(key, "")


class MessageReader:
    """An export with messages: one row a message, in the order of the file."""

    wanted_input: ClassVar[str]
    """What the file must have in it, for the message about one that has not."""

    def __init__(self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._wanted = path, wanted
        self.size = size_of(path)
        self._skipped: Counter[str] = Counter()

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All messages in order, up to `rows` at a time; with the last ones those passed over behind them."""
        self._skipped.clear()
        try:
            with open_decompressed(self._path) as opened:
                batcher = RecordBatcher(self._path, self._wanted, opened.position)
                for batch in batcher.batches(self._records(skip_byte_order_mark(opened.file)), rows):
                    yield replace(batch, skipped=self._take_skipped())
                if self._skipped:
                    names = MESSAGE_COLUMNS if self._wanted is None else [column.name for column in self._wanted]
                    yield RawBatch({name: [] for name in names}, [], [], [], opened.position(), skipped=self._take_skipped())
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {self._path} to its end: it is cut short or no JSON: {first_line(error)}") from error

    def _messages(self, file: BinaryIO) -> Iterator[MessageResult | None]:
        """The messages in order; None for each place where there may be some, so that an export without any is told from another file."""
        raise NotImplementedError

    def _take_skipped(self) -> Counter[str]:
        taken, self._skipped = self._skipped, Counter()
        return taken

    def _records(self, file: BinaryIO) -> Iterator[Record | BrokenRow]:
        number, is_export = 0, False
        for message in self._messages(file):
            is_export = True
            if message is None:
                continue
            number += 1
            if isinstance(message, Skipped):
                self._skipped[message.reason] += 1
            elif isinstance(message, Unusable):
                yield BrokenRow(number, orjson.dumps(message.message, default=str).decode(), message.detail)
            else:
                yield Record(number, dict.fromkeys(MESSAGE_COLUMNS, "") | message)
        if not is_export:
            raise InputError(f"cannot read {self._path}: there are no {self.wanted_input} in it")


def has_words(text: str) -> bool:
    """Whether a text has a word beside links."""
    return _WORD.search(_LINK.sub("", text)) is not None


def id_text(value: object) -> str:
    """An id as text; empty where the value is no whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return f"{value}" if _NUMBER.fullmatch(f"{value}") else ""
