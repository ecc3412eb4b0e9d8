"""Requests as they are in PostGIS: which ones, then what is told of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.instants import format_instant
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.core.named_queries import query
from geo_service.open311.query import ServiceRequestQuery

ALL = "*"

_POOL_WAIT_S = 5.0
"""For a free connection; then it is 503."""


async def find(pool: asyncpg.Pool, asked: ServiceRequestQuery, shown: Sequence[str]) -> list[dict[str, Any]]:
    """The requests asked for, newest first; shown: sources whose words may be seen. `DatabaseUnavailable`."""
    with database_errors("look for requests"):
        async with pool.acquire(timeout=_POOL_WAIT_S) as held:
            ids = asked.ids
            if ids is None:
                named = "open311.list_by_updated_at" if asked.by_update else "open311.list_by_received_at"
                bounds = asked.begin, asked.end, asked.themes, asked.statuses, asked.limit, asked.offset
                ids = [row["id"] for row in await held.fetch(query(named), *bounds)]
            rows = await held.fetch(query("open311.get_requests"), ids)
    return [_request(row, shown) for row in rows]


def _request(row: asyncpg.Record, shown: Sequence[str]) -> dict[str, Any]:
    status = Status(row["status"])
    is_open = status in OPEN_STATUSES
    worded = ALL in shown or row["source"] in shown
    return {
        "service_request_id": str(row["id"]),
        "status": "open" if is_open else "closed",
        "status_notes": status.code,
        "service_name": row["name_ru"],
        "service_code": row["code"],
        "description": row["message"] if worded else None,
        "agency_responsible": row["agency"],
        "service_notice": None,
        "requested_datetime": _moment(row["received_at"]),
        "updated_datetime": _moment(row["updated_at"] if is_open or row["closed_at"] is None else row["closed_at"]),
        "expected_datetime": _moment(row["due_at"]),
        "address": row["address"] if worded else None,
        "address_id": None,
        "zipcode": None,
        "lat": row["lat"],
        "long": row["lng"],
        "media_url": None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at.timestamp())
