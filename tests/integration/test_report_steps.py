"""Reports are computed in steps: others have their turn in between, and what changes meanwhile is in the page."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import mapbox_vector_tile
import pytest
import shapely
from isal import igzip

from geo_service.aggregation.alerts.model import AlertBoard
from geo_service.aggregation.measures.response_time import BusinessTimeTimer, RuleTable
from geo_service.aggregation.replica.follower import Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.basemap.ground import GroundReader
from geo_service.basemap.registry import Basemaps
from geo_service.basemap.style import INKS
from geo_service.core.admission import AdmissionQueue, QueuedThread
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.reports.content.numbers import compute_numbers
from geo_service.reports.maker import ReportMaker
from geo_service.reports.request import ReportRequest, read_district
from geo_service.reports.week import read_week
from tests.support.basemap_archives import OPENMAPTILES, write_pmtiles
from tests.support.http_client import filled, until
from tests.support.report_incidents import WEEK, fill
from tests.support.report_pages import read_page
from tests.support.slippy_map import slippy_tile
from tests.support.territory import CENTRE

CHANGE = """
update incident set status = case status when 0 then 1 else 0 end
where id in (select id from incident where received_at >= '2025-03-05' and received_at < '2025-03-06' order by id limit $1)
"""


class WatchedReplica(Replica):
    """Notes whose turn it was, and lets a test do something before a turn."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.turns: list[str] = []
        self.before_turn: dict[int, Any] = {}

    async def run(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        if act := self.before_turn.pop(len(self.turns), None):
            await act()

        def note(state: Any) -> Any:
            self.turns.append(getattr(work, "__name__", ""))
            return work(state, *args, **kwargs)

        return await super().run(note)


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill)


@pytest.fixture
def settings(filled_url: str) -> Settings:
    return Settings(database_url=filled_url)


@pytest.fixture
def rules(settings: Settings) -> RuleTable:
    return RuleTable(read_deadlines(settings.deadlines, settings.zone))


@pytest.fixture
async def replica(filled_url: str, rules: RuleTable) -> AsyncIterator[WatchedReplica]:
    made = WatchedReplica(10_000_000, AdmissionQueue(100, 600), BusinessTimeTimer(rules))
    following = asyncio.create_task(Follower(filled_url, made).run())

    async def loaded() -> bool:
        return made.loaded

    await until(loaded)
    yield made
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    made.close()


@pytest.fixture
def maker(replica: WatchedReplica, rules: RuleTable, settings: Settings) -> ReportMaker:
    return renewed(replica, rules, settings)


def renewed(replica: Replica, rules: RuleTable, settings: Settings, home: Path = Path("/nowhere")) -> ReportMaker:
    """Return a maker that has made no page yet. home: of base maps."""
    encoder = QueuedThread("encoder", AdmissionQueue(100, 600))
    return ReportMaker(replica, encoder, rules, settings.zone, 600, GroundReader(Basemaps(home)))


def report(replica: Replica, settings: Settings, district: str | None = None) -> ReportRequest:
    return ReportRequest(read_week(WEEK, settings.zone, 1.8e9), read_district(district, replica.catalogue), "ru")


async def make(maker: ReportMaker, request: ReportRequest, url: str) -> bytes:
    def connect(_: str) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return open_connection(url)

    return (await maker.make_html(request, AlertBoard(), connect, "./")).plain


async def change(replica: Replica, url: str, count: int) -> None:
    """Change some incidents of the week, and wait until the replica has them."""
    revision = replica.revision
    async with open_connection(url) as connection:
        await connection.execute(CHANGE, count)

    async def has_moved() -> bool:
        return replica.revision != revision

    await until(has_moved)


async def test_others_have_their_turn_between_the_parts_of_a_report(
    maker: ReportMaker, replica: WatchedReplica, settings: Settings, filled_url: str
) -> None:
    made = asyncio.create_task(make(maker, report(replica, settings), filled_url))

    def other(_: Any) -> None:
        pass

    while not made.done():
        await replica.run(other)
    await made
    parts = [turn for turn, name in enumerate(replica.turns) if name == "advance"]
    assert len(parts) >= 7
    between = ["other" in replica.turns[one + 1 : two] for one, two in pairwise(parts)]
    assert all(between), replica.turns


@pytest.mark.parametrize("district", [None, "T"])
async def test_numbers_in_steps_are_those_computed_at_once(
    maker: ReportMaker,
    replica: WatchedReplica,
    settings: Settings,
    rules: RuleTable,
    filled_url: str,
    monkeypatch: pytest.MonkeyPatch,
    district: str | None,
) -> None:
    request = report(replica, settings, district)
    in_steps = await make(maker, request, filled_url)
    monkeypatch.setattr("geo_service.reports.maker._ATTEMPTS", 0)
    replica.turns.clear()
    again = renewed(replica, rules, settings)
    assert await make(again, request, filled_url) == in_steps
    assert "advance" not in replica.turns
    assert compute_numbers.__name__ in replica.turns


async def test_what_changes_while_a_report_is_computed_is_in_it(
    maker: ReportMaker, replica: WatchedReplica, settings: Settings, rules: RuleTable, filled_url: str
) -> None:
    request = report(replica, settings)
    replica.before_turn = {3: lambda: change(replica, filled_url, 20)}
    page = await make(maker, request, filled_url)
    assert replica.turns.count("_begin") == 2
    numbers = await replica.run(compute_numbers, rules, request)
    assert read_page(page).figures["open"] == numbers.headline.summary.total["open"]
    assert await make(renewed(replica, rules, settings), request, filled_url) == page


async def test_a_report_is_computed_at_once_where_its_rows_go_on_changing(
    maker: ReportMaker, replica: WatchedReplica, settings: Settings, filled_url: str
) -> None:
    replica.before_turn = {turn: (lambda turn=turn: change(replica, filled_url, turn + 1)) for turn in (2, 4)}
    await make(maker, report(replica, settings), filled_url)
    assert (replica.turns.count("_begin"), replica.turns.count("compute_numbers")) == (2, 1)


async def test_a_base_map_is_drawn_on_the_map_and_named_and_one_that_comes_makes_the_page_anew(
    replica: WatchedReplica, rules: RuleTable, settings: Settings, filled_url: str, tmp_path: Path
) -> None:
    home, request = tmp_path / "home", report(replica, settings, "T")
    made = renewed(replica, rules, settings, home)
    bare = await make(made, request, filled_url)
    x, y = slippy_tile(CENTRE[0], CENTRE[1], 9)
    lake = {"geometry": shapely.box(0, 0, 4096, 4096), "properties": {"class": "lake"}}
    body = igzip.compress(mapbox_vector_tile.encode([{"name": "water", "features": [lake]}]))
    edges = {"min_lon_e7": 37 * 10**7, "min_lat_e7": 43 * 10**7, "max_lon_e7": 40 * 10**7, "max_lat_e7": 46 * 10**7}
    Basemaps(home).add(write_pmtiles(tmp_path / "region.pmtiles", {(9, x, y): body}, OPENMAPTILES, min_zoom=9, max_zoom=9, **edges))
    drawn = await make(made, request, filled_url)
    water = f'fill="{INKS["light"].water}"'.encode()
    assert (water in bare, water in drawn) == (False, True)
    assert (b"OpenStreetMap" in bare, b"OpenStreetMap" in drawn) == (False, True)
