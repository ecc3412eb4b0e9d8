"""Read service requests from PostGIS."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.instants import format_instant
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.core.sql.named_queries import query
from geo_service.open311.query import ServiceRequestQuery

ALL_SOURCES = "*"


async def fetch_service_requests(connection: asyncpg.Connection, filters: ServiceRequestQuery) -> Sequence[asyncpg.Record]:
    """Return the rows of the requests that match the filters, newest first. Raises `DatabaseUnavailable`."""
    with database_errors("look for requests"):
        ids = filters.ids
        if ids is None:
            name = "open311.list_by_updated_at" if filters.by_update else "open311.list_by_received_at"
            args = filters.begin, filters.end, filters.themes, filters.statuses, filters.limit, filters.offset
            ids = [row["id"] for row in await connection.fetch(query(name), *args)]
        rows: Sequence[asyncpg.Record] = await connection.fetch(query("open311.get_requests"), ids)
        return rows


def to_service_requests(rows: Sequence[asyncpg.Record], text_sources: Sequence[str]) -> list[dict[str, Any]]:
    """Return the requests as the standard has them. text_sources: codes of the sources whose texts and addresses may be published."""
    return [_to_service_request(row, text_sources) for row in rows]


def _to_service_request(row: asyncpg.Record, text_sources: Sequence[str]) -> dict[str, Any]:
    status = Status(row["status"])
    is_open = status in OPEN_STATUSES
    with_texts = ALL_SOURCES in text_sources or row["source"] in text_sources
    return {
        "service_request_id": str(row["id"]),
        "status": "open" if is_open else "closed",
        "status_notes": status.code,
        "service_name": row["name_ru"],
        "service_code": row["code"],
        "description": row["message"] if with_texts else None,
        "agency_responsible": row["agency"],
        "service_notice": None,
        "requested_datetime": _format_optional(row["received_at"]),
        "updated_datetime": _format_optional(row["updated_at"] if is_open or row["closed_at"] is None else row["closed_at"]),
        "expected_datetime": _format_optional(row["due_at"]),
        "address": row["address"] if with_texts else None,
        "address_id": None,
        "zipcode": None,
        "lat": row["lat"],
        "long": row["lng"],
        "media_url": None,
    }


def _format_optional(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at.timestamp())
