"""Lasting problems are found, single bursts and chance are not."""

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.statistics.lasting_excess import find_lasting_excess

WEEKS, PLACES, THEMES = 4, 60, 20


def random_counts(seed: int) -> NDArray[np.int32]:
    """Counts without any structure but places and themes of different sizes."""
    rng = np.random.default_rng(seed)
    means = np.outer(rng.lognormal(1, 1, PLACES), rng.lognormal(0, 0.7, THEMES))
    return np.asarray(rng.poisson(means, (WEEKS, PLACES, THEMES)), np.int32)


def test_chance_alone_gives_next_to_nothing() -> None:
    found = sum(len(find_lasting_excess(random_counts(seed))) for seed in range(40))
    # At a false discovery rate of 5 % with nothing to discover, one run in twenty finds something.
    assert found <= 8


def test_what_is_planted_for_all_weeks_is_found_with_its_numbers() -> None:
    counts = random_counts(1)
    counts[:, 7, 3] += 20
    first = find_lasting_excess(counts)[0]
    by_place, by_theme = counts[:, 7].sum(axis=1), counts[:, :, 3].sum(axis=1)
    expected = sum(by_place[week] * by_theme[week] / counts[week].sum() for week in range(WEEKS))
    assert (first.place, first.theme, first.weeks_above) == (7, 3, 4)
    assert list(first.counts) == counts[:, 7, 3].tolist()
    assert first.n == counts[:, 7, 3].sum()
    assert abs(first.expected - expected) < 1e-9


def test_three_weeks_of_four_are_enough_and_two_are_not() -> None:
    base = np.full((WEEKS, 6, 4), 20, np.int32)
    for weeks, found in ((3, 1), (2, 0)):
        counts = base.copy()
        counts[:weeks, 2, 1] = 60
        counts[weeks:, 2, 1] = 2
        assert len(find_lasting_excess(counts)) == found, weeks


def test_a_burst_is_not_lasting_however_large() -> None:
    counts = np.full((WEEKS, 6, 4), 20, np.int32)
    counts[:, 2, 1] = (21, 20, 20, 5000)
    assert (2, 1) not in {(one.place, one.theme) for one in find_lasting_excess(counts)}


def test_few_incidents_are_never_a_problem() -> None:
    counts = np.zeros((WEEKS, 50, 10), np.int32)
    counts[:, :, 0] = 30
    counts[:, 4, 5] = (2, 2, 2, 3)
    assert not find_lasting_excess(counts)
    counts[3, 4, 5] = 4
    assert [(one.place, one.theme) for one in find_lasting_excess(counts)] == [(4, 5)]


def test_only_listed_places_are_returned_and_nothing_gives_nothing() -> None:
    counts = np.full((WEEKS, 6, 4), 20, np.int32)
    counts[:, 2, 1], counts[:, 3, 1] = 60, 70
    listed = np.arange(6) == 2
    assert [one.place for one in find_lasting_excess(counts, listed)] == [2]
    assert find_lasting_excess(np.zeros((WEEKS, 0, 0), np.int32)) == []
    assert find_lasting_excess(np.zeros((WEEKS, 3, 2), np.int32)) == []
