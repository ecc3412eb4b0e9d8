"""The chain as the configuration, the database's districts and the settings make it."""

import asyncio
from typing import TYPE_CHECKING

import asyncpg

from boundaries.stored import read_stored
from geo_service.core.database import database_errors
from geo_service.core.named_queries import query
from ingest.geocoding import Step
from ingest.geocoding.cache import Cache
from ingest.geocoding.chain import Chain
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.gazetteer import Gazetteer
from ingest.geocoding.toponyms.gazetteer_index import GazetteerIndex, build
from ingest.geocoding.toponyms.settlements import own_places
from ingest.mapping.mapping import Bounds

if TYPE_CHECKING:  # At run time only whoever asks a server imports it: its libraries are an extra.
    from ingest.geocoding.server import Server


async def read_region(connection: asyncpg.Connection, configuration: GeocodingConfiguration) -> Bounds | None:
    """Where incidents are expected: the configuration's bounds, or else the box around the loaded districts."""
    if configuration.bounds:
        return configuration.bounds
    with database_errors("look for the region"):
        row = await connection.fetchrow(query("geocoding.district_extent"))
    return None if row["west"] is None else (row["west"], row["south"], row["east"], row["north"])


async def read_gazetteer_index(
    connection: asyncpg.Connection, configuration: GeocodingConfiguration, region: Bounds | None
) -> GazetteerIndex | None:
    """The region's names; None where no region is known."""
    with database_errors("read the districts"):
        known = await read_stored(connection)
    if region is None and not known.all:
        return None
    own = own_places(configuration.settlements) if configuration.settlements else []
    return await asyncio.to_thread(build, known.all, own, region)


async def make_chain(
    connection: asyncpg.Connection, configuration: GeocodingConfiguration, region: Bounds | None, server: "Server | None" = None
) -> Chain:
    """The chain, its steps in the configured order; without the server, where none is given."""
    steps: list[Step] = []
    for name in configuration.steps:
        if name == "cache":
            steps.append(Cache(connection, configuration.cache.max_age_days))
        elif name == "gazetteer":
            steps.append(Gazetteer(await read_gazetteer_index(connection, configuration, region), configuration.coarsest_quality))
        elif server:
            steps.append(server)
    return Chain(steps, configuration.least_confidence, region, configuration.agree_km)
