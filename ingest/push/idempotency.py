"""Requests with an Idempotency-Key: responses are kept for a day, each part in the transaction of its batch."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import asyncpg
import orjson

from geo_service.core.database import database_errors
from geo_service.core.errors import IdempotencyKeyReused
from geo_service.core.ingest_protocol import BatchResult, IngestRequest, IngestSummary, ResultStream
from geo_service.core.sql.named_queries import query
from ingest.push.writer_pool import Lease

_PARTS_AT_ONCE = 50


class HashingBody:
    """A body that is hashed while it is read."""

    def __init__(self, request: IngestRequest, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._hash = hashlib.sha256(repr((request.source, request.lines, request.digest)).encode())
        self._hashes_body = not request.digest

    async def parts(self) -> AsyncGenerator[bytes, None]:
        """The body's own parts."""
        async for part in self._body:
            if self._hashes_body:
                self._hash.update(part)
            yield part

    async def read_to_end(self) -> bytes:
        """Read the rest of the body for the digest alone."""
        async for _ in self.parts():
            pass
        return self.digest

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes read so far and the request's own fields."""
        return self._hash.digest()


class IdempotencyStore:
    """The stored response of one key, whose lock the request holds."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._part = 0

    async def lookup(self, connection: asyncpg.Connection) -> tuple[bytes, dict[str, Any]] | None:
        """The digest of the request that was answered completely, and its summary; None where there is none."""
        with database_errors("look for the Idempotency-Key"):
            await connection.execute(query("idempotency.purge_expired"))
            row = await connection.fetchrow(query("idempotency.lookup"), self._key)
            if row is None:
                await connection.execute(query("idempotency.reset"), self._key)
        return None if row is None else (row["digest"], orjson.loads(row["summary"]))

    async def replay(self, answered: tuple[bytes, dict[str, Any]], body: HashingBody, writers: Lease) -> ResultStream:
        """The stored response, read over a writer for each page. Raises `IdempotencyKeyReused` where the request is another one."""
        digest, summary = answered
        if await body.read_to_end() != digest:
            raise IdempotencyKeyReused("this Idempotency-Key belongs to another request; a new request needs a new key")
        after = 0
        while True:
            async with writers() as writer:
                with database_errors("read a kept answer"):
                    rows = await writer.connection.fetch(query("idempotency.read_parts"), self._key, after, _PARTS_AT_ONCE)
            for row in rows:
                yield BatchResult(row["lines"], repeated=True)
            if len(rows) < _PARTS_AT_ONCE:
                break
            after = rows[-1]["part"] + 1
        yield IngestSummary(summary, repeated=True)

    async def append(self, connection: asyncpg.Connection, lines: bytes) -> None:
        """Store a part of the response, in the transaction of its batch."""
        await connection.execute(query("idempotency.append_part"), self._key, self._part, lines)
        self._part += 1

    async def complete(self, connection: asyncpg.Connection, digest: bytes, summary: dict[str, Any]) -> None:
        """Store the end of the response."""
        await connection.execute(query("idempotency.complete"), self._key, digest, orjson.dumps(summary))
