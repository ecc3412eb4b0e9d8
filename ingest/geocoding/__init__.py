"""Geocoding: from words to a point, by steps that each answer or pass on.

A new step is a class with the shape of `Step`; it passes the conformance test in tests/integration/test_geocoding_steps.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from geo_service.core.model import GeocodedBy, LocationQuality


@dataclass(frozen=True, slots=True)
class Query:
    """The words of one incident; either may be empty."""

    address: str
    message: str = ""
    settlement: str = ""
    """In which an earlier step has found it to be; its name in the nominative."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may have been meant."""

    name: str
    district: str
    """Its district's name; empty where that is not known."""
    lng: float
    lat: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A place that was found."""

    lng: float
    lat: float
    quality: LocationQuality
    confidence: float
    """0 to 1; a rank by the kind of evidence, not a measured probability."""
    geocoded_by: GeocodedBy
    name: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No place: the next step may know better."""

    reason: str
    candidates: tuple[Candidate, ...] = ()
    certain: bool = False
    """The words name what no other step may place either: somewhere else, or several places."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The step could not look: it is to be asked again."""

    reason: str


StepResult = Answer | Unresolved | Deferred


class Step(Protocol):
    """One way to find places."""

    @property
    def name(self) -> str:
        """As in the chain's configuration."""
        ...

    async def locate(self, queries: Sequence[Query]) -> list[StepResult]:
        """A verdict for each query, in order. It raises nothing for a query that it cannot make sense of, nor for a
        service that is down (`Deferred`)."""
        ...
