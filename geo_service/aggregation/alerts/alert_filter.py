"""Which of the alerts on a board are asked for."""

from dataclasses import dataclass

from geo_service.aggregation.alerts.model import Episode, Place
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.model import DistrictLevel

STATES = ("open", "closed", "all")
REGION_KEY = "r:"
"""Key of the whole region as a place."""


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """A filter of alerts; what is None lets all pass. Equal filters let the same alerts pass."""

    state: str = STATES[0]
    """One of STATES."""
    sectors: frozenset[int] | None = None
    """Ids."""
    themes: frozenset[int] | None = None
    """Ids; alerts of a whole sector do not pass."""
    districts: frozenset[int] | None = None
    """Ids, with those of all districts below them."""
    since: int = 0
    """Something of the alert has changed at or after this instant, seconds since 1970."""

    def passes(self, episode: Episode, catalogue: Catalogue) -> bool:
        """Return whether the alert is asked for."""
        return (
            self.state in ("all", state_of(episode))
            and (self.sectors is None or episode.sector in self.sectors)
            and (self.themes is None or episode.theme in self.themes)
            and (self.districts is None or lies_in(episode, self.districts, catalogue))
            and changed_at(episode) >= self.since
        )


OPEN_ALERTS = AlertFilter()


def state_of(episode: Episode) -> str:
    """Return whether an alert is open or closed."""
    return "closed" if episode.closed_at else "open"


def places_of(episode: Episode) -> tuple[Place, ...]:
    """Return all places of an alert, each once, the strongest first."""
    return tuple({place.key: place for place in (episode.place, *episode.places)}.values())


def changed_at(episode: Episode) -> int:
    """Return when something of an alert last changed, its verdict included; seconds since 1970."""
    return max(episode.updated, episode.closed_at, episode.verdict_at)


def lies_in(episode: Episode, districts: frozenset[int], catalogue: Catalogue) -> bool:
    """Return whether one of the alert's places is in one of the districts. The whole region is where one of them is a region."""
    return any(_is_in(place, districts, catalogue) for place in places_of(episode))


def _is_in(place: Place, districts: frozenset[int], catalogue: Catalogue) -> bool:
    if place.key == REGION_KEY:
        return any(catalogue.districts.by_id[one].level is DistrictLevel.REGION for one in districts if one in catalogue.districts.by_id)
    return place.district in districts
