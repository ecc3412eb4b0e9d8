"""Gi* of hexagons with its bins, and the patterns of emerging hot spots, against plain computations of the same."""

from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from geo_service.aggregation.measures.class_breaks import FIXED
from geo_service.aggregation.measures.level_values import LevelValues, cell_values
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.probability.getis_ord import compute_gi_star
from geo_service.aggregation.probability.mann_kendall import compute_trend
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.aggregation.spatial.concentration import StudyArea, bin_lowers, significant_z
from geo_service.aggregation.spatial.emerging import STEPS, classify_patterns
from geo_service.aggregation.spatial.named_classes import EMERGING, GI, UNUSUAL
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
    slow_gi_star,
    slow_significant,
    state_of,
)

WINDOW = Window(END - 48 * DAY_S, END)
SELECTION = Selection(WINDOW, END)
CODES = [one.code for one in EMERGING.classes]


def cluster(rows: list[Row], cells: list[int], each: int) -> list[Row]:
    """The rows, and so many more over the window in each of some hexagons."""
    return rows + [row(cell, END - 1 - i * 48 * DAY_S // each) for cell in cells for i in range(each)]


def values_of(state: ReplicaState, measure: str, selection: Selection = SELECTION) -> LevelValues:
    return cell_values(state, Query(selection, MEASURES[measure]), FIXED, RESOLUTION)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("districts", [None, (1,)])
def test_gi_and_its_bins_are_those_of_a_plain_computation(seed: int, districts: tuple[int, ...] | None) -> None:
    rng = np.random.default_rng(seed)
    rows = cluster(random_rows(rng, 700, 450), [0, 1, 2, 3, 4, 5, 6], int(rng.integers(0, 60)))
    selection = Selection(WINDOW, END, themes=(1, 2), districts=districts)
    level = values_of(state_of(rows), "gi", selection)
    found, classes = (by_cell_of(state_of(rows), part) for part in (level.values, level.classes))
    inside = sorted({one["cell"] for one in rows if districts is None or one["district"] == 1})
    in_selection = count_by_cell(
        rows, lambda one: WINDOW.start <= one["received"] and one["theme"] < 3 and (districts is None or one["district"] == 1)
    )
    z = slow_gi_star(in_selection, inside)
    assert {cell: value for cell, value in found.items() if value == value} == {
        cell: pytest.approx(z[cell], abs=0.00051) for cell in inside
    }
    rounded = {cell: round(value, 3) for cell, value in z.items()}
    bins = dict.fromkeys(inside, 3)
    for rate, size in ((0.1, 1), (0.05, 2), (0.01, 3)):
        bins |= {cell: 3 + (size if z[cell] > 0 else -size) for cell in slow_significant(rounded, rate)}
    assert {cell: classes[cell] for cell in inside} == bins


def test_hexagons_without_incidents_are_compared_and_drawn_where_they_are_cold() -> None:
    everywhere = [row(cell, END - 100 * DAY_S) for cell in range(len(CELLS))]
    busy = [cell for cell in range(len(CELLS)) if cell > 36]
    state = state_of(cluster(everywhere, busy, 8))
    level = values_of(state, "gi")
    counts, classes = by_cell_of(state, level.counts[:, 0]), by_cell_of(state, level.classes)
    drawn = by_cell_of(state, level.drawn)
    cold = [cell for cell in range(len(CELLS)) if counts[cell] == 0 and classes[cell] < GI.neutral]
    assert len(cold) > 2
    assert all(drawn[cell] for cell in cold)
    assert {cell for cell in drawn if not drawn[cell]} == {cell for cell in classes if counts[cell] == 0 and classes[cell] == GI.neutral}


def test_what_was_once_in_the_replica_does_not_count_among_the_cells() -> None:
    """A process that began later does not know it, and has the same tiles."""
    rows = cluster(random_rows(np.random.default_rng(1), 200, 40), [0, 1], 30)
    rows = [one for one in rows if one["cell"] < 30]
    state = state_of([*rows, row(36, END - 300 * DAY_S)])
    before = values_of(state, "gi")
    state.apply(batch_of_rows([]), np.array([len(rows) + 1]), None)
    after, fresh = values_of(state, "gi"), values_of(state_of(rows), "gi")
    assert not np.array_equal(after.values, before.values, equal_nan=True)
    assert len(after) == len(before)
    known = {cell: value for cell, value in by_cell_of(state, after.values).items() if value == value}
    assert known == by_cell_of(state_of(rows), fresh.values)
    assert after.breaks == fresh.breaks


@pytest.mark.parametrize("districts", [None, (1,)])
def test_gi_of_an_area_is_that_of_the_general_function(districts: tuple[int, ...] | None) -> None:
    rows = random_rows(np.random.default_rng(9), 900, 450)
    state, selection = state_of(rows), Selection(WINDOW, END, districts=districts)
    area, level = StudyArea(state, selection, RESOLUTION), state.pyramid.levels[RESOLUTION]
    counts = area.select(state.counter.per_cell(selection, RESOLUTION)[:, 0])
    inside = np.flatnonzero(~np.isnan(area.spread(np.zeros(len(area)))))
    position = np.full(len(level) + 1, -1, np.int32)
    position[inside] = np.arange(len(inside))
    neighbours = position[level.disks()[inside]].reshape(-1)
    z = compute_gi_star(counts, np.arange(0, len(neighbours) + 1, 7, dtype=np.int32), neighbours)
    np.testing.assert_allclose(area.compute_z(counts), z, atol=0.00051)
    assert area.compute_z(np.full(len(area), 4, np.int32)).tolist() == [0] * len(area)


def test_a_cell_that_comes_changes_all_others() -> None:
    rows = cluster(random_rows(np.random.default_rng(2), 200, 40), [0, 1], 30)
    rows = [one for one in rows if one["cell"] < 30]
    state, fresh = state_of(rows), [row(35, END - 300 * DAY_S)]
    for measure in ("gi", "emerging"):
        before = values_of(state, measure)
        state.apply(batch_of_rows(fresh, 9000), np.empty(0, np.int64), None)
        found, expected = values_of(state, measure), values_of(state_of(rows + fresh), measure)
        assert by_cell_of(state, found.values) == by_cell_of(state_of(rows + fresh), expected.values)
        assert measure == "emerging" or found.values[0] != before.values[0]
        state = state_of(rows)


def test_bins_are_found_by_the_step_up_procedure_over_all_cells() -> None:
    """Of 10 cells three p-values of 0.004, 0.009 and 0.04: at 5 % the first two (0.005, 0.01), at 10 % no more (0.03), at 1 % none."""
    z = np.array([-NormalDist().inv_cdf(p / 2) for p in (0.004, 0.009, 0.04, *[0.5] * 7)])
    limits = significant_z(z * [1, -1, 1, 1, 1, 1, 1, 1, 1, 1])
    assert limits == [z[1], z[1], np.inf]
    lowers = bin_lowers(np.round(z, 3))
    assert lowers == (-np.inf, -np.inf, *[pytest.approx(0.001 - z[1], abs=0.0006)] * 2, *[pytest.approx(z[1], abs=0.0006)] * 2, np.inf)
    assert significant_z(np.array([np.nan, 4.0, np.nan])) == [4.0, 4.0, 4.0]
    assert significant_z(np.empty(0)) == [np.inf] * 3


# 1 hot, 0 neither, c cold; the last step comes last.
PATTERNS = {
    "no_pattern": ["000000000000", "110101000000", "111111111000", "cc1100000000"],
    "new": ["000000000001", "0ccc00000001", "ccccccccccc1"],
    "consecutive": ["000000000011", "001111111111", "c00000000011"],
    "persistent": ["111111111111", "011111111111", "111110111111"],
    "sporadic": ["010000000001", "110011001101", "100000000011"],
    "oscillating": ["1c0000000001", "c10110000011", "11111c11c001"],
    "historical": ["111111111110", "11111111111c"[:11] + "0"],
}  # fmt: skip


def states_of(text: str, cold: bool) -> np.ndarray:
    side = -1 if cold else 1
    return np.array([[{"1": side, "0": 0, "c": -side}[letter]] for letter in text], np.int8)


@pytest.mark.parametrize("cold", [False, True], ids=["hot", "cold"])
@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in PATTERNS.items() for text in texts])
def test_each_pattern_without_a_trend(name: str, text: str, cold: bool) -> None:
    flat = compute_trend(np.zeros((1, STEPS)))
    found = CODES[int(classify_patterns(states_of(text, cold), flat)[0])]
    assert found == (name if name == "no_pattern" else f"{name}_{'cold' if cold else 'hot'}")


@pytest.mark.parametrize("cold", [False, True], ids=["hot", "cold"])
@pytest.mark.parametrize(
    ("text", "step", "name"),
    [
        ("111111111111", 1, "intensifying"), ("111111111111", -1, "diminishing"), ("011111111111", 1, "intensifying"),
        ("111101111111", -1, "diminishing"), ("000000000001", 1, "new"), ("000000000011", -1, "consecutive"),
        ("111111111110", 1, "historical"), ("010000000001", 1, "sporadic"), ("0c0000000101", 1, "oscillating"),
    ],
)  # fmt: skip
def test_a_trend_decides_between_patterns_that_last(text: str, step: int, name: str, cold: bool) -> None:
    """More intense is higher of a hot spot, lower of a cold one."""
    z = np.arange(STEPS)[None] * (-step if cold else step) * 0.5
    found = CODES[int(classify_patterns(states_of(text, cold), compute_trend(z))[0])]
    assert found == f"{name}_{'cold' if cold else 'hot'}"


def test_what_a_place_is_in_the_last_step_decides_before_what_it_was() -> None:
    """Hot in eleven steps of twelve and cold in the last: a new cold spot, no historical hot spot."""
    assert CODES[int(classify_patterns(states_of("11111111111c", cold=False), compute_trend(np.zeros((1, STEPS))))[0])] == "new_cold"


def slow_pattern(states: list[int], z: list[float]) -> str:
    """The definitions of Esri's documentation, one after the other, for one place."""
    rises = sum((b > a) - (b < a) for i, a in enumerate(z) for b in z[i + 1 :])
    ties = [z.count(value) for value in set(z)]
    variance = (len(z) * (len(z) - 1) * (2 * len(z) + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    score = (rises - np.sign(rises)) / sqrt(variance) if variance else 0.0
    trend = 0 if erfc(abs(score) / sqrt(2)) >= 0.05 else int(np.sign(score))
    for side, suffix in ((1, "hot"), (-1, "cold")):
        if states[-1] != side:
            continue
        times = states.count(side)
        if times == 1:
            return f"new_{suffix}"
        often = times / len(states) >= 0.9
        if often:
            return {side: "intensifying_", -side: "diminishing_", 0: "persistent_"}[trend] + suffix
        if states[-times:] == [side] * times:
            return f"consecutive_{suffix}"
        return ("oscillating_" if -side in states else "sporadic_") + suffix
    for side, suffix in ((1, "hot"), (-1, "cold")):
        if states.count(side) / len(states) >= 0.9:
            return f"historical_{suffix}"
    return "no_pattern"


@pytest.mark.parametrize("seed", range(4))
def test_patterns_of_incidents_are_those_of_a_plain_computation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    step = 4 * DAY_S
    spread = zip(rng.integers(0, len(CELLS), 600).tolist(), rng.integers(0, 48 * DAY_S, 600).tolist(), strict=True)
    rows = [row(cell, END - 1 - back, theme=1 + back % 3) for cell, back in spread]
    # Places that grow, end, come back, begin.
    for cell, when in ((0, range(12)), (60, range(11)), (90, (0, 4, 11)), (120, (10, 11)), (150, (11,))):
        amounts = rng.integers(20, 30, 12) + np.arange(12) * (cell == 0)
        rows += [row(near, WINDOW.start + at * step + i * 900) for at in when for near in DISKS[cell][:3] for i in range(amounts[at])]
    selection = Selection(WINDOW, END, themes=(1, 2))
    inside = sorted({one["cell"] for one in rows})
    z_of_step: list[dict[int, float]] = []
    for at in range(STEPS):
        first = WINDOW.start + at * step
        in_step = [one for one in rows if first <= one["received"] < first + step]
        counts = count_by_cell(in_step, lambda one: one["theme"] < 3)
        z_of_step.append({cell: round(value, 3) for cell, value in slow_gi_star(counts, inside).items()})
    significant = [slow_significant(z, 0.05) for z in z_of_step]
    expected = {}
    for cell in inside:
        z = [float(np.float32(of_step[cell])) for of_step in z_of_step]
        states = [int(np.sign(value)) if cell in chosen else 0 for value, chosen in zip(z, significant, strict=True)]
        expected[cell] = slow_pattern(states, z)
    state = state_of(rows)
    level = values_of(state, "emerging", selection)
    assert {cell: CODES[int(value)] for cell, value in by_cell_of(state, level.values).items()} == expected
    assert level.classes.tolist() == level.values.tolist()
    assert len(set(expected.values())) > 3


def test_a_window_that_goes_on_is_cut_into_steps_up_to_now() -> None:
    rows = cluster(random_rows(np.random.default_rng(4), 300, 48), [0], 200)
    ended = values_of(state_of(rows), "emerging")
    going_on = values_of(state_of(rows), "emerging", Selection(Window(WINDOW.start, END + 100 * DAY_S), END))
    assert going_on.values.tolist() == ended.values.tolist()
    assert "persistent_hot" in {CODES[int(value)] for value in ended.values}


def test_classes_with_names_are_complete() -> None:
    assert (len(UNUSUAL), len(GI), len(EMERGING)) == (5, 7, 17)
    for classes in (UNUSUAL, GI, EMERGING):
        rows = classes.describe()
        assert [one["class"] for one in rows] == list(range(len(classes)))
        assert (
            len({one["code"] for one in rows})
            == len({one["name"]["ru"] for one in rows})
            == len({one["name"]["en"] for one in rows})
            == len(classes)
        )
        assert 0 <= classes.neutral < len(classes)
