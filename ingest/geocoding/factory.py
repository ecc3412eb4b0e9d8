"""Make the geocoding chain from the configuration, the loaded districts and a server."""

import asyncio
from typing import TYPE_CHECKING

import asyncpg

from boundaries.stored import read_stored
from geo_service.core.database import database_errors
from ingest.geocoding import Step
from ingest.geocoding.chain import Chain
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.local_steps import AddressCache, Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex, build_index
from ingest.geocoding.toponyms.settlements import read_own_settlements
from ingest.mapping.mapping import LngLatBounds

if TYPE_CHECKING:  # Imported by callers that use a server: its libraries are an extra.
    from ingest.geocoding.server import GeocodingServer


async def read_gazetteer_index(
    connection: asyncpg.Connection, configuration: GeocodingConfiguration, region: LngLatBounds | None
) -> GazetteerIndex | None:
    """Return the index of the region's place names; None if no region is known."""
    with database_errors("read the districts"):
        stored = await read_stored(connection)
    if region is None and not stored.all:
        return None
    own = read_own_settlements(configuration.settlements) if configuration.settlements else []
    return await asyncio.to_thread(build_index, stored.all, own, region)


async def make_chain(
    connection: asyncpg.Connection,
    configuration: GeocodingConfiguration,
    region: LngLatBounds | None,
    server: "GeocodingServer | None" = None,
) -> Chain:
    """Return the chain with its steps in the configured order; the step `server` is left out if `server` is None."""
    steps: list[Step] = []
    for name in configuration.steps:
        if name == "cache":
            steps.append(AddressCache(connection, configuration.cache.max_age_days))
        elif name == "gazetteer":
            steps.append(Gazetteer(await read_gazetteer_index(connection, configuration, region), configuration.max_coarseness))
        elif server:
            steps.append(server)
    return Chain(steps, configuration.least_confidence, region, configuration.agree_km)
