"""What is wrong with the rows of a batch: each reason for a rejection or a warning, with the columns that caused it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geo_service.core.model import RejectReason
from ingest.validate.coordinate_columns import Mask


class RowError(NamedTuple):
    """Why a row is rejected or warned about."""

    reason: RejectReason
    detail: str
    fields: tuple[str, ...]


class RowErrors:
    """Collects the errors and warnings of `count` rows; of a row's reasons for rejection the first one stands."""

    def __init__(self, count: int) -> None:
        self.kept: Mask = np.ones(count, np.bool_)
        self.rejected: dict[int, RowError] = {}
        self.warned: dict[int, dict[RejectReason, RowError]] = {}

    def reject(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Reject the rows of `mask` that are still kept; `fields` are the columns that caused it."""
        columns = tuple(filter(None, fields))
        for row in np.flatnonzero(mask & self.kept).tolist():
            self.rejected[row] = RowError(reason, detail(row), columns)
        self.kept &= ~mask

    def warn(self, mask: Mask, reason: RejectReason, detail: Callable[[int], str], *fields: str | None) -> None:
        """Warn about the rows of `mask` that are still kept; warnings of one reason about a row are joined."""
        for row in np.flatnonzero(mask & self.kept).tolist():
            text, columns = detail(row), tuple(filter(None, fields))
            warnings = self.warned.setdefault(row, {})
            if earlier := warnings.get(reason):
                text, columns = f"{earlier.detail}; {text}", tuple(dict.fromkeys((*earlier.fields, *columns)))
            warnings[reason] = RowError(reason, text, columns)

    def warnings_of_kept(self) -> list[tuple[int, RowError]]:
        """Each warning with its row; rows that were rejected after it have none."""
        return [(row, warning) for row, warnings in self.warned.items() if self.kept[row] for warning in warnings.values()]
