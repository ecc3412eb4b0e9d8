"""Read the stored service requests of a server that have changed, by whatever the server supports.

`updated_after` is no part of the standard, and servers that have it differ. Some, this service among them, take it alone, for
requests received at any time. Some apply it to a span of `start_date` and `end_date`. Others refuse it or ignore it.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from geo_service.core.instants import format_instant
from ingest.pull.client import RequestRejected, ServerUnavailable
from ingest.pull.paging import MAX_SPAN, IncompleteListing, RequestPage, RequestPager, parse_utc, received_at, split_span

_SECOND = timedelta(seconds=1)
_KEY_REFUSED = frozenset((HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN))
"""Statuses that do not concern the parameters: any other request would be refused as well."""


class Refused(Exception):
    """The server refuses `updated_after`, or cannot list all that has changed."""


class Ignored(Exception):
    """The server passes over `updated_after`."""


class ChangedRequests:
    """Reads the requests received in [since, reached) that have changed after an instant."""

    def __init__(self, pager: RequestPager, since: datetime, reached: datetime, changed_after: datetime) -> None:
        self._pager, self._since, self._reached, self._after = pager, since, reached, changed_after
        self._default_start = datetime.now(UTC) - MAX_SPAN
        """Where the span begins that a server may apply when none is asked for."""
        self._parameters = {"updated_after": format_instant(changed_after)}
        self._covers_all_time = False

    def read(self, on_unsupported: Callable[[datetime], None]) -> Iterator[RequestPage]:
        """Yield the changed requests; a request can occur twice.

        First `updated_after` is asked for alone, then with the spans that the answer may have left out. If the server supports
        neither, all requests received in the last MAX_SPAN are read again; `on_unsupported` gets the beginning of that time.
        """
        try:
            is_complete = yield from self._read_alone()
            yield from self._read_spans(self._unread_until() if is_complete else self._reached, may_refuse=is_complete)
        except (Refused, Ignored):
            start = max(self._since, self._reached - MAX_SPAN)
            on_unsupported(start)
            yield from self._pager.read_span(start, self._reached, {})

    def _read_alone(self) -> Generator[RequestPage, None, bool]:
        """Yield what is answered to `updated_after` alone; return whether that is an answer of all that has changed."""
        label = f"requests changed after {self._parameters['updated_after']}"
        try:
            for page in self._check(self._pager.read_listing(self._parameters, label)):
                yield replace(page, requests=[request for request in page.requests if self._is_stored(request)])
        except (Refused, Ignored, IncompleteListing):
            return False
        return True

    def _unread_until(self) -> datetime:
        """Return until when requests may have been received that an answer to `updated_after` alone has left out.

        If it has none that was received earlier, it may be limited to the last MAX_SPAN, the default of the standard.
        """
        return self._since if self._covers_all_time else min(self._reached, self._default_start)

    def _read_spans(self, until: datetime, *, may_refuse: bool) -> Iterator[RequestPage]:
        """Yield what has changed of the requests received before `until`.

        may_refuse: whether a server that takes `updated_after` only alone has answered already.
        """
        try:
            for start, end in split_span(self._since, until):
                yield from self._check(self._pager.read_span(start, end, self._parameters))
        except Refused:
            if not may_refuse:
                raise

    def _check(self, pages: Iterator[RequestPage]) -> Iterator[RequestPage]:
        """Yield pages until one shows that the server ignores `updated_after`. Raises `Ignored` then, and `Refused`."""
        try:
            for page in pages:
                if any(map(self._is_unchanged, page.requests)):
                    raise Ignored
                self._covers_all_time |= any(map(self._is_old, page.requests))
                yield page
        except RequestRejected as error:
            if error.http_status in _KEY_REFUSED:
                raise
            raise Refused from error
        except ServerUnavailable as error:
            # Some servers fail on a parameter that they do not know. If it is a true failure, the next request meets it as well.
            if error.http_status != HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            raise Refused from error

    def _is_unchanged(self, request: object) -> bool:
        """Whether an open request has changed only before the instant: the `updated_datetime` of a closed one is when it was closed."""
        if not isinstance(request, Mapping) or str(request.get("status")).strip().casefold() == "closed":
            return False
        at = parse_utc(request.get("modified_datetime") or request.get("updated_datetime"))
        return at is not None and at < self._after - _SECOND

    def _is_stored(self, request: object) -> bool:
        """Whether a request was received in the time that was pulled: `updated_after` alone has no bounds."""
        at = received_at(request)
        return at is None or self._since <= at <= self._reached

    def _is_old(self, request: object) -> bool:
        at = received_at(request)
        return at is not None and at < self._default_start - timedelta(days=1)
