"""Read all service requests of a time span, although a server returns a limited number of them at once.

The standard allows 90 days and the first thousand requests, and does not say how to get the rest. Some servers name the next
page in the header `Link` (RFC 8288). Many support the extensions `page` and `page_size`. Others ignore them and truncate the
response at a limit that they do not publish. For these the span is divided at the median of the received requests: if the
response was truncated, at least one of the two halves contains a request that the whole response lacks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

import orjson

from geo_service.core.instants import format_instant, parse_iso_instant
from ingest.pull.client import RequestRejected

MAX_SPAN = timedelta(days=90)
"""Longest time span of one response in the standard."""

PAGE_SIZE = 1000
"""Requested page size: the limit in the standard."""

MIN_SERVER_LIMIT = 10
"""A response with fewer requests is complete: no server has a lower limit."""

_SECOND = timedelta(seconds=1)

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listing:
    """The service requests of one response."""

    requests: list[object]
    is_linked: bool = False
    """Whether the server links its pages by the header `Link`."""
    next_url: str | None = None
    """URL of the next page; None after the last one."""


FetchRequests = Callable[[Parameters | str], Listing]
"""Fetches service requests with the given query parameters, or the page at a URL that the server has named."""


@dataclass(frozen=True, slots=True)
class TruncatedPage:
    """A response that may lack requests, for a span that cannot be divided further."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class RequestPage:
    """The service requests of one response."""

    requests: Sequence[object | TruncatedPage]
    label: str
    """Page and time span, for messages."""


class IncompleteListing(Exception):
    """The server has no pages, and its response may lack requests."""


class RequestPager:
    """Read the service requests of a server; find out whether it supports pages, and how many requests it returns at once."""

    def __init__(self, fetch: FetchRequests) -> None:
        self._fetch = fetch
        self._supports_pages: bool | None = None
        """None until a response has shown it."""
        self._complete_size = MIN_SERVER_LIMIT - 1
        """Without pages: a response of up to so many requests is known to be complete."""

    def read_span(self, start: datetime, end: datetime, more: Parameters) -> Iterator[RequestPage]:
        """Yield the requests received in [start, end], at most MAX_SPAN long; a request can occur twice.

        more: further query parameters.
        """
        parameters, label = _span_parameters(start, end, more), _describe_span(start, end)
        unpaged = None if self._supports_pages else self._fetch(parameters)
        if unpaged and unpaged.is_linked:
            yield from self._follow_links(unpaged, label)
            return
        if unpaged and self._supports_pages is None:
            self._supports_pages = self._detect_pages(parameters, unpaged.requests)
        if self._supports_pages:
            yield from self._read_pages(parameters, label)
        elif unpaged and self._supports_pages is False:
            yield from self._divide_span(start, end, more, unpaged.requests)

    def read_listing(self, parameters: Parameters, label: str) -> Iterator[RequestPage]:
        """Yield the requests of a list that has no time span to divide. label: what is listed, for messages.

        Raises `IncompleteListing` after the first page if there may be more and the server has no pages.
        """
        unpaged = self._fetch(parameters)
        if unpaged.is_linked:
            yield from self._follow_links(unpaged, label)
        elif len(unpaged.requests) < MIN_SERVER_LIMIT:
            yield RequestPage(unpaged.requests, label)
        elif self._detect_pages(parameters, unpaged.requests):
            yield from self._read_pages(parameters, label)
        else:
            yield RequestPage(unpaged.requests, label)
            raise IncompleteListing(label)

    def _detect_pages(self, parameters: Parameters, unpaged: Sequence[object]) -> bool | None:
        """Whether page 1 contains the response without pages, and page 2 differs from it; None if there are no requests at all."""
        try:
            first, second = (self._fetch_page(parameters, number).requests for number in (1, 2))
        except RequestRejected as error:
            if error.http_status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                return False
            raise
        if not (unpaged or first or second):
            return None
        first_ids = set(map(_request_id, first))
        return first_ids.issuperset(map(_request_id, unpaged)) and not (second and _request_id(second[0]) in first_ids)

    def _follow_links(self, listing: Listing, label: str) -> Iterator[RequestPage]:
        """Yield a page and all that the server links to; a link that leads back to an earlier page ends the list."""
        number, seen = 1, set[str]()
        yield RequestPage(listing.requests, f"page {number} of {label}")
        while listing.next_url and listing.next_url not in seen:
            seen.add(listing.next_url)
            listing, number = self._fetch(listing.next_url), number + 1
            yield RequestPage(listing.requests, f"page {number} of {label}")

    def _read_pages(self, parameters: Parameters, label: str) -> Iterator[RequestPage]:
        number, first_ids = 1, set[str]()
        # After the last page, some servers return the last or the first page again.
        while (requests := self._fetch_page(parameters, number).requests) and _request_id(requests[0]) not in first_ids:
            yield RequestPage(requests, f"page {number} of {label}")
            first_ids.add(_request_id(requests[0]))
            number += 1

    def _fetch_page(self, parameters: Parameters, number: int) -> Listing:
        try:
            return self._fetch({**parameters, "page": f"{number}", "page_size": f"{PAGE_SIZE}"})
        except RequestRejected as error:
            if number > 1 and error.http_status == HTTPStatus.NOT_FOUND:
                return Listing([])
            raise

    def _divide_span(self, start: datetime, end: datetime, more: Parameters, requests: list[object]) -> Iterator[RequestPage]:
        """Yield the requests of a span whose response is `requests`; divide the span while responses may be truncated."""
        if len(requests) <= self._complete_size:
            yield RequestPage(requests, _describe_span(start, end))
            return
        median = _find_median(requests, start, end)
        if median is None:
            yield from self._isolate_second(start, end, more, requests)
            return
        earlier, later = self._fetch_span(start, median, more), self._fetch_span(median, end, more)
        if {*map(_request_id, earlier), *map(_request_id, later)} <= set(map(_request_id, requests)):
            self._complete_size = len(requests)
            yield RequestPage(requests, _describe_span(start, end))
            return
        self._complete_size = max(self._complete_size, len(requests) - 1)
        yield from self._divide_span(start, median, more, earlier)
        yield from self._divide_span(median, end, more, later)

    def _isolate_second(self, start: datetime, end: datetime, more: Parameters, requests: list[object]) -> Iterator[RequestPage]:
        """Divide a span before and after the one second in which all of `requests` were received."""
        second = max((at for request in requests if (at := received_at(request))), default=start).replace(microsecond=0)
        points = [point for point in (second - _SECOND, second, second + _SECOND) if start < point < end]
        if not points:
            yield RequestPage([*requests, TruncatedPage(start, len(requests))], _describe_span(start, end))
            return
        for begin, stop in pairwise((start, *points, end)):
            yield from self._divide_span(begin, stop, more, self._fetch_span(begin, stop, more))

    def _fetch_span(self, start: datetime, end: datetime, more: Parameters) -> list[object]:
        return self._fetch(_span_parameters(start, end, more)).requests


def _span_parameters(start: datetime, end: datetime, more: Parameters) -> Parameters:
    return {"start_date": format_instant(start), "end_date": format_instant(end), **more}


def _describe_span(start: datetime, end: datetime) -> str:
    return f"requests from {format_instant(start)} to {format_instant(end)}"


def split_span(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Divide [start, end) into spans of MAX_SPAN; the last one is shorter."""
    while start < end:
        following = min(start + MAX_SPAN, end)
        yield start, following
        start = following


def received_at(request: object) -> datetime | None:
    """Return when a service request was received; None if it has no readable `requested_datetime`."""
    return parse_utc(request.get("requested_datetime")) if isinstance(request, Mapping) else None


def parse_utc(text: object) -> datetime | None:
    """Parse an ISO 8601 instant; without an offset it is in UTC. None for anything else."""
    try:
        return parse_iso_instant(str(text), None).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _find_median(requests: Sequence[object], start: datetime, end: datetime) -> datetime | None:
    """Return a whole second with requests before it and requests at or after it; None if all are in one second."""
    seconds = sorted(at.replace(microsecond=0) for request in requests if (at := received_at(request)) and start <= at < end)
    later = [at for at in seconds if at > seconds[0]]
    if not later:
        return None
    median = seconds[len(seconds) // 2]
    return median if median > seconds[0] else later[0]


def _request_id(request: object) -> str:
    identifier = request.get("service_request_id") if isinstance(request, Mapping) else None
    return f"{identifier}" if identifier else orjson.dumps(request, default=str).decode()
