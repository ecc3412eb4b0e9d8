"""Groups: the same theme that burns in many places at once is one piece of news, and so is a total that something else explains.

Episodes belong together where three or more of one theme are open, in either layer. An episode of the totals layer joins what explains
it, the rarest if several do: a local one in its area with at least half as many messages at its peak; a total of the region above it,
or a theme's of its own area where it is of the sector. It joins one of them only, so that it does not bring alerts of different themes
together. Of the episodes that no other explains the rarest one leads a group, once it is stored; the others stay with it after it has
closed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from geo_service.aggregation.alerts.areas import Areas
from geo_service.aggregation.alerts.model import AlertLayer, Episode

MANY = 3
"""So many open episodes of a theme are a group."""


@dataclass(slots=True)
class _Union:
    """Disjoint sets of indexes."""

    parent: dict[int, int] = field(default_factory=dict)

    def find(self, index: int) -> int:
        while (above := self.parent.get(index, index)) != index:
            index = above
        return index

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self.parent[second] = first


def assign_groups(episodes: Sequence[Episode], areas: Areas) -> list[Episode]:
    """Return the episodes with the groups of the open ones; a group whose episodes are all new (id 0) has to wait for an id."""
    union = _Union()
    now_open = [at for at, episode in enumerate(episodes) if not episode.closed_at]
    for one, other in _find_relatives(episodes, now_open, areas):
        union.join(one, other)
    members: dict[int, list[int]] = defaultdict(list)
    for at in now_open:
        members[union.find(at)].append(at)
    out = list(episodes)
    ids = {episodes[at].id for at in now_open}
    for group in members.values():
        closed = {episodes[at].group for at in group} - ids - {0}
        leader = min(closed) if closed else _choose_leader([episodes[at] for at in group], areas) if len(group) > 1 else 0
        for at in group:
            out[at] = replace(out[at], group=leader) if out[at].group != leader else out[at]
    return out


def _find_relatives(episodes: Sequence[Episode], now_open: Sequence[int], areas: Areas) -> Iterator[tuple[int, int]]:
    """Yield pairs of indexes of episodes that belong together."""
    by_theme: dict[int, list[int]] = defaultdict(list)
    for at in now_open:
        if episodes[at].theme:
            by_theme[episodes[at].theme].append(at)
    crowds = [alike for alike in by_theme.values() if len(alike) >= MANY]
    for alike in crowds:
        yield from ((alike[0], at) for at in alike[1:])
    crowded = {at for alike in crowds for at in alike}
    for at in now_open:
        if episodes[at].layer is AlertLayer.TOTALS and at not in crowded:
            explanations = [other for other in now_open if _explains(episodes[other], episodes[at], areas)]
            if explanations:
                yield at, min(explanations, key=lambda other: (episodes[other].log10_p, other))


def _explains(other: Episode, total: Episode, areas: Areas) -> bool:
    """Return whether another episode explains one of the totals layer; no two explain each other."""
    if other.sector != total.sector or (other.theme and total.theme and other.theme != total.theme):
        return False
    if other.layer is AlertLayer.LOCAL:
        return other.peak * 2 >= total.peak and _lies_in(other, total.place.key, areas)
    if other.place.key == total.place.key:
        return bool(other.theme) and not total.theme
    above = {district.key: areas.regions[region].key for district, region in zip(areas.districts, areas.region_of_district, strict=True)}
    return above.get(total.place.key) == other.place.key


def _lies_in(local: Episode, area: str, areas: Areas) -> bool:
    """Return whether the strongest place of a local episode lies in an area, by its key."""
    district, region = areas.district_of([local.place.district])[0], areas.region_of([local.place.district])[0]
    return areas.regions[region].key == area or (bool(district < len(areas.districts)) and areas.districts[district].key == area)


def _choose_leader(group: Sequence[Episode], areas: Areas) -> int:
    """Return the id of the episode that leads a group; 0 where none of those that may is stored yet."""
    stored = [episode for episode in group if episode.id]
    leading = [episode for episode in stored if episode.group == episode.id]
    if leading:
        return min((episode.log10_p, episode.id) for episode in leading)[1]
    free = [one for one in stored if one.layer is AlertLayer.LOCAL or not any(_explains(other, one, areas) for other in group)]
    return min(((episode.log10_p, episode.id) for episode in free), default=(0.0, 0))[1]
