"""Incidents to send to the service, and a client that sends them with an API key."""

from collections.abc import Iterable
from typing import Any

import httpx
import orjson

from geo_service.core.database import open_connection

KEY = "a-key-for-the-tests-1"
KEYED = {"Authorization": f"Bearer {KEY}"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def incident(name: str, **change: Any) -> dict[str, Any]:
    """An incident that can be used, with some members changed; None takes one away."""
    whole = {"id": name, "received_at": "2026-11-24T10:15:00+03:00", "lng": 38.9747, "lat": 45.0355, "sector": "roads", "theme": "Ямы"}
    return {member: value for member, value in (whole | change).items() if value is not None}


def lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """The incidents as NDJSON."""
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


async def send(client: httpx.AsyncClient, body: Any, key: str = "", **params: str) -> httpx.Response:
    """POST /api/incidents with the tests' key; bytes are NDJSON, anything else a JSON document."""
    headers = KEYED | ({"Idempotency-Key": key} if key else {})
    if isinstance(body, bytes):
        return await client.post("/api/incidents", content=body, headers=headers | NDJSON, params=params)
    return await client.post("/api/incidents", json=body, headers=headers, params=params)


def outcomes(answer: httpx.Response) -> list[str]:
    """The outcome of each row, in order."""
    return [row["outcome"] for row in answer.json()["rows"]]


async def emptied(url: str) -> None:
    """Delete incidents, runs and stored responses; the catalogue stays."""
    async with open_connection(url) as connection:
        await connection.execute(
            "truncate incident, incident_tombstone, reject, ingest_run, geocode_queue, idempotency_key, idempotency_response"
        )


async def fetch(url: str, text: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    async with open_connection(url) as connection:
        return [tuple(row) for row in await connection.fetch(text, *values)]


async def holds(url: str, text: str) -> bool:
    """Whether a statement returns any row."""
    return bool(await fetch(url, text))
