"""Keeping the rows that could not be used."""

from collections import Counter
from collections.abc import Sequence

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.named_queries import query
from ingest.validate.row_errors import Reject


async def store_rejects(connection: asyncpg.Connection, run: int, source_name: str, rejects: Sequence[Reject]) -> None:
    """Write `rejects` of the input `source_name`; those kept before are not doubled."""
    if not rejects:
        return
    columns = zip(*((one.line, one.reason.value, one.detail, one.text) for one in rejects), strict=True)
    with database_errors("keep rejected rows"):
        await connection.execute(query("ingest.insert_rejects"), run, source_name, *map(list, columns))


def by_reason(rejects: Sequence[Reject]) -> Counter[str]:
    """How many for each reason."""
    return Counter(one.reason.value for one in rejects)
