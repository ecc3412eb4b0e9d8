"""Which alerts are listed, in which order: filters, groups, and what changed when."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geo_service.aggregation.alerts.alert_filter import REGION_KEY as REGION_KEY
from geo_service.aggregation.alerts.alert_filter import changed_at as changed_at
from geo_service.aggregation.alerts.alert_filter import lies_in as lies_in
from geo_service.aggregation.alerts.model import Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.queries.alerts import AlertQuery

MAX_RECURRENCE_DAYS = 3650.0
"""Beyond ten years a replayed year says nothing more precise."""


@dataclass(frozen=True, slots=True)
class AlertPage:
    """The alerts of a list."""

    episodes: list[Episode]
    total: int
    """How many there are beyond the limit, too."""
    group_sizes: dict[int, int]
    """As of `count_groups`, of all that are known."""


def select_alerts(episodes: Iterable[Episode], query: AlertQuery, catalogue: Catalogue) -> AlertPage:
    """Return the alerts that pass the filters, in the order of `sort_alerts`; of a group its strongest one."""
    known = list(episodes)
    chosen = sort_alerts(episode for episode in known if passes_filters(episode, query, catalogue))
    chosen = merge_groups(chosen) if query.merges_groups else chosen
    return AlertPage(chosen[: query.limit], len(chosen), count_groups(known))


def passes_filters(episode: Episode, query: AlertQuery, catalogue: Catalogue) -> bool:
    """Return whether an alert is among those that a query asks for."""
    return (
        query.state in ("all", "closed" if episode.closed_at else "open")
        and (query.sectors is None or episode.sector in query.sectors)
        and (query.themes is None or episode.theme in query.themes)
        and (query.districts is None or lies_in(episode, query.districts, catalogue))
        and changed_at(episode) >= ((query.closed_since if episode.closed_at else query.since) or 0)
    )


def count_groups(episodes: Iterable[Episode]) -> dict[int, int]:
    """Return how many alerts each group has, by the id of the alert that leads it; 1 for an alert on its own."""
    return Counter(leader_of(episode) for episode in episodes)


def leader_of(episode: Episode) -> int:
    """Return the id of the alert that leads the alert's group; its own where it is in none."""
    return episode.group or episode.id


def sort_alerts(episodes: Iterable[Episode]) -> list[Episode]:
    """Return open alerts first, the rarest first among them, then those that lead a group, then the newest."""
    return sorted(
        episodes,
        key=lambda one: (
            bool(one.closed_at), -cap_recurrence(one.recurrence_days), leader_of(one) != one.id, -one.since, -one.id
        ),
    )  # fmt: skip


def merge_groups(episodes: Sequence[Episode]) -> list[Episode]:
    """Return the first alert of each group. episodes: as sorted by `sort_alerts`."""
    first: dict[int, Episode] = {}
    for episode in episodes:
        first.setdefault(leader_of(episode), episode)
    return list(first.values())


def cap_recurrence(days: float) -> float:
    """Return at most ten years; also for a number that is none, as no replay has found anything like it."""
    return round(days, 1) if days < MAX_RECURRENCE_DAYS else MAX_RECURRENCE_DAYS
