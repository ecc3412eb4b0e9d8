"""Answers kept for as long as they hold."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.selection.selection import Selection

T = TypeVar("T")


class ResultCache(Generic[T]):
    """The answers used last, up to a weight. A key is a tuple that holds every selection its answer is made from.

    An answer goes when one of these selections takes a row that has changed; one whose key holds no selection goes
    with any change.
    """

    def __init__(self, changes: ChangeLog, limit: int, weigh: Callable[[T], int]) -> None:
        """limit: of the weights of all answers together; a single one is kept whatever it weighs."""
        self._changes = changes
        self._limit = limit
        self._weigh = weigh
        self._held = 0
        self._entries: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> T | None:
        """The answer, if it still holds."""
        found = self._entries.get(key)
        if found is None:
            return None
        made, seen = found
        now = self._changes.revision
        if seen != now:
            if not _is_valid(self._changes, key, seen):
                self._drop(key)
                return None
            self._entries[key] = (made, now)
        self._entries.move_to_end(key)
        return made

    def put(self, key: Hashable, made: T) -> None:
        """Keep an answer made from the incidents as they are now; those unused for longest make room."""
        self._drop(key)
        self._entries[key] = (made, self._changes.revision)
        self._held += self._weigh(made)
        while self._held > self._limit and len(self._entries) > 1:
            self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Drop all."""
        self._entries.clear()
        self._held = 0

    def _drop(self, key: Hashable) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            self._held -= self._weigh(found[0])


def _is_valid(changes: ChangeLog, key: Hashable, seen: int) -> bool:
    selections = list(_selections(key))
    return bool(selections) and not changes.affects(selections, seen)


def _selections(key: object) -> Iterator[Selection]:
    """All selections in nested tuples."""
    if isinstance(key, Selection):
        yield key
    elif isinstance(key, tuple):
        for part in key:
            yield from _selections(part)
