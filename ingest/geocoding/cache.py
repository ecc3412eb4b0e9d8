"""Addresses that a server has resolved before: the table `geocode_cache`."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.named_queries import query
from ingest.geocoding import Answer, Query, StepResult, Unresolved
from ingest.geocoding.toponyms.addresses import key_of


class Cache:
    """Answers from the table, and puts servers' answers into it."""

    name = "cache"

    def __init__(self, connection: asyncpg.Connection, max_age_days: float) -> None:
        self._connection = connection
        self._max_age = timedelta(days=max_age_days)

    async def locate(self, queries: Sequence[Query]) -> list[StepResult]:
        """A verdict for each query, in one question to the database."""
        keys = [key_of(one.address) for one in queries]
        if not any(keys):
            return [Unresolved("there is no address")] * len(keys)
        with database_errors("look into the cache of addresses"):
            rows = await self._connection.fetch(query("geocoding.read_cache"), list({key for key in keys if key}), self._max_age)
        known = {row["key"]: _answer(row) for row in rows}
        return [known.get(key, Unresolved("not asked before")) for key in keys]

    async def keep(self, answers: Mapping[str, Answer]) -> None:
        """Keep servers' answers, by address."""
        if not answers:
            return
        found = {key_of(address): answer for address, answer in answers.items()}
        rows = [
            (key, one.lng, one.lat, int(one.quality), one.confidence, int(one.geocoded_by), one.name) for key, one in sorted(found.items())
        ]
        with database_errors("keep addresses in the cache"):
            await self._connection.execute(query("geocoding.write_cache"), *map(list, zip(*rows, strict=True)))


def _answer(row: asyncpg.Record) -> StepResult:
    return Answer(
        row["lng"], row["lat"], LocationQuality(row["location_quality"]), row["confidence"], GeocodedBy(row["geocoded_by"]), row["name"]
    )
