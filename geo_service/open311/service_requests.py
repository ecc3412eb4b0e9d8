"""Read service requests from PostGIS."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from geo_service.core.instants import format_instant
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.core.sql.named_queries import query
from geo_service.open311.query import Cursor, ServiceRequestQuery

ALL_SOURCES = "*"


@dataclass(frozen=True, slots=True)
class ServiceRequestPage:
    """Service requests, newest first."""

    requests: list[dict[str, Any]]
    following: Cursor | None = None
    """Where the next page begins; None after the last one."""


async def fetch_service_requests(
    connection: asyncpg.Connection, filters: ServiceRequestQuery, text_sources: Sequence[str], *, with_media: bool = False
) -> ServiceRequestPage:
    """Return a page of the requests that match the filters.

    text_sources: codes of the sources whose texts and addresses may be published. with_media: with the addresses of
    photographs, which are for operators.
    """
    ids, following = filters.ids, None
    if ids is None:
        ids, following = await _list_ids(connection, filters)
    rows = await connection.fetch(query("open311.get_requests"), ids, with_media)
    return ServiceRequestPage([_to_service_request(row, text_sources) for row in rows], following)


async def _list_ids(connection: asyncpg.Connection, filters: ServiceRequestQuery) -> tuple[list[int], Cursor | None]:
    """Return the ids of a page, and where the next one begins."""
    name = "open311.list_by_change" if filters.by_update else "open311.list_by_received_at"
    after = (filters.after.position, filters.after.id) if filters.after else (None, None)
    # One more than the page has shows whether there is another page.
    rows = await connection.fetch(
        query(name), filters.begin, filters.end, filters.themes, filters.statuses, filters.limit + 1, filters.offset, *after
    )
    page = rows[: filters.limit]
    following = Cursor(page[-1]["position"], page[-1]["id"]) if len(rows) > len(page) else None
    return [row["id"] for row in page], following


async def complete_request(
    connection: asyncpg.Connection, incident_id: int, media_urls: Sequence[str], *, has_districts: bool
) -> bool:  # fmt: skip
    """Store the addresses of photographs of a request that was sent; return whether its place is outside of every district.

    has_districts: whether there are any.
    """
    if media_urls:
        await connection.execute(query("open311.insert_media"), [incident_id] * len(media_urls), list(media_urls))
    return has_districts and bool(await connection.fetchval(query("open311.is_outside"), incident_id))


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
        "updated_datetime": _format_optional(row["modified_at"] if is_open or row["closed_at"] is None else row["closed_at"]),
        "modified_datetime": _format_optional(row["modified_at"]),
        "expected_datetime": _format_optional(row["due_at"]),
        "address": row["address"] if with_texts else None,
        "address_id": None,
        "zipcode": None,
        "lat": row["lat"],
        "long": row["lng"],
        "media_url": " ".join(row["media_urls"] or ()) or None,
    }


def _format_optional(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at.timestamp())
