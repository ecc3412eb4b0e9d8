"""A connection's end: whatever the server does then, what happened before is what is told."""

import asyncpg
import pytest

from geo_service.core.database import open_connection
from geo_service.core.errors import DatabaseUnavailable


async def test_a_server_that_does_not_answer_the_farewell_hides_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def close(held: asyncpg.Connection, *, timeout: float) -> None:  # noqa: ASYNC109  # as asyncpg has it
        held.terminate()
        raise TimeoutError

    monkeypatch.setattr(asyncpg.Connection, "close", close)
    async with open_connection(database_url) as held:
        assert await held.fetchval("select 1") == 1
    assert held.is_closed()
    with pytest.raises(DatabaseUnavailable, match="what it was"):
        async with open_connection(database_url):
            raise DatabaseUnavailable("what it was")
