"""The queue for the replica's thread: whom it refuses, and what it tells them."""

from contextlib import ExitStack

import pytest

from geo_service.aggregation.replica.replica import AdmissionQueue
from geo_service.core.errors import Overloaded


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def refused(queue: AdmissionQueue) -> int | None:
    """After how many seconds whoever enters now is told to come again; None when there is a place."""
    try:
        with queue.slot():
            return None
    except Overloaded as error:
        return error.retry_after


def test_who_would_wait_for_too_long_is_refused_and_told_for_how_long() -> None:
    queue = AdmissionQueue(limit=1000, longest_wait=3, clock=Clock())
    for _ in range(200):
        queue.record_duration(0.5)
    with ExitStack() as places:
        for _ in range(7):
            places.enter_context(queue.slot())
        assert queue.expected_wait == pytest.approx(3.5)
        assert refused(queue) == 4
    assert (len(queue), refused(queue)) == (0, None)


def test_quick_computations_let_more_wait_than_slow_ones() -> None:
    queue = AdmissionQueue(limit=1000, longest_wait=3, clock=Clock())
    for _ in range(200):
        queue.record_duration(0.005)
    with ExitStack() as places:
        for _ in range(500):
            places.enter_context(queue.slot())
        assert refused(queue) is None


def test_nobody_enters_while_the_first_waits_for_too_long_already() -> None:
    clock = Clock()
    queue = AdmissionQueue(limit=1000, longest_wait=3, clock=clock)
    with queue.slot():
        clock.now += 3
        assert refused(queue) is None
        clock.now += 0.5
        assert refused(queue) == 4
        clock.now += 1000
        assert refused(queue) == 30, "nobody is sent away for long"


def test_an_empty_queue_takes_anyone_however_long_computations_took() -> None:
    queue = AdmissionQueue(limit=1, longest_wait=3, clock=Clock())
    for _ in range(100):
        queue.record_duration(60)
    assert refused(queue) is None
    with queue.slot():
        assert refused(queue) == 30


def test_more_than_the_limit_never_wait() -> None:
    queue = AdmissionQueue(limit=2, longest_wait=3, clock=Clock())
    with queue.slot(), queue.slot():
        assert refused(queue) == 1
