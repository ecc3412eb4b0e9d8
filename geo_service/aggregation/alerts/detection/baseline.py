"""The year that a message's place and theme are compared with: the 365 days that end 7 days before the day of the test.

A kept baseline counts them once a day, for one day; tests of the days before it are corrected by what the last days differ in. A
replay counts them anew for each test. Both give the same numbers.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from geo_service.aggregation.alerts.detection.grouped_rows import GroupedRows, Seconds, Whole
from geo_service.aggregation.alerts.history import DAY_S, History

GAP_S = 7 * DAY_S
"""Between the baseline and the day of the test: a slow outbreak must not raise its own expectation."""
YEAR_S = 365 * DAY_S
LEAST_HISTORY_S = 28 * DAY_S
"""So long before the end of its baseline a region's history must begin; until then nothing is raised there."""
LATEST_TEST_S = 7 * DAY_S
"""Tests reach so far back: messages that come or are located late are tested where they belong."""


class Groups(NamedTuple):
    """Four ways to group the messages of a history."""

    pair: Whole
    """(messages,) place and theme: place * themes + theme; -1 without a place."""
    theme: Whole
    """Region and theme."""
    place: Whole
    region: Whole


class GroupSizes(NamedTuple):
    """Numbers of groups, in the order of `Groups`."""

    pair: int
    theme: int
    place: int
    region: int


class BaselineCounts(NamedTuple):
    """Messages of the baseline for each test, in the order of `Groups`: n_uk, N_k, n_u, N."""

    pair: Whole
    theme: Whole
    place: Whole
    region: Whole


class Baseline(Protocol):
    """Counts the baseline of tests."""

    @property
    def begins(self) -> Seconds:
        """(regions,) when the history of each region begins as far as is known, as of `GroupedRows.beginnings`."""
        ...

    def count(self, tested: Groups, days: Seconds) -> BaselineCounts:
        """Return the baseline of each test. tested: its groups; days: the beginning of its day, seconds since 1970."""
        ...


def list_groups(history: History) -> Groups:
    """Return the groups of each message. int32."""
    incidents, themes = history.incidents, len(history.themes)
    placed = incidents.place >= 0
    pair = np.where(placed, incidents.place * np.int32(themes) + incidents.theme, np.int32(-1))
    return Groups(pair, incidents.region * np.int32(themes) + incidents.theme, incidents.place, incidents.region)


def count_groups(history: History) -> GroupSizes:
    """Return how many groups there may be."""
    themes, places, regions = len(history.themes), len(history.places), len(history.areas.regions)
    return GroupSizes(places * themes, regions * themes, places, regions)


def start_of_day(instants: Seconds) -> Seconds:
    """Return the beginning of the (UTC) day of each instant."""
    return instants - instants % DAY_S


@dataclass(frozen=True, slots=True)
class CountedBaseline:
    """Counts each test's own year in a history that holds it."""

    grouped: tuple[GroupedRows, ...]
    """In the order of `Groups`."""

    @property
    def begins(self) -> Seconds:
        """(regions,) when the history of each region begins."""
        return self.grouped[-1].beginnings()

    def count(self, tested: Groups, days: Seconds) -> BaselineCounts:
        """Return the baseline of each test."""
        low, high = days - (GAP_S + YEAR_S), days - GAP_S
        return BaselineCounts(*(rows.count(groups, low, high) for rows, groups in zip(self.grouped, tested, strict=True)))


@dataclass(frozen=True, slots=True)
class KeptBaseline:
    """The baseline of one day, kept, for tests of it and of the seven days before it."""

    day: int
    """Its beginning, seconds since 1970."""
    counts: BaselineCounts
    """(groups,) each."""
    begins: Seconds
    """(regions,) when the history of each region begins: in the baseline, the week before it, or never."""

    def spans(self, now: int) -> list[tuple[int, int]]:
        """Return which messages tests of the last seven days and their corrections need: half-open spans, ascending."""
        year_start = self.day - GAP_S - YEAR_S
        return [(year_start - LATEST_TEST_S, year_start), (self.day - LATEST_TEST_S - GAP_S, now)]

    def correct(self, grouped: tuple[GroupedRows, ...], tested: Groups, days: Seconds) -> BaselineCounts:
        """Return the baseline of each test. grouped: the messages of `spans` in the order of `Groups`."""
        stop, start = np.full(len(days), self.day - GAP_S), np.full(len(days), self.day - GAP_S - YEAR_S)
        counts = []
        for kept, rows, groups in zip(self.counts, grouped, tested, strict=True):
            too_late = rows.count(groups, days - GAP_S, stop)
            too_early = rows.count(groups, days - (GAP_S + YEAR_S), start)
            counts.append(_look_up(kept, groups) - too_late + too_early)
        return BaselineCounts(*counts)


@dataclass(frozen=True, slots=True)
class CorrectedBaseline:
    """A kept baseline together with the messages that correct it."""

    kept: KeptBaseline
    grouped: tuple[GroupedRows, ...]

    @property
    def begins(self) -> Seconds:
        """(regions,) when the history of each region begins, within the last year."""
        return self.kept.begins

    def count(self, tested: Groups, days: Seconds) -> BaselineCounts:
        """Return the baseline of each test."""
        return self.kept.correct(self.grouped, tested, days)


@dataclass(frozen=True, slots=True)
class CountedYear:
    """The baseline of one day, counted in a history that holds it."""

    grouped: tuple[GroupedRows, ...]
    day: int
    """Its beginning, seconds since 1970."""

    def count_until(self, tested: Groups, instant: int) -> BaselineCounts:
        """Return the baseline of each group without what was received from an instant on."""
        size = len(tested.pair)
        low = np.full(size, self.day - GAP_S - YEAR_S)
        high = np.full(size, max(min(self.day - GAP_S, instant), self.day - GAP_S - YEAR_S))
        return BaselineCounts(*(rows.count(groups, low, high) for rows, groups in zip(self.grouped, tested, strict=True)))


@dataclass(frozen=True, slots=True)
class KeptYear:
    """The kept baseline of one day. grouped: a history that reaches back to the instants that are asked for."""

    kept: KeptBaseline
    grouped: tuple[GroupedRows, ...]

    def count_until(self, tested: Groups, instant: int) -> BaselineCounts:
        """Return the baseline of each group without what was received from an instant on."""
        size, stop = len(tested.pair), self.kept.day - GAP_S
        low, high = np.full(size, min(instant, stop)), np.full(size, stop)
        parts = zip(self.kept.counts, self.grouped, tested, strict=True)
        return BaselineCounts(*(_look_up(kept, groups) - rows.count(groups, low, high) for kept, rows, groups in parts))


def _look_up(counts: Whole, groups: Whole) -> Whole:
    """Return the counts of groups; none of one that has come since, beyond the last, nor of none at all, -1."""
    known = (groups >= 0) & (groups < len(counts))
    out = np.zeros(len(groups), np.int32)
    out[known] = counts[groups[known]]
    return out
