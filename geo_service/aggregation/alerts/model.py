"""What an alert is: a detection, the episode that it opens or continues, and the board of the episodes that a process knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from geo_service.aggregation.places.place import Place as Place


class AlertLayer(StrEnum):
    """Which test has raised an alert."""

    LOCAL = "local"
    """A theme in a place, against the theme's share there: what happens here and not elsewhere."""
    TOTALS = "totals"
    """A theme or sector in the region or a district, against its usual total: what happens everywhere at once."""


class Verdict(StrEnum):
    """What the desk has found an alert to be."""

    REAL = "real"
    NOT_REAL = "not_real"


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which p on a layer raises an alert, as found by a replay."""

    layer: AlertLayer
    per_week: float
    """The budget: false alarms a week."""
    log10_p: float
    """An alert is raised at this or a smaller p, as a power of ten."""
    days: int
    """Length of the replay."""
    episodes: int
    """Found in it at this threshold."""
    curve: tuple[tuple[float, float], ...]
    """Pairs of log10 p and how many episodes a day reach it or a smaller one, p ascending."""
    calibrated_at: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A place and theme whose number of messages in a window is unusual at an instant."""

    layer: AlertLayer
    place: Place
    theme: int
    """Theme id; 0 for a whole sector."""
    sector: int
    """Sector id."""
    stop: int
    """End of the window, seconds since 1970."""
    window_s: int
    n: int
    """Messages in the window, near-duplicates once."""
    distinct: int
    """Different addresses or positions among them."""
    expected: float
    log10_p: float
    since: int
    """Receipt of the first message of the window."""


@dataclass(frozen=True, slots=True)
class AgencyShare:
    """How many of an episode's messages an agency has. agency: its id, 0 for none."""

    agency: int
    n: int
    open: int


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from its first detection until seven quiet days have passed. Instants are seconds since 1970."""

    layer: AlertLayer
    place: Place
    """The place with the strongest signal."""
    theme: int
    sector: int
    since: int
    detected: int
    updated: int
    """When it last grew or changed."""
    last_signal: int
    """When it was last detected: it closes seven days later."""
    window_s: int
    """Of the strongest signal."""
    n: int
    """Messages from `since` on, near-duplicates once, in all its places."""
    distinct: int
    expected: float
    """Messages that would have been usual in the same time."""
    log10_p: float
    """The smallest so far."""
    recurrence_days: float
    """So rarely chance alone would give as much, in days."""
    peak: int
    """Most messages within a window so far."""
    peak_at: int
    places: Sequence[Place] = ()
    """All its places, the strongest first."""
    agencies: Sequence[AgencyShare] = ()
    """Most messages first."""
    open: int = 0
    closed_at: int = 0
    """0 while it is open."""
    group: int = 0
    """Id of the episode that leads the group of the same theme in many places; 0 outside of groups."""
    id: int = 0
    """0 until it is stored."""
    verdict: Verdict | None = None
    verdict_note: str = ""
    verdict_by: str = ""
    verdict_at: int = 0


@dataclass(frozen=True, slots=True)
class AlertBoard:
    """The episodes that a process knows: all open ones, and those closed in the last days. Immutable."""

    episodes: tuple[Episode, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    revision: int = 0
    """Grows with each change."""
    read_at: float = field(default=0.0, compare=False)
    """When it was last known to be true, seconds since 1970; 0 before it was first read."""

    @property
    def open(self) -> tuple[Episode, ...]:
        """Return the episodes that are going on."""
        return tuple(episode for episode in self.episodes if not episode.closed_at)
