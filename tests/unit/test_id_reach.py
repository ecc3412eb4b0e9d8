"""Ids far from all others cost no memory in proportion to their distance."""

import numpy as np
import pytest

from geo_service.aggregation.catalogue.catalogue import EMPTY
from geo_service.aggregation.columns.id_reach import within_reach
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import Status
from tests.support.incident_batches import batch_of

NONE_GONE = np.empty(0, np.int64)
FAR = [2**31, 5_000_000_000, 2**63 - 1, -(2**63)]


def rows(first_id: int, count: int = 10) -> np.ndarray:
    return batch_of([(0, 10 + at, 0, Status.NEW, 1, 1, 0) for at in range(count)], first_id=first_id)


@pytest.mark.parametrize("far", FAR)
def test_a_far_id_that_arrives_is_left_out_and_the_others_are_held(far: int) -> None:
    state = ReplicaState(rows(1), EMPTY, 1_000_000)
    before = state.columns.nbytes
    batch = rows(11, 2)
    batch["id"][1] = far
    assert state.apply(batch, NONE_GONE, None).new == 1
    assert state.refused == {far}
    assert state.columns.nbytes < before + 1_000_000
    assert state.columns.ids_between(1, 2**62).tolist() == list(range(1, 12))


@pytest.mark.parametrize("far", FAR)
def test_a_far_id_among_those_loaded_is_left_out(far: int) -> None:
    batch = rows(1)
    batch["id"][4] = far
    state = ReplicaState(batch, EMPTY, 1_000_000)
    assert (state.columns.live_rows, state.refused) == (9, {far})
    assert state.columns.nbytes < 1_000_000
    state.apply(rows(1, 0), np.array([far]), None)
    assert state.refused == set()


def test_ids_may_begin_anywhere_also_where_there_were_none_before() -> None:
    assert ReplicaState(rows(2**63 - 10), EMPTY, 1_000_000).columns.live_rows == 10
    empty = ReplicaState(rows(1, 0), EMPTY, 1_000_000)
    assert empty.apply(rows(7_000_000_000), NONE_GONE, None).new == 10
    assert empty.columns.nbytes < 1_000_000


def test_gaps_of_a_few_million_are_held_and_the_span_never_exceeds_the_limit() -> None:
    ids = np.array([1, 20_000_000, 40_000_000, 80_000_000], np.int64)
    assert within_reach(ids, (1, 1000), 1000).tolist() == [True, True, False, False]
    assert within_reach(ids, (1, 30_000_000), 10_000_000).tolist() == [True, True, True, False]
    assert within_reach(np.array([2**62], np.int64), (1, 200_000_000), 10).tolist() == [False]
