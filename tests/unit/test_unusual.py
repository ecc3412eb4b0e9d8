"""More than usual: the beta-binomial test of hexagons and districts, against a plain computation, and its baseline."""

from dataclasses import replace
from math import log10

import numpy as np
import pytest

from geo_service.aggregation.catalogue.catalogue import Catalogue, District, Entries
from geo_service.aggregation.counting.grouping import by_chosen_districts
from geo_service.aggregation.measures.class_breaks import FIXED
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.level_values import cell_values, some_cell_values
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection, Statuses, Window
from geo_service.aggregation.spatial.baseline import baseline_window, baselines, is_long_enough
from geo_service.aggregation.spatial.unusual import cell_evidence
from geo_service.core.instants import LATEST
from geo_service.core.model import OPEN_STATUSES, Status
from tests.support.spatial_incidents import (
    CELLS,
    DAY_S,
    DISKS,
    END,
    RESOLUTION,
    Row,
    batch_of_rows,
    by_cell_of,
    count_by_cell,
    random_rows,
    row,
    slow_tail,
    state_of,
)

UNUSUAL = MEASURES["unusual"]
WEEK = Selection(Window(END - 7 * DAY_S, END), END)


def evidence_of(x: int, trials: int, before: int, same: int, share: float) -> float:
    """-log10 p by the formula of docs/statistics.md."""
    alpha = before + 30 * share
    return -log10(slow_tail(x, trials, alpha, same + 30 - alpha)) if x >= 3 else 0.0


def slow_evidence(rows: list[Row], selection: Selection) -> dict[int, float]:
    window, past = selection.window, baseline_window(selection)

    def chosen(one: Row, within: Window, statuses: bool, themes: bool) -> bool:
        return (
            within.start <= one["received"] < within.stop
            and (not statuses or one["status"] in selection.statuses.chosen)
            and (not themes or selection.themes is None or one["theme"] in selection.themes)
            and (selection.districts is None or one["district"] in selection.districts)
        )

    now = count_by_cell(rows, lambda one: chosen(one, window, statuses=True, themes=True))
    same = count_by_cell(rows, lambda one: chosen(one, past, statuses=False, themes=True))
    everything = count_by_cell(rows, lambda one: chosen(one, past, statuses=False, themes=False))
    totals = [sum(counts.values()) for counts in (now, same, everything)]
    found = {}
    for cell in range(len(CELLS)):
        x, before, share = (sum(counts[i] for i in DISKS[cell]) for counts in (now, same, everything))
        found[cell] = evidence_of(x, totals[0], before, totals[1], max(share, 1) / totals[2])
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "selection",
    [
        WEEK,
        replace(WEEK, themes=(2,)),
        replace(WEEK, statuses=Statuses(OPEN_STATUSES), themes=(1, 3)),
        replace(WEEK, districts=(1,), themes=(1,)),
        Selection(Window(END - 60 * DAY_S, END - 50 * DAY_S), END),
        Selection(Window(END - 5 * DAY_S, LATEST), END),
        Selection(Window(END - 30 * DAY_S, END + 60, relative=True), END),
    ],
    ids=["all", "theme", "open", "district", "past", "open end", "relative"],
)
def test_the_evidence_is_that_of_the_formula(selection: Selection, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = random_rows(rng, 2500, 450) + [row(5, END - 1 - i * 3600, theme=1 + i % 3) for i in range(int(rng.integers(12, 30)))]
    state = state_of(rows)
    values = cell_values(state, Query(selection, UNUSUAL), FIXED, RESOLUTION).values
    now = count_by_cell(rows, lambda one: selection.window.start <= one["received"] < selection.window.stop)
    expected = slow_evidence(rows, selection)
    found = by_cell_of(state, values)
    known = {cell: value for cell, value in found.items() if not np.isnan(value)}
    assert known == {cell: pytest.approx(expected[cell], abs=0.00501) for cell in known}
    assert any(known.values())
    if selection.statuses == Statuses() and selection.themes is None and selection.districts is None:
        assert set(known) == {cell for cell, n in now.items() if n}, "hexagons without incidents are not drawn"


def test_a_tile_computes_what_the_whole_level_has() -> None:
    rows = random_rows(np.random.default_rng(7), 4000, 450)
    query = Query(replace(WEEK, themes=(1, 2)), UNUSUAL, replace(WEEK, window=Window(END - 14 * DAY_S, END - 7 * DAY_S)))
    which = np.arange(3, 30)[::-1].copy()
    alone = some_cell_values(state_of(rows), query, FIXED, RESOLUTION, which)
    state = state_of(rows)
    whole = cell_values(state, query, FIXED, RESOLUTION).at(which)
    after = some_cell_values(state, query, FIXED, RESOLUTION, which)
    for part in (alone, after):
        np.testing.assert_array_equal(part.values, whole.values)
        assert part.breaks == whole.breaks
        assert part.drawn.tolist() == whole.drawn.tolist()
        assert part.classes[part.drawn].tolist() == whole.classes[whole.drawn].tolist()
        assert part.compared is not None
        assert whole.compared is not None
        assert part.compared.tolist() == whole.compared.tolist()


def test_two_are_never_unusual_and_three_may_be() -> None:
    """Each day ten incidents in the middle; then some at the edge, where there was one in a year."""
    quiet = [row(0, END - 1 - hour * 3600 * 3) for hour in range(3000)] + [row(30, END - 100 * DAY_S)]
    for number, least in ((2, 0.0), (3, 5.0)):
        state = state_of(quiet + [row(30, END - 3600 * (i + 1)) for i in range(number)])
        found = by_cell_of(state, cell_values(state, Query(WEEK, UNUSUAL), FIXED, RESOLUTION).values)
        assert found[30] >= least
        assert found[0] == 0 if number == 2 else found[0] < 1
        assert (found[30] > 0) == (number > 2)


def test_a_place_that_never_had_any_is_very_unusual_but_not_impossible() -> None:
    quiet = [row(0, END - 1 - hour * 3600 * 3) for hour in range(3000)]
    state = state_of([*quiet, *(row(30, END - i - 1) for i in range(4))])
    values = cell_values(state, Query(WEEK, UNUSUAL), FIXED, RESOLUTION)
    found = by_cell_of(state, values.values)
    assert 8 < found[30] < 30
    assert dict(zip(by_cell_of(state, values.values), values.classes.tolist(), strict=True))[30] in (3, 4)


def test_classes_begin_at_their_breaks_whatever_the_data() -> None:
    state = state_of(random_rows(np.random.default_rng(1), 600, 400))
    breaks = cell_values(state, Query(WEEK, UNUSUAL), FIXED, RESOLUTION).breaks
    assert (breaks.lowers, breaks.classes) == ((0, 3, 4, 6, 10), (0, 1, 2, 3, 4))
    assert breaks.classify(np.array([0, 2.99, 3, 3.99, 4, 5.99, 6, 9.99, 10, 300])).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_the_baseline_ends_seven_days_before_the_end_or_at_the_beginning() -> None:
    day = Window(END - 372 * DAY_S, END - 7 * DAY_S)
    assert baseline_window(Selection(Window(END - DAY_S, END), END)) == day
    assert baseline_window(Selection(Window(END - 30 * DAY_S, END), END)) == Window(END - 395 * DAY_S, END - 30 * DAY_S)
    # Whole days, so that windows of one day share it; a window that goes on is taken up to now.
    assert baseline_window(Selection(Window(END - DAY_S + 5000, END + 5000), END + 5000)) == day
    assert baseline_window(Selection(Window(END - DAY_S, LATEST), END + 60)) == day
    assert baseline_window(Selection(Window(0, END), END)) == Window(0, 0)
    assert baseline_window(Selection(Window(10 * DAY_S, 30 * DAY_S), END)) == Window(0, 10 * DAY_S)


def test_statuses_and_other_filters_are_those_of_the_baseline_where_they_should_be() -> None:
    statuses = Statuses(OPEN_STATUSES, overdue=True, once=True)
    selection = Selection(WEEK.window, END, themes=(1,), sources=(2,), agencies=(3,), districts=(4,), statuses=statuses)
    same, everything = baselines(selection)
    assert same == Selection(baseline_window(selection), END - 7 * DAY_S, (1,), (2,), (3,), (4,), Statuses(once=True))
    assert everything == Selection(baseline_window(selection), END - 7 * DAY_S, districts=(4,), statuses=Statuses(once=True))
    assert baselines(replace(selection, now=END + 600)) == (same, everything)


@pytest.mark.parametrize(("days", "enough"), [(29, False), (30, True)])
def test_from_less_than_thirty_days_nothing_is_said(days: int, enough: bool) -> None:
    past = [row(i % 3, END - (10 + 5 * i) * DAY_S) for i in range(days)]
    elsewhere = [row(0, END - (10 + i) * DAY_S, district=2) for i in range(100)]
    gone = [row(0, END - 7 * DAY_S - 1 - i * DAY_S) for i in range(200)]
    state = state_of(past + elsewhere + [row(0, END - i - 1) for i in range(5)] + gone)
    first = len(past) + len(elsewhere) + 5
    state.apply(batch_of_rows([]), np.arange(first + 1, first + 201), None)
    # A row that came late waits behind those in time order.
    state.apply(batch_of_rows([row(1, END - 400 * DAY_S)], 10_000), np.empty(0, np.int64), None)
    selection = replace(WEEK, districts=(1,))
    assert is_long_enough(state, baselines(selection)[1]) is enough
    values = cell_values(state, Query(selection, UNUSUAL), FIXED, RESOLUTION)
    assert values.drawn.any() == enough
    assert np.isnan(cell_evidence(state, selection, RESOLUTION, np.arange(2))).all() != enough
    assert len(values.breaks.lowers) == 5


def test_old_rows_that_change_and_cells_that_come_are_counted() -> None:
    rows = random_rows(np.random.default_rng(3), 900, 450) + [row(20, END - 1 - i * 3600) for i in range(8)]
    state, query = state_of(rows), Query(WEEK, UNUSUAL)
    fresh = [row(20, END - 50 * DAY_S + i) for i in range(40)]
    before = cell_values(state, query, FIXED, RESOLUTION)
    state.apply(batch_of_rows(fresh, 5000), np.empty(0, np.int64), None)
    old_only = cell_values(state, query, FIXED, RESOLUTION)
    np.testing.assert_array_equal(old_only.values, cell_values(state_of(rows + fresh), query, FIXED, RESOLUTION).values)
    assert not np.array_equal(old_only.values, before.values, equal_nan=True)
    fresh += [row(33, END - i - 1) for i in range(6)]
    state.apply(batch_of_rows(fresh[40:], 6000), np.arange(1, 30), None)
    expected = cell_values(state_of(rows[29:] + fresh), query, FIXED, RESOLUTION)
    found = cell_values(state, query, FIXED, RESOLUTION)
    fresh_state = state_of(rows[29:] + fresh)
    by_cell = {cell: value for cell, value in by_cell_of(fresh_state, expected.values).items() if value == value}
    assert {cell: value for cell, value in by_cell_of(state, found.values).items() if value == value} == by_cell


def test_districts_are_tested_alone() -> None:
    rows = random_rows(np.random.default_rng(5), 2000, 450) + [row(0, END - 1 - i * 600, district=2, theme=2) for i in range(9)]
    state = state_of(rows)
    state.catalogue = Catalogue(
        Entries([]), Entries([]), Entries([]), Entries([]), Entries([District(1, "1", "", ""), District(2, "2", "", "")])
    )
    selection = replace(WEEK, themes=(2,), statuses=Statuses(frozenset(Status) - {Status.CLOSED}))
    stats = GroupStats(state, selection, by_chosen_districts(state.catalogue, state.catalogue.districts.all))
    past = baseline_window(selection)

    def count(district: int, within: Window, theme: bool, statuses: bool) -> int:
        return sum(
            within.start <= one["received"] < within.stop
            and (not theme or one["theme"] == 2)
            and (not statuses or one["status"] != Status.CLOSED)
            and district in (0, one["district"])
            for one in rows
        )

    for district, value in zip((1, 2), UNUSUAL.values(stats).tolist(), strict=False):
        x, trials = (count(one, selection.window, theme=True, statuses=True) for one in (district, 0))
        before, same = (count(one, past, theme=True, statuses=False) for one in (district, 0))
        share = count(district, past, theme=False, statuses=False) / count(0, past, theme=False, statuses=False)
        assert value == pytest.approx(evidence_of(x, trials, before, same, share), abs=0.00501)
    assert UNUSUAL.values(stats)[1] > 0.5
