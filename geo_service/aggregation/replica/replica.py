"""The replica: columns, H3 hierarchy, counts and catalogue of one process, and the one thread that uses them.

Readers and the writer take turns on a single worker thread, so that no result mixes two states; the event loop
stays free, and the compiled loops and the compression release the GIL.
"""

import asyncio
import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import Change, Columns, Merge
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.columns.id_reach import within_reach
from geo_service.aggregation.columns.unlocated import UnlocatedIncidents
from geo_service.aggregation.counting.counter import Counter
from geo_service.aggregation.replica.following import FollowingStatus
from geo_service.core.admission import AdmissionQueue, QueuedThread
from geo_service.core.errors import NotReady, Overloaded
from geo_service.core.model import FINEST_RESOLUTION

P = ParamSpec("P")
T = TypeVar("T")
Encoded = TypeVar("Encoded")

log = structlog.get_logger(__name__)

_NO_PLACE = np.uint64(0)
_MAX_REFUSED = 1000
"""Ids that are remembered as refused."""

Seconds = NDArray[np.uint32]
"""Durations in whole seconds; `quantiles.MISSING` where there is none."""


class ResponseTimer(Protocol):
    """Measures response times where a rule counts otherwise than by the calendar, as business hours do."""

    def answer_seconds(self, state: "ReplicaState", rows: NDArray[np.int32]) -> Seconds:
        """Return (rows,) seconds from receipt to the first answer, by the rules of each row's source and theme."""
        ...

    def waiting_seconds(self, state: "ReplicaState", rows: NDArray[np.int32], until: Seconds) -> Seconds:
        """Return (rows,) seconds from receipt to the instants `until`, by the same rules."""
        ...


class ReplicaState:
    """The data of the replica. Used on the worker thread only."""

    def __init__(
        self, batch: Array, catalogue: Catalogue, count_limit: int, clock: ResponseTimer | None = None, changes: ChangeLog | None = None
    ) -> None:
        """batch: BATCH rows of all incidents. count_limit: bytes of cached counts. clock: measures response times.

        changes: records what changes from now on; without it the state has a log of its own.
        """
        self.refused: set[int] = set()
        """Ids of located incidents that are left out because they are too far from all others; at most some thousands."""
        placed = self._without_far_ids(batch[batch["cell"] != _NO_PLACE], None, 0)
        cells, index = np.unique(placed["cell"], return_inverse=True)
        self.pyramid = H3Hierarchy(cells)
        self.changes = changes or ChangeLog()
        self.columns = Columns(placed, index.astype(np.int32), self.changes, self.pyramid.levels[FINEST_RESOLUTION])
        self.unplaced = UnlocatedIncidents(batch[batch["cell"] == _NO_PLACE])
        self.counter = Counter(self.columns, self.pyramid, count_limit, self.changes)
        self.catalogue = catalogue
        self.clock = clock

    def apply(self, batch: Array, deleted: NDArray[np.int64], catalogue: Catalogue | None) -> Change:
        """Apply what was written; an incident that is no longer located is counted among the unlocated ones."""
        placed = batch["cell"] != _NO_PLACE
        rows = self._without_far_ids(batch[placed], self.columns.id_range(), self.columns.live_rows)
        self.refused.difference_update(deleted.tolist())
        change = self.columns.apply(rows, self.pyramid.add(rows["cell"]))
        gone = self.columns.delete(np.concatenate([deleted, batch["id"][~placed]]))
        renewed = catalogue is not None and not catalogue.equals(self.catalogue)
        if catalogue is not None and renewed:
            self.catalogue = catalogue
        others = Change(changed=self.unplaced.apply(batch[~placed], np.concatenate([deleted, rows["id"]])))
        if change or gone or others or renewed:
            # Another catalogue gives codes another meaning: a sector may have one more theme.
            self.changes.commit(everything=renewed, cells=self.pyramid.levels[FINEST_RESOLUTION].cells)
        return change + gone + others

    def _without_far_ids(self, batch: Array, held: tuple[int, int] | None, rows: int) -> Array:
        reachable = within_reach(batch["id"], held, rows)
        if reachable.all():
            return batch
        far = set(batch["id"][~reachable][:_MAX_REFUSED].tolist()) - self.refused
        if far and len(self.refused) < _MAX_REFUSED:
            self.refused |= far
            log.error(
                "incidents are left out: their ids are too far from all others", first_id=min(far), last_id=max(far), incidents=len(far)
            )
        return batch[reachable]


class Replica:
    """Runs work on the thread that owns the state, and wakes those who wait for a change."""

    def __init__(self, count_limit: int, queue: AdmissionQueue, clock: ResponseTimer | None = None) -> None:
        """count_limit: bytes of cached counts. queue: admits requests. clock: as of `ReplicaState`."""
        self._clock = clock
        self._count_limit = count_limit
        self.queue = queue
        self._thread = QueuedThread("replica", queue)
        self._state: ReplicaState | None = None
        self._recalled: dict[Hashable, Any] = {}
        self._changed = asyncio.Event()
        self._change_hooks: list[Callable[[H3Hierarchy], None]] = []
        self.catalogue = EMPTY
        self.changes = ChangeLog()
        """What has changed, and when: the same log over all states, for any thread."""
        self.revision = 0
        self.total = Change()
        self.following = FollowingStatus()
        """How following goes, written by the follower."""
        self.synced_at = -np.inf
        self.changed_at = time.time()

    @property
    def loaded(self) -> bool:
        """Whether there is a state, and the time is known at which it was last up to date with the database."""
        return self._state is not None and self.synced_at > -np.inf

    @property
    def lag(self) -> float:
        """Seconds since the replica was last known to be up to date with the database; inf before the first load."""
        return time.monotonic() - self.synced_at

    @property
    def live_rows(self) -> int:
        """Number of incidents that have a place."""
        return self._state.columns.live_rows if self._state else 0

    @property
    def unlocated_rows(self) -> int:
        """Number of incidents without a place."""
        return len(self._state.unplaced) if self._state else 0

    @property
    def refused_rows(self) -> int:
        """Number of incidents that are left out because of their ids; it stops growing at some thousands."""
        return len(self._state.refused) if self._state else 0

    def on_change(self, hook: Callable[[H3Hierarchy], None]) -> None:
        """Call `hook(pyramid)` on the worker thread after each load and each change, before readers see it."""
        self._change_hooks.append(hook)

    async def run(self, work: Callable[Concatenate[ReplicaState, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `work(state, …)`, computed on the worker thread.

        Raises NotReady before the first load and Overloaded when it would have to wait for too long. Work whose caller is
        cancelled before its turn is not done.
        """
        self._loaded_state()
        return await self._thread.run(lambda: work(self._loaded_state(), *args, **kwargs))

    async def run_and_encode(
        self, encode: Callable[[T], Encoded], work: Callable[Concatenate[ReplicaState, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> Encoded:
        """Return `encode(work(state, …))`, both computed on the worker thread: the encoding waits for nothing, and holds up nobody else.

        Raises as `run`.
        """
        self._loaded_state()
        return await self._thread.run(lambda: encode(work(self._loaded_state(), *args, **kwargs)))

    async def run_or_recall(self, key: Hashable, work: Callable[[ReplicaState], T]) -> T:
        """Return `work(state)`; under pressure what it returned last for the key, perhaps for an earlier revision.

        For what is cheap, changes little and must not fail, as the bounds of a layer that a map asks for first.
        """
        try:
            result = await self.run(work)
        except Overloaded:
            if key not in self._recalled:
                raise
            recalled: T = self._recalled[key]
            return recalled
        self._recalled[key] = result
        return result

    async def run_unqueued(self, work: Callable[Concatenate[ReplicaState, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `work(state, …)`, computed on the worker thread outside of admission control: for the follower."""
        return await self._run_on_worker(work, self._loaded_state(), *args, **kwargs)

    async def load(self, batch: Array, catalogue: Catalogue) -> None:
        """Replace the whole state."""
        await self._run_on_worker(self._load, batch, catalogue)
        self._notify_subscribers(Change(new=len(batch)))

    async def apply(self, batch: Array, deleted: NDArray[np.int64], catalogue: Catalogue | None) -> Change:
        """Apply a change, and wake those who wait for one."""
        if not (len(batch) or len(deleted) or catalogue):
            return Change()
        change = await self._run_on_worker(self._apply, batch, deleted, catalogue)
        if self.changes.revision != self.revision:
            self._notify_subscribers(change)
        return change

    async def merge_tail(self, limit: int) -> None:
        """Bring the tail into time order once it is longer than `limit` rows. No change may be applied meanwhile."""
        columns = self._loaded_state().columns
        if columns.tail_rows > limit:
            merge: Merge = await asyncio.to_thread(columns.merge)
            await self._run_on_worker(columns.apply_merge, merge)

    @property
    def needs_compaction(self) -> bool:
        """Whether so many rows are dead that loading anew is cheaper."""
        columns = self._loaded_state().columns
        return columns.dead_rows > max(columns.live_rows, 1_000_000)

    async def next_change(self) -> None:
        """Wait until the revision moves, or `wake` is called."""
        await self._changed.wait()

    def wake(self) -> None:
        """Wake those who wait for a change, as they wait for something else, too; the revision stays."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """End the worker thread; work that waits is dropped."""
        self._thread.close()

    def _loaded_state(self) -> ReplicaState:
        if self._state is None:
            raise NotReady("the incidents are still being loaded; try again shortly")
        return self._state

    def _load(self, batch: Array, catalogue: Catalogue) -> None:
        state = ReplicaState(batch, catalogue, self._count_limit, self._clock, self.changes)
        for hook in self._change_hooks:
            hook(state.pyramid)
        self._state = state
        self.changes.commit(everything=True)

    def _apply(self, batch: Array, deleted: NDArray[np.int64], catalogue: Catalogue | None) -> Change:
        state = self._loaded_state()
        change = state.apply(batch, deleted, catalogue)
        for hook in self._change_hooks:
            hook(state.pyramid)
        return change

    def _notify_subscribers(self, change: Change) -> None:
        self.catalogue = self._loaded_state().catalogue
        self.total += change
        self.revision = self.changes.revision
        self.changed_at = time.time()
        self.wake()

    async def _run_on_worker(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread.executor, partial(work, *args, **kwargs))
