"""The alerts that a process knows now, for requests and tiles, and what has changed in them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geo_service.aggregation.alerts.model import AlertBoard, Episode, Threshold
from geo_service.alerts.listing import changed_at

REMEMBERED_S = 31 * 86_400
"""Closed alerts stay on the board for so long, a little longer than they are listed by default; older ones are read from the database."""
_REMEMBERED_CHANGES = 1000
"""Changes that are remembered for streams that are a little behind; one that is further behind reads the list."""


@dataclass(frozen=True, slots=True)
class AlertChange:
    """A change of an alert. event: opened, grown, closed, verdict, or changed for anything else."""

    number: int
    """Grows with each change in this process."""
    event: str
    episode: Episode


class CurrentAlerts:
    """Holds the board of this process. Used in the event loop; `board` may be read from any thread."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.board = AlertBoard()
        self.on_change: Callable[[], None] = lambda: None
        """Called when the board's revision has moved."""
        self._changes: list[AlertChange] = []
        self.last_change = 0
        """Number of the newest change."""
        self.looked_at: float | None = None
        """When this process last looked for alerts, seconds since 1970; None where another one does."""

    @property
    def checked_at(self) -> float | None:
        """Return when it was last looked for alerts, or the board read of which another process does that; None before the first time."""
        return self.looked_at or self.board.read_at or None

    def replace(self, episodes: Iterable[Episode], thresholds: Iterable[Threshold]) -> tuple[AlertChange, ...]:
        """Put what the database has in place of the board; return what has changed, nothing at the first time."""
        before, read_at = self.board, self._clock()
        fresh = AlertBoard(tuple(episodes), tuple(thresholds), before.revision, read_at)
        is_first = not before.read_at
        changes = () if is_first else tuple(self._number(find_changes(before.episodes, fresh.episodes)))
        if is_first or (fresh.episodes, fresh.thresholds) != (before.episodes, before.thresholds):
            fresh = AlertBoard(fresh.episodes, fresh.thresholds, before.revision + 1, read_at)
        self.board = fresh
        if fresh.revision != before.revision:
            self._changes = [*self._changes, *changes][-_REMEMBERED_CHANGES:]
            self.on_change()
        return changes

    def put(self, episode: Episode) -> None:
        """Put one alert on the board in place of what is known of it: what this process has written itself is read at once."""
        others = (one for one in self.board.episodes if one.id != episode.id)
        self.replace(sorted((*others, episode), key=lambda one: one.id), self.board.thresholds)

    def changes_after(self, number: int) -> list[AlertChange]:
        """Return the changes after the change with a number, oldest first."""
        return [change for change in self._changes if change.number > number]

    def recent_changes(self, seconds: float) -> list[AlertChange]:
        """Return the last change of each alert that changed within this time, also before this process began; oldest first."""
        since = self._clock() - seconds
        recent = sorted((episode for episode in self.board.episodes if changed_at(episode) >= since), key=changed_at)
        return [AlertChange(self.last_change, _last_event(episode), episode) for episode in recent]

    def _number(self, changes: Iterable[tuple[str, Episode]]) -> Iterable[AlertChange]:
        for event, episode in changes:
            self.last_change += 1
            yield AlertChange(self.last_change, event, episode)


def find_changes(before: Iterable[Episode], after: Iterable[Episode]) -> list[tuple[str, Episode]]:
    """Return what has changed between two states of the episodes: the event, and the episode as it is after it.

    An episode that left the board, because it closed long ago, is no change.
    """
    known = {episode.id: episode for episode in before}
    return [(event, episode) for episode in after for event in _find_events(known.get(episode.id), episode)]


def _find_events(before: Episode | None, after: Episode) -> list[str]:
    if before is None:
        # A closed one that was unknown is an old one that has a verdict now.
        return ["opened"] if not after.closed_at else ["verdict"]
    if before == after:
        return []
    judged = _verdict_of(before) != _verdict_of(after)
    closed = bool(after.closed_at and not before.closed_at)
    grown = after.n > before.n or len(after.places) > len(before.places)
    events = [*(["closed"] if closed else ["grown"] if grown else []), *(["verdict"] if judged else [])]
    return events or ["changed"]


def _last_event(episode: Episode) -> str:
    latest = changed_at(episode)
    if episode.verdict_at == latest:
        return "verdict"
    if episode.closed_at == latest:
        return "closed"
    return "opened" if episode.detected == episode.updated else "grown"


def _verdict_of(episode: Episode) -> tuple[object, ...]:
    return (episode.verdict, episode.verdict_note, episode.verdict_at)
