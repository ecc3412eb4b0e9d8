"""Protocol between the search and a geocoding server: the route calls it, and the command line provides the implementation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_service.core.model import LocationQuality


@dataclass(frozen=True, slots=True)
class FoundAddress:
    """An address that a geocoding server knows."""

    name: str
    lng: float
    lat: float
    quality: LocationQuality


class AddressSearch(Protocol):
    """Finds addresses in the region."""

    @property
    def attribution(self) -> str:
        """Whose data the answers are."""
        ...

    async def find(self, text: str, limit: int) -> Sequence[FoundAddress]:
        """Return what the server finds, the most precise first. Raises `AddressSearchUnavailable` where it does not answer in time."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...
