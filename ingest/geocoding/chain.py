"""The geocoding chain: ask the steps in order until one has found a place as precise as the text allows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from geo_service.core.model import LocationQuality
from ingest.geocoding import Deferred, GeocodedPlace, GeocodeQuery, PlaceCandidate, Step, StepResult
from ingest.geocoding.toponyms.addresses import names_street
from ingest.geocoding.toponyms.settlements import distance_km, is_inside
from ingest.mapping.mapping import LngLatBounds


class StepTrace(NamedTuple):
    """What one step returned for a query."""

    step: str
    result: StepResult
    rejection: str
    """Why the chain did not use a place that the step found; otherwise empty."""


@dataclass(slots=True)
class GeocodingOutcome:
    """The result of the whole chain for one query."""

    place: GeocodedPlace | None = None
    reason: str = ""
    """Why there is no place, or none as precise as the text allows; from the last step that gave a reason."""
    candidates: tuple[PlaceCandidate, ...] = ()
    deferred: bool = False
    """A step was not available; ask again later."""
    is_final: bool = False
    """No step can find anything more precise."""
    trace: list[StepTrace] = field(default_factory=list)
    """One entry for each step that was asked."""


class Chain:
    """A chain of steps; each step gets the queries that the steps before it have not finished."""

    def __init__(self, steps: Sequence[Step], min_confidence: float, bounds: LngLatBounds | None, max_distance_km: float) -> None:
        """max_distance_km: a place farther than this from the settlement that an earlier step found is not used."""
        self._steps = steps
        self._min_confidence = min_confidence
        self._bounds = bounds
        self._max_distance_km = max_distance_km

    @property
    def min_confidence(self) -> float:
        """The least confidence of a place that is used."""
        return self._min_confidence

    async def locate(self, queries: Sequence[GeocodeQuery]) -> list[GeocodingOutcome]:
        """Return one outcome for each query, in order."""
        outcomes = [GeocodingOutcome() for _ in queries]
        for step in self._steps:
            rows = [row for row, outcome in enumerate(outcomes) if not outcome.is_final]
            if not rows:
                break
            results = await step.locate([_add_settlement(queries[row], outcomes[row]) for row in rows])
            for row, result in zip(rows, results, strict=True):
                self._record_result(outcomes[row], queries[row], step.name, result)
        return outcomes

    def _record_result(self, outcome: GeocodingOutcome, query: GeocodeQuery, step: str, result: StepResult) -> None:
        rejection = self._find_rejection(outcome, result) if isinstance(result, GeocodedPlace) else ""
        outcome.trace.append(StepTrace(step, result, rejection))
        if isinstance(result, GeocodedPlace):
            if not rejection:
                outcome.place = result
                outcome.is_final = result.quality <= best_quality(query)
            return
        outcome.reason = result.reason
        if isinstance(result, Deferred):
            outcome.deferred = True
        else:
            outcome.candidates = outcome.candidates or result.candidates
            outcome.is_final = result.is_final

    def _find_rejection(self, outcome: GeocodingOutcome, place: GeocodedPlace) -> str:
        """Return why the chain does not use `place`; empty if it does."""
        earlier = outcome.place
        if place.confidence < self._min_confidence:
            return f"its confidence is below {self._min_confidence}"
        if self._bounds and not is_inside(place, self._bounds):
            return "it is outside the region"
        if earlier is None:
            return ""
        if place.quality >= earlier.quality:
            return "it is not more precise than the place found before"
        if earlier.quality <= LocationQuality.SETTLEMENT and distance_km(earlier, place) > self._max_distance_km:
            return f"it is more than {self._max_distance_km:g} km from {earlier.name}"
        return ""


def best_quality(query: GeocodeQuery) -> LocationQuality:
    """Return the coarsest quality at which the chain stops: a street if the address names a street or a house, else any place."""
    return LocationQuality.STREET if query.address and names_street(query.address) else LocationQuality.REGION


def _add_settlement(query: GeocodeQuery, outcome: GeocodingOutcome) -> GeocodeQuery:
    place = outcome.place
    return replace(query, settlement=place.name) if place and place.quality is LocationQuality.SETTLEMENT else query
