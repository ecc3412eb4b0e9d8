"""Read the service requests of a server as rows: those received in a time span, and changes of those that are already stored."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from geo_service.core.errors import InputError
from geo_service.core.instants import format_instant
from geo_service.core.media_urls import read_media
from ingest.pull.changes import ChangedRequests
from ingest.pull.discovery import Endpoint, FetchDocument, ServiceType
from ingest.pull.paging import Listing, Parameters, RequestPage, RequestPager, TruncatedPage, split_span
from ingest.pull.response_parsing import InvalidResponse, extract_list
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.records import Record, RecordBatcher

_NO_LINE = 0
"""Service requests have no line numbers: a server may return them in any order."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PullSpan:
    """The time span of a pull: since ≤ reached ≤ until."""

    since: datetime
    reached: datetime
    """Requests received before it are already stored."""
    until: datetime
    changed_after: datetime
    """Of the stored requests, those changed after it are read again."""

    def to_seconds(self, at: datetime) -> int:
        """Return the seconds from the beginning to `at`."""
        return round((at - self.since) / _SECOND)

    def to_instant(self, seconds: int) -> datetime:
        """Return the instant `seconds` after the beginning."""
        return self.since + seconds * _SECOND


class Open311Reader:
    """Read service requests, the changed ones first, then the new ones by time of receipt.

    `size`, `position` and `RawBatch.bytes_read` are seconds of the span: everything received before `position` has been read.

    Members have their names in the standard. These are added: `service_name` for requests that have only a code,
    `service_group`, and `closed_datetime` of closed requests, which the standard calls `updated_datetime`. If the server tells
    by `modified_datetime` when a closed request was last changed, as this service does, that becomes its `updated_datetime`.
    """

    def __init__(
        self,
        fetch: FetchDocument,
        endpoint: Endpoint,
        parameters: Parameters,
        span: PullSpan,
        columns: Sequence[Column] | None,
        on_message: Callable[[str], None],
    ) -> None:
        """parameters: query parameters of every request; columns: those that the mapping needs, None for all.

        on_message: gets a line about a feature that the server does not support.
        """
        self._fetch, self._endpoint, self._parameters, self._span, self._on_message = fetch, endpoint, parameters, span, on_message
        self._pager = RequestPager(self._fetch_requests)
        self._batcher = RecordBatcher(endpoint.url, columns, lambda: self.position)
        self.media: deque[list[tuple[str, str]]] = deque()
        """For each batch that has been read: ids of its requests, each with the address of a photograph."""
        self._batch_media: list[tuple[str, str]] = []
        self.size = span.to_seconds(span.until)
        self.position = 0

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """Yield all requests in batches of at most `rows`; a batch never spans two responses."""
        for page in self._read_pages():
            for batch in self._batcher.batches(map(self._make_record, page.requests), rows):
                self.media.append(self._batch_media)
                self._batch_media = []
                yield replace(batch, origin=page.label)

    def _read_pages(self) -> Iterator[RequestPage]:
        yield from self._read_changes()
        for start, end in split_span(self._span.reached, self._span.until):
            yield from self._pager.read_span(start, end, {})
            self._advance_to(end)

    def _read_changes(self) -> Iterator[RequestPage]:
        span = self._span
        if span.since < span.reached:
            changed = ChangedRequests(self._pager, span.since, span.reached, span.changed_after)
            yield from changed.read(self._report_unsupported)
            self._advance_to(span.reached)

    def _report_unsupported(self, start: datetime) -> None:
        self._on_message(
            f"{self._endpoint.url} does not support updated_after: of the stored requests, only those received since {start:%Y-%m-%d} "
            "are read again; --again reads all"
        )

    def _advance_to(self, at: datetime) -> None:
        self.position = self._span.to_seconds(at)

    def _fetch_requests(self, target: Parameters | str) -> Listing:
        try:
            if isinstance(target, str):
                document = self._fetch(target, {})
            else:
                document = self._fetch(self._endpoint.requests_url, {**self._parameters, **target})
            return Listing(extract_list(document.content), document.is_linked, document.next_url)
        except InvalidResponse as error:
            raise InputError(f"cannot read {self._endpoint.requests_url}: got {error}") from error

    def _make_record(self, request: object | TruncatedPage) -> Record | BrokenRow:
        if isinstance(request, Mapping):
            self._batch_media += [(str(request.get("service_request_id")), url) for url in _media_urls(request)]
            return Record(_NO_LINE, complete_request(request, self._endpoint.services))
        if isinstance(request, TruncatedPage):
            problem = (
                f"the server returns at most {request.count:,} requests at once and may have more that were received"
                f" at about {format_instant(request.at)}"
            )
            return BrokenRow(_NO_LINE, self._endpoint.requests_url, problem)
        return BrokenRow(_NO_LINE, orjson.dumps(request, default=str).decode()[:1000], "not a JSON object")


def _media_urls(request: Mapping[str, object]) -> list[str]:
    given = request.get("media_url")
    return read_media(" ".join(map(str, given)) if isinstance(given, list) else str(given or ""))[0]


def complete_request(request: Mapping[str, object], services: Mapping[str, ServiceType]) -> Mapping[str, object]:
    """Return a request with the members that follow from the list of services and from the standard."""
    service = services.get(str(request.get("service_code") or "").strip(), ServiceType("", ""))
    closed = request.get("updated_datetime") if str(request.get("status")).strip().casefold() == "closed" else None
    added = {
        "service_name": request.get("service_name") or service.name or request.get("service_code"),
        "service_group": service.group,
        "closed_datetime": request.get("closed_datetime") or closed,
        "updated_datetime": request.get("modified_datetime"),
    }
    return {**request, **{name: value for name, value in added.items() if value}}
