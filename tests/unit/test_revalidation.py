"""Tiles kept over changes against tiles made from scratch: whatever happens, the bytes are the same."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import h3.api.basic_int as h3
import numpy as np
import pytest

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.measures.measures import CELL_MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.core.admission import AdmissionQueue
from geo_service.core.model import OPEN_STATUSES, Status
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import EncodedTile, TileRequest
from geo_service.tiles.layers.hexes import HexLayer
from geo_service.tiles.server.tile_server import CachedTile, TileCache, TileServer
from tests.support.slippy_map import slippy_tile

STEP = 60
PLACES = [(45.0 + i * 0.05, 39.0 + j * 0.07) for i in range(4) for j in range(4)]
NO_ROWS, NONE_GONE = np.empty(0, BATCH), np.empty(0, np.int64)
Words = tuple[Tile, Window | int, str, bool, Statuses, tuple[int, ...] | None]
"""Tile, fixed window or the length of one back from now, measure, whether compared, statuses, themes."""


class CountingLayer(HexLayer):
    """Hexagons that tell how often they were drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        self.drawn += 1
        return super().encode(state, request)


class Stand:
    """A server of hexagon tiles with its cache, at an instant that the test sets."""

    def __init__(self) -> None:
        self.clock = 5000
        self.layer = CountingLayer()
        self.replica = Replica(1_000_000, AdmissionQueue(100, 60))
        self.replica.on_change(self.layer.refresh)
        self.cache = TileCache(10_000_000, self.replica.changes)
        self.server = TileServer(self.replica, self.layer, self.cache)

    async def tile(self, words: Words) -> CachedTile:
        """As the service would answer."""
        key = (repr(words), b"", "identity")
        return self.cache.get_at(key, self.clock) or (await self.server.render(key, self.request(words)))[0]

    def request(self, words: Words) -> TileRequest:
        """What the words mean now."""
        tile, window, measure, compared, statuses, themes = words
        now = self.clock // STEP * STEP
        if isinstance(window, int):
            window = Window(now + STEP - window, now + STEP, relative=True)
        selection = Selection(window, now, themes=themes, statuses=statuses)
        before = Window(window.start - (window.stop - window.start), window.start, window.relative)
        compare = replace(selection, window=before) if compared else None
        return TileRequest(tile, Query(selection, CELL_MEASURES[measure], compare, valid_until=now + STEP))


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    made = Stand()
    yield made
    made.replica.close()


def tile_over(place: tuple[float, float], zoom: int) -> Tile:
    lat, lng = place
    return Tile(zoom, *slippy_tile(lng, lat, zoom))


def from_scratch(rows: dict[int, Array]) -> Callable[[TileRequest], bytes]:
    state, layer = ReplicaState(np.array(list(rows.values()), BATCH), EMPTY, 1_000_000), HexLayer()
    layer.refresh(state.pyramid)
    return lambda request: layer.encode(state, request).body


def incident(rng: random.Random, key: int) -> Array:
    row: Array = np.zeros(1, BATCH)[0]
    lat, lng = rng.choice(PLACES)
    received = rng.randrange(3000, 6000)
    row["id"], row["cell"], row["received"] = key, rng.random() > 0.1 and h3.latlng_to_cell(lat, lng, 10), received
    row["due"], row["status"] = rng.choice([0, received + rng.randrange(2000)]), rng.choice(list(Status))
    row["answered"], row["closed"] = rng.choice([0, received + rng.randrange(900)]), received + 999
    row["theme"], row["source"] = rng.randrange(1, 4), 1
    return row


def many_words(rng: random.Random) -> Iterator[Words]:
    windows: list[Window | int] = [Window(3000, 4000), Window(3500, 5500), Window(4500, 9000), 600]
    chosen = [Statuses(), Statuses(), Statuses(OPEN_STATUSES), Statuses(frozenset(), overdue=True)]
    for _ in range(60):
        zoom = rng.choice([5, 9, 11])
        tile = tile_over(rng.choice(PLACES), zoom)
        measure = rng.choice(["count", "open", "overdue", "answer_hours", "share_on_time", "change"])
        yield (
            tile,
            rng.choice(windows),
            measure,
            measure == "change" or rng.random() < 0.2,
            rng.choice(chosen),
            rng.choice([None, (1,), (2, 3)]),
        )


@pytest.mark.parametrize("seed", range(2))
async def test_what_is_answered_is_always_what_would_be_made_from_scratch(stand: Stand, seed: int) -> None:
    rng = random.Random(seed)
    rows = {key: incident(rng, key) for key in range(1, 80)}
    await stand.replica.load(np.array(list(rows.values()), BATCH), EMPTY)
    words, answers = list(many_words(rng)), 0
    for _ in range(40):
        changed = [rng.randrange(1, 120) for _ in range(rng.choice([0, 1, 1, 2]))]
        gone = [key for key in rng.sample(sorted(rows), 1) if rng.random() < 0.2 and key not in changed]
        rows |= {key: incident(rng, key) for key in changed}
        rows = {key: row for key, row in rows.items() if key not in gone}
        batch = np.array([rows[key] for key in dict.fromkeys(changed)], BATCH) if changed else NO_ROWS
        await stand.replica.apply(batch, np.array(gone, np.int64), None)
        stand.clock += rng.choice([0, 0, 7, 70])
        if rng.random() < 0.1:
            await stand.replica.merge_tail(0)
        expected = from_scratch(rows)
        for one in rng.sample(words, 15):
            assert (await stand.tile(one)).body == expected(stand.request(one))
            answers += 1
    assert stand.layer.drawn < answers * 0.75, "much was answered without drawing"


DAY = 86_400
LATER = 500 * DAY
"""An instant that has a year before it."""


def past_incident(rng: random.Random, key: int) -> Array:
    """One of the 450 days before LATER, of the last week in every second case, often in the same place."""
    row = incident(rng, key)
    lat, lng = PLACES[0] if rng.random() < 0.4 else rng.choice(PLACES)
    row["cell"] = h3.latlng_to_cell(lat, lng, 10)
    row["received"] = LATER - rng.randrange(1, 7 * DAY if rng.random() < 0.5 else 450 * DAY)
    row["due"] = rng.choice([0, int(row["received"]) + rng.randrange(20 * DAY)])
    return row


def words_of_places(rng: random.Random) -> Iterator[Words]:
    windows: list[Window | int] = [Window(LATER - 5 * DAY, LATER - DAY), Window(LATER - 20 * DAY, LATER + 50 * DAY), 7 * DAY]
    for _ in range(40):
        tile = tile_over(rng.choice(PLACES), rng.choice([7, 9, 11]))
        statuses = rng.choice([Statuses(), Statuses(), Statuses(OPEN_STATUSES), Statuses(frozenset(), overdue=True)])
        measure, themes = rng.choice(["unusual", "unusual", "gi", "emerging"]), rng.choice([None, (1,), (2, 3)])
        yield tile, rng.choice(windows), measure, rng.random() < 0.2, statuses, themes


async def test_what_compares_a_place_with_others_is_always_what_would_be_made_from_scratch(stand: Stand) -> None:
    """Changes of the baseline, of neighbours and of the rest are heard of as well, and a day that begins."""
    rng = random.Random(3)
    stand.clock = LATER - DAY - 100
    rows = {key: past_incident(rng, key) for key in range(1, 160)}
    await stand.replica.load(np.array(list(rows.values()), BATCH), EMPTY)
    words, values = list(words_of_places(rng)), 0
    for _ in range(30):
        changed = [rng.randrange(1, 220) for _ in range(rng.choice([0, 0, 1, 2]))]
        rows |= {key: past_incident(rng, key) for key in changed}
        batch = np.array([rows[key] for key in dict.fromkeys(changed)], BATCH) if changed else NO_ROWS
        await stand.replica.apply(batch, NONE_GONE, None)
        stand.clock += rng.choice([0, 0, 7, 70, 400])
        expected = from_scratch(rows)
        for one in rng.sample(words, 8):
            tile = await stand.tile(one)
            assert tile.body == expected(stand.request(one))
            values += len(tile.body)
    assert values > 10_000


@pytest.mark.parametrize(("measure", "days"), [("unusual", 3), ("emerging", 24)])
async def test_what_ends_now_moves_on_with_the_clock_though_the_window_stands_still(stand: Stand, measure: str, days: int) -> None:
    rng = random.Random(8)
    rows = {key: past_incident(rng, key) for key in range(1, 300)}
    for row in rows.values():
        # No deadline passes meanwhile.
        row["due"] = 0
    await stand.replica.load(np.array(list(rows.values()), BATCH), EMPTY)
    stand.clock = LATER - 5 * DAY
    words, bodies = (tile_over(PLACES[0], 9), Window(LATER - days * DAY, LATER + 90 * DAY), measure, False, Statuses(), None), set()
    for _ in range(4):
        stand.clock += 5 * DAY
        tile = await stand.tile(words)
        assert tile.body == from_scratch(rows)(stand.request(words))
        bodies.add(tile.body)
    assert len(bodies) > 1


async def test_a_value_that_depends_on_others_is_not_kept_when_they_change(stand: Stand) -> None:
    """The class stays "as usual", but the evidence in the tile is another."""
    rng = random.Random(5)
    rows = {key: past_incident(rng, key) for key in range(1, 160)}
    await stand.replica.load(np.array(list(rows.values()), BATCH), EMPTY)
    stand.clock = LATER
    words = at(0, Window(LATER - 7 * DAY, LATER), "unusual")
    before = await stand.tile(words)
    for key in range(300, 330):
        rows[key] = arrival(key, 15, LATER - 5000)[0]
        await stand.replica.apply(np.array([rows[key]], BATCH), NONE_GONE, None)
    after = await stand.tile(words)
    assert after.etag != before.etag
    assert after.body == from_scratch(rows)(stand.request(words))


async def load(stand: Stand) -> None:
    """An incident in each place and a second in the last, none with a deadline, received at 3000."""
    await stand.replica.load(np.concatenate([arrival(place + 1, min(place, 15), 3000) for place in range(17)]), EMPTY)


def arrival(key: int, place: int, received: int, due: int = 0, theme: int = 1) -> Array:
    rows = np.zeros(1, BATCH)
    rows["id"], rows["cell"], rows["received"] = key, h3.latlng_to_cell(*PLACES[place], 10), received
    rows["source"], rows["theme"], rows["due"] = 1, theme, due
    return rows


def at(place: int, window: Window | int, measure: str = "count", themes: tuple[int, ...] | None = None) -> Words:
    return tile_over(PLACES[place], 11), window, measure, False, Statuses(), themes


async def test_a_tile_is_not_drawn_again_for_another_time_another_theme_or_another_place(stand: Stand) -> None:
    await load(stand)
    words = [at(0, Window(3000, 4000)), at(0, Window(3000, 9000), themes=(1,)), at(15, Window(3000, 9000), themes=(2,))]
    first = [await stand.tile(one) for one in words]
    await stand.replica.apply(arrival(90, 0, 5000, theme=3), NONE_GONE, None)
    assert [(await stand.tile(one)).etag for one in words] == [one.etag for one in first]
    assert stand.layer.drawn == 3
    # Some of its own theme and time at the other end of the region: its hexagon's class is the same, nothing is drawn.
    await stand.replica.apply(arrival(91, 15, 3001), NONE_GONE, None)
    assert [(await stand.tile(one)).etag for one in words] == [one.etag for one in first]
    assert stand.layer.drawn == 3
    # And one that lies in the tile.
    await stand.replica.apply(arrival(92, 0, 3001), NONE_GONE, None)
    assert (await stand.tile(words[0])).etag != first[0].etag
    assert stand.layer.drawn == 4


async def test_a_change_elsewhere_that_moves_the_class_breaks_does_draw_the_tile_again(stand: Stand) -> None:
    await load(stand)
    words = at(15, Window(3000, 4000))
    before = await stand.tile(words)
    # Two were the most; now there are three somewhere else.
    for key in (100, 101):
        await stand.replica.apply(arrival(key, 0, 3001), NONE_GONE, None)
    after = await stand.tile(words)
    assert stand.layer.drawn == 2
    assert after.etag != before.etag


async def test_a_fixed_window_is_kept_by_deadlines_and_not_by_a_timer(stand: Stand) -> None:
    await load(stand)
    await stand.replica.apply(arrival(90, 0, 3500, due=9000), NONE_GONE, None)
    words, moving = at(0, Window(3000, 4000), "overdue"), at(0, 2500)
    assert not (await stand.tile(words)).body
    await stand.tile(moving)
    stand.clock += 70
    kept = await stand.tile(words)
    assert (stand.layer.drawn, kept.valid_until) == (2, 9001)
    await stand.tile(moving)
    assert stand.layer.drawn == 3, "a window that moves is another window"
    stand.clock = 8999
    assert await stand.tile(words) is kept
    # A deadline that comes earlier is heard of.
    await stand.replica.apply(arrival(91, 0, 3501, due=8000), NONE_GONE, None)
    assert (await stand.tile(words)).body
