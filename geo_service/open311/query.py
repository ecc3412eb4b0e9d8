"""What a client asks for: filters of requests, in the standard's words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.queries.selection import read_instant, read_int

SPAN_S = 90 * 86_400
"""Longest interval that may be asked for, and the one that is meant when none is named."""

MOST = 1000
"""Requests in an answer, and ids in a question."""

MOST_BEFORE = 100_000
"""Requests that may be passed over to come to a page; the interval can be made shorter instead."""

_STATUSES = {"open": tuple(sorted(OPEN_STATUSES)), "closed": tuple(sorted(frozenset(Status) - OPEN_STATUSES))}
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ServiceRequestQuery:
    """Which requests are asked for. Where there are `ids`, they alone."""

    ids: Sequence[int] | None
    by_update: bool
    """Whether `begin` and `end` are about the last change instead of the receipt."""
    begin: datetime
    end: datetime
    themes: Sequence[int] | None
    statuses: Sequence[int]
    limit: int
    offset: int


def read_query(asked: Mapping[str, str], catalogue: Catalogue, zone: ZoneInfo, now: int) -> ServiceRequestQuery:
    """The question; a blank parameter is none. `InvalidParameter` and `NotFound` say what is wrong with it."""
    given = {name: value.strip() for name, value in asked.items() if value.strip()}
    begin, end = _span(given, zone, now)
    size = read_int(given, "page_size", 1, MOST, MOST)
    page = read_int(given, "page", 1, MOST_BEFORE, 1)
    if (page - 1) * size > MOST_BEFORE:
        raise InvalidParameter("page", f"is too far: {MOST_BEFORE:,} requests come before it", "a shorter interval of dates")
    return ServiceRequestQuery(
        ids=read_ids(given["service_request_id"]) if "service_request_id" in given else None,
        by_update=_by_update(given),
        begin=datetime.fromtimestamp(begin, UTC),
        end=datetime.fromtimestamp(end, UTC),
        themes=_themes(given, catalogue),
        statuses=_read_statuses(given),
        limit=size,
        offset=(page - 1) * size,
    )


def by_ids(text: str) -> ServiceRequestQuery:
    """The question for the requests with these ids."""
    epoch = datetime.fromtimestamp(0, UTC)
    return ServiceRequestQuery(read_ids(text), False, epoch, epoch, None, (), MOST, 0)


def read_ids(text: str) -> list[int]:
    """Ids joined by commas; one that can be none of ours is left out."""
    ids = [one.strip() for one in text.split(",")]
    if len(ids) > MOST:
        raise InvalidParameter("service_request_id", f"names {len(ids):,}", f"at most {MOST:,}")
    return [int(one) for one in ids if re.fullmatch("[0-9]{1,19}", one) and int(one) <= _LARGEST_ID]


def _by_update(given: Mapping[str, str]) -> bool:
    return "updated_after" in given and "start_date" not in given and "end_date" not in given


def _span(given: Mapping[str, str], zone: ZoneInfo, now: int) -> tuple[int, int]:
    """Begin and end, seconds since 1970, both included as the standard has it."""
    if _by_update(given):
        return read_instant(given, "updated_after", zone, 0), now
    if "updated_after" in given:
        raise InvalidParameter("updated_after", "cannot stand beside start_date and end_date", "either it or these")
    named = "start_date" in given
    end = read_instant(given, "end_date", zone, read_instant(given, "start_date", zone, 0) + SPAN_S if named else now)
    begin = read_instant(given, "start_date", zone, max(end - SPAN_S, 0))
    if begin > end:
        raise InvalidParameter("start_date", "is after end_date", "an earlier instant")
    if end - begin > SPAN_S:
        raise InvalidParameter("end_date", "is more than 90 days after start_date", "a span of up to 90 days")
    return begin, end


def _themes(given: Mapping[str, str], catalogue: Catalogue) -> list[int] | None:
    """A sector that no incident has been of yet is known, and has none."""
    if "service_code" not in given:
        return None
    codes = [one.strip() for one in given["service_code"].split(",")]
    if unknown := [one for one in codes if one not in catalogue.themes.by_code and one not in catalogue.sectors.by_code]:
        raise NotFound(f"service_code {unknown[0][:60]!r} was not found")
    return [catalogue.themes.by_code[one].id for one in codes if one in catalogue.themes.by_code]


def _read_statuses(given: Mapping[str, str]) -> list[int]:
    named = [one.strip().lower() for one in given.get("status", "open,closed").split(",")]
    if unknown := [one for one in named if one not in _STATUSES]:
        raise InvalidParameter("status", f"{unknown[0][:40]!r} is unknown", list(_STATUSES))
    return sorted({status.value for one in named for status in _STATUSES[one]})
