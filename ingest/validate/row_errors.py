"""Which rows of a batch are refused or warned about, and why: the first reason of a row stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import RejectReason

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used, or (a warning) only in part."""

    line: int
    reason: RejectReason
    detail: str
    text: str
    fields: tuple[str, ...] = ()
    """Columns of the input that it is about, where it is about some of them."""


class RowError(NamedTuple):
    """Why a row is refused or warned about."""

    reason: RejectReason
    detail: str
    fields: tuple[str, ...]


class RowErrors:
    """Verdicts over `count` rows."""

    def __init__(self, count: int) -> None:
        self.kept: Mask = np.ones(count, np.bool_)
        self.refused: dict[int, RowError] = {}
        self.warned: dict[int, RowError] = {}

    def reject(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Refuse the rows of `mask` that are still kept; `fields` are the columns that say why."""
        named = tuple(one for one in fields if one)
        for row in np.flatnonzero(mask & self.kept).tolist():
            self.refused[row] = RowError(reason, detail(row), named)
        self.kept &= ~mask

    def warn(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Note what is left out of rows of `mask`; several notes on a row are put together."""
        for row in np.flatnonzero(mask & self.kept).tolist():
            told, about = (f"{self.warned[row].detail}; ", self.warned[row].fields) if row in self.warned else ("", ())
            named = tuple(dict.fromkeys((*about, *(one for one in fields if one))))
            self.warned[row] = RowError(reason, told + detail(row), named)
