"""Selections: a filter and a window, resolved to ids and seconds, so that equal selections are equal cache keys."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_CLOSED, IS_OPEN, PASSES, PASSES_OVERDUE, Tables
from geo_service.core.model import LINKED, OPEN_STATUSES, Status

Ids = tuple[int, ...]

_EVERYTHING = np.empty(0, np.uint8)
_STATUSES_CACHED = 256
"""Combinations of statuses whose table is cached, 256 bytes each."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open interval of `received_at`, whole seconds since 1970."""

    start: int
    stop: int
    relative: bool = False
    """Whether it was requested as "back from now"."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """The selected statuses; `overdue` adds incidents that are overdue."""

    chosen: frozenset[Status] = frozenset(Status)
    overdue: bool = False
    once: bool = False
    """Leave near-duplicates out: of each group only the first is selected."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter and a window; ids of None select all. `now` is the instant at which overdue is evaluated, seconds since 1970."""

    window: Window
    now: int
    themes: Ids | None = None
    sources: Ids | None = None
    agencies: Ids | None = None
    districts: Ids | None = None
    statuses: Statuses = Statuses()

    def tables(self) -> Tables:
        """Return the filter as look-up tables for the kernels."""
        return Tables(
            status=status_bits(self.statuses),
            theme=_table(self.themes),
            source=_table(self.sources),
            agency=_table(self.agencies),
            district=_table(self.districts),
        )


@lru_cache(maxsize=_STATUSES_CACHED)
def status_bits(statuses: Statuses) -> NDArray[np.uint8]:
    """Return (256,) uint8: the kernels' bits of each stored status; 255, a deleted row, is never selected. Do not write into it."""
    bits = np.zeros(256, np.uint8)
    for status in Status:
        on_ladder = (IS_OPEN if status in OPEN_STATUSES else 0) | (IS_CLOSED if status is Status.CLOSED else 0)
        chosen = PASSES if status in statuses.chosen else PASSES_OVERDUE if statuses.overdue and status in OPEN_STATUSES else 0
        bits[status] = (on_ladder | chosen) if chosen else 0
        bits[status | LINKED] = 0 if statuses.once else bits[status]
    return bits


def _table(ids: Ids | None) -> NDArray[np.uint8]:
    """Return a table with 1 at each id; `fit_tables` adds entries above the largest one."""
    if ids is None:
        return _EVERYTHING
    table = np.zeros(max(ids, default=0) + 1, np.uint8)
    table[list(ids)] = 1
    return table


def fit_tables(tables: Tables, largest: dict[str, int]) -> Tables:
    """Lengthen the tables so that every id in the columns has an entry (largest: column → largest id)."""
    padded = {}
    for name, size in largest.items():
        table = getattr(tables, name)
        if 0 < len(table) <= size:
            padded[name] = np.concatenate([table, np.zeros(size + 1 - len(table), np.uint8)])
    return tables._replace(**padded)
