"""The columns against a plain dictionary of incidents."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from geo_service.aggregation.arrays.growable import GrowableArray
from geo_service.aggregation.columns.columns import BATCH, DELETED, Columns

Row = tuple[int, int, int]
"""cell index, received, status"""

rows = st.tuples(st.integers(0, 5), st.integers(1, 1000), st.integers(0, 8))


def batch_of(incidents: dict[int, Row]) -> tuple[np.ndarray, np.ndarray]:
    """BATCH rows and their cells' indexes."""
    batch = np.zeros(len(incidents), BATCH)
    batch["id"] = list(incidents)
    batch["received"] = [row[1] for row in incidents.values()]
    batch["status"] = [row[2] for row in incidents.values()]
    return batch, np.array([row[0] for row in incidents.values()], np.int32)


class ColumnsMachine(RuleBasedStateMachine):
    """Random loads, changes, deletions and merges; after each the columns hold what the dictionary holds."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, Row] = {}
        self.columns = Columns(*batch_of({}))

    @rule(incidents=st.dictionaries(st.integers(1, 60), rows, max_size=20))
    def load(self, incidents: dict[int, Row]) -> None:
        self.model = dict(incidents)
        self.columns = Columns(*batch_of(incidents))

    @rule(incidents=st.dictionaries(st.integers(1, 60), rows, max_size=20))
    def apply(self, incidents: dict[int, Row]) -> None:
        change = self.columns.apply(*batch_of(incidents))
        assert change.new == len(incidents.keys() - self.model.keys())
        assert change.changed == sum(1 for key, row in incidents.items() if key in self.model and self.model[key] != row)
        self.model.update(incidents)

    @rule(ids=st.lists(st.integers(1, 60), max_size=20))
    def delete(self, ids: list[int]) -> None:
        change = self.columns.delete(np.array(ids, np.int64))
        assert change.deleted == len(set(ids) & self.model.keys())
        for one in ids:
            self.model.pop(one, None)

    @rule()
    def merge(self) -> None:
        self.columns.apply_merge(self.columns.merge())
        assert self.columns.tail_rows == 0

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        alive = self.columns["status"] != DELETED
        held = zip(*(self.columns[name][alive].tolist() for name in ("cell", "received", "status")), strict=True)
        assert sorted(held) == sorted(self.model.values())
        assert self.columns.live_rows == len(self.model)
        instants = [row[1] for row in self.model.values()]
        assert self.columns.extent() == ((min(instants), max(instants)) if instants else None)

    @invariant()
    def base_is_in_time_order(self) -> None:
        received = self.columns["received"][: self.columns.base].astype(int)
        assert (np.diff(received) >= 0).all()

    @invariant()
    def a_window_is_found_in_its_spans(self) -> None:
        found = 0
        for (low, high), timed in self.columns.candidate_ranges(200, 700):
            received = self.columns["received"][low:high]
            alive = self.columns["status"][low:high] != DELETED
            inside = (received >= 200) & (received < 700)
            assert timed or inside.all()
            found += int((inside & alive).sum())
        assert found == sum(1 for row in self.model.values() if 200 <= row[1] < 700)


TestColumns = ColumnsMachine.TestCase
TestColumns.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_an_incident_of_ten_million_takes_less_than_sixty_bytes() -> None:
    size = 100_000
    batch = np.zeros(size, BATCH)
    batch["id"] = np.arange(1, size + 1)
    assert Columns(batch, np.zeros(size, np.int32)).nbytes / size < 60


def test_the_extent_passes_over_any_number_of_deleted_rows_at_both_ends() -> None:
    batch = np.zeros(20_000, BATCH)
    batch["id"] = batch["received"] = np.arange(1, 20_001)
    columns = Columns(batch, np.zeros(20_000, np.int32))
    columns.delete(np.r_[1:9_001, 11_000:20_001])
    assert columns.extent() == (9_001, 10_999)
    columns.delete(np.arange(1, 20_001))
    assert columns.extent() is None


def test_a_view_taken_earlier_keeps_its_rows_while_the_array_grows() -> None:
    growing = GrowableArray.empty(np.int32)
    growing.append(np.arange(3, dtype=np.int32))
    view = growing.values
    for _ in range(20):
        growing.append(np.arange(1000, dtype=np.int32))
    assert view.tolist() == [0, 1, 2]
    assert len(growing) == 20_003
