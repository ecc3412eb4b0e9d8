"""Take coordinates off incidents that were loaded when nobody compared them with the words: whole degrees, and contradictions."""

import asyncpg

from geo_service.core.sql.named_queries import query
from ingest.geocoding import GeocodeQuery
from ingest.geocoding.chain import Chain
from ingest.geocoding.coarse_coordinates import find_contradiction
from ingest.write.incident_writer import link_duplicates


async def release_coarse_coordinates(connection: asyncpg.Connection, chain: Chain, page: int) -> int:
    """Remove the coordinates of incidents whose words are to be geocoded instead, and return how many they are.

    Those are the incidents with words whose coordinates are whole degrees, or have one decimal and contradict the words. They have
    no location then, as if they had come without coordinates. chain: the steps that need no server. page: incidents a transaction.
    """
    count, after_id = 0, 0
    while rows := await connection.fetch(query("geocoding.list_coarse"), after_id, page):
        after_id = rows[-1]["id"]
        outcomes = await chain.locate([GeocodeQuery(row["address"], row["message"]) for row in rows])
        ids = [
            row["id"]
            for row, outcome in zip(rows, outcomes, strict=True)
            if row["is_whole"] or find_contradiction(outcome.place, row["lng"], row["lat"])
        ]
        if ids:
            async with connection.transaction():
                released = [row["id"] for row in await connection.fetch(query("geocoding.release_coarse"), ids)]
                await link_duplicates(connection, [], released)
            count += len(released)
    return count
