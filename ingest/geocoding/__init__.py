"""Geocoding: find a point for an address or a text, by a chain of steps.

A new step is a class with the shape of `Step`; it passes the conformance test in tests/integration/test_geocoding_steps.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_service.core.model import GeocodedBy, LocationQuality


@dataclass(frozen=True, slots=True)
class GeocodeQuery:
    """The texts of one incident; each of them may be empty."""

    address: str
    message: str = ""
    settlement: str = ""
    """Name, in the nominative, of the settlement that an earlier step has found."""


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A place that the text may mean."""

    name: str
    district: str
    """Name of its district; empty if unknown."""
    lng: float
    lat: float


@dataclass(frozen=True, slots=True)
class GeocodedPlace:
    """The place that a step has found."""

    lng: float
    lat: float
    quality: LocationQuality
    confidence: float
    """0 to 1; a rank by the kind of evidence, not a measured probability."""
    geocoded_by: GeocodedBy
    name: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """The step has found no place; the next step is asked, unless `is_final`."""

    reason: str
    candidates: tuple[PlaceCandidate, ...] = ()
    is_final: bool = False
    """No later step may place the text either: it names a place outside the region, or several places."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The step is not available now; ask it again later."""

    reason: str


StepResult = GeocodedPlace | Unresolved | Deferred


class Step(Protocol):
    """One way to find places."""

    @property
    def name(self) -> str:
        """The name of the step in the configuration of the chain."""
        ...

    async def locate(self, queries: Sequence[GeocodeQuery]) -> list[StepResult]:
        """Return one result for each query, in order.

        Raises nothing for a query that it cannot read (`Unresolved`), nor for a server that is down (`Deferred`).
        """
        ...
