"""The tile cache and the sharing of work under way."""

import asyncio

import numpy as np
import pytest

from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.columns.pending_deadlines import PENDING_DUE, pending_deadlines
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.http.headers import HeaderBlock
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.server.tile_server import CachedTile, SingleFlight, TileCache
from tests.support.event_loop import everything_has_had_its_turn

JANUARY, TODAY = Window(1000, 2000), Window(9000, 9999)


def tile(size: int = 10, window: Window = JANUARY, valid_until: float = 100.0, revision: int | None = None) -> CachedTile:
    """revision: named in the tile."""
    request = TileRequest(Tile(0, 0, 0), Query(Selection(window, 50)), revision=revision)
    return CachedTile(b"x" * size, '"t"', HeaderBlock(()), HeaderBlock(()), request, 0, valid_until)


def key(name: str) -> tuple[str, bytes, str]:
    return name, b"", "gzip"


def arrive(log: ChangeLog, received: int) -> None:
    """An incident comes."""
    rows = np.zeros(1, BATCH)
    rows["received"] = received
    log.record({name: rows[name] for name in BATCH.names or ()} | {PENDING_DUE: pending_deadlines(rows)})
    log.commit()


def test_a_tile_is_answered_until_its_incidents_change_or_its_window_moves_on() -> None:
    log = ChangeLog()
    cache = TileCache(100_000, log)
    kept = tile()
    cache.put(key("a"), kept)
    assert cache.get_at(key("a"), 99.9) is kept
    assert cache.get_at(key("a"), 100.0) is None
    arrive(log, 1500)
    assert cache.get_at(key("a"), 0) is None
    assert cache.peek(key("a")) == (kept, 0), "it may be found to hold all the same"


def test_a_tile_of_january_stays_when_an_incident_arrives_today() -> None:
    log = ChangeLog()
    cache = TileCache(100_000, log)
    cache.put(key("january"), tile())
    cache.put(key("today"), tile(window=TODAY))
    cache.put(key("meta"), tile(revision=0))
    for instant in range(9000, 9050):
        arrive(log, instant)
    held = cache.get_at(key("january"), 0)
    assert held
    assert held.body == tile().body
    assert cache.peek(key("january")) == (held, 50), "it is known to be valid up to the latest change"
    assert cache.get_at(key("today"), 0) is None
    assert cache.get_at(key("meta"), 0) is None, "a tile that tells the revision is another at each"
    log.commit(everything=True)
    assert cache.get_at(key("january"), 0) is None


def test_the_tiles_unused_for_longest_make_room() -> None:
    cache = TileCache(3 * 3000, ChangeLog())
    for name in "abc":
        cache.put(key(name), tile(1000))
    cache.get_at(key("a"), 0)
    cache.put(key("d"), tile(1000))
    assert [name for name in "abcd" if cache.get_at(key(name), 0)] == ["a", "c", "d"]


def test_a_tile_larger_than_the_cache_is_not_kept_and_empties_nothing_else_for_ever() -> None:
    cache = TileCache(5000, ChangeLog())
    cache.put(key("huge"), tile(50_000))
    assert cache.get_at(key("huge"), 0) is None
    cache.put(key("a"), tile())
    assert cache.get_at(key("a"), 0)


async def test_the_same_work_at_the_same_time_is_done_once() -> None:
    flight: SingleFlight[int] = SingleFlight()
    release = asyncio.Event()
    runs = 0

    async def work() -> int:
        nonlocal runs
        runs += 1
        await release.wait()
        return runs

    waiting = [asyncio.create_task(flight.run("k", work)) for _ in range(10)]
    await everything_has_had_its_turn()
    release.set()
    assert await asyncio.gather(*waiting) == [1] * 10
    assert await flight.run("k", work) == 2


async def test_work_goes_on_while_anyone_waits_and_stops_when_nobody_does() -> None:
    flight: SingleFlight[str] = SingleFlight()
    stopped = asyncio.Event()
    release = asyncio.Event()

    async def work() -> str:
        try:
            await release.wait()
        except asyncio.CancelledError:
            stopped.set()
            raise
        return "done"

    first, second = (asyncio.create_task(flight.run("k", work)) for _ in range(2))
    await everything_has_had_its_turn()
    first.cancel()
    await everything_has_had_its_turn()
    assert not stopped.is_set()
    second.cancel()
    async with asyncio.timeout(1):
        await stopped.wait()
    release.set()
    assert await flight.run("k", work) == "done"


async def test_a_failure_reaches_everyone_who_waits() -> None:
    flight: SingleFlight[None] = SingleFlight()

    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(*(flight.run("k", work) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["no"] * 3
    with pytest.raises(ValueError, match="no"):
        await flight.run("k", work)
