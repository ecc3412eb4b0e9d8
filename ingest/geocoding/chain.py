"""The chain: steps in order, until one has found a place as fine as the words name."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from geo_service.core.model import LocationQuality
from ingest.geocoding import Answer, Candidate, Deferred, Query, Step, StepResult
from ingest.geocoding.toponyms.addresses import names_street
from ingest.geocoding.toponyms.gazetteer_index import is_in
from ingest.geocoding.toponyms.settlements import Settlement, distance_km
from ingest.mapping.mapping import Bounds


@dataclass(slots=True)
class Outcome:
    """What became of one query."""

    answer: Answer | None = None
    reason: str = ""
    """Why there is no answer, or none as fine as the words name: of the last step that said why."""
    candidates: tuple[Candidate, ...] = ()
    delayed: bool = False
    """A step could not look."""
    settled: bool = False
    """Nothing finer is to be found."""
    views: list[tuple[str, StepResult, str]] = field(default_factory=list)
    """Of each step that was asked: its name, its verdict, and why an answer was passed over (else empty)."""


class Chain:
    """Asks each step for what is still open."""

    def __init__(self, steps: Sequence[Step], least_confidence: float, bounds: Bounds | None, agree_km: float) -> None:
        self._steps = steps
        self._least_confidence = least_confidence
        self._bounds = bounds
        self._agree_km = agree_km

    async def locate(self, queries: Sequence[Query]) -> list[Outcome]:
        """An outcome for each query, in order."""
        outcomes = [Outcome() for _ in queries]
        for step in self._steps:
            rows = [row for row, one in enumerate(outcomes) if not one.settled]
            if not rows:
                break
            verdicts = await step.locate([_with_settlement(queries[row], outcomes[row]) for row in rows])
            for row, verdict in zip(rows, verdicts, strict=True):
                self._accept(outcomes[row], queries[row], step.name, verdict)
        return outcomes

    def _accept(self, outcome: Outcome, query: Query, step: str, verdict: StepResult) -> None:
        fault = self._fault(outcome, verdict) if isinstance(verdict, Answer) else ""
        outcome.views.append((step, verdict, fault))
        if isinstance(verdict, Answer):
            if not fault:
                outcome.answer = verdict
                outcome.settled = verdict.quality <= wanted(query)
            return
        outcome.reason = verdict.reason
        if isinstance(verdict, Deferred):
            outcome.delayed = True
        else:
            outcome.candidates = outcome.candidates or verdict.candidates
            outcome.settled = verdict.certain

    def _fault(self, outcome: Outcome, answer: Answer) -> str:
        before = outcome.answer
        if answer.confidence < self._least_confidence:
            return f"its confidence is below {self._least_confidence}"
        if self._bounds and not is_in(_place(answer), self._bounds):
            return "it is outside the region"
        if before and answer.quality >= before.quality:
            return "it is no finer than what was found before"
        if before and before.quality <= LocationQuality.SETTLEMENT and distance_km(_place(before), _place(answer)) > self._agree_km:
            return f"it is more than {self._agree_km:g} km from {before.name}"
        return ""


def wanted(query: Query) -> LocationQuality:
    """How fine the words are: as a street where the address names one or a house, else as a settlement."""
    return LocationQuality.STREET if query.address and names_street(query.address) else LocationQuality.REGION


def _with_settlement(query: Query, outcome: Outcome) -> Query:
    found = outcome.answer
    return replace(query, settlement=found.name) if found and found.quality is LocationQuality.SETTLEMENT else query


def _place(answer: Answer) -> Settlement:
    return Settlement(answer.name, answer.lng, answer.lat, 0)
