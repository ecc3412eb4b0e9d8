"""Makes reports in a serving process, and keeps those that are still true."""

import asyncio
import time
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from geo_service.aggregation.alerts.model import AlertBoard
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.measures.response_time import RuleTable
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.basemap.ground import GroundReader
from geo_service.core.admission import QueuedThread
from geo_service.core.database import Connect
from geo_service.core.errors import Overloaded
from geo_service.http.encoded_body import EncodedBody
from geo_service.reports.content.numbers import ReportNumbers, compute_in_steps, compute_numbers
from geo_service.reports.content.red_places import choose_red_places, count_outcomes
from geo_service.reports.content.systemic import ADDRESS_DAYS
from geo_service.reports.document.build import build_document
from geo_service.reports.document.context import ReportContext
from geo_service.reports.document.drawing import ground_boxes
from geo_service.reports.document.sections import MAX_RED
from geo_service.reports.formats.html import render_html
from geo_service.reports.reading import read_texts
from geo_service.reports.request import ReportRequest

_CACHE_BYTES = 16_000_000
"""Some 200 pages of 70 kB; compressed as well they take a third more."""
_ATTEMPTS = 2
"""How often a report is computed in steps while its rows change, before everybody waits for it."""
_MAX_AGE_S = 600.0
"""Addresses that were erased, and names of settlements, do not move the revision of the incidents."""

_Key = tuple[str, int, int, str, str, Hashable]


@dataclass(frozen=True, slots=True)
class _Page:
    body: EncodedBody
    selections: tuple[Selection, ...]
    made_at: float


class ReportMaker:
    """Makes the pages one after the other; a page is made anew once a row of its windows has changed."""

    def __init__(
        self, replica: Replica, encoder: QueuedThread, rules: RuleTable, zone: ZoneInfo, wait_s: float, ground: GroundReader
    ) -> None:  # fmt: skip
        """rules: of deadlines; they belong to the replica's thread. wait_s: how long a request may wait for its turn.

        ground: of the base maps; only one report is made at a time, so that it has one reader.
        """
        self._ground = ground
        self._replica, self._encoder, self._rules, self._zone, self._wait_s = replica, encoder, rules, zone, wait_s
        self._turn = asyncio.Lock()
        self._pages: ResultCache[_Key, _Page] = ResultCache(
            _CACHE_BYTES, lambda page: len(page.body.plain), replica.changes, lambda _, page: page.selections
        )

    async def make_html(self, request: ReportRequest, board: AlertBoard, connect: Connect, live_url: str) -> EncodedBody:
        """Return the page; the same object as long as it is true. Raises `Overloaded` where it would have to wait for too long.

        board: of the alerts that the process knows: the page is made anew when one of its week changes.
        """
        district = request.district.id if request.district else 0
        alerts = _alerts_of(board, request, self._replica.catalogue)
        key = (request.week.code, request.week.now, district, request.language, live_url, (alerts, self._ground.version))
        page = self._find(key)
        if page is None:
            await self._wait_for_turn()
            try:
                page = self._find(key) or await self._make(key, request, connect, live_url)
            finally:
                self._turn.release()
        return page.body

    def _find(self, key: _Key) -> _Page | None:
        page = self._pages.get(key)
        return page if page and time.monotonic() - page.made_at < _MAX_AGE_S else None

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(self._wait_s):
                await self._turn.acquire()
        except TimeoutError:
            raise Overloaded("other reports are being made; try again shortly") from None

    async def _make(self, key: _Key, request: ReportRequest, connect: Connect, live_url: str) -> _Page:
        numbers = await self._compute(request)
        async with connect("read the texts of the report") as connection:
            texts = await read_texts(connection, numbers)
        past = texts.red.past[:MAX_RED] if texts.red else ()
        outcomes = await self._replica.run(count_outcomes, request.week, past) if past else []
        context = ReportContext(numbers, texts.addresses, texts.settlements, texts.red, outcomes, self._zone, live_url)
        # Not on the encoder's thread, which others wait for: the archive of a region may take long to read.
        ground = await asyncio.to_thread(self._ground.read, ground_boxes(numbers.map))
        html = await self._encoder.run(lambda: render_html(build_document(replace(context, ground=ground)), self._zone))
        page = _Page(EncodedBody(html), _read_selections(request, numbers.catalogue), time.monotonic())
        self._pages.put(key, page, numbers.revision)
        return page

    async def _compute(self, request: ReportRequest) -> ReportNumbers:
        """Return the numbers, computed in steps between which other requests have their turn.

        They begin again when a row of the report has changed meanwhile; after some times they are computed at once.
        """
        for _ in range(_ATTEMPTS):
            steps = await self._replica.run(_begin, self._rules, request)
            try:
                while (numbers := await self._replica.run(steps.advance)) is None:
                    pass
            except _Changed:
                continue
            return numbers
        return await self._replica.run(compute_numbers, self._rules, request)


class _Changed(Exception):
    """The data of a report have changed while it was computed."""


@dataclass(frozen=True, slots=True)
class _Steps:
    """The computation of a report's numbers from one state, as far as it has come. Used on the replica's thread."""

    state: ReplicaState
    revision: int
    selections: tuple[Selection, ...]
    parts: Iterator[ReportNumbers | None]

    def advance(self, state: ReplicaState) -> ReportNumbers | None:
        """Compute one more part; return the numbers after the last. Raises `_Changed` where `state` has other rows of the report."""
        if state is not self.state or state.changes.affects(self.selections, self.revision):
            raise _Changed
        return next(self.parts)


def _begin(state: ReplicaState, rules: RuleTable, request: ReportRequest) -> _Steps:
    return _Steps(state, state.changes.revision, _read_selections(request, state.catalogue), compute_in_steps(state, rules, request))


def _alerts_of(board: AlertBoard, request: ReportRequest, catalogue: Catalogue) -> Hashable:
    """Return what is known of the alerts of the report: two equal values stand for the same tables."""
    red = choose_red_places(board.episodes, request, catalogue)
    return tuple((one.id, one.updated, one.closed_at, one.verdict_at, one.n, one.open) for one in (*red.present, *red.past))


def _read_selections(request: ReportRequest, catalogue: Catalogue) -> tuple[Selection, ...]:
    """Return what a report depends on: everything of its last months, and of the week a year before."""
    windows = (request.week.last_days(ADDRESS_DAYS), request.week.year_earlier)
    return tuple(request.select(window, catalogue, everywhere=True) for window in windows)
