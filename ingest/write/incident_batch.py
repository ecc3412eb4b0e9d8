"""A batch of checked incidents as columns: what readers and generators hand to the writer."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class IncidentBatch:
    """Incidents, one row each in every column; all columns are equally long.

    Instants are `datetime64[us]` in UTC, NaT for "none". `source_id`, `theme_id` and `agency_id` are the ids that the
    writer's `ensure_…` functions gave. An incident without a place has `cell` 0, and its `lng` and `lat` are ignored.
    """

    source_id: NDArray[np.int16]
    external_id: Sequence[str]
    """1 to 200 characters, unique in the source."""
    lng: NDArray[np.float64]
    """Degrees, -180 to 180."""
    lat: NDArray[np.float64]
    """Degrees, -90 to 90."""
    cell: NDArray[np.int64]
    """H3 index at the finest resolution, 0 for "no place"."""
    address: Sequence[str]
    message: Sequence[str]
    """The citizen's words; empty where they are not known."""
    location_quality: NDArray[np.int16]
    confidence: NDArray[np.float32]
    """Of the step that found the place, 0 to 1; NaN where the input gave it, or there is none."""
    geocoded_by: NDArray[np.int16]
    """`GeocodedBy`, 0 for "no place"."""
    theme_id: NDArray[np.int32]
    agency_id: NDArray[np.int32]
    """0 for "none"."""
    status: NDArray[np.int16]
    received_at: Instants
    due_at: Instants
    answered_at: Instants
    closed_at: Instants
    updated_at: Instants

    def __post_init__(self) -> None:
        lengths = {one.name: len(getattr(self, one.name)) for one in fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a batch must be equally long: {lengths}")

    def __len__(self) -> int:
        return len(self.external_id)

    def take(self, rows: NDArray[np.intp]) -> "IncidentBatch":
        """These rows, in this order."""
        return IncidentBatch(**{one.name: _taken(getattr(self, one.name), rows) for one in fields(self)})

    def latest_versions(self) -> NDArray[np.intp]:
        """Rows to write: of those with the same identity the newest, and among equally new ones the last."""
        identity = list(zip(self.source_id.tolist(), self.external_id, strict=True))
        order = np.arange(len(self)) if len(set(identity)) == len(self) else np.argsort(self.updated_at, kind="stable")
        last = {identity[row]: row for row in order.tolist()}
        return np.fromiter(last.values(), np.intp, len(last))


def _taken(column: NDArray[np.generic] | Sequence[str], rows: NDArray[np.intp]) -> Any:
    return column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]
