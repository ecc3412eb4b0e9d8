"""Selections: a filter and a window, resolved to ids and seconds, so that equal selections are equal cache keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_CLOSED, IS_OPEN, PASSES, PASSES_OVERDUE, Tables
from geo_service.aggregation.selection.cell_set import CellSet
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
    """The selected statuses; `overdue` adds incidents that are overdue: open, past their deadline, without a valid answer."""

    chosen: frozenset[Status] = frozenset(Status)
    overdue: bool = False
    once: bool = False
    """Leave near-duplicates out: of each group only the first is selected."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter and a window; ids and cells of None select all. `now` is the instant at which overdue is evaluated, seconds since 1970."""

    window: Window
    now: int
    themes: Ids | None = None
    sources: Ids | None = None
    agencies: Ids | None = None
    districts: Ids | None = None
    statuses: Statuses = Statuses()
    cells: CellSet | None = None

    def tables(self, largest: Mapping[str, int], cells: NDArray[np.uint8] = _EVERYTHING) -> Tables:
        """Return the filter as look-up tables for the kernels, with an entry for every id in the columns.

        largest: column → largest id. cells: the table of the selected cells, as the owner of the column knows its values.
        """
        return Tables(
            status=status_bits(self.statuses),
            theme=_EVERYTHING if self.themes is None else _table(self.themes, largest["theme"]),
            source=_EVERYTHING if self.sources is None else _table(self.sources, largest["source"]),
            agency=_EVERYTHING if self.agencies is None else _table(self.agencies, largest["agency"]),
            district=_EVERYTHING if self.districts is None else _table(self.districts, largest["district"]),
            cell=cells,
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


def _table(ids: Ids, largest: int) -> NDArray[np.uint8]:
    """Return a table of at least `largest` + 1 entries with 1 at each id."""
    table = np.zeros(max(largest, *ids) + 1 if ids else largest + 1, np.uint8)
    table[list(ids)] = 1
    return table
