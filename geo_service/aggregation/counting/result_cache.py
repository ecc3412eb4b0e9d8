"""The cache of everything computed: least recently used results up to a weight, each valid while none of its rows has changed."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, TypeVar

from cachetools import LRUCache

from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.selection.selection import Selection

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def selections_in(key: object) -> Iterator[Selection]:
    """Yield all selections in nested tuples."""
    if isinstance(key, Selection):
        yield key
    elif isinstance(key, tuple):
        for part in key:
            yield from selections_in(part)


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    weight: int
    revision: int
    """At which the value was made, or was last found to be valid."""


class ResultCache(Generic[K, V]):
    """Results by key; those used least recently make room.

    A result is valid until a row changes that one of its selections contains, before or after the change; one without selections
    until any row changes. Without a change log results stay valid, and whoever owns the cache clears it.
    """

    def __init__(
        self,
        limit: int,
        weigh: Callable[[V], int] | None = None,
        changes: ChangeLog | None = None,
        selections_of: Callable[[K, V], Iterable[Selection]] = lambda key, value: selections_in(key),
        *,
        stores_oversized: bool = False,
    ) -> None:
        """limit: of the weights of all results together. stores_oversized: whether a single one that weighs more is stored, alone.

        weigh: returns the weight of a result; without it each weighs 1. changes: of the rows. selections_of: returns what a
        result is computed from; without it those in its key.
        """
        self._entries: LRUCache[K, _Entry[V]] = LRUCache(limit, getsizeof=attrgetter("weight"))
        self._weigh = weigh
        self._changes = changes
        self._selections_of = selections_of
        self._stores_oversized = stores_oversized

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def weight(self) -> int:
        """The weights of all results together."""
        return int(self._entries.currsize)

    @property
    def limit(self) -> int:
        """The limit of the weights of all results together."""
        return int(self._entries.maxsize)

    def get(self, key: K) -> V | None:
        """Return the result if it is valid."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._changes is not None and entry.revision != self._changes.revision:
            revision = self._changes.revision
            selections = list(self._selections_of(key, entry.value))
            if not selections or self._changes.affects(selections, entry.revision):
                return None
            entry.revision = revision
        return entry.value

    def peek(self, key: K) -> tuple[V, int] | None:
        """Return the latest result, valid or not, and the revision at which it was last known to be valid."""
        entry = self._entries.get(key)
        return None if entry is None else (entry.value, entry.revision)

    def put(self, key: K, value: V, revision: int | None = None) -> None:
        """Store a result. revision: of the rows that it was made from; the present one without it."""
        weight = 1 if self._weigh is None else self._weigh(value)
        if weight > self._entries.maxsize:
            if not self._stores_oversized:
                self._entries.pop(key, None)
                return
            weight = int(self._entries.maxsize)
        now = self._changes.revision if self._changes is not None else 0
        self._entries[key] = _Entry(value, weight, now if revision is None else revision)

    def clear(self) -> None:
        """Drop all results."""
        self._entries.clear()
