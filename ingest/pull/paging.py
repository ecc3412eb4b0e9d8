"""All requests of a span of time, whatever the server gives at once.

The standard gives at most 90 days and the first thousand requests, and says nothing of the rest. Many servers know the
extensions `page` and `page_size`; others pass over them and cut the answer at a number that they do not tell. Then the
span is halved where the answer's own requests are halved: if it was cut, at least one of the two answers has a request
that the whole one lacks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise

import orjson

from ingest.pull.client import RequestRejected

SLICE = timedelta(days=90)
"""The longest span that the standard lets a server answer."""

PAGE_SIZE = 1000
"""Asked for; the standard's own limit."""

SMALLEST_LIMIT = 10
"""An answer with fewer requests is whole: no server cuts so early."""

_SECOND = timedelta(seconds=1)

Parameters = Mapping[str, str]
List = Callable[[Parameters], list[object]]
"""Asks for a list of requests with these parameters."""


@dataclass(frozen=True, slots=True)
class TruncatedPage:
    """An answer that may lack requests, and cannot be narrowed any more."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server gave at once."""

    requests: Sequence[object | TruncatedPage]
    place: str
    """Which page of what span, for people."""


class Requests:
    """What a server has; learns on the way whether it knows pages, and how much it gives at once."""

    def __init__(self, ask: List) -> None:
        self._ask = ask
        self._pages: bool | None = None
        """Whether it knows pages; None until it has shown."""
        self._whole = SMALLEST_LIMIT - 1
        """Without pages: answers with so many requests are known not to be cut."""

    def between(self, start: datetime, end: datetime, more: Parameters) -> Iterator[Answer]:
        """Lists of the requests received in [start, end], at most a slice; some may come twice.

        more: further parameters.
        """
        if self._pages is None:
            self._pages = self._knows_pages(start, end, more)
        if self._pages:
            yield from self._paged(start, end, more)
        elif self._pages is False:
            yield from self._narrowed(start, end, more, self._list(start, end, more))

    def _knows_pages(self, start: datetime, end: datetime, more: Parameters) -> bool | None:
        """Whether the first page begins where an answer without pages does, and the second is another; None if there is nothing."""
        plain = self._list(start, end, more)
        try:
            first, second = (self._page(start, end, more, number) for number in (1, 2))
        except RequestRejected as error:
            if error.answered in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                return False
            raise
        if not (plain or first or second):
            return None
        there = set(map(_identity, first))
        return there.issuperset(map(_identity, plain)) and not (second and _identity(second[0]) in there)

    def _paged(self, start: datetime, end: datetime, more: Parameters) -> Iterator[Answer]:
        number, firsts = 1, set[str]()
        # Beyond the last page some give the last or the first one again.
        while (got := self._page(start, end, more, number)) and _identity(got[0]) not in firsts:
            yield Answer(got, f"page {number} of {_span(start, end)}")
            firsts.add(_identity(got[0]))
            number += 1

    def _page(self, start: datetime, end: datetime, more: Parameters, number: int) -> list[object]:
        try:
            return self._list(start, end, {**more, "page": f"{number}", "page_size": f"{PAGE_SIZE}"})
        except RequestRejected as error:
            if number > 1 and error.answered == HTTPStatus.NOT_FOUND:
                return []
            raise

    def _narrowed(self, start: datetime, end: datetime, more: Parameters, got: list[object]) -> Iterator[Answer]:
        if len(got) <= self._whole:
            yield Answer(got, _span(start, end))
            return
        middle = _middle(got, start, end)
        if middle is None:
            yield from self._around(start, end, more, got)
            return
        early, late = self._list(start, middle, more), self._list(middle, end, more)
        if {*map(_identity, early), *map(_identity, late)} <= set(map(_identity, got)):
            self._whole = len(got)
            yield Answer(got, _span(start, end))
            return
        self._whole = max(self._whole, len(got) - 1)
        yield from self._narrowed(start, middle, more, early)
        yield from self._narrowed(middle, end, more, late)

    def _around(self, start: datetime, end: datetime, more: Parameters, got: list[object]) -> Iterator[Answer]:
        """What is before, at and after the one second of all of `got`."""
        second = max((at for one in got if (at := received(one))), default=start).replace(microsecond=0)
        points = [point for point in (second - _SECOND, second, second + _SECOND) if start < point < end]
        if not points:
            yield Answer([*got, TruncatedPage(start, len(got))], _span(start, end))
            return
        for begin, stop in pairwise((start, *points, end)):
            yield from self._narrowed(begin, stop, more, self._list(begin, stop, more))

    def _list(self, start: datetime, end: datetime, more: Parameters) -> list[object]:
        return self._ask({"start_date": written(start), "end_date": written(end), **more})


def _span(start: datetime, end: datetime) -> str:
    return f"requests from {written(start)} to {written(end)}"


def slices(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) in spans of 90 days, the last one shorter."""
    while start < end:
        following = min(start + SLICE, end)
        yield start, following
        start = following


def received(request: object) -> datetime | None:
    """When a request says that it was received; None where it says nothing that can be read."""
    return instant(request.get("requested_datetime")) if isinstance(request, Mapping) else None


def instant(text: object) -> datetime | None:
    """ISO 8601; without an offset UTC."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _middle(got: Sequence[object], start: datetime, end: datetime) -> datetime | None:
    """An instant with requests before it and from it on, in whole seconds; None where there is none."""
    found = sorted(at.replace(microsecond=0) for one in got if (at := received(one)) and start <= at < end)
    later = [at for at in found if at > found[0]]
    if not later:
        return None
    half = found[len(found) // 2]
    return half if half > found[0] else later[0]


def _identity(request: object) -> str:
    name = request.get("service_request_id") if isinstance(request, Mapping) else None
    return f"{name}" if name else orjson.dumps(request, default=str).decode()


def written(at: datetime) -> str:
    """As the standard wants it, in UTC and whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
