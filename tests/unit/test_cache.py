"""The tile cache and the sharing of work under way."""

import asyncio

import pytest

from geo_service.tiles.cache import CachedTile, SingleFlight, TileCache


def tile(size: int = 10, revision: int = 1, valid_until: float = 100.0) -> CachedTile:
    return CachedTile(b"x" * size, '"t"', (), revision, valid_until)


def key(name: str) -> tuple[str, bytes, str]:
    return name, b"", "gzip"


def test_a_tile_is_answered_until_the_incidents_change_or_its_window_moves_on() -> None:
    cache = TileCache(100_000)
    kept = tile()
    cache.put(key("a"), kept)
    assert cache.get(key("a"), 1, 99.9) is kept
    assert cache.get(key("a"), 1, 100.0) is None
    cache.put(key("a"), kept)
    assert cache.get(key("a"), 2, 0) is None
    assert cache.get(key("a"), 1, 0) is None, "what is outdated is dropped"


def test_the_tiles_unused_for_longest_make_room() -> None:
    cache = TileCache(3 * 2000)
    for name in "abc":
        cache.put(key(name), tile(1000))
    cache.get(key("a"), 1, 0)
    cache.put(key("d"), tile(1000))
    assert [name for name in "abcd" if cache.get(key(name), 1, 0)] == ["a", "c", "d"]


def test_a_tile_larger_than_the_cache_is_not_kept_and_empties_nothing_else_for_ever() -> None:
    cache = TileCache(5000)
    cache.put(key("huge"), tile(50_000))
    assert cache.get(key("huge"), 1, 0) is None
    cache.put(key("a"), tile())
    assert cache.get(key("a"), 1, 0)


async def test_the_same_work_at_the_same_time_is_done_once() -> None:
    flight: SingleFlight[int] = SingleFlight()
    runs = 0

    async def work() -> int:
        nonlocal runs
        runs += 1
        await asyncio.sleep(0.01)
        return runs

    assert await asyncio.gather(*(flight.do("k", work) for _ in range(10))) == [1] * 10
    assert await flight.do("k", work) == 2


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

    first, second = (asyncio.create_task(flight.do("k", work)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0.01)
    assert not stopped.is_set()
    second.cancel()
    await asyncio.wait_for(stopped.wait(), 1)
    release.set()
    assert await flight.do("k", work) == "done"


async def test_a_failure_reaches_everyone_who_waits() -> None:
    flight: SingleFlight[None] = SingleFlight()

    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    results = await asyncio.gather(*(flight.do("k", work) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["no"] * 3
    with pytest.raises(ValueError, match="no"):
        await flight.do("k", work)
