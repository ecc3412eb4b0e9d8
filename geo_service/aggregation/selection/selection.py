"""What is asked for: a filter and a window, resolved to ids and seconds, so that equal questions are equal keys."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_CLOSED, IS_OPEN, PASSES, PASSES_OVERDUE, Tables
from geo_service.core.model import LINKED, OPEN_STATUSES, Status

Ids = tuple[int, ...]

_EVERYTHING = np.empty(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, whole seconds since 1970."""

    start: int
    stop: int
    relative: bool = False
    """Whether it was asked for as "back from now"."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """The selected part of the status ladder; `overdue` adds those that are open and past their deadline."""

    chosen: frozenset[Status] = frozenset(Status)
    overdue: bool = False
    once: bool = False
    """Leave near-duplicates out: of each group only the first is taken."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids of None mean all. `now` is the instant at which overdue is judged, seconds since 1970."""

    window: Window
    now: int
    themes: Ids | None = None
    sources: Ids | None = None
    agencies: Ids | None = None
    districts: Ids | None = None
    statuses: Statuses = Statuses()

    def tables(self) -> Tables:
        """The filter as look-up tables for the counting loops."""
        return Tables(
            status=status_bits(self.statuses),
            theme=_table(self.themes),
            source=_table(self.sources),
            agency=_table(self.agencies),
            district=_table(self.districts),
        )


def status_bits(statuses: Statuses) -> NDArray[np.uint8]:
    """(256,) uint8: how each stored status is treated; 255, a deleted row, is never selected."""
    bits = np.zeros(256, np.uint8)
    for status in Status:
        on_ladder = (IS_OPEN if status in OPEN_STATUSES else 0) | (IS_CLOSED if status is Status.CLOSED else 0)
        chosen = PASSES if status in statuses.chosen else PASSES_OVERDUE if statuses.overdue and status in OPEN_STATUSES else 0
        bits[status] = (on_ladder | chosen) if chosen else 0
        bits[status | LINKED] = 0 if statuses.once else bits[status]
    return bits


def _table(ids: Ids | None) -> NDArray[np.uint8]:
    """1 at each id. Ids above the largest chosen one are caught by `fit`."""
    if ids is None:
        return _EVERYTHING
    table = np.zeros(max(ids, default=0) + 1, np.uint8)
    table[list(ids)] = 1
    return table


def fit(tables: Tables, largest: dict[str, int]) -> Tables:
    """Lengthen tables so that every id that stands in the columns has an entry (`largest`: column → id)."""
    return tables._replace(**{name: _lengthen(getattr(tables, name), size + 1) for name, size in largest.items()})


def _lengthen(table: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if len(table) == 0 or len(table) >= size:
        return table
    return np.concatenate([table, np.zeros(size - len(table), np.uint8)])
