"""Parse the filters of service requests, as the standard names them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import LATEST
from geo_service.core.integers import MAX_BIGINT, is_int
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.queries.selection import read_instant, read_int

MAX_INTERVAL_S = 90 * 86_400
"""The longest interval, and the default one, seconds: the standard demands both."""

MAX_REQUESTS = 1000
"""Requests in a response, and ids in a query."""

MAX_OFFSET = 100_000
"""Requests before a page. PostgreSQL reads them to skip them; clients can use a shorter interval instead."""

_EPOCH, _MICROSECOND = datetime.fromtimestamp(0, UTC), timedelta(microseconds=1)
_LATEST_MICROSECOND = LATEST * 1_000_000

_STATUSES = {"open": tuple(sorted(OPEN_STATUSES)), "closed": tuple(sorted(frozenset(Status) - OPEN_STATUSES))}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the instant by which it is sorted, and the id."""

    position: datetime
    id: int

    def encode(self) -> str:
        """Return the value of the parameter `after`.

        >>> Cursor(datetime(2026, 11, 24, tzinfo=UTC), 7).encode()
        '1795478400000000-7'
        """
        return f"{(self.position - _EPOCH) // _MICROSECOND}-{self.id}"

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Return the cursor behind a value of `after`. Raises `InvalidParameter`."""
        instant, _, id_ = text.partition("-")
        if not is_int(instant, 0, _LATEST_MICROSECOND) or not is_int(id_, 0, MAX_BIGINT):
            raise InvalidParameter("after", "invalid cursor", "the value in the link to the next page")
        return cls(_EPOCH + int(instant) * _MICROSECOND, int(id_))


@dataclass(frozen=True, slots=True)
class ServiceRequestQuery:
    """A filter of service requests."""

    ids: Sequence[int] | None
    """If present, the other filters do not count."""
    by_update: bool
    """Whether `begin` and `end` are about the last change instead of the receipt."""
    begin: datetime
    end: datetime
    """Included."""
    themes: Sequence[int] | None
    """Ids; None for all."""
    statuses: Sequence[int]
    limit: int
    offset: int
    after: Cursor | None = None
    """The last request of the page before."""


def read_query(params: Mapping[str, str], catalogue: Catalogue, zone: ZoneInfo, now: int) -> ServiceRequestQuery:
    """Read the filters; a blank parameter counts as absent. now: seconds since 1970.

    Raises `InvalidParameter`, and `NotFound` for an unknown service.
    """
    filters = {name: value.strip() for name, value in params.items() if value.strip()}
    begin, end = (read_instant(filters, "updated_after", zone, 0), now) if _is_by_update(filters) else read_interval(filters, zone, now)
    size = read_int(filters, "page_size", 1, MAX_REQUESTS, MAX_REQUESTS)
    page = read_int(filters, "page", 1, MAX_OFFSET, 1)
    if (page - 1) * size > MAX_OFFSET:
        raise InvalidParameter("page", f"more than {MAX_OFFSET:,} requests come before it", "a shorter interval, or the linked pages")
    if "page" in filters and "after" in filters:
        raise InvalidParameter("after", "cannot be combined with page", "either it or page")
    return ServiceRequestQuery(
        ids=read_ids(filters["service_request_id"]) if "service_request_id" in filters else None,
        by_update=_is_by_update(filters),
        begin=datetime.fromtimestamp(begin, UTC),
        end=datetime.fromtimestamp(end, UTC),
        themes=_read_themes(filters, catalogue),
        statuses=_read_statuses(filters),
        limit=size,
        offset=(page - 1) * size,
        after=Cursor.decode(filters["after"]) if "after" in filters else None,
    )


def query_by_ids(text: str) -> ServiceRequestQuery:
    """Return the query for the requests with these ids, separated by commas. Raises `InvalidParameter`."""
    epoch = datetime.fromtimestamp(0, UTC)
    return ServiceRequestQuery(read_ids(text), False, epoch, epoch, None, (), MAX_REQUESTS, 0)


def read_ids(text: str) -> list[int]:
    """Read ids separated by commas. Raises `InvalidParameter` for too many.

    Other texts than numbers are left out: they are valid ids of other servers, and here of no request.
    """
    ids = [id_.strip() for id_ in text.split(",")]
    if len(ids) > MAX_REQUESTS:
        raise InvalidParameter("service_request_id", f"has {len(ids):,} ids", f"at most {MAX_REQUESTS:,}")
    return [int(id_) for id_ in ids if is_int(id_, 0, MAX_BIGINT)]


def _is_by_update(filters: Mapping[str, str]) -> bool:
    return "updated_after" in filters and "start_date" not in filters and "end_date" not in filters


def read_interval(filters: Mapping[str, str], zone: ZoneInfo, now: int) -> tuple[int, int]:
    """Return begin and end of the interval, seconds since 1970, both included as the standard demands. Raises `InvalidParameter`."""
    if "updated_after" in filters:
        raise InvalidParameter("updated_after", "cannot be combined with start_date or end_date", "either it or these")
    has_start = "start_date" in filters
    end = read_instant(filters, "end_date", zone, read_instant(filters, "start_date", zone, 0) + MAX_INTERVAL_S if has_start else now)
    begin = read_instant(filters, "start_date", zone, max(end - MAX_INTERVAL_S, 0))
    if begin > end:
        raise InvalidParameter("start_date", "is after end_date", "an earlier instant")
    if end - begin > MAX_INTERVAL_S:
        raise InvalidParameter("end_date", "is more than 90 days after start_date", "an interval of up to 90 days")
    return begin, end


def _read_themes(filters: Mapping[str, str], catalogue: Catalogue) -> list[int] | None:
    """Return the ids of the services' themes; None for all. Raises `NotFound` for an unknown service.

    A sector is a service for incidents without a theme. If there has been no such incident, no theme has its code.
    """
    if "service_code" not in filters:
        return None
    codes = [code.strip() for code in filters["service_code"].split(",")]
    if unknown := [code for code in codes if code not in catalogue.themes.by_code and code not in catalogue.sectors.by_code]:
        raise NotFound(f"service_code {unknown[0][:60]!r} was not found")
    return [catalogue.themes.by_code[code].id for code in codes if code in catalogue.themes.by_code]


def _read_statuses(filters: Mapping[str, str]) -> list[int]:
    names = [name.strip().lower() for name in filters.get("status", "open,closed").split(",")]
    if unknown := [name for name in names if name not in _STATUSES]:
        raise InvalidParameter("status", f"{unknown[0][:40]!r} is unknown", list(_STATUSES))
    return sorted({status.value for name in names for status in _STATUSES[name]})
