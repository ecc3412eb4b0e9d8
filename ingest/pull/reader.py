"""The requests of a server as rows: those received in a span of time, and of those known before what has changed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from geo_service.core.errors import InputError
from ingest.pull.discovery import Ask, Endpoint, Service
from ingest.pull.paging import SLICE, Answer, Parameters, Requests, TruncatedPage, instant, slices, written
from ingest.pull.response_parsing import InvalidResponse, objects
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.records import Record, RecordBatcher

_NO_LINE = 0
"""Requests come in no lasting order."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: since ≤ reached ≤ until."""

    since: datetime
    reached: datetime
    """Requests received before it are known."""
    until: datetime
    changed_after: datetime
    """Of the known ones those are asked for that were changed after it."""

    def seconds(self, at: datetime) -> int:
        """From the beginning to `at`."""
        return round((at - self.since) / _SECOND)

    def at(self, seconds: int) -> datetime:
        """The instant so many seconds after the beginning."""
        return self.since + seconds * _SECOND


class Open311Reader:
    """Requests in the order of their slices. `size` and `RawBatch.bytes_read` are seconds of the span: all that was received
    until then has been given.

    Members are named as in the standard; beside them `service_name` where the request has only the code, `service_group`,
    and `closed_datetime` of closed requests, for which the standard has `updated_datetime`.
    """

    def __init__(
        self, ask: Ask, endpoint: Endpoint, parameters: Parameters, span: Span, wanted: Sequence[Column] | None, told: Callable[[str], None]
    ) -> None:
        """parameters: of every question; told: gets a line about what the server cannot do."""
        self._ask, self._endpoint, self._parameters, self._span, self._told = ask, endpoint, parameters, span, told
        self._requests = Requests(self._list)
        self._gatherer = RecordBatcher(endpoint.url, wanted, lambda: self.position)
        self.size = span.seconds(span.until)
        self.position = 0

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All requests, up to `rows` at a time and never of two answers."""
        for answer in self._answers():
            for batch in self._gatherer.batches(map(self._record, answer.requests), rows):
                yield replace(batch, origin=answer.place)

    def _answers(self) -> Iterator[Answer]:
        yield from self._changes()
        for start, end in slices(self._span.reached, self._span.until):
            yield from self._requests.between(start, end, {})
            self._passed(end)

    def _changes(self) -> Iterator[Answer]:
        """Of the known requests those that changed; of a server that cannot tell them all of the last slice."""
        after = {"updated_after": written(self._span.changed_after)}
        for start, end in slices(self._span.since, self._span.reached):
            for answer in self._requests.between(start, end, after):
                if any(map(self._is_older, answer.requests)):
                    yield from self._last_slice()
                    return
                yield answer
            self._passed(end)

    def _last_slice(self) -> Iterator[Answer]:
        start = max(self._span.since, self._span.reached - SLICE)
        self._told(
            f"{self._endpoint.url} does not know updated_after: of the known requests only those received since {start:%Y-%m-%d} "
            "are asked for again; --again asks for all"
        )
        yield from self._requests.between(start, self._span.reached, {})
        self._passed(self._span.reached)

    def _is_older(self, request: object) -> bool:
        at = instant(request.get("updated_datetime")) if isinstance(request, Mapping) else None
        return at is not None and at < self._span.changed_after - _SECOND

    def _passed(self, at: datetime) -> None:
        self.position = self._span.seconds(at)

    def _list(self, parameters: Parameters) -> list[object]:
        try:
            return objects(self._ask(self._endpoint.requests, {**self._parameters, **parameters}))
        except InvalidResponse as error:
            raise InputError(f"cannot read {self._endpoint.requests}: got {error}") from error

    def _record(self, request: object | TruncatedPage) -> Record | BrokenRow:
        if isinstance(request, Mapping):
            return Record(_NO_LINE, completed(request, self._endpoint.services))
        if isinstance(request, TruncatedPage):
            told = f"{request.count:,} requests received at {written(request.at)} or so; the server gives no more at once and may have more"
            return BrokenRow(_NO_LINE, self._endpoint.requests, told)
        return BrokenRow(_NO_LINE, orjson.dumps(request, default=str).decode()[:1000], "no object")


def completed(request: Mapping[str, object], services: Mapping[str, Service]) -> Mapping[str, object]:
    """A request with what the list of services and the standard say of it."""
    service = services.get(str(request.get("service_code") or "").strip(), Service("", ""))
    closed = request.get("updated_datetime") if str(request.get("status")).strip().casefold() == "closed" else None
    added = {
        "service_name": request.get("service_name") or service.name or request.get("service_code"),
        "service_group": service.group,
        "closed_datetime": request.get("closed_datetime") or closed,
    }
    return {**request, **{name: value for name, value in added.items() if value}}
