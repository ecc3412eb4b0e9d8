"""The log of changes against a list of everything that ever changed, and what is kept by it."""

import random
from typing import Any

import numpy as np
import pytest

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue, District, Entries, Entry
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import BATCH
from geo_service.aggregation.columns.pending_deadlines import PENDING_DUE, pending_deadlines
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.core.model import OPEN_STATUSES, DistrictLevel, Status
from tests.support.incident_batches import CELLS, NOW, batch_of, is_overdue

END_OF_TIME = 2**32 - 1
NONE_GONE = np.empty(0, np.int64)


def random_rows(rng: random.Random, size: int) -> Array:
    rows = np.zeros(size, BATCH)
    for row in rows:
        row["cell"], row["received"], row["due"] = rng.randrange(40), rng.randrange(1000), rng.choice([0, rng.randrange(1000)])
        row["answered"] = rng.choice([0, rng.randrange(1000)])
        row["theme"], row["source"], row["agency"], row["district"] = (rng.randrange(5) for _ in range(4))
        row["status"] = rng.choice(list(Status))
    return rows


def recorded(rows: Array) -> dict[str, Array]:
    return {name: rows[name] for name in BATCH.names or ()} | {PENDING_DUE: pending_deadlines(rows)}


def some(rng: random.Random) -> tuple[int, ...] | None:
    return rng.choice([None, tuple(sorted(rng.sample(range(5), 2)))])


def random_selection(rng: random.Random) -> Selection:
    start = rng.randrange(1000)
    statuses = rng.choice([Statuses(), Statuses(OPEN_STATUSES), Statuses(frozenset({Status.CLOSED})), Statuses(frozenset(), overdue=True)])
    return Selection(Window(start, start + rng.randrange(1, 200)), NOW, some(rng), some(rng), some(rng), some(rng), statuses)


def takes(selection: Selection, row: Any) -> bool:
    """Whether the selection takes the row now, or will once it is overdue."""
    chosen = Status(row["status"]) in selection.statuses.chosen or (selection.statuses.overdue and is_overdue(row, END_OF_TIME))
    filters = zip(("themes", "sources", "agencies", "districts"), ("theme", "source", "agency", "district"), strict=True)
    inside = selection.window.start <= row["received"] < selection.window.stop
    return bool(
        chosen and inside and all(getattr(selection, many) is None or row[one] in getattr(selection, many) for many, one in filters)
    )


def test_a_selection_is_touched_by_the_rows_it_takes_and_by_no_others() -> None:
    rng = random.Random(4)
    log, ever, known_since, answers = ChangeLog(revision=7, limit=60), [], 7, {True: 0, False: 0}
    for _ in range(60):
        parts = [random_rows(rng, rng.randrange(4)) for _ in range(2)]
        for part in parts:
            log.record(recorded(part))
        log.commit()
        ever.append(np.concatenate(parts))
        known_since = next(since for since in range(7, 200) if log.cells([], since) is not None)
        for _ in range(10):
            since, selections = rng.randrange(known_since, log.revision + 1), [random_selection(rng) for _ in range(rng.randrange(1, 3))]
            rows = [row for part in ever[since - 7 :] for row in part if any(takes(one, row) for one in selections)]
            assert log.affects(selections, since) == bool(rows)
            found = log.cells(selections, since)
            assert found is not None
            assert set(found.tolist()) == {int(row["cell"]) for row in rows}
            answers[bool(rows)] += 1
    assert log.revision == 67
    assert min(answers.values()) > 100
    assert 7 < known_since < 67, "the earliest rows are gone, the latest are not"
    assert log.affects([random_selection(rng)], known_since - 1), "what is not known counts as a change"


def test_a_change_of_everything_or_of_more_than_is_held_touches_every_selection() -> None:
    rng = random.Random(1)
    for everything, size in ((True, 0), (False, 61)):
        log = ChangeLog(limit=60)
        nothing = Selection(Window(5000, 5001), NOW)
        assert not log.affects([nothing], 0)
        if size:
            part = random_rows(rng, size)
            log.record(recorded(part))
        log.commit(everything)
        assert log.affects([nothing], 0)
        assert log.cells([nothing], 0) is None
        assert not log.affects([nothing], 1)


def test_counts_are_kept_over_changes_elsewhere_and_made_anew_after_changes_of_their_own() -> None:
    rows = [(0, 10, 0, Status.NEW, 1, 1, 0), (1, 500, 0, Status.NEW, 2, 1, 0)]
    state = ReplicaState(batch_of(rows), EMPTY, 1_000_000)
    early, roads = Selection(Window(0, 100), NOW), Selection(Window(0, 1000), NOW, themes=(1,))
    kept = [state.counter.per_cell(one, 7) for one in (early, roads)]
    moved = batch_of([(1, 501, 0, Status.CLOSED, 2, 1, 0)], first_id=2)
    state.apply(moved, NONE_GONE, None)
    assert [state.counter.per_cell(one, 7) for one in (early, roads)] == [pytest.approx(one) for one in kept]
    assert all(state.counter.per_cell(one, 7) is before for one, before in zip((early, roads), kept, strict=True))
    # The row was of another theme, and becomes one of the selection's.
    state.apply(batch_of([(1, 501, 0, Status.CLOSED, 1, 1, 0)], first_id=2), NONE_GONE, None)
    assert state.counter.per_cell(early, 7) is kept[0]
    assert state.counter.per_cell(roads, 7).sum(axis=0).tolist() == [2, 1, 0, 1]
    # It was one of the selection's, and is gone.
    state.apply(batch_of([]), np.array([2]), None)
    assert state.counter.per_cell(roads, 7).sum(axis=0).tolist() == [1, 1, 0, 0]


def test_kept_counts_have_room_for_cells_that_come_elsewhere() -> None:
    state = ReplicaState(batch_of([(0, 10, 0, Status.NEW, 1, 1, 0)]), EMPTY, 1_000_000)
    early = Selection(Window(0, 100), NOW)
    made = []
    assert state.counter.per_cell(early, 10).tolist() == [[1, 1, 0, 0]]
    state.counter.cached_array((early, "by hand"), lambda: made.append(1) or np.zeros(1))  # type: ignore[func-returns-value]  # counted
    state.apply(batch_of([(3, 500, 0, Status.NEW, 1, 1, 0)], first_id=2), NONE_GONE, None)
    assert state.counter.per_cell(early, 10).tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]
    state.counter.cached_array((early, "by hand"), lambda: made.append(2) or np.zeros(1))  # type: ignore[func-returns-value]  # as above
    assert made == [1, 2], "an array that is not said to go by cell is made anew when there are more of them"
    assert len(CELLS) > 3


def test_an_answer_without_a_selection_goes_with_any_change_and_the_oldest_make_room() -> None:
    log = ChangeLog()
    kept: ResultCache[object, str] = ResultCache(3, lambda text: min(len(text), 3), log)
    kept.put("anything", "a")
    kept.put((("nested", Selection(Window(0, 10), NOW)), 7), "b")
    log.commit()
    assert kept.get("anything") is None
    assert kept.get((("nested", Selection(Window(0, 10), NOW)), 7)) == "b"
    kept.put("heavy", "xxxxx")
    assert (kept.get("heavy"), len(kept)) == ("xxxxx", 1)


def test_a_catalogue_that_says_the_same_is_no_change_and_another_one_is_a_change_of_everything() -> None:
    def catalogue(name: str, latin: str = "d") -> Catalogue:
        district = District(1, "d", "Д", "D", level=DistrictLevel.REGION, other_names={"de": latin})
        return Catalogue(Entries([Entry(1, "roads", "Дороги", name)]), Entries(), Entries(), Entries(), Entries([district]))

    state = ReplicaState(batch_of([]), catalogue("Roads"), 1000)
    for given, revision in ((catalogue("Roads"), 0), (catalogue("Streets"), 1), (catalogue("Streets"), 1), (catalogue("Streets", "e"), 2)):
        state.apply(batch_of([]), NONE_GONE, given)
        assert state.changes.revision == revision
    assert state.changes.affects([Selection(Window(0, 1), NOW)], 1)
