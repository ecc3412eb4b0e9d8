"""Every named query is prepared by PostgreSQL against the migrated schema: a misspelt column or a wrong type fails here."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from geo_service.core.database import open_connection
from geo_service.core.sql.named_queries import query, query_names

TEMPORARY_TABLES = ("ingest.create_staging_table", "boundaries.create_assignment_table")
"""Queries that create a table for others."""


def without_comments(text: str) -> str:
    """The statement alone."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction that has all temporary tables."""
    async with open_connection(database_url) as held, held.transaction():
        for name in TEMPORARY_TABLES:
            await held.execute(query(name))
        yield held


@pytest.mark.parametrize("name", query_names())
async def test_a_query_can_be_prepared(connection: asyncpg.Connection, name: str) -> None:
    text = query(name)
    assert "${" not in text
    statement = await connection.prepare(text)
    assert len(statement.get_parameters()) == max(map(int, re.findall(r"\$(\d+)", without_comments(text))), default=0)


async def test_a_misspelt_column_is_refused(connection: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.UndefinedColumnError, match="geocoded_bye"):
        await connection.prepare(query("ingest.upsert").replace("known.geocoded_by,", "known.geocoded_bye,", 1))
