"""Read the service requests of a server as rows: those received in a time span, and changes of those that are already stored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from geo_service.core.errors import InputError
from geo_service.core.instants import format_instant
from ingest.pull.discovery import Endpoint, FetchDocument, ServiceType
from ingest.pull.paging import MAX_SPAN, Parameters, RequestPage, RequestPager, TruncatedPage, parse_utc, split_span
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
    `service_group`, and `closed_datetime` of closed requests, which the standard calls `updated_datetime`.
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
        self.size = span.to_seconds(span.until)
        self.position = 0

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """Yield all requests in batches of at most `rows`; a batch never spans two responses."""
        for page in self._read_pages():
            for batch in self._batcher.batches(map(self._make_record, page.requests), rows):
                yield replace(batch, origin=page.label)

    def _read_pages(self) -> Iterator[RequestPage]:
        yield from self._read_changes()
        for start, end in split_span(self._span.reached, self._span.until):
            yield from self._pager.read_span(start, end, {})
            self._advance_to(end)

    def _read_changes(self) -> Iterator[RequestPage]:
        """Yield the stored requests that have changed; if the server cannot filter by change, all of the last MAX_SPAN."""
        changed_after = {"updated_after": format_instant(self._span.changed_after)}
        for start, end in split_span(self._span.since, self._span.reached):
            for page in self._pager.read_span(start, end, changed_after):
                if any(map(self._is_unchanged, page.requests)):
                    yield from self._read_last_span()
                    return
                yield page
            self._advance_to(end)

    def _read_last_span(self) -> Iterator[RequestPage]:
        start = max(self._span.since, self._span.reached - MAX_SPAN)
        self._on_message(
            f"{self._endpoint.url} does not support updated_after: of the stored requests, only those received since {start:%Y-%m-%d} "
            "are read again; --again reads all"
        )
        yield from self._pager.read_span(start, self._span.reached, {})
        self._advance_to(self._span.reached)

    def _is_unchanged(self, request: object) -> bool:
        at = parse_utc(request.get("updated_datetime")) if isinstance(request, Mapping) else None
        return at is not None and at < self._span.changed_after - _SECOND

    def _advance_to(self, at: datetime) -> None:
        self.position = self._span.to_seconds(at)

    def _fetch_requests(self, parameters: Parameters) -> list[object]:
        try:
            return extract_list(self._fetch(self._endpoint.requests_url, {**self._parameters, **parameters}))
        except InvalidResponse as error:
            raise InputError(f"cannot read {self._endpoint.requests_url}: got {error}") from error

    def _make_record(self, request: object | TruncatedPage) -> Record | BrokenRow:
        if isinstance(request, Mapping):
            return Record(_NO_LINE, complete_request(request, self._endpoint.services))
        if isinstance(request, TruncatedPage):
            problem = (
                f"the server returns at most {request.count:,} requests at once and may have more that were received"
                f" at about {format_instant(request.at)}"
            )
            return BrokenRow(_NO_LINE, self._endpoint.requests_url, problem)
        return BrokenRow(_NO_LINE, orjson.dumps(request, default=str).decode()[:1000], "not a JSON object")


def complete_request(request: Mapping[str, object], services: Mapping[str, ServiceType]) -> Mapping[str, object]:
    """Return a request with the members that follow from the list of services and from the standard."""
    service = services.get(str(request.get("service_code") or "").strip(), ServiceType("", ""))
    closed = request.get("updated_datetime") if str(request.get("status")).strip().casefold() == "closed" else None
    added = {
        "service_name": request.get("service_name") or service.name or request.get("service_code"),
        "service_group": service.group,
        "closed_datetime": request.get("closed_datetime") or closed,
    }
    return {**request, **{name: value for name, value in added.items() if value}}
