"""Runs whose process has ended without a word: killed, or on a machine that lost its power."""

import asyncio
from contextlib import suppress

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.sql.named_queries import query

CHECK_INTERVAL_S = 60.0


async def mark_interrupted_runs(url: str) -> None:
    """Mark the runs as interrupted that are recorded as running and whose database session is gone; their counts stay."""
    async with open_connection(url) as connection:
        with database_errors("look for interrupted runs"):
            await connection.execute(query("ingest.mark_interrupted_runs"))


async def watch_interrupted_runs(url: str) -> None:
    """Mark them at once and then every minute, until cancelled.

    Once is not enough: PostgreSQL may need a while to notice that the process of a session is gone.
    """
    while True:
        # The replica's follower logs that the database is away.
        with suppress(DatabaseUnavailable):
            await mark_interrupted_runs(url)
        await asyncio.sleep(CHECK_INTERVAL_S)
