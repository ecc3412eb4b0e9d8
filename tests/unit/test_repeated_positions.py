"""Positions with many incidents, against a count by a dictionary."""

from collections import Counter

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.columns import BATCH, POSITION_UNITS
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.statistics.repeated_positions import GRID_UNITS, find_repeated_positions
from geo_service.core.model import LocationQuality, Status

COUNT, AT_LEAST = 3000, 5


def make_state() -> ReplicaState:
    """Incidents at some houses on both sides of the equator and of the prime meridian, and at points of their own."""
    rng = np.random.default_rng(11)
    houses = rng.integers(-400, 400, (300, 2))
    at = houses[rng.integers(len(houses), size=COUNT)] * GRID_UNITS + rng.integers(0, GRID_UNITS, (COUNT, 2))
    batch = np.zeros(COUNT, BATCH)
    batch["id"] = np.arange(COUNT) + 77
    batch["lng"], batch["lat"] = at.T
    batch["cell"] = [h3.latlng_to_cell(lat / POSITION_UNITS, lng / POSITION_UNITS, 10) for lng, lat in at.tolist()]
    batch["received"] = 1_000_000 + rng.permutation(COUNT)
    batch["theme"] = rng.integers(1, 5, COUNT)
    batch["quality"] = rng.integers(0, 5, COUNT)
    batch["status"] = rng.choice([Status.NEW, Status.CLOSED], COUNT)
    return ReplicaState(batch, EMPTY, 1_000_000)


def test_positions_are_those_that_a_dictionary_counts() -> None:
    state = make_state()
    selection = Selection(Window(1_000_000, 1_002_500), 2_000_000)
    columns = state.columns
    inside = (columns["received"] < 1_002_500) & (columns["quality"] <= LocationQuality.HOUSE)
    keys = list(zip((columns["lng"][inside] // GRID_UNITS).tolist(), (columns["lat"][inside] // GRID_UNITS).tolist(), strict=True))
    counts = {key: n for key, n in Counter(keys).items() if n >= AT_LEAST}
    found = find_repeated_positions(state, selection, AT_LEAST, COUNT)
    assert found.total == len(counts) > 50
    by_key = {(round(one.lng * 1e5), round(one.lat * 1e5)): one for one in found.positions}
    assert {key: one.n for key, one in by_key.items()} == counts
    assert [one.n for one in found.positions] == sorted(counts.values(), reverse=True)
    for key, one in by_key.items():
        rows = np.flatnonzero(inside)[[other == key for other in keys]]
        assert one.open == np.count_nonzero(columns["status"][rows] == Status.NEW)
        assert dict(one.themes) == Counter(columns["theme"][rows].tolist())
        assert set(one.ids) <= set((columns["id"][rows] + columns.first_id).tolist())
        assert len(one.ids) == min(5, one.n)


def test_a_limit_keeps_the_first_and_the_total() -> None:
    state = make_state()
    selection = Selection(Window(0, 2_000_000), 2_000_000)
    everything, first = (find_repeated_positions(state, selection, AT_LEAST, limit) for limit in (COUNT, 7))
    assert first.positions == everything.positions[:7]
    assert first.total == everything.total


def test_nothing_gives_nothing() -> None:
    state = ReplicaState(np.zeros(0, BATCH), EMPTY, 1_000_000)
    found = find_repeated_positions(state, Selection(Window(0, 10), 10), 1, 5)
    assert (list(found.positions), found.total) == ([], 0)
