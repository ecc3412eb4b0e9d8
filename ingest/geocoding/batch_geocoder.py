"""Geocode the rows of a batch that came without coordinates, with the local steps only: a load does not wait for a server."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import md5

import asyncpg
import numpy as np
import orjson

from geo_service.core.database import database_errors
from geo_service.core.sql.named_queries import query
from ingest.geocoding import GeocodeQuery, PlaceCandidate
from ingest.geocoding.chain import Chain, GeocodingOutcome
from ingest.geocoding.coarse_coordinates import find_contradiction
from ingest.geocoding.toponyms.disambiguation import NO_PLACE
from ingest.validate.coordinates import cells
from ingest.write.incident_batch import IncidentBatch

CONTEXT_CONFIDENCE = 0.65
"""Most of a place that only the message names which is answered: who answers may be elsewhere."""

TOO_COARSE = "the text names a more precise place than was found"


@dataclass(frozen=True, slots=True)
class GeocodedBatch:
    """A batch with the places that were found, and its rows that stay in the queue."""

    batch: IncidentBatch
    waiting: Sequence[tuple[int, GeocodingOutcome]] = ()
    """Row of the batch, and the outcome until now."""
    contradictions: dict[int, str] = field(default_factory=dict)
    """Row of the batch whose words were used instead of its coarse coordinates → why."""


async def geocode_rows(chain: Chain, batch: IncidentBatch, rows: Sequence[int], contexts: Sequence[str] = ()) -> GeocodedBatch:
    """Return the batch with the places that the chain has found for these rows.

    contexts: of each row of the batch the message that it answers, which is searched where its own words name no place.
    """
    outcomes = await chain.locate([GeocodeQuery(batch.address[row], batch.message[row]) for row in rows])
    results = list(zip(rows, outcomes, strict=True))
    if contexts:
        results = await _search_contexts(chain, results, contexts)
    waiting = [(row, outcome) for row, outcome in results if not outcome.is_final or outcome.place is None]
    return GeocodedBatch(_set_places(batch, results), waiting)


_Results = list[tuple[int, GeocodingOutcome]]


async def _search_contexts(chain: Chain, results: _Results, contexts: Sequence[str]) -> _Results:
    """The results, with the places of the contexts where a row's own words name none: not even one that is unclear or unknown."""
    rows = [row for row, outcome in results if outcome.place is None and outcome.reason == NO_PLACE and contexts[row]]
    if not rows or chain.min_confidence > CONTEXT_CONFIDENCE:
        return results
    found = dict(zip(rows, await chain.locate([GeocodeQuery("", contexts[row]) for row in rows]), strict=True))
    return [(row, _as_context(found[row]) if row in found and found[row].place else outcome) for row, outcome in results]


def _as_context(outcome: GeocodingOutcome) -> GeocodingOutcome:
    place = outcome.place
    return replace(outcome, place=place and replace(place, confidence=min(place.confidence, CONTEXT_CONFIDENCE)), is_final=True)


async def check_coarse_rows(chain: Chain, geocoded: GeocodedBatch, rows: Sequence[int]) -> GeocodedBatch:
    """Return the batch with the places of the words in these rows, where they contradict the coarse coordinates."""
    batch = geocoded.batch
    outcomes = await chain.locate([GeocodeQuery(batch.address[row], batch.message[row]) for row in rows])
    results = [
        (row, outcome, contradiction)
        for row, outcome in zip(rows, outcomes, strict=True)
        if (contradiction := find_contradiction(outcome.place, float(batch.lng[row]), float(batch.lat[row])))
    ]
    placed = _set_places(batch, [(row, outcome) for row, outcome, _ in results])
    waiting = [(row, outcome) for row, outcome, _ in results if not outcome.is_final]
    return replace(
        geocoded,
        batch=placed,
        waiting=[*geocoded.waiting, *waiting],
        contradictions={row: contradiction for row, _, contradiction in results},
    )


async def enqueue_waiting(connection: asyncpg.Connection, geocoded: GeocodedBatch) -> None:
    """Put the waiting rows into the queue of `geo geocode --pending`; call it after the rows, in the same transaction."""
    batch = geocoded.batch
    rows = [
        (int(batch.source_id[row]), batch.external_id[row], digest_texts(batch.address[row], batch.message[row]),
         outcome.reason or TOO_COARSE, candidates_to_json(outcome.candidates))
        for row, outcome in geocoded.waiting
    ]  # fmt: skip
    with database_errors("enqueue rows for geocoding"):
        await connection.execute(query("geocoding.enqueue"), *map(list, zip(*rows, strict=True)))


def digest_texts(address: str, message: str) -> str:
    """Return the MD5 of an incident's texts as hex digits, computed as the database computes it."""
    return md5(f"{address}\n{message}".encode(), usedforsecurity=False).hexdigest()


def candidates_to_json(candidates: Sequence[PlaceCandidate]) -> str:
    """Encode candidates for a jsonb column."""
    return orjson.dumps([asdict(candidate) for candidate in candidates]).decode()


def _set_places(batch: IncidentBatch, results: Sequence[tuple[int, GeocodingOutcome]]) -> IncidentBatch:
    placed = [(row, outcome.place) for row, outcome in results if outcome.place]
    if not placed:
        return batch
    rows = np.array([row for row, _ in placed])
    columns = {name: getattr(batch, name).copy() for name in ("lng", "lat", "cell", "location_quality", "confidence", "geocoded_by")}
    columns["lng"][rows] = [place.lng for _, place in placed]
    columns["lat"][rows] = [place.lat for _, place in placed]
    columns["cell"][rows] = cells(columns["lng"][rows], columns["lat"][rows])
    columns["location_quality"][rows] = [place.quality for _, place in placed]
    columns["confidence"][rows] = [place.confidence for _, place in placed]
    columns["geocoded_by"][rows] = [place.geocoded_by for _, place in placed]
    return replace(batch, **columns)
