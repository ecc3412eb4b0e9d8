"""The rejected rows of a batch and the warnings about others: of a row's reasons for rejection the first one stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import RejectReason

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected row, or a warning about a row that is used only in part."""

    line: int
    reason: RejectReason
    detail: str
    text: str
    fields: tuple[str, ...] = ()
    """Columns of the input that caused it, where some did."""


class RowError(NamedTuple):
    """Why a row is rejected or warned about."""

    reason: RejectReason
    detail: str
    fields: tuple[str, ...]


class RowErrors:
    """Collects the errors and warnings of `count` rows."""

    def __init__(self, count: int) -> None:
        self.kept: Mask = np.ones(count, np.bool_)
        self.rejected: dict[int, RowError] = {}
        self.warned: dict[int, RowError] = {}

    def reject(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Reject the rows of `mask` that are still kept; `fields` are the columns that caused it."""
        columns = tuple(filter(None, fields))
        for row in np.flatnonzero(mask & self.kept).tolist():
            self.rejected[row] = RowError(reason, detail(row), columns)
        self.kept &= ~mask

    def warn(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Warn about the rows of `mask` that are still kept; the details of several warnings about a row are joined."""
        for row in np.flatnonzero(mask & self.kept).tolist():
            text, columns = detail(row), tuple(filter(None, fields))
            if earlier := self.warned.get(row):
                text, columns = f"{earlier.detail}; {text}", tuple(dict.fromkeys((*earlier.fields, *columns)))
            self.warned[row] = RowError(reason, text, columns)
