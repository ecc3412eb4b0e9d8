"""Which rows of a batch are refused or warned about, and why: the first reason of a row stands."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.model import RejectReason

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be used, or (a warning) only in part."""

    line: int
    reason: RejectReason
    detail: str
    text: str


class Verdicts:
    """Verdicts over `count` rows."""

    def __init__(self, count: int) -> None:
        self.kept: Mask = np.ones(count, np.bool_)
        self.refused: dict[int, tuple[RejectReason, str]] = {}
        self.warned: dict[int, tuple[RejectReason, str]] = {}

    def refuse(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str]) -> None:
        """Refuse the rows of `mask` that are still kept."""
        for row in np.flatnonzero(mask & self.kept).tolist():
            self.refused[row] = (reason, detail(row))
        self.kept &= ~mask

    def warn(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str]) -> None:
        """Note what is left out of rows of `mask`; several notes on a row are put together."""
        for row in np.flatnonzero(mask & self.kept).tolist():
            before = f"{self.warned[row][1]}; " if row in self.warned else ""
            self.warned[row] = (reason, before + detail(row))
