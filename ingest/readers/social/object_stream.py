"""Find the objects of a JSON file that are messages, of each only the members that are wanted; the others are not stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import ijson

from geo_service.core.errors import InputError
from ingest.readers.json import CHUNK_BYTES, DEEPEST, GuardedFile


@dataclass(slots=True)
class FoundObject:
    """An object of the file."""

    path: str
    """Keys from the document to it, `item` for an element of a list: `response.items.item`."""
    values: dict[str, object] = field(default_factory=dict)
    """Its wanted members."""
    names: set[str] = field(default_factory=set)
    """All its members."""
    opened: bool = False
    """It is no message but has messages in it, which follow."""


class ObjectStream:
    """Reads the objects of one file, which may have several documents one after the other."""

    def __init__(
        self,
        is_candidate: Callable[[str], bool],
        wanted: frozenset[str],
        openers: frozenset[str] = frozenset(),
        on_event: Callable[[str, str, object], None] = lambda path, event, value: None,
    ) -> None:
        """is_candidate: whether an object at this path may be a message.

        openers: members that only an object with messages in it has.
        on_event: gets path, event and value of what stands outside of messages.
        """
        self._is_candidate, self._wanted, self._openers, self._on_event = is_candidate, wanted, openers, on_event

    def read(self, file: BinaryIO) -> Iterator[FoundObject]:
        """All candidates in order. `InputError` for nesting or an object beyond the limits, `ijson.JSONError` for damage."""
        guarded = GuardedFile(file)
        events = iter(ijson.parse(guarded, buf_size=CHUNK_BYTES, multiple_values=True))
        for path, event, value in events:
            guarded.end_row()
            if event == "start_map" and self._is_candidate(path):
                yield self._read_object(path, events)
                continue
            if len(path) > DEEPEST:
                raise InputError("is nested too deeply")
            self._on_event(path, event, value)

    def _read_object(self, path: str, events: Iterator[tuple[str, str, object]]) -> FoundObject:
        """The object that has begun, up to its end or to its first opener."""
        found, depth, name = FoundObject(path), 1, ""
        member: ijson.ObjectBuilder | None = None
        for _, event, value in events:
            if depth == 1 and event == "map_key":
                name = str(value)
                found.names.add(name)
                if name in self._openers:
                    found.opened = True
                    return found
                member = ijson.ObjectBuilder() if name in self._wanted else None
                continue
            if event in ("start_map", "start_array"):
                depth += 1
            elif event in ("end_map", "end_array"):
                depth -= 1
                if not depth:
                    return found
            if member is not None:
                member.event(event, value)
                if depth == 1:
                    found.values[name] = member.value
        return found
