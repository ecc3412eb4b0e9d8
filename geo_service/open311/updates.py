"""Updates of service requests, the extension of FixMyStreet: changes of status that are served, and updates that clients send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import format_instant, parse_iso_instant
from geo_service.core.media_urls import read_media
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.core.sql.named_queries import query
from geo_service.open311.query import Cursor, read_ids, read_interval
from geo_service.open311.update_statuses import DESCRIPTIONS, UPDATE_STATUS_OF, UPDATE_STATUSES, choose_status
from geo_service.queries.selection import read_int

MAX_UPDATES = 50_000
"""Updates in a response: FixMyStreet reads no pages, and must get all of an interval at once."""

MAX_TEXT = 10_000
"""Characters of an update's text that are stored, as of an incident."""

_MAX_ID = 200
_CLOSED = sorted(frozenset(Status) - OPEN_STATUSES)


@dataclass(frozen=True, slots=True)
class UpdateQuery:
    """A filter of changes of status."""

    ids: Sequence[int] | None
    """Requests; None for all."""
    begin: datetime
    end: datetime
    """Included."""
    limit: int
    after: Cursor | None
    is_paged: bool
    """Whether the client reads pages; otherwise an answer that is cut would lose changes."""


@dataclass(frozen=True, slots=True)
class SentUpdate:
    """An update that a client has sent."""

    request_id: int
    sender_update_id: str | None
    """The update's id in the system that sends it: sent again, it is the same update."""
    status: str
    """As in the protocol, in upper case."""
    at: datetime
    text: str
    media_urls: Sequence[str]
    notice: str | None
    """What was left out."""


def read_update_query(filters: Mapping[str, str], zone: ZoneInfo, now: int) -> UpdateQuery:
    """Read the filters; a blank parameter counts as absent. now: seconds since 1970. Raises `InvalidParameter`."""
    filters = {name: value.strip() for name, value in filters.items() if value.strip()}
    begin, end = read_interval(filters, zone, now)
    return UpdateQuery(
        ids=read_ids(filters["service_request_id"]) if "service_request_id" in filters else None,
        begin=datetime.fromtimestamp(begin, UTC),
        end=datetime.fromtimestamp(end, UTC),
        limit=read_int(filters, "page_size", 1, MAX_UPDATES, MAX_UPDATES),
        after=Cursor.decode(filters["after"]) if "after" in filters else None,
        is_paged="page_size" in filters or "after" in filters,
    )


async def fetch_updates(
    connection: asyncpg.Connection, filters: UpdateQuery, *, with_texts: bool
) -> tuple[list[dict[str, Any]], Cursor | None]:
    """Return changes of status, oldest first, and where the next page begins.

    with_texts: with the texts and photographs that clients have sent, which are for operators. Raises `InvalidParameter` if there
    are more than fit into a response and the client reads no pages.
    """
    after = (filters.after.position, filters.after.id) if filters.after else (None, None)
    values = filters.begin, filters.end, filters.ids, filters.limit + 1, *after, with_texts
    async with connection.transaction():
        await connection.execute(query("open311.await_status_changes"))
        rows = await connection.fetch(query("open311.list_status_changes"), *values)
    page = rows[: filters.limit]
    if len(rows) == len(page):
        return [_to_update(row) for row in page], None
    if not filters.is_paged:
        raise InvalidParameter("start_date", f"more than {MAX_UPDATES:,} updates", "a shorter interval, or page_size and the linked pages")
    return [_to_update(row) for row in page], Cursor(page[-1]["changed_at"], page[-1]["id"])


def read_update(form: Mapping[str, str], zone: ZoneInfo, now: datetime) -> SentUpdate:
    """Return the update in a form. Name, e-mail, telephone and attributes of the sender are left out.

    zone: of a `updated_datetime` without an offset. Raises `InvalidParameter`.
    """
    form = {name: value.strip() for name, value in form.items()}
    ids = read_ids(form.get("service_request_id", ""))
    if not form.get("service_request_id"):
        raise InvalidParameter("service_request_id", "is missing", "the id of a request")
    if len(ids) != 1:
        raise NotFound(f"service_request_id {form['service_request_id'][:40]!r} was not found")
    status = form.get("status", "").upper().replace(" ", "_")
    if status not in UPDATE_STATUSES:
        raise InvalidParameter("status", f"{form['status'][:40]!r} is unknown" if status else "is missing", list(UPDATE_STATUSES))
    sender_update_id = form.get("update_id") or None
    if sender_update_id and len(sender_update_id) > _MAX_ID:
        raise InvalidParameter("update_id", "is too long", f"at most {_MAX_ID} characters")
    urls, notice = read_media(form.get("media_url", ""))
    text = form.get("description", "").replace("\0", "\ufffd")[:MAX_TEXT]
    return SentUpdate(ids[0], sender_update_id, status, _read_instant(form, zone, now), text, urls, notice)


async def store_update(connection: asyncpg.Connection, update: SentUpdate) -> str:
    """Store an update, and change the request's status if it says so; return the update's id.

    The same update again has the same id and no second effect. Raises `NotFound` for an unknown request.
    """
    async with connection.transaction():
        known = await connection.fetchrow(query("open311.lock_request"), update.request_id, _CLOSED)
        if known is None:
            raise NotFound(f"service_request_id '{update.request_id}' was not found")
        if update.sender_update_id:
            found = await connection.fetchval(query("open311.find_sent_update"), update.request_id, update.sender_update_id)
            if found is not None:
                return str(found)
        return str(await _write_update(connection, update, known))


async def _write_update(connection: asyncpg.Connection, update: SentUpdate, known: asyncpg.Record) -> int:
    before = Status(known["status"])
    after = choose_status(before, update.status, update.at, known["crossed_at"])
    sent = update.request_id, update.sender_update_id, update.text, list(update.media_urls)
    if after is before:
        return int(await connection.fetchval(query("open311.insert_comment"), *sent, before))
    await connection.execute(query("open311.set_status"), update.request_id, after, update.at, after not in OPEN_STATUSES)
    await connection.execute(query("open311.record_status_changes"), [update.request_id], [before], [after])
    return int(await connection.fetchval(query("open311.describe_last_change"), *sent))


def _to_update(row: asyncpg.Record) -> dict[str, Any]:
    status = Status(row["status"])
    return {
        "update_id": str(row["id"]),
        "service_request_id": str(row["incident_id"]),
        "status": UPDATE_STATUS_OF[status],
        "updated_datetime": format_instant(row["changed_at"].timestamp()),
        "description": row["message"] or DESCRIPTIONS[status],
        "external_status_code": status.code,
        "media_url": " ".join(row["media_urls"]) or None,
    }


def _read_instant(form: Mapping[str, str], zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the update was made, never in the future. Raises `InvalidParameter`."""
    text = form.get("updated_datetime", "")
    if not text:
        return now
    try:
        at = parse_iso_instant(text, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidParameter("updated_datetime", f"{text[:40]!r} is not an instant", "2026-11-24T10:15:00+03:00") from error
    if at.year < 1971:
        raise InvalidParameter("updated_datetime", f"{text[:40]!r} is too early", "an instant since 1971")
    return min(at, now)
