"""Places for the rows of a batch that came without one: by what is at hand, no server is asked while a file is loaded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import md5

import asyncpg
import numpy as np
import orjson

from geo_service.core.database import database_errors
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.named_queries import query
from ingest.geocoding import Candidate, Query
from ingest.geocoding.chain import Chain, Outcome
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import make_chain
from ingest.mapping.mapping import Bounds
from ingest.validate.coordinates import cells
from ingest.write.incident_batch import IncidentBatch


@dataclass(frozen=True, slots=True)
class GeocodedBatch:
    """A batch with the places that were found, and what is known of its rows that still wait."""

    batch: IncidentBatch
    waiting: Sequence[tuple[int, Outcome]]
    """Rows of the batch."""


class BatchGeocoder:
    """Places batches over one connection; made ready when the first row needs it."""

    def __init__(self, connection: asyncpg.Connection, configuration: GeocodingConfiguration, region: Bounds | None) -> None:
        self._connection, self._configuration, self._region = connection, configuration, region
        self._chain: Chain | None = None

    async def geocode(self, batch: IncidentBatch) -> GeocodedBatch:
        """The batch with the places that were found."""
        lacking = [row for row in np.flatnonzero(batch.cell == 0).tolist() if batch.address[row] or batch.message[row]]
        if not lacking:
            return GeocodedBatch(batch, [])
        if self._chain is None:
            self._chain = await make_chain(self._connection, self._configuration, self._region)
        outcomes = await self._chain.locate([Query(batch.address[row], batch.message[row]) for row in lacking])
        found = list(zip(lacking, outcomes, strict=True))
        waiting = [(row, one) for row, one in found if not one.settled or one.answer is None]
        return GeocodedBatch(_with_places(batch, found), waiting)

    async def enqueue_waiting(self, placed: GeocodedBatch) -> None:
        """Keep what is known of rows that wait; called once they are written, in the same transaction."""
        if not placed.waiting:
            return
        batch = placed.batch
        rows = [
            (int(batch.source_id[row]), batch.external_id[row], digest(batch.address[row], batch.message[row]), one.reason or COARSE,
             as_json(one.candidates))
            for row, one in placed.waiting
        ]  # fmt: skip
        with database_errors("note what waits for a place"):
            await self._connection.execute(query("geocoding.enqueue"), *map(list, zip(*rows, strict=True)))


COARSE = "the words name something finer than was found"


def digest(address: str, message: str) -> str:
    """Of the words of an incident, so that they need not be kept twice; as the database makes it."""
    return md5(f"{address}\n{message}".encode(), usedforsecurity=False).hexdigest()


def as_json(candidates: Sequence[Candidate]) -> str:
    """Candidates for a jsonb column."""
    return orjson.dumps([asdict(one) for one in candidates]).decode()


def _with_places(batch: IncidentBatch, found: Sequence[tuple[int, Outcome]]) -> IncidentBatch:
    answers = [(row, one.answer) for row, one in found if one.answer]
    if not answers:
        return batch
    rows = np.array([row for row, _ in answers])
    columns = {name: getattr(batch, name).copy() for name in ("lng", "lat", "cell", "location_quality", "confidence", "geocoded_by")}
    columns["lng"][rows] = [one.lng for _, one in answers]
    columns["lat"][rows] = [one.lat for _, one in answers]
    columns["cell"][rows] = cells(columns["lng"][rows], columns["lat"][rows])
    columns["location_quality"][rows] = [one.quality for _, one in answers]
    columns["confidence"][rows] = [one.confidence for _, one in answers]
    columns["geocoded_by"][rows] = [one.geocoded_by for _, one in answers]
    return replace(batch, **columns)


def counts_by_precision(batch: IncidentBatch) -> Counter[str]:
    """How many rows were placed by their words at which precision, and how many have no place."""
    told: Counter[str] = Counter()
    for quality in LocationQuality:
        here = (batch.location_quality == quality) & ((batch.geocoded_by >= GeocodedBy.GAZETTEER) | (batch.geocoded_by == 0))
        if count := int(np.count_nonzero(here)):
            told[quality.code] = count
    return told
