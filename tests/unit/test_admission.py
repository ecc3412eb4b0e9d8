"""The queues of requests: whom they refuse, at once or after a wait, and what they tell them."""

import asyncio
import threading
from contextlib import ExitStack, suppress

import pytest

from geo_service.core.admission import AdmissionQueue, QueuedPlaces, QueuedThread, request_arrived
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


def test_a_request_has_one_limit_for_all_queues_and_its_work_does_not_count() -> None:
    clock = Clock()
    counting, encoding = (AdmissionQueue(limit=10, longest_wait=3, clock=clock) for _ in range(2))
    with request_arrived(clock):
        clock.now += 0.5
        with counting.slot() as place:
            clock.now += 1
            place.begin()
            clock.now += 100
            place.end()
        clock.now += 0.5
        with encoding.slot() as place:
            assert place.remaining_s == pytest.approx(1)
            clock.now += 0.9
            place.begin()
            place.end()
        clock.now += 0.2
        assert refused(counting) == 1
    assert refused(encoding) is None, "another request has a limit of its own"
    assert [(queue.admitted, queue.shed) for queue in (counting, encoding)] == [(1, 1), (1, 0)]
    assert (counting.longest_waited_s, encoding.waited_s) == pytest.approx((1.5, 2.9))


def test_who_has_waited_for_too_long_is_refused_when_the_work_begins() -> None:
    clock = Clock()
    queue = AdmissionQueue(limit=10, longest_wait=3, clock=clock)
    with pytest.raises(Overloaded) as told, queue.slot() as place:
        clock.now += 3.1
        place.begin()
    assert (told.value.retry_after, queue.shed, queue.admitted, queue.longest_waited_s) == (4, 1, 0, 0)


def test_of_several_workers_one_that_takes_long_holds_nobody_up() -> None:
    clock = Clock()
    queue = AdmissionQueue(limit=10, longest_wait=3, clock=clock, workers=2)
    with queue.slot() as place:
        place.begin()
        clock.now += 60
        assert refused(queue) is None
        with queue.slot():
            clock.now += 4
            assert refused(queue) == 4, "now somebody waits"


class HeldThread:
    """A queued thread that is held up until `release` is set."""

    def __init__(self, queue: AdmissionQueue) -> None:
        self.thread, self.release = QueuedThread("held", queue), threading.Event()
        self.done: list[int] = []

    async def __aenter__(self) -> "HeldThread":
        begun, loop = asyncio.Event(), asyncio.get_running_loop()

        def hold() -> None:
            loop.call_soon_threadsafe(begun.set)
            assert self.release.wait(60)

        self.holding = asyncio.create_task(self.thread.run(hold))
        await begun.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release.set()
        await self.holding
        await self.thread.run(lambda: None)
        self.thread.close()


async def test_who_waits_for_too_long_is_told_while_the_thread_is_still_busy_and_never_served() -> None:
    waits: list[float] = []
    queue = AdmissionQueue(limit=10, longest_wait=0.05)
    async with HeldThread(queue) as held:
        queue.on_wait = waits.append
        results = await asyncio.gather(*(held.thread.run(held.done.append, number) for number in range(3)), return_exceptions=True)
        assert [type(result) for result in results] == [Overloaded] * 3
        assert (len(queue), queue.shed, queue.admitted) == (1, 3, 1)
    assert (held.done, queue.admitted, len(waits)) == ([], 2, 1)
    assert max(waits) <= queue.longest_waited_s <= 0.05


async def test_who_leaves_frees_the_place_and_is_not_counted_as_refused() -> None:
    queue = AdmissionQueue(limit=10, longest_wait=60)
    async with HeldThread(queue) as held:
        leaving = [asyncio.create_task(held.thread.run(held.done.append, number)) for number in range(3)]
        await asyncio.sleep(0)
        assert len(queue) == 4
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        assert (len(queue), queue.shed) == (1, 0)
    assert held.done == []


async def test_places_are_given_in_turn_and_free_again_after_a_failure_a_wait_or_a_leave() -> None:
    queue = AdmissionQueue(limit=10, longest_wait=0.05, workers=2)
    places = QueuedPlaces(queue, 2)

    async def fail() -> None:
        async with places.enter():
            raise ValueError

    async with places.enter(), places.enter():
        with pytest.raises(Overloaded):
            await fail()
        waiting = asyncio.create_task(fail())
        await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
    for _ in range(5):
        with pytest.raises(ValueError, match=r"^$"):
            await fail()
    async with places.enter(), places.enter():
        assert (len(queue), queue.shed, queue.admitted) == (2, 1, 9)
    assert queue.longest_waited_s <= 0.05
