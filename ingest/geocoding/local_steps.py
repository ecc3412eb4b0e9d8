"""The steps that need no network: the cache of addresses, and the gazetteer of settlements and districts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.model import GeocodedBy, LocationQuality
from geo_service.core.sql.named_queries import query
from ingest.geocoding import GeocodedPlace, GeocodeQuery, StepResult, Unresolved
from ingest.geocoding.toponyms.addresses import address_key
from ingest.geocoding.toponyms.disambiguation import NO_PLACE, disambiguate
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex
from ingest.geocoding.toponyms.place_mentions import find_mentions


class AddressCache:
    """Addresses that a server has resolved before: the table `geocode_cache`."""

    name = "cache"

    def __init__(self, connection: asyncpg.Connection, max_age_days: float) -> None:
        self._connection = connection
        self._max_age = timedelta(days=max_age_days)

    async def locate(self, queries: Sequence[GeocodeQuery]) -> list[StepResult]:
        """Return one result for each query, read with one statement."""
        keys = [address_key(geocode_query.address) for geocode_query in queries]
        if not any(keys):
            return [Unresolved("there is no address")] * len(keys)
        with database_errors("look into the cache of addresses"):
            rows = await self._connection.fetch(query("geocoding.read_cache"), list({key for key in keys if key}), self._max_age)
        places = {row["key"]: _place_of_row(row) for row in rows}
        return [places.get(key, Unresolved("not asked before")) for key in keys]

    async def store(self, places: Mapping[str, GeocodedPlace]) -> None:
        """Store the places that a server has found: address → place."""
        if not places:
            return
        by_key = {address_key(address): place for address, place in places.items()}
        rows = [
            (key, place.lng, place.lat, int(place.quality), place.confidence, int(place.geocoded_by), place.name)
            for key, place in sorted(by_key.items())
        ]
        with database_errors("store addresses in the cache"):
            await self._connection.execute(query("geocoding.write_cache"), *map(list, zip(*rows, strict=True)))


def _place_of_row(row: asyncpg.Record) -> StepResult:
    return GeocodedPlace(
        row["lng"], row["lat"], LocationQuality(row["location_quality"]), row["confidence"], GeocodedBy(row["geocoded_by"]), row["name"]
    )


_NO_WORDS = Unresolved("there are no words")


class Gazetteer:
    """Find the one settlement or district that the texts of an incident name, in any grammatical case."""

    name = "gazetteer"

    def __init__(self, index: GazetteerIndex | None, max_coarseness: LocationQuality = LocationQuality.DISTRICT) -> None:
        """index: None if no region is known; then every query is unresolved, because most names exist in several regions."""
        self._index = index
        self._max_coarseness = max_coarseness

    async def locate(self, queries: Sequence[GeocodeQuery]) -> list[StepResult]:
        """Return one result for each query."""
        return [self.find(geocode_query) for geocode_query in queries]

    def find(self, geocode_query: GeocodeQuery) -> StepResult:
        """Search the address, then the message if the address names no place."""
        if self._index is None:
            return Unresolved("no region is known: load districts, or set bounds in the geocoding configuration")
        result: StepResult = _NO_WORDS
        for text in (geocode_query.address, geocode_query.message):
            if text:
                result = disambiguate(find_mentions(text, self._index), self._index, self._max_coarseness)
                if not isinstance(result, Unresolved) or result.reason != NO_PLACE:
                    return result
        return result
