"""Rows inside a box, and the places they make, against looking at every incident."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns import spatial_index
from geo_service.aggregation.columns.columns import BATCH, DELETED, Columns
from geo_service.aggregation.columns.spatial_index import CHUNK_ROWS, Box, SpatialIndex
from geo_service.aggregation.counting.points_in_box import group_points_in_box
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import OPEN_STATUSES
from tests.support.incident_batches import NOW, batch_of, incidents, is_overdue, selections

SPOTS = [(0, 0), (1, 0), (0, 1), (-1_800_000_000, 900_000_000), (1_800_000_000, -900_000_000), (389_000_000, 450_000_000), (-5, 524_288)]
WORLD_BOUNDS = Box(-1_800_000_000, -900_000_000, 1_800_000_000, 900_000_000)

sides = st.tuples(*(st.sampled_from(sorted({spot[axis] for spot in SPOTS})) for axis in (0, 0, 1, 1)))
boxes = sides.map(lambda side: Box(min(side[:2]), min(side[2:]), max(side[:2]), max(side[2:])))


def held_by(box: Box, lng: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (lng >= box.west) & (lng <= box.east) & (lat >= box.south) & (lat <= box.north)


def placed(rows: list, spots: list[int], first_id: int = 1) -> np.ndarray:  # type: ignore[type-arg]  # strategies of test_counts
    """A batch whose incidents lie at some of the SPOTS."""
    batch = batch_of(rows, first_id)
    chosen = np.array([SPOTS[spots[i % len(spots)]] for i in range(len(rows))], np.int32).reshape(-1, 2)
    batch["lng"], batch["lat"] = chosen.T
    return batch


def expected(batch: np.ndarray, selection, box: Box) -> dict[tuple[int, int], tuple[int, ...]]:  # type: ignore[no-untyped-def]
    """Id of the newest, n, open and overdue of each place."""
    found: dict[tuple[int, int], list[tuple[int, int, bool, bool]]] = {}
    for row in batch[held_by(box, batch["lng"], batch["lat"])]:
        is_open = int(row["status"]) in OPEN_STATUSES
        overdue = is_overdue(row, NOW)
        taken = int(row["status"]) in selection.statuses.chosen or (selection.statuses.overdue and overdue)
        inside = selection.window.start <= row["received"] < selection.window.stop
        filters = ((selection.themes, "theme"), (selection.sources, "source"), (selection.agencies, "agency"))
        if taken and inside and all(chosen is None or row[name] in chosen for chosen, name in filters):
            found.setdefault((int(row["lng"]), int(row["lat"])), []).append((int(row["received"]), int(row["id"]), is_open, overdue))
    return {spot: (max(rows)[1], len(rows), sum(row[2] for row in rows), sum(row[3] for row in rows)) for spot, rows in found.items()}


@settings(deadline=None, max_examples=80)
@given(
    st.lists(incidents, max_size=40),
    st.lists(incidents, max_size=20),
    st.lists(st.integers(0, 6), min_size=1, max_size=9),
    selections,
    boxes,
)
def test_places_are_what_one_finds_by_looking_at_each_incident(first, later, spots, selection, box) -> None:  # type: ignore[no-untyped-def]
    loaded, arrived = placed(first, spots), placed(later, spots[::-1], first_id=30)
    state = ReplicaState(loaded, EMPTY, 1_000_000)
    state.apply(arrived, np.empty(0, np.int64), None)
    # Ids from 30 on are written twice: the later version counts, with another place for many.
    everything = np.concatenate([loaded[~np.isin(loaded["id"], arrived["id"])], arrived])
    places = group_points_in_box(state.columns, selection, [box])
    spot_of = zip(state.columns["lng"][places.newest].tolist(), state.columns["lat"][places.newest].tolist(), strict=True)
    ids = state.columns.ids(places.newest).tolist()
    counts = [tuple(row) for row in places.counts[:, :3].tolist()]
    assert dict(zip(spot_of, [(one, *count) for one, count in zip(ids, counts, strict=True)], strict=True)) == expected(
        everything, selection, box
    )
    order = places.latest(3)
    moments = sorted(zip(state.columns["received"][places.newest].tolist(), ids, strict=True))[-3:]
    assert state.columns.ids(order.newest).tolist() == [one for _, one in moments]


def many(rng: np.random.Generator, size: int, first_id: int = 1) -> np.ndarray:
    """Incidents in towns, at houses of which many are used more than once."""
    batch = np.zeros(size, BATCH)
    batch["id"] = np.arange(first_id, first_id + size)
    batch["received"] = rng.integers(1, 1_000_000, size)
    towns = rng.normal((400_000_000, 450_000_000), (20_000_000, 8_000_000), (20, 2))
    at = towns[rng.integers(20, size=size)] + rng.normal(0, 500_000, (size, 2))
    batch["lng"], batch["lat"] = (at // 1000 * 1000).astype(np.int32).T
    return batch


def check(columns: Columns, rng: np.random.Generator) -> None:
    lng, lat = columns["lng"], columns["lat"]
    assert sorted(columns.rows_in_box((0, len(columns)), WORLD_BOUNDS).tolist()) == list(range(len(columns)))
    found = 0
    for _ in range(12):
        row = rng.integers(len(columns))
        width, height = rng.integers(1, 2_000_000, 2).tolist()
        box = Box(int(lng[row]), int(lat[row]), int(lng[row]) + width, int(lat[row]) + height)
        low, high = sorted(rng.integers(0, len(columns) + 1, 2).tolist())
        inside = low + np.flatnonzero(held_by(box, lng[low:high], lat[low:high]))
        assert np.sort(columns.rows_in_box((low, high), box)).tolist() == inside.tolist()
        found += len(inside)
    assert found > 12


def test_rows_inside_are_found_while_incidents_come_move_go_and_are_merged() -> None:
    rng = np.random.default_rng(20261125)
    size = 2 * CHUNK_ROWS + 30_000
    columns = Columns(many(rng, size), np.zeros(size, np.int32))
    check(columns, rng)
    for step in range(4):
        moved = many(rng, 3_000, 1 + step * 40_000)
        # Half of them keep their time: they move in their rows; the others go to the tail.
        moved["received"][::2] = columns["received"][columns._rows(moved["id"][::2])]
        columns.apply(moved, np.zeros(len(moved), np.int32))
        columns.apply(many(rng, 20_000, size + 1 + step * 20_000), np.zeros(20_000, np.int32))
        columns.delete(np.arange(1 + step, size, 5_000))
        check(columns, rng)
        if step % 2:
            columns.apply_merge(columns.merge())
            check(columns, rng)
    assert columns.base == len(columns) > 3 * CHUNK_ROWS
    assert np.count_nonzero(columns["status"] == DELETED)


@pytest.mark.parametrize("size", [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1])
def test_the_orders_take_two_bytes_a_row_and_hold_at_any_length(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spatial_index, "_MIN_ROWS_TO_SEARCH", 0)
    rng = np.random.default_rng(size)
    lng, lat = (
        rng.integers(-1_800_000_000, 1_800_000_001, size).astype(np.int32),
        rng.integers(-900_000_000, 900_000_001, size).astype(np.int32),
    )
    made = SpatialIndex(lng, lat)
    box = Box(-1_800_000_000, -3_000_000, 900_000_000, 3_000_000)
    assert np.sort(made.rows_in_box(lng, lat, (0, size), box)).tolist() == np.flatnonzero(held_by(box, lng, lat)).tolist()
    assert made.nbytes <= max(2 * size, 2048)
